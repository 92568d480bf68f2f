"""A file that was handed in for one company alone puts nothing into another one's books."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from activities.file_import.outcome import bad
from activities.file_import.records import record_of
from integrations.intake import (
    CustomerRecord,
    Fault,
    FeedRecord,
    InvoiceRecord,
    PaymentRecord,
    SettlementRecord,
)
from store import accounts
from store.imports import Ended
from store.tables import Company, FileImport, ImportRecord

CONFINED = "confined"
"""The option of an import that is."""


def sift(
    session: Session, file: FileImport, rows: Sequence[ImportRecord]
) -> tuple[list[ImportRecord], list[Ended]]:
    """The records that may be booked, and those that are another company's: bad ones."""
    if not file.options.get(CONFINED) or file.company_id is None:
        return list(rows), []
    company = session.get_one(Company, file.company_id)
    records = [record_of(row) for row in rows]
    ibans = {one.account for one in records if isinstance(one, PaymentRecord | FeedRecord)}
    whose = accounts.owners(session, {iban for iban in ibans if iban})
    kept, left_out = [], []
    for row, record in zip(rows, records, strict=True):
        why = ""
        if isinstance(record, InvoiceRecord | CustomerRecord):
            if record.seller.business_id != company.business_id:
                why = f"the file is {company.business_id}'s, and the seller is another company"
        elif isinstance(record, SettlementRecord):
            if record.settlement.business_id != company.business_id:
                why = f"the file is {company.business_id}'s, and the creditor is another company"
        elif record.account and whose.get(record.account) != {company.id}:
            why = (
                f"its account is not known as {company.business_id}'s alone: it becomes so with"
                " the first invoice that is to be paid to it"
            )
        if why:
            left_out.append(bad(row, why, Fault.MISMATCH))
        else:
            kept.append(row)
    return kept, left_out
