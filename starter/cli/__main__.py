"""`python -m starter.cli` is `karhu`."""

from starter.cli import main

main()
