from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.interest import late_interest
from domain.law import DebtorClass
from domain.ledger import (
    Balance,
    Entry,
    EntryKind,
    UnbalancedEntry,
    balance,
    last_payment_on,
    principal_history,
    settlement,
)
from tests.depth import lives

K = EntryKind
FIRST = date(2026, 9, 1)
FORGIVING = {K.INTEREST_WAIVED, K.FEE_WAIVED, K.WRITE_OFF}
TAKING_BACK = {K.PAYMENT_REVERSED, K.OVERPAYMENT_REFUNDED}


def book(*lines: tuple[EntryKind, int]) -> list[Entry]:
    """Entries of one a day, in order."""
    return [
        Entry(kind, cents, FIRST + timedelta(days=i), f"entry/{i}")
        for i, (kind, cents) in enumerate(lines)
    ]


def test_an_unpaid_invoice_is_open() -> None:
    assert balance([]) == Balance()
    result = balance(book((K.PRINCIPAL, 100_00), (K.FEE, 5_00), (K.INTEREST, 81)))
    assert result == Balance(100_00, 81, 5_00, 0)
    assert result.open_cents == 105_81


@pytest.mark.parametrize(
    ("paid", "left"),
    [
        (50, Balance(100_00, 31, 5_00)),  # interest first,
        (10_81, Balance(90_00, 0, 5_00)),  # then principal,
        (102_81, Balance(0, 0, 3_00)),  # costs last;
        (105_81, Balance()),
        (106_00, Balance(overpaid_cents=19)),  # what is over is kept
    ],
)
def test_a_payment_goes_to_interest_principal_and_costs(paid: int, left: Balance) -> None:
    claims = ((K.PRINCIPAL, 100_00), (K.FEE, 5_00), (K.INTEREST, 81))
    assert balance(book(*claims, (K.PAYMENT, paid))) == left


def test_a_payment_of_the_principal_alone_leaves_a_later_fee_visible() -> None:
    entries = book((K.PRINCIPAL, 100_00), (K.PAYMENT, 100_00), (K.FEE, 5_00))
    assert balance(entries) == Balance(fees_cents=5_00)
    forgiven = [*entries, *book((K.FEE_WAIVED, 5_00))]
    assert balance(forgiven).open_cents == 0
    assert settlement(forgiven).forgiven_fees_cents == 5_00


def test_an_overpayment_meets_the_next_claim_by_itself() -> None:
    entries = book((K.PRINCIPAL, 100_00), (K.PAYMENT, 103_00), (K.FEE, 5_00))
    assert balance(entries) == Balance(fees_cents=2_00)


def test_interest_booked_later_does_not_reopen_a_paid_principal() -> None:
    entries = book((K.PRINCIPAL, 100_00), (K.PAYMENT, 60_00), (K.INTEREST, 2_00))
    assert balance(entries) == Balance(principal_cents=40_00, interest_cents=2_00)


def test_a_credit_reduces_the_principal_and_the_excess_is_the_debtors() -> None:
    entries = book((K.PRINCIPAL, 100_00), (K.PAYMENT, 60_00), (K.FEE, 5_00), (K.CREDIT, 100_00))
    # 40.00 was open; 60.00 paid is set free and pays the fee first.
    result = settlement(entries)
    assert result.balance == Balance(overpaid_cents=55_00)
    assert result.forgiven_principal_cents == 100_00
    assert (result.paid_principal_cents, result.paid_fees_cents) == (0, 5_00)
    assert result.paid_cents == 5_00


def test_a_waived_fee_that_was_paid_is_given_back() -> None:
    entries = book((K.PRINCIPAL, 10_00), (K.FEE, 5_00), (K.PAYMENT, 15_00), (K.FEE_WAIVED, 5_00))
    assert balance(entries) == Balance(overpaid_cents=5_00)
    refunded = [*entries, Entry(K.OVERPAYMENT_REFUNDED, 5_00, FIRST, "refund/1")]
    assert balance(refunded) == Balance()


def test_a_reversed_payment_is_open_again() -> None:
    claims = ((K.PRINCIPAL, 100_00), (K.FEE, 5_00), (K.INTEREST, 1_00))
    paid = (*claims, (K.PAYMENT, 110_00))
    assert balance(book(*paid, (K.PAYMENT_REVERSED, 110_00))) == balance(book(*claims))
    # A part: what was over first, then costs, principal, interest.
    assert balance(book(*paid, (K.PAYMENT_REVERSED, 12_00))) == Balance(3_00, 0, 5_00)


def test_a_write_off_closes_what_is_open() -> None:
    entries = book((K.PRINCIPAL, 100_00), (K.FEE, 5_00), (K.INTEREST, 1_00))
    assert balance([*entries, Entry(K.WRITE_OFF, 106_00, FIRST, "w")]) == Balance()
    partial = balance([*entries, Entry(K.WRITE_OFF, 6_50, FIRST, "w")])
    assert partial == Balance(principal_cents=99_50)


@pytest.mark.parametrize(
    ("lines", "available"),
    [
        ([(K.PRINCIPAL, 10_00), (K.PAYMENT, 4_00), (K.PAYMENT_REVERSED, 4_01)], 4_00),
        ([(K.FEE, 5_00), (K.FEE_WAIVED, 3_00), (K.FEE_WAIVED, 2_01)], 2_00),
        ([(K.PRINCIPAL, 5_00), (K.INTEREST_WAIVED, 1)], 0),
        ([(K.PRINCIPAL, 5_00), (K.PAYMENT, 6_00), (K.OVERPAYMENT_REFUNDED, 1_01)], 1_00),
        ([(K.PRINCIPAL, 5_00), (K.PAYMENT, 2_00), (K.WRITE_OFF, 3_01)], 3_00),
    ],
)
def test_nothing_is_taken_back_or_forgiven_twice(
    lines: list[tuple[EntryKind, int]], available: int
) -> None:
    entries = book(*lines)
    balance(entries[:-1])
    with pytest.raises(UnbalancedEntry) as caught:
        balance(entries)
    assert caught.value.entry is entries[-1]
    assert caught.value.available_cents == available


def test_an_amount_is_never_negative() -> None:
    with pytest.raises(ValueError, match="payment/7"):
        Entry(K.PAYMENT, -1, FIRST, "payment/7")


def test_the_principals_history_is_by_value_date() -> None:
    entries = [
        Entry(K.PRINCIPAL, 100_00, date(2026, 9, 1), "principal"),
        Entry(K.FEE, 5_00, date(2026, 10, 20), "fee/1"),
        Entry(K.PAYMENT, 40_00, date(2026, 10, 19), "payment/1"),
        Entry(K.PAYMENT, 30_00, date(2026, 10, 15), "payment/2"),  # booked late
        Entry(K.CREDIT, 5_00, date(2026, 10, 19), "credit/1"),
        Entry(K.PAYMENT_REVERSED, 30_00, date(2026, 10, 25), "payment/2/reversed"),
    ]
    assert principal_history(entries) == (
        (date(2026, 9, 1), 100_00),
        (date(2026, 10, 15), 70_00),
        (date(2026, 10, 19), 25_00),
        (date(2026, 10, 25), 55_00),
    )


def test_an_advance_payment_leaves_no_negative_principal() -> None:
    entries = [
        Entry(K.PAYMENT, 100_00, date(2026, 8, 20), "payment/1"),
        Entry(K.PRINCIPAL, 100_00, date(2026, 9, 1), "principal"),
    ]
    assert principal_history(entries) == ()
    late = [entries[1], entries[0]]
    assert principal_history(late) == ((date(2026, 8, 20), 0), (date(2026, 9, 1), 0))


def test_the_last_payment_is_the_last_that_stands() -> None:
    assert last_payment_on(book((K.PRINCIPAL, 100_00), (K.CREDIT, 10_00))) is None
    paid = book((K.PRINCIPAL, 100_00), (K.PAYMENT, 10_00), (K.FEE, 5_00), (K.PAYMENT, 20_00))
    assert last_payment_on(paid) == FIRST + timedelta(days=3)
    # Booked late, it counts for its own day.
    late = [*paid, Entry(K.PAYMENT, 5_00, FIRST, "late")]
    assert last_payment_on(late) == FIRST + timedelta(days=3)
    back = Entry(K.PAYMENT_REVERSED, 19_99, FIRST + timedelta(days=9), "back")
    assert last_payment_on([*paid, back]) == FIRST + timedelta(days=3)
    again = Entry(K.PAYMENT_REVERSED, 1, FIRST + timedelta(days=9), "again")
    assert last_payment_on([*paid, back, again]) == FIRST + timedelta(days=1)
    rest = Entry(K.PAYMENT_REVERSED, 10_00, FIRST + timedelta(days=9), "rest")
    assert last_payment_on([*paid, back, again, rest]) is None


# ── random lives ─────────────────────────────────────────────────────────────────────────────


@st.composite
def random_lives(draw: st.DrawFn) -> list[Entry]:
    """Entries of any kinds, sizes and value dates, each one that a ledger can take."""
    entries: list[Entry] = []
    for index in range(draw(st.integers(0, 25))):
        entry = Entry(
            draw(st.sampled_from(EntryKind)),
            draw(st.integers(0, 300) | st.integers(0, 10**7)),
            FIRST + timedelta(days=draw(st.integers(-10, 60))),
            f"entry/{index}",
        )
        try:
            balance([*entries, entry])
        except UnbalancedEntry as refused:
            entry = Entry(entry.kind, refused.available_cents, entry.on, entry.key)
        entries.append(entry)
    return entries


@settings(max_examples=lives(100))
@given(random_lives())
def test_every_cent_is_found(entries: list[Entry]) -> None:
    total: Counter[EntryKind] = Counter()
    for entry in entries:
        total[entry.kind] += entry.amount_cents
    result = settlement(entries)
    left = result.balance
    claims = [
        (K.PRINCIPAL, left.principal_cents, result.paid_principal_cents),
        (K.INTEREST, left.interest_cents, result.paid_interest_cents),
        (K.FEE, left.fees_cents, result.paid_fees_cents),
    ]
    forgiven = {
        K.PRINCIPAL: result.forgiven_principal_cents,
        K.INTEREST: result.forgiven_interest_cents,
        K.FEE: result.forgiven_fees_cents,
    }
    for kind, still_open, paid in claims:
        assert min(still_open, paid, forgiven[kind]) >= 0
        assert total[kind] == still_open + paid + forgiven[kind]
    assert left.overpaid_cents >= 0
    assert left.overpaid_cents == 0 or left.open_cents == 0
    money = total[K.PAYMENT] - sum(total[kind] for kind in TAKING_BACK)
    given_up = total[K.CREDIT] + sum(total[kind] for kind in FORGIVING)
    gone = result.paid_cents + left.overpaid_cents + sum(forgiven.values())
    assert money + given_up == gone


@settings(max_examples=lives(100))
@given(random_lives())
def test_the_history_ends_at_the_open_principal(entries: list[Entry]) -> None:
    history = principal_history(entries)
    dates = [on for on, _ in history]
    assert dates == sorted(set(dates))
    assert all(cents >= 0 for _, cents in history)
    assert (history[-1][1] if history else 0) == balance(entries).principal_cents
    late_interest(history, FIRST, FIRST + timedelta(days=90), DebtorClass.CONSUMER)


@settings(max_examples=lives(100))
@given(random_lives(), st.integers(0, 10**7))
def test_a_payment_taken_back_leaves_the_open_sum_as_it_was(
    entries: list[Entry], cents: int
) -> None:
    before = balance(entries)
    there_and_back = book((K.PAYMENT, cents), (K.PAYMENT_REVERSED, cents))
    after = balance([*entries, *there_and_back])
    assert after.open_cents == before.open_cents
    assert after.overpaid_cents == before.overpaid_cents
