"""Letters that others carry: a place that the printing house or the e-invoice operator empties.

For each letter one file, and one line in the manifest of the day it was put there; what is not in
the manifest was not handed over. Everything is keyed by the letter's own name, so putting a letter
there again changes nothing, also when its file has been taken meanwhile.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date
from pathlib import Path

from integrations.places import LocalPlace, OutboxUnavailable, OutboxUnsure, Place

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class Sheet:
    """A letter on paper: its line in the manifest. `name` is unique for ever; the address is to be
    printed on the envelope."""

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
class Slip:
    """An e-invoice: its line in the manifest. `address` is reached through `operator`."""

    name: str
    kind: str
    company: str
    invoice: str
    address: str
    operator: str


@dataclass(frozen=True)
class Outbox:
    """A folder `YYYY-MM-DD/` a day, with a file for each letter and `manifest.csv`."""

    place: Place

    @classmethod
    def in_folder(cls, folder: Path) -> Outbox:
        """An outbox in a folder of this machine."""
        return cls(LocalPlace(folder))

    def put(
        self, line: Sheet | Slip, suffix: str, content: bytes, on: date, *, again: bool = True
    ) -> None:
        """Put the letter there, once, as a file with this suffix.

        `again`: an earlier attempt may have done it already; the manifest knows. Raises the errors
        of `integrations.places`.
        """
        with self.place.open(on.isoformat()) as day:
            names = [field.name for field in fields(line)]
            if again and line.name in _there(day.read(MANIFEST), names):
                return
            day.write(f"{line.name}{suffix}", content)
            try:
                day.append(MANIFEST, _row(astuple(line)), _row(names))
            except OutboxUnavailable as error:
                raise OutboxUnsure(str(error)) from error


def _there(manifest: bytes, columns: Sequence[str]) -> set[str]:
    """The names in the manifest. A line that was cut off does not count."""
    rows = csv.DictReader(io.StringIO(manifest.decode("utf-8", "replace"), newline=""))
    return {row["name"] for row in rows if all(row.get(name) is not None for name in columns)}


def _row(values: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(values)
    return text.getvalue().encode()
