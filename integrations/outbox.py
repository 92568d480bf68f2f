"""Letters on paper: a folder that the printing house (or a clerk) empties.

For each letter one PDF, and one line in the manifest of the day it was put there. Everything is
keyed by the letter's own name, so putting a letter there again changes nothing.
"""

from __future__ import annotations

import csv
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class Sheet:
    """A letter's line in the manifest. `name` is unique for ever; the address is to be printed on
    the envelope."""

    name: str
    kind: str
    company: str
    invoice: str
    recipient: str
    street: str
    postcode: str
    city: str
    country: str


@dataclass(frozen=True)
class Outbox:
    """A folder `YYYY-MM-DD/` a day, with `NAME.pdf` files and `manifest.csv`."""

    folder: Path

    def put(self, sheet: Sheet, pdf: bytes, on: date) -> Path:
        """Put the letter there, once; the path of its PDF. Raises OSError."""
        day = self.folder / on.isoformat()
        day.mkdir(parents=True, exist_ok=True)
        target = day / f"{sheet.name}.pdf"
        with _alone_in(day):
            _write(target, pdf)
            manifest = day / "manifest.csv"
            if sheet.name not in _names(manifest):
                _append(manifest, sheet)
        return target


def _write(target: Path, content: bytes) -> None:
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def _names(manifest: Path) -> set[str]:
    if not manifest.exists():
        return set()
    with manifest.open(encoding="utf-8", newline="") as file:
        return {row["name"] for row in csv.DictReader(file)}


def _append(manifest: Path, sheet: Sheet) -> None:
    line = asdict(sheet)
    new = not manifest.exists()
    with manifest.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(line))
        if new:
            writer.writeheader()
        writer.writerow(line)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _alone_in(day: Path) -> Iterator[None]:
    with (day / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
