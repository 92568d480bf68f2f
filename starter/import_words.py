"""An import in words, for the command line, the watched folder's reports and the API."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from activities.file_import.records import record_of
from domain.money import to_decimal
from integrations.intake import InvoiceRecord
from integrations.invoice_csv import COLUMNS
from store.imports import ENDED, ImportStatus, Summed
from store.tables import FileImport, ImportRecord


def counts(row: FileImport, summed: Summed) -> str:
    """One line: what became of the records."""
    parts = [f"{row.booked} booked", f"{row.known} already there"]
    if row.booked and row.kind == "payments":
        parts[0] += f" ({to_decimal(summed.booked_cents):,} EUR)"
    if aside := row.set_aside - summed.feeds:
        parts.append(f"{aside} set aside")
    parts.append(f"{row.bad} bad")
    if row.status in ENDED and row.status != ImportStatus.DONE:
        left = row.read - row.booked - row.known - row.set_aside - row.bad
        parts.append(f"{left} not booked")
    return ", ".join(parts)


def of_record(file: FileImport, record: ImportRecord) -> str:
    """One line: where a record is, and what is wrong with it or why it was set aside."""
    place = [file.name]
    if record.line is not None:
        place.append(f"line {record.line}")
    if record.number:
        place.append(f"invoice {record.number}")
    what = f"{record.element}: " if record.element else ""
    return f"{', '.join(place)}: {what}{record.reason}"


def shown(row: FileImport) -> dict[str, Any]:
    """An import's numbers, for programs."""
    return {
        "id": row.id,
        "kind": row.kind,
        "name": row.name,
        "status": row.status,
        "size_bytes": row.size_bytes,
        "sha256": row.sha256,
        "received_at": row.received_at.isoformat(),
        "received_by": row.received_by,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "cancel_asked": row.cancel_asked,
        "read": row.read,
        "booked": row.booked,
        "known": row.known,
        "set_aside": row.set_aside,
        "bad": row.bad,
        "left": row.read - row.booked - row.known - row.set_aside - row.bad,
        "problem": row.problem,
        "corrects": row.corrects,
    }


def shown_record(record: ImportRecord) -> dict[str, Any]:
    """What became of a record, for programs."""
    return {
        "serial": record.serial,
        "kind": record.kind,
        "status": record.status,
        "line": record.line,
        "number": record.number,
        "element": record.element,
        "reason": record.reason,
        "fault": record.fault,
        "invoice_id": record.invoice_id,
        "raw": record.raw,
    }


def own_text(records: Iterable[ImportRecord]) -> str:
    """What the file itself says of the bad records, one behind the other: a file to be corrected.

    Rows of a table stand under their header once.
    """
    pieces: list[str] = []
    header = ""
    for record in records:
        if not record.raw:
            continue
        piece = record.raw if record.raw.endswith("\n") else f"{record.raw}\n"
        first, _, rest = piece.partition("\n")
        if rest and first == header and not first.lstrip().startswith("<"):
            piece = rest
        header = first
        pieces.append(piece)
    return "".join(pieces)


def as_table(records: Iterable[ImportRecord]) -> str:
    """The bad invoices that could be read and not booked, as a table of Karhu's own (CSV)."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    written = 0
    for record in records:
        if record.body is None or record.kind not in {"invoice", "credit_note"}:
            continue
        invoice = record_of(record)
        if isinstance(invoice, InvoiceRecord):
            if not written:
                writer.writerow(COLUMNS)
            cells = _cells(invoice)
            writer.writerow([cells.get(column) or "" for column in COLUMNS])
            written += 1
    return out.getvalue()


def _cells(invoice: InvoiceRecord) -> dict[str, str | None]:
    seller, buyer = invoice.seller, invoice.buyer
    rate = invoice.contract_interest_rate
    return {
        **{
            f"seller_{name}": getattr(seller, name)
            for name in ("business_id", "name", "street", "postcode", "city", "country", "email")
        },
        "seller_phone": seller.phone,
        "seller_iban": invoice.iban,
        "seller_bic": invoice.bic,
        "customer_name": buyer.name,
        "customer_number": buyer.customer_number,
        "customer_business_id": buyer.business_id,
        "is_private": "1" if buyer.is_private else "0",
        **{
            name: getattr(buyer, name)
            for name in ("street", "postcode", "city", "country", "email", "phone", "language")
        },
        "einvoice_address": buyer.einvoice_address,
        "einvoice_operator": buyer.einvoice_operator,
        "contact_name": buyer.contact_name,
        "contact_phone": buyer.contact_phone,
        "contact_email": buyer.contact_email,
        "invoice_number": invoice.number,
        "invoice_date": invoice.invoice_date.isoformat(),
        "due_date": invoice.due_date.isoformat(),
        "amount": f"{to_decimal(invoice.amount_cents)}",
        "currency": invoice.currency,
        "reference": invoice.reference,
        "contract_interest_rate": None if rate is None else str(rate),
        "type": "credit_note" if invoice.is_credit_note else "invoice",
        "original_invoice_number": invoice.original_invoice_number,
    }
