"""Records on their way through the database: as a reader hands them over, and back."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from domain import personal_code
from integrations.intake import (
    BadRecord,
    CustomerRecord,
    Fault,
    FeedRecord,
    InvoiceRecord,
    Party,
    PaymentRecord,
    ReadOptions,
    SettlementRecord,
)
from store.imports import RecordStatus
from store.tables import FileImport, ImportRecord

Record = InvoiceRecord | CustomerRecord | PaymentRecord | FeedRecord | SettlementRecord

_MODELS: dict[str, type[Record]] = {
    "invoice": InvoiceRecord,
    "credit_note": InvoiceRecord,
    "customer": CustomerRecord,
    "payment": PaymentRecord,
    "feed": FeedRecord,
    "settlement": SettlementRecord,
}
_SINGULAR = {"invoices": "invoice", "payments": "payment", "settlements": "settlement"}


def row_of(file: FileImport, serial: int, item: Record | BadRecord) -> dict[str, Any]:
    """The columns of an `ImportRecord`."""
    if isinstance(item, BadRecord):
        return _row(file, serial, _SINGULAR[file.kind], bad=item)
    kind = kind_of(item)
    body = item.model_dump(mode="json")
    number = item.number if isinstance(item, InvoiceRecord) else ""
    if _has_nul(body):
        bad = BadRecord(
            source=file.name,
            line=item.line,
            element=kind.replace("_", " "),
            reason="has a NUL character in its text, which no database keeps: take it out",
            fault=Fault.INVALID,
            record=number.replace("\x00", "") or None,
        )
        return _row(file, serial, kind, bad=bad)
    return _row(file, serial, kind, line=item.line, number=number, body=_without_codes(body))


def record_of(row: ImportRecord) -> Record:
    """The record as it was read. Raises pydantic's ValidationError for what is none any more."""
    return _MODELS[row.kind].model_validate(row.body)


def kind_of(item: Record) -> str:
    """What its row calls it."""
    match item:
        case InvoiceRecord():
            return "credit_note" if item.is_credit_note else "invoice"
        case CustomerRecord():
            return "customer"
        case PaymentRecord():
            return "payment"
        case FeedRecord():
            return "feed"
        case SettlementRecord():
            return "settlement"


def options_of(file: FileImport) -> ReadOptions:
    """What the reader is told beside the file."""
    said = file.options
    seller = said.get("seller")
    return ReadOptions(
        seller=Party.model_validate(seller) if seller else None,
        iban=said.get("iban", ""),
        bic=said.get("bic", ""),
        columns=said.get("columns", {}),
    )


def _row(
    file: FileImport,
    serial: int,
    kind: str,
    *,
    line: int | None = None,
    number: str = "",
    body: Any = None,
    bad: BadRecord | None = None,
) -> dict[str, Any]:
    if bad is not None:
        line, number = bad.line, bad.record or ""
    return {
        "import_id": file.id,
        "serial": serial,
        "kind": kind,
        "status": (RecordStatus.BAD if bad else RecordStatus.STAGED).value,
        "line": line,
        "number": _text(number),
        "body": body,
        "element": _text(bad.element) if bad else "",
        "reason": _text(bad.reason) if bad else "",
        "fault": bad.fault.value if bad else "",
        "raw": _text(personal_code.cut_out(bad.raw or "")) if bad else "",
    }


def _text(words: str) -> str:
    return words.replace("\x00", "")


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any(_has_nul(each) for each in value.values())
    if isinstance(value, list):
        return any(_has_nul(each) for each in value)
    return False


def _without_codes(value: Any) -> Any:
    # The readers have left them out already; what is kept is looked through once more.
    if isinstance(value, str):
        return personal_code.left_out(value)
    if isinstance(value, dict):
        return {name: _without_codes(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_codes(each) for each in value]
    return value


def serialised(options: ReadOptions) -> dict[str, Any]:
    """The options as `FileImport` keeps them."""
    seller: BaseModel | None = options.seller
    return {
        "seller": seller.model_dump(mode="json") if seller else None,
        "iban": options.iban,
        "bic": options.bic,
        "columns": dict(options.columns),
    }
