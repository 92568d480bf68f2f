"""Reading a file that was handed in: every record becomes a row, good or bad, in its order."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.file_import.office import ImportOffice, progress
from activities.file_import.records import Record, options_of, row_of
from integrations.intake import BadRecord
from integrations.readers import invoices_in, payments_in, read_settlements
from store import imports
from store.copying import copy
from store.handing_in import PART_BYTES, Bytes
from store.imports import ENDED, ImportStatus
from store.sealing import WrongKey
from store.tables import FileImport, ImportRecord
from workflows.contract import STAGE_FILE, ImportProgress

BATCH = 1_000
"""Records to a transaction, or fewer if they are long."""

BATCH_CHARACTERS = 4 << 20

_BEAT_SECONDS = 1.0


@dataclass(frozen=True)
class StageFile:
    """Stages the records of a file. Done again after a crash, it reads the file again and passes
    over what is staged: a reader yields the same records in the same order each time."""

    office: ImportOffice

    @activity.defn(name=STAGE_FILE)
    def __call__(self, import_id: int) -> ImportProgress:
        file = self._begin(import_id)
        if file.status != ImportStatus.READING:
            return progress(file)
        try:
            return self._read(file)
        except (WrongKey, LookupError) as error:
            raise ApplicationError(str(error), type="Unreadable", non_retryable=True) from error

    def _begin(self, import_id: int) -> FileImport:
        with self.office.database.transaction() as session:
            file = imports.lock(session, import_id)
            if file.status not in ENDED:
                # Those that are tried again were read before, and their bytes are gone.
                again = file.ended_at is not None or file.status == ImportStatus.BOOKING
                file.status = (ImportStatus.BOOKING if again else ImportStatus.READING).value
                session.add(file)
            return file

    def _read(self, file: FileImport) -> ImportProgress:
        batch: list[dict[str, Any]] = []
        characters = 0
        beaten = 0.0
        passed = file.read
        for serial, item in enumerate(self._records(file), start=1):
            if (now := time.monotonic()) - beaten > _BEAT_SECONDS:
                activity.heartbeat(serial)
                beaten = now
            if serial <= passed:
                continue
            row = row_of(file, serial, item)
            batch.append(row)
            characters += len(row["raw"])
            if len(batch) >= BATCH or characters >= BATCH_CHARACTERS:
                staged = self._stage(file, batch)
                if staged.over:
                    return staged
                batch, characters = [], 0
                if activity.is_worker_shutdown():
                    raise ApplicationError("the worker stops; another one reads on")
        return self._stage(file, batch, last=True)

    def _records(self, file: FileImport) -> Iterator[Record | BadRecord]:
        content = Bytes(self.office.database, self.office.sealer, file.id, file.size_bytes)
        # No larger than a part, or each would be opened several times.
        stream = io.BufferedReader(content, PART_BYTES)
        if file.kind == "payments":
            yield from payments_in(stream, file.name)
        elif file.kind == "settlements":
            yield from read_settlements(stream, file.name)
        else:
            yield from invoices_in(stream, file.name, options_of(file))

    def _stage(
        self, file: FileImport, batch: list[dict[str, Any]], *, last: bool = False
    ) -> ImportProgress:
        with self.office.database.transaction() as session:
            row = imports.lock(session, file.id)
            first = batch[0]["serial"] if batch else row.read + 1
            if row.read + 1 != first or row.status != ImportStatus.READING:
                raise ApplicationError("another worker reads this file already")
            if row.cancel_asked:
                return progress(row)
            copy(session, ImportRecord, batch)
            row.read += len(batch)
            row.bad += sum(one["status"] == "bad" for one in batch)
            if last:
                row.status = ImportStatus.BOOKING.value
            session.add(row)
            return progress(row)
