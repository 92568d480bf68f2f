"""What an import's workflow has done: a file read into rows, the rows booked, the import ended."""
