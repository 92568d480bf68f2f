"""Files handed in: their bytes until they are read, and every record that was found in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant, ref, row_id, words


class FileImport(SQLModel, table=True):
    """A file handed in (tuotu aineisto). `kind`: invoices or payments.

    `status`: received, reading, booking, done, cancelled, failed. `options`: what the reader is
    told beside the file (`integrations.intake.ReadOptions`). The counts are those of its records'
    statuses, kept here so that progress costs no counting.
    """

    __tablename__ = "file_import"

    id: int = row_id()
    kind: str
    name: str
    sha256: str = Field(index=True)
    size_bytes: int = Field(sa_type=BigInteger)
    company_id: int | None = ref("company.id", nullable=True)
    """The company that it was handed in for; None: the file says."""
    options: dict[str, Any] = document()
    status: str
    received_at: datetime = instant()
    received_by: str
    ended_at: datetime | None = instant(nullable=True)
    cancel_asked: bool = False
    read: int = 0
    """Records staged so far; `booked`, `known`, `set_aside` and `bad`: those that have ended."""
    booked: int = 0
    known: int = 0
    set_aside: int = 0
    """Records that need nothing: a failed direct debit, a payment that waits in the queue."""
    bad: int = 0
    problem: str = words()
    corrects: int | None = Field(default=None, sa_type=BigInteger)
    """The record (its row) of another import that this one hands in again, corrected."""


class FilePart(SQLModel, table=True):
    """A piece of a file's bytes, encrypted: files may hold personal identity codes. Deleted when
    the import ends."""

    __tablename__ = "file_part"
    __table_args__ = (UniqueConstraint("import_id", "serial"),)

    id: int = row_id()
    import_id: int = ref("file_import.id", index=False)
    serial: int
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ImportRecord(SQLModel, table=True):
    """One record of a file, in the file's order, and what became of it.

    `status`: staged, booked, known (it was there already), set_aside, bad, corrected (it was bad,
    and was handed in again). `body` is the record as read (`integrations.intake`), None for one
    that could not be.
    """

    __tablename__ = "import_record"
    __table_args__ = (
        UniqueConstraint("import_id", "serial"),
        Index("ix_import_record_status", "import_id", "status", "serial"),
    )

    id: int = row_id()
    import_id: int = ref("file_import.id", index=False)
    serial: int
    """1, 2, ... within the file."""
    kind: str
    """invoice, credit_note, customer, payment, feed."""
    status: str
    line: int | None = None
    number: str = ""
    """The invoice's number, as far as it could be read."""
    body: dict[str, Any] | None = document(nullable=True)
    element: str = ""
    reason: str = words()
    fault: str = ""
    raw: str = words()
    invoice_id: int | None = ref("invoice.id", nullable=True, index=False)
