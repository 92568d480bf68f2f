"""Stopping an import, and ending it."""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities.file_import.office import ImportOffice, progress
from store import imports
from store.database import Database
from store.imports import ENDED, ImportStatus
from workflows.contract import CANCEL_IMPORT, END_IMPORT, EndImport, ImportProgress


@dataclass(frozen=True)
class CancelImport:
    """Notes that an import is to stop: whoever works on it looks between two chunks."""

    database: Database

    @activity.defn(name=CANCEL_IMPORT)
    def __call__(self, import_id: int) -> None:
        with self.database.transaction() as session:
            imports.ask_to_cancel(session, import_id)


@dataclass(frozen=True)
class EndTheImport:
    """Ends an import as what it has become, and deletes its file's bytes."""

    office: ImportOffice

    @activity.defn(name=END_IMPORT)
    def __call__(self, ending: EndImport) -> ImportProgress:
        return end(self.office, ending.import_id, ending.problem)


def end(office: ImportOffice, import_id: int, problem: str = "") -> ImportProgress:
    """End an import, once."""
    with office.database.transaction() as session:
        row = imports.lock(session, import_id)
        if row.status not in ENDED:
            so_far = progress(row)
            if problem:
                status = ImportStatus.FAILED
            elif so_far.left or row.status != ImportStatus.BOOKING:
                status = ImportStatus.CANCELLED
            else:
                status = ImportStatus.DONE
            imports.close(session, row, status, problem, office.now())
        return progress(row)
