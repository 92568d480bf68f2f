"""When a claim is too old: three years from its due date, its last letter or its last payment."""

from datetime import date, timedelta

import pytest

from domain.case import Case
from domain.folding import apply
from domain.gates import time_barred
from domain.law import FINNISH_LAW
from domain.ledger import Entry, EntryKind
from domain.outcomes import BalanceSeen
from domain.states import LetterKind
from tests.unit.strategies import DAY, DUE, a_case, a_letter

K = EntryKind


def barred(case: Case, on: date) -> bool:
    return time_barred(case, FINNISH_LAW, on) is not None


def paid(case: Case, *days: date) -> Case:
    """The case after it was paid a little on each day, and looked at each time."""
    entries = [Entry(K.PRINCIPAL, case.original_cents, case.invoice_sent_on, "principal")]
    for number, day in enumerate(days):
        entries.append(Entry(K.PAYMENT, 100, day, f"payment/{number}"))
        case = apply(case, BalanceSeen.of(entries))
    return case


def test_a_claim_is_barred_three_years_after_its_due_date() -> None:
    assert not barred(a_case(), date(2029, 10, 1))
    assert barred(a_case(), date(2029, 10, 2))


def test_a_payment_begins_the_period_anew() -> None:
    case = paid(a_case(), date(2028, 5, 5))
    assert not barred(case, date(2031, 5, 5))
    assert barred(case, date(2031, 5, 6))


def test_payments_in_a_row_carry_each_other() -> None:
    days = [date(2028, 5, 5), date(2031, 5, 5), date(2034, 5, 5)]
    case = paid(a_case(), *days)
    assert case.paid_on == tuple(days)
    assert not barred(case, date(2037, 5, 5))


def test_a_payment_that_comes_too_late_revives_nothing() -> None:
    assert barred(paid(a_case(), date(2029, 10, 2)), date(2029, 10, 2))


def test_a_payment_and_a_letter_each_count() -> None:
    letters = (a_letter(LetterKind.REMINDER, date(2028, 1, 10)),)
    assert not barred(paid(a_case(letters=letters), date(2030, 12, 1)), date(2033, 12, 1))


@pytest.mark.parametrize("days", [(), (date(2027, 1, 1),)])
def test_a_payment_that_the_bank_took_back_does_not_count(days: tuple[date, ...]) -> None:
    entries = [Entry(K.PRINCIPAL, 10_000, DUE, "principal")]
    entries += [Entry(K.PAYMENT, 100, day, f"payment/{day}") for day in days]
    taken = [
        *entries,
        Entry(K.PAYMENT, 500, date(2028, 1, 1), "payment/back"),
    ]
    case = apply(apply(a_case(), BalanceSeen.of(entries)), BalanceSeen.of(taken))
    back = Entry(K.PAYMENT_REVERSED, 500, date(2028, 1, 9), "payment/back/reversed")
    case = apply(case, BalanceSeen.of([*taken, back]))
    assert case.paid_on == days


def test_a_log_from_before_says_nothing_of_payment_days() -> None:
    """What an earlier release recorded is read as it was meant: the days are not known."""
    said = {"kind": "balance_seen", "principal_cents": 1, "open_cents": 1, "paid_cents": 5}
    case = apply(a_case(), BalanceSeen.model_validate(said))
    assert case.paid_on == ()
    assert barred(case, DUE + 4 * 365 * DAY)
    assert not barred(case, DUE + timedelta(days=900))
