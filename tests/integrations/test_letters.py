"""The letters, read back: text, bar code and QR code out of the finished PDF."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pypdf import PdfReader

from domain.barcode import virtual_barcode
from domain.interest import InterestPeriod
from domain.law import DebtorClass
from domain.money import Language, format_eur
from domain.references import to_rf
from domain.states import LetterKind
from integrations.letters import LetterContent, email_subject, email_text, render_pdf
from integrations.letters.render import page_of, typeset

LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")
KINDS = tuple(LetterKind)
DUNNING = (LetterKind.REMINDER, LetterKind.NOTICE)
"""What the law has much to say about; a friendly reminder is none of them."""

TITLES = {
    ("fi", "courtesy"): "Ystävällinen muistutus",
    ("sv", "courtesy"): "Vänlig påminnelse",
    ("en", "courtesy"): "Friendly reminder",
    ("fi", "reminder"): "Maksumuistutus",
    ("fi", "notice"): "Maksukehotus",
    ("sv", "reminder"): "Betalningspåminnelse",
    ("sv", "notice"): "Betalningsuppmaning",
    ("en", "reminder"): "Payment reminder",
    ("en", "notice"): "Payment demand",
}
LATE_INTEREST = {"fi": "Viivästyskorko", "sv": "Dröjsmålsränta", "en": "Late payment interest"}
DUE = {"fi": "10.12.2026", "sv": "10.12.2026", "en": "10 December 2026"}
RIGHT_TO_OBJECT = {"fi": "kiistää", "sv": "bestrida", "en": "contest"}
SUSPENSION = {"fi": "513/1999, 4 c §", "sv": "513/1999, 4 c §", "en": "513/1999, section 4 c"}
INTEREST_CALCULATION = {"fi": "laskelman", "sv": "uträkning", "en": "calculation"}

SAMPLE: dict[str, Any] = {
    "kind": "reminder",
    "language": "fi",
    "letter_id": "M-2026-000317",
    "debtor_class": "consumer",
    "creditor": {
        "name": "Esimerkki Oy",
        "business_id": "1234567-1",
        "address_lines": ("Esimerkkikatu 1", "00100 Helsinki"),
        "email": "laskutus@esimerkki.example",
        "phone": "010 000 0000",
    },
    "debtor": {
        "name": "Matti Malliasiakas",
        "address_lines": ("Mallitie 5 A 12", "33100 Tampere"),
    },
    "invoice_number": "1042",
    "invoice_date": date(2026, 9, 1),
    "original_due_date": date(2026, 10, 1),
    "letter_date": date(2026, 11, 23),
    "due_date": date(2026, 12, 10),
    "principal_cents": 120000,
    "paid_cents": 11164,
    "interest_cents": 1501,
    "interest_periods": (
        InterestPeriod(date(2026, 10, 2), date(2026, 11, 23), 53, Decimal("9.5"), 108836),
    ),
    "earlier_fees_cents": 500,
    "fee_cents": 450,
    "total_cents": 111287,
    "iban": "FI37 1590 3000 0007 76",
    "bic": "NDEAFIHH",
    "reference": "1234561",
}


def letter(**changes: Any) -> LetterContent:
    return LetterContent.model_validate(SAMPLE | changes)


def without_costs(cents: int, **changes: Any) -> LetterContent:
    nothing = {"paid_cents": 0, "interest_cents": 0, "earlier_fees_cents": 0, "fee_cents": 0}
    return letter(**nothing, principal_cents=cents, total_cents=cents, **changes)


@cache
def pdf_of(content: LetterContent) -> bytes:
    return render_pdf(content)


def one_line(text: str) -> str:
    return " ".join(text.split())


def text_of(content: LetterContent) -> str:
    pages = PdfReader(BytesIO(pdf_of(content))).pages
    assert len(pages) == 1
    return one_line(pages[0].extract_text())


def codes_of(content: LetterContent) -> dict[str, str]:
    """The codes as a reader finds them in the printed page, by kind."""
    page = pypdfium2.PdfDocument(pdf_of(content))[0]
    picture = page.render(scale=300 / 72, grayscale=True).to_numpy()
    return {str(code.format): code.text for code in zxingcpp.read_barcodes(picture)}


def bar_code(content: LetterContent) -> str | None:
    return next((t for kind, t in codes_of(content).items() if "128" in kind), None)


def qr_code(content: LetterContent) -> list[str]:
    return next(t for kind, t in codes_of(content).items() if "QR" in kind).split("\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DUNNING)
def test_the_page_tells_what_the_law_wants(language: Language, kind: LetterKind) -> None:
    content = letter(language=language, kind=kind)
    text = text_of(content)
    assert TITLES[language, kind.value] in text
    for line in (content.creditor.name, *content.creditor.address_lines):
        assert line in text
    for line in (content.debtor.name, *content.debtor.address_lines):
        assert line in text
    for cents in (120000, -11164, 1501, 500, 450, 111287):
        assert one_line(format_eur(cents, language)) in text
    assert LATE_INTEREST[language] in text
    assert "9,5 %" in text or "9.5%" in text
    assert "1042" in text
    assert content.letter_id in text
    assert DUE[language] in text
    assert "FI37 1590 3000 0007 76" in text
    assert "NDEAFIHH" in text
    assert "12 34561" in text
    assert RIGHT_TO_OBJECT[language] in text
    assert "laskutus@esimerkki.example" in text
    assert "010 000 0000" in text
    assert "1234567-1" in text
    assert SUSPENSION[language] in text
    assert INTEREST_CALCULATION[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_friendly_reminder_asks_kindly_and_frightens_nobody(language: Language) -> None:
    content = without_costs(108836, language=language, kind=LetterKind.COURTESY)
    text = text_of(content)
    assert TITLES[language, "courtesy"] in text
    assert "12 34561" in text
    assert RIGHT_TO_OBJECT[language] not in text
    assert SUSPENSION[language] not in text
    assert TITLES[language, "courtesy"] in email_subject(content)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("debtor_class", [DebtorClass.BUSINESS, DebtorClass.OTHER])
def test_only_consumers_are_told_of_the_consumers_right(
    language: Language, debtor_class: DebtorClass
) -> None:
    assert SUSPENSION[language] not in text_of(letter(language=language, debtor_class=debtor_class))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_names_the_agency_only_where_there_is_one(language: Language) -> None:
    agency = "Esimerkkiperintä Oy"
    notice = letter(language=language, kind=LetterKind.NOTICE, agency_name=agency)
    assert agency in text_of(notice)
    assert agency not in text_of(letter(language=language, agency_name=agency))


def test_the_bar_code_is_the_payment_s() -> None:
    content = letter()
    digits = virtual_barcode(content.iban, "1234561", 111287, content.due_date)
    assert bar_code(content) == digits
    assert digits in text_of(content)


def test_an_rf_reference_has_its_own_bar_code_version_and_is_shown_in_fours() -> None:
    content = letter(reference=to_rf("1234561"))
    assert bar_code(content) == virtual_barcode(
        content.iban, to_rf("1234561"), 111287, content.due_date
    )
    assert qr_code(content)[9] == to_rf("1234561")
    assert "RF34 1234 561" in text_of(content)


def test_the_qr_code_carries_the_payment() -> None:
    assert qr_code(letter()) == [
        "BCD",
        "002",
        "1",
        "SCT",
        "NDEAFIHH",
        "Esimerkki Oy",
        "FI3715903000000776",
        "EUR1112.87",
        "",
        "1234561",
        "",
        "ReqdExctnDt/2026-12-10",
    ]


def test_the_qr_code_survives_letters_outside_ascii_and_long_names() -> None:
    name = "Öljy ja Ääni Šamaanit & Ðórs Oy " * 4
    lines = qr_code(letter(creditor=SAMPLE["creditor"] | {"name": name}, bic=None))
    assert lines[4] == ""
    assert lines[5] == name[:70].rstrip()


@pytest.mark.parametrize(
    "content",
    [
        letter(iban="DE89 3704 0044 0532 0130 00"),
        letter(reference="RF63INV1042"),
        without_costs(100_000_000),
    ],
    ids=["foreign account", "reference with letters", "a million euros"],
)
def test_what_a_bar_code_cannot_hold_leaves_the_qr_code(content: LetterContent) -> None:
    assert bar_code(content) is None
    assert qr_code(content)[6] == content.iban


def test_a_sum_beyond_the_qr_code_leaves_the_form() -> None:
    content = without_costs(100_000_000_000)
    assert codes_of(content) == {}
    assert one_line(format_eur(100_000_000_000)) in text_of(content)


def test_the_same_content_gives_the_same_bytes() -> None:
    assert render_pdf(letter()) == render_pdf(letter())
    assert render_pdf(letter()) != render_pdf(letter(letter_id="M-2026-000318"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_is_accessible_and_self_contained(language: Language) -> None:
    reader = PdfReader(BytesIO(pdf_of(letter(language=language))))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"].startswith(language)
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == f"{TITLES[language, 'reminder']} 1042"
    xmp = root["/Metadata"].get_data().decode()
    assert "pdfaid" in xmp
    assert "pdfuaid" in xmp
    resources: Any = reader.pages[0]["/Resources"]
    for font in resources["/Font"].values():
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
        assert "SourceSans3" in descriptor["/FontName"]


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("x") $x^2$ \\ "q" \'r\' @ref *b* _c_ <label> `raw` [x] {y} // z /* w',
        "= Otsikko -- --- ... ~ {0} {due} %s ${HOME} </text>&amp;",
    ],
)
def test_names_are_never_read_as_markup(hostile: str) -> None:
    content = letter(
        creditor=SAMPLE["creditor"] | {"name": hostile},
        debtor={"name": hostile, "address_lines": (hostile,)},
        invoice_number=hostile,
        letter_id=hostile,
    )
    assert text_of(content).count(one_line(hostile)) >= 3
    assert hostile in email_text(content)
    assert hostile in email_subject(content)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["N" * 80, "Esimerkkien yhdistys " * 4, "Ö" * 400])
def test_long_names_stay_on_one_page_and_leave_the_codes_readable(
    language: Language, name: str
) -> None:
    content = letter(
        language=language,
        kind=LetterKind.NOTICE,
        agency_name=name,
        letter_id=name,
        invoice_number=name,
        creditor={
            "name": name,
            "business_id": "1234567-1",
            "address_lines": (name, name),
            "email": f"{name}@esimerkki.example",
            "phone": name,
        },
        debtor={"name": name, "address_lines": (name,) * 5},
        interest_periods=tuple(
            InterestPeriod(date(2026, 10, n), date(2026, 10, n), 1, Decimal(n), 100)
            for n in range(2, 6)
        ),
    )
    text_of(content)
    assert bar_code(content) is not None
    assert qr_code(content)[6] == content.iban


_WORDS = st.text("aiWMöÅ1 -.,漢", min_size=1, max_size=70).filter(lambda text: text.strip())


@settings(max_examples=25, deadline=None)
@given(
    language=st.sampled_from(LANGUAGES),
    kind=st.sampled_from(KINDS),
    debtor_class=st.sampled_from(DebtorClass),
    name=_WORDS,
    lines=st.lists(_WORDS, min_size=1, max_size=4),
    number=_WORDS,
)
@example("sv", LetterKind.NOTICE, DebtorClass.CONSUMER, "Malliyritys", ["Mallikatu 1"], "10421")
def test_what_is_not_measured_fits(
    language: Language,
    kind: LetterKind,
    debtor_class: DebtorClass,
    name: str,
    lines: list[str],
    number: str,
) -> None:
    page = page_of(
        letter(
            language=language,
            kind=kind,
            debtor_class=debtor_class,
            creditor=SAMPLE["creditor"] | {"name": name, "address_lines": tuple(lines[:2])},
            debtor={"name": name, "address_lines": tuple(lines)},
            invoice_number=number,
            agency_name=name,
            paid_cents=0,
            principal_cents=108836,
            earlier_fees_cents=0,
            total_cents=110787,
        )
    )
    assert typeset(page) == typeset(page | {"roomy": False}) or not page["roomy"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("debtor_class", DebtorClass)
def test_usual_letters_need_no_measuring(
    language: Language, kind: LetterKind, debtor_class: DebtorClass
) -> None:
    usual = without_costs(108836, language=language, kind=kind, debtor_class=debtor_class)
    assert page_of(usual)["roomy"]


def test_many_interest_periods_become_one_span() -> None:
    periods = tuple(
        InterestPeriod(date(2026, 10, n), date(2026, 10, n), 1, Decimal(n) + Decimal("0.5"), 100)
        for n in range(2, 32)
    )
    text = text_of(letter(interest_periods=periods))
    assert "2,5–31,5 %" in text
    assert "2.10.2026–31.10.2026" in text


def test_a_character_that_no_font_has_does_not_stop_the_letter() -> None:
    content = letter(debtor={"name": "漢字 🙂 Malliasiakas", "address_lines": ()})
    assert "Malliasiakas" in text_of(content)
    assert render_pdf(content) == render_pdf(content)


def test_letters_are_set_from_many_threads_at_once() -> None:
    contents = [letter(invoice_number=str(2000 + n)) for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        pdfs = list(pool.map(render_pdf, contents))
    assert pdfs == [render_pdf(content) for content in contents]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DUNNING)
def test_the_email_says_what_to_pay_where_and_how_to_object(
    language: Language, kind: LetterKind
) -> None:
    content = letter(language=language, kind=kind)
    subject, body = email_subject(content), email_text(content)
    assert TITLES[language, kind.value] in subject
    assert "1042" in subject
    assert content.creditor.name in subject
    for cents in (120000, 1501, 500, 450, 111287):
        assert one_line(format_eur(cents, language)) in body
    assert "FI37 1590 3000 0007 76" in body
    assert "12 34561" in body
    assert DUE[language] in body
    assert RIGHT_TO_OBJECT[language] in body
    assert "laskutus@esimerkki.example" in body
    assert SUSPENSION[language] in body
    assert content.letter_id in body
    assert "\u00a0" not in body


def test_a_line_break_in_a_name_cannot_reach_a_header() -> None:
    sneaky = "Esimerkki Oy\r\nBcc: kaikki@esimerkki.example"
    content = letter(creditor=SAMPLE["creditor"] | {"name": sneaky})
    assert len(email_subject(content).splitlines()) == 1
    assert "Esimerkki Oy Bcc: kaikki@esimerkki.example" in text_of(content)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"total_cents": 111288}, "M-2026-000317"),
        ({"interest_periods": ()}, "M-2026-000317"),
        ({"due_date": date(2026, 11, 23)}, "M-2026-000317"),
        ({"letter_date": date(2026, 10, 1)}, "M-2026-000317"),
        ({"reference": "1234560"}, "reference"),
        ({"iban": "FI37 1590 3000 0007 77"}, "iban"),
        ({"fee_cents": -450}, "fee_cents"),
        ({"creditor": SAMPLE["creditor"] | {"address_lines": ()}}, "address_lines"),
        ({"debtor": {"name": " \n "}}, "debtor"),
    ],
)
def test_a_letter_that_would_mislead_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        letter(**changes)
