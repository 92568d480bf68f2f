"""The rows of law. Each says where it stands, when it is in force, its figure, and it in words.

The rows of the Debt Collection Act begin with its reform by Act 299/2022, in force from 1 May 2022.
Temporary figures of 2021-2022 and the figures before them are not here: a claim that turns on
such a day is refused (`NoLawInForce`), not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.law.terms import DebtorClass


class Topic(StrEnum):
    """What a row is about; the comment gives the unit of its figure."""

    FALLEN_DUE = "falling due"  # full days from the due date to a letter
    REMINDER_FEE_CAP = "reminder fee"  # cents for one letter
    INVOICE_NOTICE = "time from invoice to due date"  # days, for a fee to be possible at all
    FEE_AFTER_DUE = "wait from due date to fee"  # full days in between
    LETTER_GAP = "gap between letters"  # full days in between
    MAX_FEE_LETTERS = "number of letters with a fee"  # letters
    TOTAL_COST_CAP = "total of collection costs"  # cents for one claim, by its principal
    FLAT_COMPENSATION = "flat compensation"  # cents for one late payment
    PAYMENT_TIME = "payment time of a letter"  # days from its receipt at the latest
    AGENCY_WAIT = "wait from letter to agency"  # full days in between
    DISPUTE = "disputed claim"  # none: collection stops
    SUSPENSION = "suspension on request"  # none: collection stops
    LATE_INTEREST_POINTS = "late interest"  # basis points above the reference rate
    LIMITATION = "limitation period"  # years


@dataclass(frozen=True, slots=True)
class Provision:
    """One row of law (säännös) for some debtor classes, and for principals of some size."""

    topic: Topic
    debtor_classes: frozenset[DebtorClass]
    figure: int
    section: str
    in_force_from: date
    sentence: str
    in_force_to: date | None = None
    """The last day in force; None while no end is known."""
    principal_over_cents: int | None = None
    principal_up_to_cents: int | None = None

    def concerns(self, topic: Topic, debtor_class: DebtorClass) -> bool:
        return self.topic is topic and debtor_class in self.debtor_classes

    def in_force(self, on: date) -> bool:
        return self.in_force_from <= on and (self.in_force_to is None or on <= self.in_force_to)

    def covers(self, principal_cents: int) -> bool:
        over, up_to = self.principal_over_cents, self.principal_up_to_cents
        return (over is None or principal_cents > over) and (
            up_to is None or principal_cents <= up_to
        )


_CONSUMER = frozenset({DebtorClass.CONSUMER})
_BUSINESS = frozenset({DebtorClass.BUSINESS})
_NON_CONSUMER = frozenset({DebtorClass.BUSINESS, DebtorClass.OTHER})
_NOT_BUSINESS = frozenset({DebtorClass.CONSUMER, DebtorClass.OTHER})
_ALL = frozenset(DebtorClass)

_COLLECTION_ACT = "Debt Collection Act 513/1999"  # laki saatavien perinnästä
_INTEREST_ACT = "Interest Act 633/1982"  # korkolaki
_LIMITATION_ACT = "Limitation Act 728/2003"  # laki velan vanhentumisesta

_ACT_31_2013 = date(2013, 3, 16)  # also 32/2013, late payment in commercial transactions
_ACT_299_2022 = date(2022, 5, 1)
_ACT_728_2003 = date(2004, 1, 1)


def _total_cost_caps(
    debtor_classes: frozenset[DebtorClass], section: str, caps: tuple[tuple[int | None, int], ...]
) -> tuple[Provision, ...]:
    """Rows from (principal in euros up to and including, cap in euros), ascending."""
    rows: list[Provision] = []
    over: int | None = None
    for up_to, cap in caps:
        bracket = f"up to {up_to} EUR" if up_to is not None else f"of more than {over} EUR"
        rows.append(
            Provision(
                topic=Topic.TOTAL_COST_CAP,
                debtor_classes=debtor_classes,
                figure=cap * 100,
                section=section,
                in_force_from=_ACT_299_2022,
                sentence=f"All collection costs of a claim {bracket} are at most {cap}.00 EUR.",
                principal_over_cents=None if over is None else over * 100,
                principal_up_to_cents=None if up_to is None else up_to * 100,
            )
        )
        over = up_to
    return tuple(rows)


PROVISIONS: tuple[Provision, ...] = (
    # That nobody may be asked before the claim is overdue is part of good collection practice.
    Provision(
        topic=Topic.FALLEN_DUE,
        debtor_classes=_ALL,
        figure=0,
        section=f"{_COLLECTION_ACT}, 4 §",
        in_force_from=_ACT_31_2013,
        sentence="The debtor may pay in time until the due date is over.",
    ),
    Provision(
        topic=Topic.REMINDER_FEE_CAP,
        debtor_classes=_CONSUMER,
        figure=500,
        section=f"{_COLLECTION_ACT}, 10 a §",
        in_force_from=_ACT_299_2022,
        sentence="A written reminder to a consumer may cost at most 5.00 EUR.",
    ),
    Provision(
        topic=Topic.REMINDER_FEE_CAP,
        debtor_classes=_NON_CONSUMER,
        figure=1200,
        section=f"{_COLLECTION_ACT}, 10 e §",
        in_force_from=_ACT_299_2022,
        sentence="A written reminder to a non-consumer may cost at most 12.00 EUR.",
    ),
    Provision(
        topic=Topic.INVOICE_NOTICE,
        debtor_classes=_CONSUMER,
        figure=14,
        section=f"{_COLLECTION_ACT}, 10 b §",
        in_force_from=_ACT_299_2022,
        sentence=(
            "A consumer may only be charged for a reminder if the invoice was sent at least 14 days"
            " before its due date."
        ),
    ),
    # That the days must be full ones in between, so that the 14th day is too early, is the Consumer
    # Ombudsman's reading: decision KKV/378/14.08.01.05/2022 of 21 October 2024. The same counting
    # is kept for non-consumers.
    Provision(
        topic=Topic.FEE_AFTER_DUE,
        debtor_classes=_CONSUMER,
        figure=14,
        section=f"{_COLLECTION_ACT}, 10 b §",
        in_force_from=_ACT_299_2022,
        sentence=(
            "14 full days must pass after the due date before a letter may cost a consumer"
            " anything."
        ),
    ),
    Provision(
        topic=Topic.LETTER_GAP,
        debtor_classes=_CONSUMER,
        figure=14,
        section=f"{_COLLECTION_ACT}, 10 b §",
        in_force_from=_ACT_299_2022,
        sentence="14 full days must lie between two letters to a consumer.",
    ),
    Provision(
        topic=Topic.LETTER_GAP,
        debtor_classes=_NON_CONSUMER,
        figure=10,
        section=f"{_COLLECTION_ACT}, 10 f §",
        in_force_from=_ACT_299_2022,
        sentence="10 full days must lie between two letters to a non-consumer.",
    ),
    # The Act sets no number for reminders; two is what its 4 § (no unnecessary costs) and the
    # Consumer Ombudsman's guidance for consumers certainly allow.
    Provision(
        topic=Topic.MAX_FEE_LETTERS,
        debtor_classes=_ALL,
        figure=2,
        section=f"Karhu's own limit ({_COLLECTION_ACT}, 4 §)",
        in_force_from=_ACT_299_2022,
        sentence="A debtor is charged for at most two letters about one claim.",
    ),
    *_total_cost_caps(
        _CONSUMER, f"{_COLLECTION_ACT}, 10 d §", ((100, 60), (1000, 120), (None, 210))
    ),
    *_total_cost_caps(
        _NON_CONSUMER,
        f"{_COLLECTION_ACT}, 10 h §",
        ((500, 250), (2500, 470), (10_000, 550), (None, 620)),
    ),
    Provision(
        topic=Topic.FLAT_COMPENSATION,
        debtor_classes=_BUSINESS,
        figure=4000,
        section=f"{_COLLECTION_ACT}, 10 e §",
        in_force_from=_ACT_31_2013,
        in_force_to=date(2022, 4, 30),
        sentence="A trader or procurement entity that pays late owes 40.00 EUR at once.",
    ),
    Provision(
        topic=Topic.FLAT_COMPENSATION,
        debtor_classes=_BUSINESS,
        figure=4000,
        section=f"{_COLLECTION_ACT}, 10 i §",
        in_force_from=_ACT_299_2022,
        sentence="A trader or procurement entity that pays late owes 40.00 EUR at once.",
    ),
    # The Act asks for "reasonable" time; ten days from receipt is the Consumer Ombudsman's reading
    # of 21 October 2024, kept here for every debtor.
    Provision(
        topic=Topic.PAYMENT_TIME,
        debtor_classes=_ALL,
        figure=10,
        section="Consumer Ombudsman, decision KKV/378/14.08.01.05/2022",
        in_force_from=_ACT_299_2022,
        sentence="A letter gives at least 10 days to pay or object from when it has arrived.",
    ),
    Provision(
        topic=Topic.AGENCY_WAIT,
        debtor_classes=_CONSUMER,
        figure=14,
        section=f"{_COLLECTION_ACT}, 5 §",
        in_force_from=_ACT_299_2022,
        sentence=(
            "14 full days must pass after a consumer was reminded before the agency may demand"
            " payment."
        ),
    ),
    Provision(
        topic=Topic.AGENCY_WAIT,
        debtor_classes=_NON_CONSUMER,
        figure=10,
        section=f"{_COLLECTION_ACT}, 10 f §",
        in_force_from=_ACT_299_2022,
        sentence=(
            "10 full days must pass after a letter to a non-consumer before the agency may charge"
            " for a demand."
        ),
    ),
    Provision(
        topic=Topic.DISPUTE,
        debtor_classes=_ALL,
        figure=0,
        section=f"{_COLLECTION_ACT}, 4 b §",
        in_force_from=_ACT_31_2013,
        sentence="The claim is disputed: collection stops until a person has decided.",
    ),
    # A consumer's right; Karhu honours it whoever it is recorded for.
    Provision(
        topic=Topic.SUSPENSION,
        debtor_classes=_ALL,
        figure=0,
        section=f"{_COLLECTION_ACT}, 4 c §",
        in_force_from=_ACT_31_2013,
        sentence="The debtor has asked to suspend collection: only a court may follow.",
    ),
    # 4 § is older than this; no claim that Karhu can have is.
    Provision(
        topic=Topic.LATE_INTEREST_POINTS,
        debtor_classes=_NOT_BUSINESS,
        figure=700,
        section=f"{_INTEREST_ACT}, 4 §",
        in_force_from=_ACT_31_2013,
        sentence="Late interest is the reference rate plus 7 percentage points.",
    ),
    Provision(
        topic=Topic.LATE_INTEREST_POINTS,
        debtor_classes=_BUSINESS,
        figure=800,
        section=f"{_INTEREST_ACT}, 4 a §",
        in_force_from=_ACT_31_2013,
        sentence=(
            "Late interest of a trader or procurement entity is the reference rate plus 8"
            " percentage points."
        ),
    ),
    Provision(
        topic=Topic.LIMITATION,
        debtor_classes=_ALL,
        figure=3,
        section=f"{_LIMITATION_ACT}, 4 §",
        in_force_from=_ACT_728_2003,
        sentence="A debt is time-barred three years after its due date or its last interruption.",
    ),
)
