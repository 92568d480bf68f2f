"""What the tests of the stack share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder within one that nobody else may enter, as mktemp makes them."""
    with tempfile.TemporaryDirectory() as closed:
        assert Path(closed).stat().st_mode & 0o777 == 0o700
        yield Path(closed) / "karhu"
