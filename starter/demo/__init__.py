"""The demonstration: two hundred made-up invoices live ninety days in about two minutes."""
