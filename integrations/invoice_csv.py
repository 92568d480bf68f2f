"""Invoices from a CSV file, one on each line.

The first line names the columns, in any order; columns of other names are passed over. docs/
import-csv.md is the user's page of the same. `COLUMNS` are all that are known; the
`MANDATORY` ones must be there.

A file with other names in its first line is read with `ReadOptions.columns`, which `parse_map`
makes of words such as customer_name=Asiakas.

The delimiter (semicolon, comma or tab) is the commonest one of the first line. The encoding is
UTF-8, UTF-16 with a byte order mark, or else ISO-8859-15 or Windows-1252, whichever the bytes fit.
"""

import codecs
import csv
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from pydantic import ValidationError

from integrations import fields
from integrations.fields import BadField, bad_record, from_validation
from integrations.intake import BadRecord, Fault, InvoiceRecord, Party, ReadOptions
from integrations.lines import numbered_lines

__all__ = ["COLUMNS", "MANDATORY", "BadMap", "parse_map", "read_csv"]

MANDATORY = (
    "seller_business_id",
    "seller_name",
    "seller_iban",
    "customer_name",
    "invoice_number",
    "invoice_date",
    "due_date",
    "amount",
)
_OPTIONAL = (
    "seller_bic",
    "seller_street",
    "seller_postcode",
    "seller_city",
    "seller_country",
    "seller_email",
    "seller_phone",
    "customer_number",
    "customer_business_id",
    "is_private",
    "street",
    "postcode",
    "city",
    "country",
    "email",
    "phone",
    "contact_name",
    "contact_phone",
    "contact_email",
    "language",
    "einvoice_address",
    "einvoice_operator",
    "currency",
    "reference",
    "contract_interest_rate",
    "type",
    "original_invoice_number",
)
COLUMNS = MANDATORY + _OPTIONAL

_DELIMITERS = ";,\t"
_LONGEST_LINE = 64 * 1024
_YES = frozenset({"1", "true", "yes", "y", "k", "kyllä", "on", "x"})
_NO = frozenset({"0", "false", "no", "n", "e", "ei"})
_TYPES = {"": False, "invoice": False, "credit_note": True}

_Row = Mapping[str, str]


class BadMap(ValueError):  # noqa: N818  (the name is the finding)
    """A word of a column map that cannot be followed; the text says which, why and what to do."""


def parse_map(words: Iterable[str]) -> dict[str, str]:
    """`ReadOptions.columns` from words such as "customer_name=Asiakas": our column's name, then the
    file's own.

    Raises BadMap for a word without "=", an unknown column of ours, and a column given twice on
    either side.
    """
    columns: dict[str, str] = {}
    for word in words:
        ours, equals, theirs = (part.strip() for part in word.partition("="))
        ours = _column(ours)
        if not (ours and equals and theirs):
            raise BadMap(f"“{word}”: write our column, = and the file's: customer_name=Asiakas")
        if ours not in COLUMNS:
            near = difflib.get_close_matches(ours, COLUMNS, n=1)
            meant = f"; did you mean {near[0]}?" if near else " (docs/import-csv.md lists them)"
            raise BadMap(f"“{word}”: there is no column {ours}{meant}")
        if ours in columns:
            raise BadMap(f"“{word}”: {ours} is {columns[ours]} already; name one column for it")
        for other, taken in columns.items():
            if _column(taken) == _column(theirs):
                raise BadMap(f"“{word}”: {theirs} is {other} already; name another column")
        columns[ours] = theirs
    return columns


def read_csv(
    stream: BinaryIO, source: str, options: ReadOptions
) -> Iterator[InvoiceRecord | BadRecord]:
    """The invoices of a CSV file: for each line with something on it exactly one record, good or
    bad. `stream` must be seekable; `source` names the file in what comes out.

    A header without the columns that must be there gives one `BadRecord` for the file. A line
    break inside a quoted field is not taken, so that one lost quote costs one line, not the rest
    of the file.
    """
    lines = numbered_lines(stream, _encoding(stream), _LONGEST_LINE)
    try:
        first = next(lines, (1, ""))[1]
        header, delimiter = _header(first, options.columns)
    except BadField as bad:
        yield bad_record(bad, source=source, line=None)
        return
    index = 0
    for line, text in lines:
        if text is not None and not text.strip(delimiter + " \t\x00\x1a"):
            continue
        index += 1
        item = _read(text, header, delimiter, source=source, index=index, line=line)
        if isinstance(item, BadRecord) and text is not None:
            item = item.model_copy(update={"raw": fields.raw(f"{first}\n{text}\n")})
        yield item


def _encoding(stream: BinaryIO) -> str:
    """Which encoding the whole file is in, by reading it through once."""
    start = stream.tell()
    head = stream.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        stream.seek(start)
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_windows_only = True, False
    chunk = head
    while chunk:
        if is_utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        # ISO-8859-15 has only control characters here, Windows-1252 has letters and quotes
        has_windows_only = has_windows_only or any(byte in _C1 for byte in set(chunk))
        chunk = stream.read(64 * 1024)
    stream.seek(start)
    if is_utf8 and not decoder.getstate()[0]:
        return "utf-8-sig"
    return "cp1252" if has_windows_only else "iso-8859-15"


_C1 = frozenset(range(0x80, 0xA0))


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _header(text: str | None, columns: Mapping[str, str]) -> tuple[list[str], str]:
    """Our names of the columns, and the delimiter. BadField when it cannot be a header."""
    if text is None or not text.strip():
        raise BadField(
            "file",
            "has no line of column names; see docs/import-csv.md",
            Fault.UNREADABLE,
        )
    delimiter = max(_DELIMITERS, key=text.count)
    names = _renamed([_column(name) for name in _cells(text, delimiter)], columns)
    missing = [name for name in MANDATORY if name not in names]
    if missing:
        raise BadField(
            "file",
            f"lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)};"
            " the first line must name them, or --map what they are called there"
            " (docs/import-csv.md)",
            Fault.MISSING,
        )
    twice = [name for name, times in Counter(names).items() if times > 1 and name in COLUMNS]
    if twice:
        raise BadField("file", f"has two columns named {', '.join(twice)}; remove one")
    return names, delimiter


def _renamed(names: list[str], columns: Mapping[str, str]) -> list[str]:
    """The file's names as ours. BadField for a mapped column that the file does not have."""
    ours = {_column(theirs): name for name, theirs in columns.items()}
    absent = [columns[name] for theirs, name in ours.items() if theirs not in names]
    if absent:
        raise BadField(
            "file",
            f"has no column {', '.join(absent)}, which --map names; write it as in the first line",
            Fault.MISSING,
        )
    # A column of the file that has our name by chance gives way to the mapped one
    return [ours.get(name, "" if name in columns else name) for name in names]


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        raise BadField(
            "row", "has a quote that does not close on its line, or text after one; correct it"
        ) from error


def _row(text: str | None, header: list[str], delimiter: str) -> _Row:
    if text is None:
        raise BadField("row", f"is longer than {_LONGEST_LINE} characters; shorten it")
    cells = _cells(text, delimiter)
    if len(cells) != len(header):
        raise BadField(
            "row",
            f"has {len(cells)} fields, the header has {len(header)}; put quotes around a field"
            " that holds the delimiter",
        )
    return dict(zip(header, cells, strict=True))


def _read(
    text: str | None, header: list[str], delimiter: str, *, source: str, index: int, line: int
) -> InvoiceRecord | BadRecord:
    number = None
    try:
        row = _row(text, header, delimiter)
        number = fields.number_text(row["invoice_number"])
        return _invoice(row, source=source, index=index, line=line)
    except BadField as caught:
        bad = caught
    except ValidationError as error:
        bad = from_validation(error)
    return bad_record(bad, source=source, line=line, record=number, index=index)


def _invoice(row: _Row, *, source: str, index: int, line: int) -> InvoiceRecord:
    kind = fields.clean(row.get("type")).lower().replace(" ", "_")
    if kind not in _TYPES:
        raise BadField(
            "type",
            f"{fields.shown(kind)} is neither invoice nor credit_note; it was left out",
            Fault.NOT_A_SALES_INVOICE,
        )
    is_credit_note = _TYPES[kind]
    number = fields.required(row["invoice_number"], "invoice_number")
    invoice_date = fields.date(row["invoice_date"], "invoice_date")
    optional_due = is_credit_note and not fields.clean(row["due_date"])
    due_date = invoice_date if optional_due else fields.date(row["due_date"], "due_date")
    if due_date < invoice_date and not is_credit_note:
        raise BadField("due_date", "is before invoice_date; correct one of them")
    optional_iban = is_credit_note and not fields.clean(row["seller_iban"])
    return InvoiceRecord(
        seller=_seller(row),
        buyer=_buyer(row),
        number=number,
        invoice_date=invoice_date,
        due_date=due_date,
        amount_cents=_amount(row, is_credit_note),
        reference=fields.reference(row.get("reference"), "reference"),
        iban=None if optional_iban else fields.iban(row["seller_iban"], "seller_iban"),
        bic=_optional(row, "seller_bic"),
        contract_interest_rate=fields.percent(
            row.get("contract_interest_rate"), "contract_interest_rate"
        ),
        is_credit_note=is_credit_note,
        original_invoice_number=_optional(row, "original_invoice_number"),
        source=source,
        index=index,
        line=line,
    )


def _optional(row: _Row, column: str) -> str | None:
    return fields.clean(row.get(column)) or None


def _amount(row: _Row, is_credit_note: bool) -> int:
    currency = fields.clean(row.get("currency")).upper() or "EUR"
    if currency != "EUR":
        raise BadField(
            "currency",
            f"{fields.shown(currency)} is not EUR; only invoices in EUR are handled",
            Fault.UNSUPPORTED,
        )
    cents = fields.euro_cents(row["amount"], "amount")
    if not cents:
        raise BadField("amount", "is zero", Fault.NOTHING_TO_PAY)
    if cents < 0 and not is_credit_note:
        raise BadField("amount", "is negative; a credit note has credit_note as its type")
    return abs(cents)


def _seller(row: _Row) -> Party:
    return Party(
        name=fields.required(row["seller_name"], "seller_name"),
        business_id=fields.business_id(row["seller_business_id"], "seller_business_id"),
        street=_optional(row, "seller_street"),
        postcode=_optional(row, "seller_postcode"),
        city=_optional(row, "seller_city"),
        country=fields.country(row.get("seller_country"), "seller_country"),
        email=fields.email(row.get("seller_email"), "seller_email"),
        phone=_optional(row, "seller_phone"),
    )


def _buyer(row: _Row) -> Party:
    full_name = fields.required(row["customer_name"], "customer_name")
    name = fields.required(fields.without_personal_codes(full_name), "customer_name")
    given = fields.clean(row.get("customer_business_id"))
    is_person = fields.is_personal_code(given) or name != full_name
    business_id = None
    if given and not is_person:
        business_id = fields.business_id_or_vat(given, "customer_business_id")
    return Party(
        name=name,
        business_id=business_id,
        customer_number=fields.identifier(row.get("customer_number")),
        street=_optional(row, "street"),
        postcode=_optional(row, "postcode"),
        city=_optional(row, "city"),
        country=fields.country(row.get("country"), "country"),
        email=fields.email(row.get("email"), "email"),
        phone=_optional(row, "phone"),
        contact_name=_optional(row, "contact_name"),
        contact_phone=_optional(row, "contact_phone"),
        contact_email=fields.email(row.get("contact_email"), "contact_email"),
        einvoice_address=fields.identifier(row.get("einvoice_address")),
        einvoice_operator=_optional(row, "einvoice_operator"),
        language=fields.language(row.get("language")),
        is_private=is_person or _is_private(row, name, business_id),
    )


def _is_private(row: _Row, name: str, business_id: str | None) -> bool:
    """What the file says; where it says nothing, what the business id and the name tell."""
    said = fields.clean(row.get("is_private")).lower()
    if said in _YES:
        return True
    if said in _NO:
        return False
    if said:
        raise BadField("is_private", f"{fields.shown(said)} is neither yes (1) nor no (0)")
    return business_id is None and not fields.looks_like_company(name)
