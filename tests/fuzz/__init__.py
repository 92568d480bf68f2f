"""Fuzzing of the readers: `python -m tests.fuzz.invoices -max_total_time=600` and its like."""
