"""The tables of docs/law.md, written from the law's own rows: `python -m tests.law_tables`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from domain.interest import REFERENCE_RATES
from domain.law import DELIVERY_BANKING_DAYS, PROVISIONS, DebtorClass, Provision, Topic
from domain.money import to_decimal

DOCUMENT = Path(__file__).parents[1] / "docs" / "law.md"

_UNITS = {
    Topic.FALLEN_DUE: "full days between",
    Topic.REMINDER_FEE_CAP: "EUR a letter",
    Topic.INVOICE_NOTICE: "days",
    Topic.FEE_AFTER_DUE: "full days between",
    Topic.LETTER_GAP: "full days between",
    Topic.MAX_FEE_LETTERS: "letters",
    Topic.TOTAL_COST_CAP: "EUR a claim",
    Topic.FLAT_COMPENSATION: "EUR",
    Topic.PAYMENT_TIME: "days from receipt",
    Topic.AGENCY_WAIT: "full days between",
    Topic.DISPUTE: "",
    Topic.SUSPENSION: "",
    Topic.LATE_INTEREST_POINTS: "percentage points",
    Topic.LIMITATION: "years",
}

_HUNDREDTHS = {
    Topic.REMINDER_FEE_CAP,
    Topic.TOTAL_COST_CAP,
    Topic.FLAT_COMPENSATION,
    Topic.LATE_INTEREST_POINTS,
}


def provisions() -> Iterator[str]:
    """A row for each provision, in the order in which they stand in the code."""
    yield "| Judgement | Debtor | Figure | Section | In force | In words |"
    yield "|---|---|---|---|---|---|"
    for row in PROVISIONS:
        until = f" to {row.in_force_to}" if row.in_force_to else ""
        cells = (
            row.topic.value,
            _who(row),
            _figure(row),
            row.section,
            f"from {row.in_force_from}{until}",
            row.sentence,
        )
        yield f"| {' | '.join(cells)} |"


def delivery() -> Iterator[str]:
    """Within how many banking days a letter has arrived."""
    yield "| Channel | Banking days |"
    yield "|---|---|"
    for channel, days in DELIVERY_BANKING_DAYS.items():
        yield f"| {channel.value} | {days} |"


def rates() -> Iterator[str]:
    """The built-in reference rates."""
    yield "| Half-year | Reference rate | Notice |"
    yield "|---|---|---|"
    for row in REFERENCE_RATES.rows:
        inferred = "" if row.confirmed else " (figure inferred, to be confirmed)"
        yield f"| {row.half_year} | {row.percent} % | {row.source}{inferred} |"


TABLES = {"provisions": provisions, "delivery": delivery, "rates": rates}


def written_anew(document: str) -> str:
    """The document with each table between its marks as the code has it."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        before, found, rest = document.partition(begin)
        assert found, f"docs/law.md has no place for the table {name!r}"
        lines = "".join(f"{line}\n" for line in table())
        document = before + begin + lines + end + rest.partition(end)[2]
    return document


def _who(row: Provision) -> str:
    if row.debtor_classes == frozenset(DebtorClass):
        return "all"
    return ", ".join(one.value for one in DebtorClass if one in row.debtor_classes)


def _figure(row: Provision) -> str:
    unit = _UNITS[row.topic]
    if not unit:
        return "stops"
    figure = str(to_decimal(row.figure)) if row.topic in _HUNDREDTHS else str(row.figure)
    return f"{figure} {unit}"


if __name__ == "__main__":
    DOCUMENT.write_text(written_anew(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
