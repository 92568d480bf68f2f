"""What a bank's file says is booked once, on the invoice that it belongs to, or waits."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from domain import references
from store import assigning, booking, queue
from store.database import Database
from store.payments import Transaction
from store.tables import Invoice
from tests.books import MONDAY
from tests.depth import lives
from tests.store.bank import Bank, transaction

PRINCIPAL = 108_836


def test_by_reference_and_once(bank: Bank) -> None:
    one, other = bank.register(now=MONDAY), bank.register(now=MONDAY)
    first = transaction(one.reference, PRINCIPAL)
    partly = transaction(other.reference, 8_836)
    results = bank.book(first, partly, first)
    assert [result.booked for result in results] == [
        ((one.id, PRINCIPAL),),
        ((other.id, 8_836),),
        (),
    ]
    assert [result.known for result in results] == [False, False, True]
    assert [bank.owed(one), bank.owed(other)] == [(0, 0), (100_000, 0)]
    assert bank.invoice(one.id).signal_pending
    again = bank.book(partly, first)
    assert all(result.known and not result.booked for result in again)
    assert bank.owed(other) == (100_000, 0)
    bank.everything_adds_up(one, other)


def test_what_is_paid_twice_or_too_much_is_the_debtors(bank: Bank) -> None:
    invoice = bank.register(now=MONDAY)
    (over,) = bank.book(transaction(invoice.reference, PRINCIPAL + 500))
    assert over.overpaid_cents == 500
    bank.close(invoice)
    (twice,) = bank.book(transaction(invoice.reference, PRINCIPAL))
    assert (twice.problem, twice.overpaid_cents) == ("", PRINCIPAL)
    assert bank.owed(invoice) == (0, PRINCIPAL + 500)
    row = bank.invoice(invoice.id)
    assert (row.signal_pending, row.start_pending) == (True, False)
    with bank.database.transaction() as session:
        found = queue.overpaid(session, after=invoice.id - 1)
    assert [(one.number, one.overpaid_cents) for one in found] == [
        (invoice.number, PRINCIPAL + 500)
    ]
    bank.everything_adds_up(invoice)


def test_the_oldest_open_invoice_of_a_reference(bank: Bank) -> None:
    newer, older = bank.register(now=MONDAY), bank.register(now=MONDAY, due_in=7)
    with bank.database.transaction() as session:
        for one in (newer, older):
            row = booking.lock(session, one.id)
            row.reference = "7771"
            session.add(row)
    results = bank.book(*(transaction("7771", PRINCIPAL) for _ in range(3)))
    assert [result.booked[0][0] for result in results] == [older.id, newer.id, newer.id]
    assert bank.owed(newer) == (0, PRINCIPAL)


def test_an_account_that_no_company_has(bank: Bank) -> None:
    invoice = bank.register(now=MONDAY)
    stray = transaction(invoice.reference, PRINCIPAL, account="FI4250001510000023")
    (result,) = bank.book(stray)
    assert "FI4250001510000023" in result.problem
    assert bank.payment(stray).company_id is None
    assert bank.owed(invoice) == (PRINCIPAL, 0)


def test_two_companies_with_the_same_account(bank: Bank) -> None:
    shared = "FI1410093000123458"
    ours = bank.register(now=MONDAY, business_id="2345678-0", iban=shared)
    theirs = bank.register(now=MONDAY, business_id="3456789-1", iban=shared)
    elsewhere = bank.register(now=MONDAY)
    results = bank.book(
        transaction(ours.reference, PRINCIPAL, account=shared),
        transaction(theirs.reference, PRINCIPAL, account=shared),
        transaction(elsewhere.reference, PRINCIPAL, account=shared),
    )
    assert [result.booked for result in results[:2]] == [
        ((ours.id, PRINCIPAL),),
        ((theirs.id, PRINCIPAL),),
    ]
    # A reference of a company that has nothing to do with the account is nobody's.
    assert results[2].queued


def test_by_number_and_the_exact_amount(bank: Bank) -> None:
    invoice = bank.register(now=MONDAY)
    says = f"Lasku {invoice.number}, kiitos"
    other, right = transaction("", 5, message=says), transaction("", PRINCIPAL, message=says)
    results = bank.book(other, right)
    assert "amount" in results[0].problem
    assert bank.shares(right) == [(invoice.id, PRINCIPAL, "number and amount")]
    (late,) = bank.book(transaction("", PRINCIPAL, message=says))
    assert "nothing is open" in late.problem


def test_a_later_invoice_finds_what_waits(bank: Bank) -> None:
    earlier = bank.register(now=MONDAY)
    number = int(earlier.number) + 1
    by_reference = transaction(references.make(number), 8_836)
    by_message = transaction("", 100_000, message=f"lasku {number}")
    assert all(result.queued for result in bank.book(by_reference, by_message))
    invoice = bank.register(now=MONDAY)
    assert invoice.number == str(number)
    results = bank.match_waiting(invoice)
    assert [result.booked for result in results] == [
        ((invoice.id, 8_836),),
        ((invoice.id, 100_000),),
    ]
    assert bank.payment(by_message).problem == ""
    assert bank.owed(invoice) == (0, 0)
    assert bank.match_waiting(invoice) == []
    bank.everything_adds_up(invoice)


def test_entered_by_hand_and_then_in_a_file(bank: Bank) -> None:
    invoice = bank.register(now=MONDAY)
    bank.pay(invoice, PRINCIPAL, on=date(2026, 3, 6), key="by telephone")
    # 6 March is a Friday.
    found = transaction(invoice.reference, PRINCIPAL)
    (result,) = bank.book(found)
    assert "by hand" in result.problem
    assert bank.owed(invoice) == (0, 0)
    later = transaction(
        invoice.reference, PRINCIPAL, paid_on=date(2026, 4, 10), booked_on=date(2026, 4, 10)
    )
    (result,) = bank.book(later)
    assert result.overpaid_cents == PRINCIPAL
    with bank.database.transaction() as session:
        row = bank.payment(found)
        assigning.assign(session, row.id, invoice.id, by="anna", now=MONDAY)
    assert bank.owed(invoice) == (0, 2 * PRINCIPAL)
    bank.everything_adds_up(invoice)


# ── what the bank takes back ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("same_id", [True, False])
@pytest.mark.parametrize("order", ["after", "before", "together", "together, first"])
def test_a_reversal_takes_its_payment_back(bank: Bank, order: str, same_id: bool) -> None:
    invoice = bank.register(now=MONDAY)
    paid = transaction(invoice.reference, PRINCIPAL)
    back = transaction("" if same_id else invoice.reference, -PRINCIPAL)
    if same_id:
        back = replace(back, archive_id=paid.archive_id)
    match order:
        case "after":
            bank.book(paid)
            bank.book(back)
        case "before":
            (waits,) = bank.book(back)
            assert waits.queued
            bank.book(paid)
        case "together":
            bank.book(paid, back)
        case _:
            bank.book(back, paid)
    assert bank.owed(invoice) == (PRINCIPAL, 0)
    assert bank.shares(back) == [(invoice.id, -PRINCIPAL, "reversal")]
    assert bank.payment(back).reverses == bank.payment(paid).id
    # Once: another one of the same finds nothing to take back.
    (again,) = bank.book(transaction(invoice.reference, -PRINCIPAL, archive_id=paid.archive_id))
    assert again.queued
    assert bank.owed(invoice) == (PRINCIPAL, 0)
    bank.everything_adds_up(invoice)


def test_a_reversal_of_what_waits_ends_both(bank: Bank) -> None:
    paid = transaction("9994", 700)
    bank.book(paid)
    (back,) = bank.book(transaction("9994", -700))
    assert back.set_aside
    assert not back.queued
    assert bank.payment(paid).set_aside
    assert bank.payment(paid).open_cents == 700


def test_a_reversal_reopens_what_was_paid_and_not_what_a_person_ended(bank: Bank) -> None:
    for state, reopened in (("paid", True), ("cancelled", False), ("written_off", False)):
        invoice = bank.register(now=MONDAY)
        bank.book(transaction(invoice.reference, PRINCIPAL))
        bank.close(invoice, state)
        (back,) = bank.book(transaction(invoice.reference, -PRINCIPAL))
        row = bank.invoice(invoice.id)
        assert (row.start_pending, row.signal_pending) == (reopened, reopened)
        assert back.queued is not reopened
        assert bank.owed(invoice)[0] == (PRINCIPAL if reopened else 0)


def test_a_double_payment_taken_back_leaves_it_paid(bank: Bank) -> None:
    invoice = bank.register(now=MONDAY)
    bank.book(*(transaction(invoice.reference, PRINCIPAL) for _ in range(2)))
    bank.close(invoice)
    (back,) = bank.book(transaction(invoice.reference, -PRINCIPAL))
    assert not back.queued
    assert bank.owed(invoice) == (0, 0)
    assert not bank.invoice(invoice.id).start_pending


def test_a_ledger_that_does_not_add_up_hurts_nobody_else(bank: Bank) -> None:
    broken, sound = bank.register(now=MONDAY), bank.register(now=MONDAY)
    with bank.database.transaction() as session:
        _insert_waiver(session, broken)
    results = bank.book(
        transaction(broken.reference, PRINCIPAL), transaction(sound.reference, PRINCIPAL)
    )
    assert results[0].queued
    assert results[1].booked == ((sound.id, PRINCIPAL),)


def _insert_waiver(session: Session, invoice: Invoice) -> None:
    from store.tables import LedgerEntry  # noqa: PLC0415

    session.add(
        LedgerEntry(
            invoice_id=invoice.id,
            kind="fee_waived",
            amount_cents=500,
            on=date(2026, 3, 2),
            booked_at=MONDAY,
            key="nobody charged it",
        )
    )


@settings(
    max_examples=lives(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_in_whatever_order_and_files(bank: Bank, data: st.DataObject) -> None:
    """Payments, reversals, the same file again, an invoice that comes in late: in the end each
    transaction has counted once."""
    known, late = bank.register(now=MONDAY), next_reference(bank)
    paid = [
        transaction(data.draw(st.sampled_from([known.reference, late])), cents)
        for cents in data.draw(st.lists(st.integers(1, 2 * PRINCIPAL), max_size=4))
    ]
    some = st.lists(st.sampled_from(paid), unique=True) if paid else st.just([])
    back = [
        transaction(one.reference, -one.amount_cents, archive_id=one.archive_id)
        for one in data.draw(some)
    ]
    records = data.draw(st.permutations([*paid, *back]))
    files = st.lists(st.lists(st.sampled_from(records))) if records else st.just([])
    for file in data.draw(files):
        bank.book(*file)
    invoice = bank.register(now=MONDAY)
    assert invoice.reference == late
    bank.match_waiting(invoice)
    at = data.draw(st.integers(0, len(records)))
    bank.book(*records[at:])
    bank.book(*records[:at])

    taken_back = {one.archive_id for one in back}
    for one in (known, invoice):
        stands = sum(
            item.amount_cents
            for item in paid
            if item.reference == one.reference and item.archive_id not in taken_back
        )
        open_cents, over = bank.owed(one)
        assert open_cents - over == PRINCIPAL - stands
    for item in paid:
        row = bank.payment(item)
        assert row.open_cents == 0 or row.set_aside
    bank.everything_adds_up(known, invoice)


def next_reference(bank: Bank) -> str:
    """That of the invoice that is registered next."""
    return references.make(int(bank.register(now=MONDAY).number) + 1)


# ── two at once ──────────────────────────────────────────────────────────────────────────────


def test_two_workers_book_overlapping_files(bank: Bank) -> None:
    invoices = [bank.register(now=MONDAY) for _ in range(20)]
    paid = [transaction(one.reference, PRINCIPAL) for one in invoices]
    back = [transaction(one.reference, -PRINCIPAL) for one in invoices[:5]]
    files = [paid[:15], [*back, *paid[5:][::-1]], [*paid[::-1], *back]]
    results = bank.at_once(
        *(partial(_book, bank, file) for file in files),
        partial(_pay, invoices[3]),
    )
    assert len(results) == 4
    booked = {one.key for one in [*paid, *back] if bank.payment(one)}
    assert len(booked) == 25
    for place, invoice in enumerate(invoices):
        extra = 100 if place == 3 else 0
        open_cents, over = bank.owed(invoice)
        assert open_cents - over == (PRINCIPAL if place < 5 else 0) - extra
        assert bank.invoice(invoice.id).signal_pending
    bank.everything_adds_up(*invoices)


def _book(bank: Bank, file: list[Transaction], database: Database) -> object:
    return bank.book(*file, database=database)


def _pay(invoice: Invoice, database: Database) -> None:
    with database.transaction() as session:
        row = booking.lock(session, invoice.id)
        booking.pay(session, row, 100, date(2026, 3, 9), key="hand", now=MONDAY + timedelta(days=7))
