"""How much Karhu costs beside a bare Temporal workflow, measured in one run: `python -m bench`."""
