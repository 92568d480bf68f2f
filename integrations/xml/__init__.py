"""XML files that come from outside: cut into documents (`framing`), and each read without entities,
DTD or network (`parsing`)."""
