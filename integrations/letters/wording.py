"""A letter's content in words, for the page and the e-mail alike."""

from dataclasses import dataclass
from decimal import Decimal

from domain.interest import InterestPeriod
from domain.law import DebtorClass
from domain.money import NO_BREAK_SPACE, Language, format_eur
from domain.references import group
from domain.states import LetterKind
from integrations.letters.content import LetterContent
from integrations.letters.en import ENGLISH
from integrations.letters.fi import FINNISH
from integrations.letters.sv import SWEDISH
from integrations.letters.texts import Texts

TEXTS: dict[Language, Texts] = {"fi": FINNISH, "sv": SWEDISH, "en": ENGLISH}

_PERIODS_SHOWN = 4
"""More interest periods than this are shown as one span, to keep the letter on one page."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the itemisation."""

    label: str
    note: str
    amount: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything a letter says, in its language."""

    title: str
    facts: tuple[tuple[str, str], ...]
    intro: str
    rows: tuple[Row, ...]
    total: Row
    sections: tuple[Section, ...]


def word(content: LetterContent) -> Wording:
    """Puts a letter's content into the words of its language."""
    texts = TEXTS[content.language]
    kind = texts.kinds[content.kind]
    day = texts.format_date
    moved = content.due_date != content.original_due_date
    return Wording(
        title=kind.title,
        facts=(
            (texts.letter_date, day(content.letter_date)),
            (texts.letter_id, content.letter_id),
            (texts.invoice_number, content.invoice_number),
            (texts.invoice_date, day(content.invoice_date)),
            (texts.original_due, day(content.original_due_date)),
            *([(texts.new_due, day(content.due_date))] if moved else ()),
        ),
        intro=kind.intro.format(
            invoice=content.invoice_number,
            original_due=day(content.original_due_date),
            due=day(content.due_date),
        ),
        rows=tuple(_rows(content, texts)),
        total=Row(texts.total, "", format_eur(content.total_cents, content.language)),
        sections=tuple(_sections(content, texts)),
    )


def grouped_iban(iban: str) -> str:
    """An account number in groups of four, as ISO 13616 prints it."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _rows(content: LetterContent, texts: Texts) -> list[Row]:
    def amount(cents: int) -> str:
        return format_eur(cents, content.language)

    # Interest and this letter's fee are shown at nought too: the debtor sees that none is claimed.
    rows = [
        Row(
            texts.principal,
            texts.principal_basis.format(
                invoice=content.invoice_number,
                invoice_date=texts.format_date(content.invoice_date),
                original_due=texts.format_date(content.original_due_date),
            ),
            amount(content.principal_cents),
        )
    ]
    if content.paid_cents:
        rows.append(Row(texts.paid, "", amount(-content.paid_cents)))
    rows.append(Row(texts.interest, _interest_note(content, texts), amount(content.interest_cents)))
    if content.earlier_fees_cents:
        rows.append(Row(texts.earlier_fees, "", amount(content.earlier_fees_cents)))
    rows.append(Row(texts.fee, "", amount(content.fee_cents)))
    return rows


def _interest_note(content: LetterContent, texts: Texts) -> str:
    periods = content.interest_periods
    if not content.interest_cents:
        return ""
    if len(periods) > _PERIODS_SHOWN:
        return texts.interest_summary.format(
            rate=_rates(periods, texts),
            first=texts.format_date(periods[0].first_day),
            last=texts.format_date(periods[-1].last_day),
        )
    return "; ".join(
        texts.interest_period.format(
            rate=_rate(period.rate, texts),
            principal=format_eur(period.principal_cents, content.language),
            first=texts.format_date(period.first_day),
            last=texts.format_date(period.last_day),
            days=period.days,
        )
        for period in periods
    )


def _rates(periods: tuple[InterestPeriod, ...], texts: Texts) -> str:
    low = min(period.rate for period in periods)
    high = max(period.rate for period in periods)
    ends = (low,) if low == high else (low, high)
    return "–".join(_rate(rate, texts) for rate in ends)


def _rate(percent: Decimal, texts: Texts) -> str:
    plain = f"{percent.normalize():f}"
    shown = plain if "." in plain else f"{plain}.0"
    return shown.replace(".", texts.decimal_mark)


def _sections(content: LetterContent, texts: Texts) -> list[Section]:
    due = texts.format_date(content.due_date)
    pay = texts.pay.format(
        total=format_eur(content.total_cents, content.language),
        due=due,
        creditor=content.creditor.name,
        iban=_unbroken(grouped_iban(content.iban)),
        reference=_unbroken(group(content.reference)),
    )
    advice = [pay, texts.pay_codes, texts.trouble]
    if content.kind is LetterKind.NOTICE and content.agency_name:
        advice.append(texts.agency.format(due=due, agency=content.agency_name))
    objection = f"{texts.object.format(due=due)} {_addressee(content)}."
    if content.interest_cents:
        objection += f" {texts.interest_calculation}"
    sections = [Section(texts.pay_title, " ".join(advice))]
    if content.kind is LetterKind.COURTESY:
        # Nobody is dunned yet: what the law wants a demand to say would frighten.
        return sections
    sections.append(Section(texts.object_title, objection))
    if content.debtor_class is DebtorClass.CONSUMER:
        sections.append(Section(texts.consumer_title, texts.consumer))
    return sections


def _addressee(content: LetterContent) -> str:
    creditor = content.creditor
    phone = creditor.phone and _unbroken(creditor.phone)
    parts = (creditor.name, *creditor.address_lines, creditor.email, phone)
    return ", ".join(part for part in parts if part)


def _unbroken(text: str) -> str:
    return text.replace(" ", NO_BREAK_SPACE)
