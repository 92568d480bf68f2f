"""A letter as a PDF: one A4 page with a credit transfer form at its foot.

Typst sets the page. It gets the letter's words as JSON in `sys.inputs`, never as Typst source, so
nothing that a name or an invoice number holds is ever read as markup.
"""

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from domain.barcode import BarcodeError, virtual_barcode
from domain.money import format_eur
from domain.references import group
from integrations.letters.content import LetterContent
from integrations.letters.room import breakable, roomy
from integrations.letters.symbols import code_128c_svg, epc_payload, qr_svg
from integrations.letters.wording import TEXTS, grouped_iban, word

_ARCHIVAL: list[Any] = ["a-2a", "ua-1"]
"""PDF/A-2a (ISO 19005-2) keeps the letter readable for the years that bookkeeping keeps it;
PDF/UA-1 (ISO 14289-1) lets a screen reader read it."""

_NARROW = 20
"""Longer words are broken where there is little room."""


class LetterRenderingError(RuntimeError):
    """Typst could not set a letter; the text names the letter and the compiler's complaint."""

    def __init__(self, letter_id: str, complaint: str) -> None:
        self.letter_id = letter_id
        super().__init__(
            f"Letter {letter_id} could not be typeset: {complaint}. Nothing was sent; correct the "
            "letter's content, or the template if the content is in order."
        )


def render_pdf(content: LetterContent) -> bytes:
    """The letter as PDF: tagged, fonts embedded, and the same bytes for the same content.

    A letter with a character that the fonts lack loses only its PDF/A and PDF/UA marks: the two
    standards forbid the empty box that stands in for it. Safe to call from many threads. Raises
    `LetterRenderingError`.
    """
    try:
        return typeset(page_of(content))
    except typst.TypstError as failure:
        raise LetterRenderingError(content.letter_id, failure.message) from failure


def typeset(page: dict[str, Any]) -> bytes:
    """A page (`page_of`) as PDF. Raises TypstError."""
    inputs = {"letter": json.dumps(page, ensure_ascii=False, sort_keys=True)}
    year, month, day = page["date"]
    created = datetime(year, month, day, tzinfo=UTC)
    try:
        return _typesetter().compile(inputs, created, _ARCHIVAL)
    except typst.TypstError:
        return _typesetter().compile(inputs, created, [])


class _Typesetter:
    """One compiler: the fonts are read and the template is parsed once for the whole process."""

    def __init__(self) -> None:
        self._template = files(__package__).joinpath("letter.typ").read_bytes()
        self._lock = Lock()
        fonts = typst.Fonts(
            include_system_fonts=False,
            font_paths=[Path(str(files("fontpkg_source_sans_3"))) / "files"],
        )
        self._compiler = typst.Compiler(
            self._template,
            font_paths=fonts,
            ignore_system_fonts=True,
            root=Path(__file__).parent,
        )

    def compile(self, inputs: dict[str, str], created: datetime, standards: list[Any]) -> bytes:
        # A compiler refuses a second thread while it works.
        with self._lock:
            pdf = self._compiler.compile(
                self._template,
                format="pdf",
                sys_inputs=inputs,
                timestamp=created,
                pdf_standards=standards,
                pdf_tags=True,
            )
        if not isinstance(pdf, bytes):
            raise TypeError("Typst gave no PDF")
        return pdf


@cache
def _typesetter() -> _Typesetter:
    return _Typesetter()


def page_of(content: LetterContent) -> dict[str, Any]:
    """What the template shows, as it shows it: the template itself decides nothing but places."""
    texts = TEXTS[content.language]
    wording = word(content)
    creditor = content.creditor
    reach = (creditor.phone, creditor.email, f"{texts.business_id} {creditor.business_id}")
    contact = (", ".join(creditor.address_lines), " · ".join(part for part in reach if part))
    page: dict[str, Any] = {
        "language": content.language,
        "date": [content.letter_date.year, content.letter_date.month, content.letter_date.day],
        "title": wording.title,
        "document_title": f"{wording.title} {content.invoice_number}",
        "author": creditor.name,
        "creditor": {"name": breakable(creditor.name), "contact": _lines(*contact)},
        "debtor": _lines(content.debtor.name, *content.debtor.address_lines),
        "facts": [[label, breakable(value, _NARROW)] for label, value in wording.facts],
        "intro": breakable(wording.intro),
        "head": [texts.item, texts.amount],
        "rows": [[breakable(row.label), breakable(row.note), row.amount] for row in wording.rows],
        "total": [wording.total.label, wording.total.amount],
        "sections": [[section.title, breakable(section.text)] for section in wording.sections],
        "form": _form(content),
    }
    return page | {"roomy": roomy(page)}


def _lines(*texts: str) -> list[str]:
    return [breakable(text) for text in texts]


def _form(content: LetterContent) -> dict[str, Any]:
    labels = TEXTS[content.language].form
    creditor, debtor = content.creditor, content.debtor
    digits = _barcode_digits(content)
    payload = epc_payload(content)
    # A bank's form is filled in as banks do in Finland, whatever the letter's language.
    due, amount = TEXTS["fi"].format_date(content.due_date), format_eur(content.total_cents)
    return {
        "title": labels.title,
        "account": [labels.account, grouped_iban(content.iban)],
        "bic": content.bic,
        "recipient": [labels.recipient, _lines(creditor.name, *creditor.address_lines)],
        "payer": [labels.payer, _lines(debtor.name, *debtor.address_lines)],
        "signature": labels.signature,
        "from_account": labels.from_account,
        "reference": [labels.reference, group(content.reference)],
        "due": [labels.due, due],
        "amount": ["Euro", amount.removesuffix("€").strip()],
        "letter": [labels.letter, breakable(content.letter_id, _NARROW)],
        "barcode": digits and code_128c_svg(digits),
        "barcode_digits": digits,
        "barcode_alt": TEXTS[content.language].barcode_alt,
        "qr": payload and qr_svg(payload),
        "qr_alt": TEXTS[content.language].qr_alt,
    }


def _barcode_digits(content: LetterContent) -> str | None:
    # The bar code knows Finnish accounts, numeric references and sums below a million euros only;
    # for the rest the form and its QR code do.
    try:
        return virtual_barcode(
            content.iban, content.reference, content.total_cents, content.due_date
        )
    except BarcodeError:
        return None
