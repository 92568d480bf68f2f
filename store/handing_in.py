"""The bytes of files handed in: sealed in pieces as they arrive, and read again as a stream."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlmodel import Session, select

from domain import personal_code
from store.database import Database
from store.imports import ImportStatus
from store.sealing import Sealer
from store.tables import FileImport, FilePart

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PART_BYTES = 1 << 20
"""How much of a file is sealed into one row."""


class Arriving:
    """A file on its way in, within one transaction: all of it is kept, or nothing."""

    def __init__(self, session: Session, sealer: Sealer, row: FileImport) -> None:
        self.row = row
        self._session = session
        self._sealer = sealer
        self._digest = hashlib.sha256()
        self._rest = bytearray()
        self._serial = 0
        session.add(row)
        session.flush()

    def add(self, piece: bytes) -> None:
        """The next bytes, as they come."""
        self._digest.update(piece)
        self.row.size_bytes += len(piece)
        self._rest += piece
        while len(self._rest) >= PART_BYTES:
            self._keep(bytes(self._rest[:PART_BYTES]))
            del self._rest[:PART_BYTES]

    def finish(self) -> int:
        """The import's id; committed with the transaction."""
        if self._rest:
            self._keep(bytes(self._rest))
        self.row.sha256 = self._digest.hexdigest()
        self._session.flush()
        return self.row.id

    def _keep(self, part: bytes) -> None:
        sealed = self._sealer.seal(part, _place(self.row.id, self._serial))
        # Not through the session, which would keep the whole file in memory.
        self._session.execute(
            insert(FilePart).values(import_id=self.row.id, serial=self._serial, sealed=sealed)
        )
        self._serial += 1


def new_import(
    *,
    kind: str,
    name: str,
    company_id: int | None,
    options: dict[str, Any],
    by: str,
    now: datetime,
    corrects: int | None = None,
) -> FileImport:
    """The row of a file that begins to arrive."""
    return FileImport(
        kind=kind,
        name=personal_code.left_out(name).replace("\x00", ""),
        sha256="",
        size_bytes=0,
        company_id=company_id,
        options=options,
        status=ImportStatus.RECEIVED.value,
        received_at=now,
        received_by=by,
        corrects=corrects,
    )


def _place(import_id: int, serial: int) -> str:
    return f"{import_id}/{serial}"


class Bytes(io.RawIOBase):
    """The file that was handed in, as a stream that can seek: one part in memory at a time."""

    def __init__(self, database: Database, sealer: Sealer, import_id: int, size: int) -> None:
        super().__init__()
        self._database = database
        self._sealer = sealer
        self._import_id = import_id
        self._size = size
        self._at = 0
        self._serial = -1
        self._part = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, into: WriteableBuffer) -> int:
        """Raises `WrongKey`, and `LookupError` if a part is gone."""
        view = memoryview(into).cast("B")
        if self._at >= self._size:
            return 0
        serial, offset = divmod(self._at, PART_BYTES)
        if serial != self._serial:
            self._part, self._serial = self._read(serial), serial
        piece = self._part[offset : offset + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _read(self, serial: int) -> bytes:
        with self._database.transaction() as session:
            sealed = session.exec(
                select(FilePart.sealed).where(
                    FilePart.import_id == self._import_id, FilePart.serial == serial
                )
            ).first()
        if sealed is None:
            raise LookupError(f"part {serial} of import {self._import_id} is gone")
        return self._sealer.open(sealed, _place(self._import_id, serial))
