"""Settlements and their money, in whichever order the two come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from store import assigning, ticking
from store.releasing import CannotSettle
from store.tables import Invoice
from store.ticking import NotTickable
from tests.books import MONDAY
from tests.store.agency import Agency
from tests.store.bank import Bank, transaction

AMOUNT = 50_000


@pytest.fixture(scope="module")
def agency(bank: Bank) -> Agency:
    return Agency(bank)


def invoice_of(bank: Bank, cents: int = AMOUNT) -> Invoice:
    return bank.register(amount_cents=cents)


@pytest.mark.parametrize("read_first", [True, False])
def test_one_transfer_pays_the_invoices_of_its_lines(
    bank: Bank, agency: Agency, read_first: bool
) -> None:
    one, other = invoice_of(bank), invoice_of(bank, 30_000)
    cases = agency.case(one), agency.case(other)
    said = agency.settlement(
        agency.line(cases[0], AMOUNT, 700, 300), agency.line(cases[1], 30_000), commission=8_101
    )
    transfer = agency.transfer(said)
    if read_first:
        assert agency.take(said).status == "awaiting"
        (result,) = bank.book(transfer)
        assert not result.queued
    else:
        (result,) = bank.book(transfer)
        assert result.queued
        assert "settlement has not been read" in result.problem
        assert agency.take(said).status == "settled"
    # The debtors have paid in full, and what the agency kept back is the company's cost; interest
    # and fees that ran at the agency are no overpayment.
    assert bank.owed(one) == (0, 0)
    assert bank.owed(other) == (0, 0)
    assert agency.paid(one) == AMOUNT + 1_000
    assert sum(cents for _, cents, _ in bank.shares(transfer)) == said.transferred_cents
    assert {how for _, _, how in bank.shares(transfer)} == {"settlement"}
    assert [line.withheld_cents for line in agency.lines_of(said.settlement_id)] == [5_101, 3_000]
    assert agency.told(one) == agency.told(other) == []
    assert all(verdict.settlement for verdict in agency.verdicts(one))
    # Neither the file nor the settlement counts twice.
    assert bank.book(transfer)[0].known
    again = agency.take(said)
    assert (again.new, again.status) == (False, "settled")
    assert agency.paid(one) == AMOUNT + 1_000
    bank.everything_adds_up(one, other)


def test_an_amount_that_is_another_waits(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    said = agency.settlement(agency.line(agency.case(one), AMOUNT))
    agency.take(said)
    (result,) = bank.book(transaction(said.reference, AMOUNT - 1, payer="INTRUM OY"))
    assert said.settlement_id in result.problem
    assert agency.read(said.settlement_id).status == "awaiting"
    assert agency.paid(one) == 0


def test_what_does_not_add_up_waits_for_a_person(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    case = agency.case(one)
    said = agency.settlement(agency.line(case, AMOUNT), transferred_cents=AMOUNT - 1)
    taken = agency.take(said)
    assert taken.status == "waiting"
    transfer = agency.transfer(said)
    (result,) = bank.book(transfer)
    assert "waits for a person" in result.problem
    with bank.database.transaction() as session:
        assigning.assign(session, bank.payment(transfer).id, one.id, by="Maija", now=MONDAY)
    assert agency.paid(one) == AMOUNT - 1
    assert agency.told(one) == []


def test_lines_of_unknown_cases_are_reported_and_the_rest_booked(
    bank: Bank, agency: Agency
) -> None:
    one = invoice_of(bank)
    said = agency.settlement(
        agency.line(agency.case(one), AMOUNT), agency.line("1234567-1/nobody", 7_000)
    )
    taken = agency.take(said)
    assert "1234567-1/nobody" in taken.problem
    transfer = agency.transfer(said)
    (result,) = bank.book(transfer)
    assert agency.read(said.settlement_id).status == "settled"
    assert bank.payment(transfer).open_cents == 7_000
    assert "1234567-1/nobody" in result.problem
    assert bank.owed(one) == (0, 0)
    bank.everything_adds_up(one)


def test_transfers_case_by_case_are_the_lines_money(bank: Bank, agency: Agency) -> None:
    """Under the invoices' own references, before the settlement is read and after."""
    one, other = invoice_of(bank), invoice_of(bank)
    said = agency.settlement(
        agency.line(agency.case(one), AMOUNT), agency.line(agency.case(other), AMOUNT)
    )
    bank.book(transaction(one.reference, AMOUNT, payer="INTRUM OY"))
    assert agency.take(said).status == "awaiting"
    bank.book(transaction(other.reference, AMOUNT, payer="INTRUM OY"))
    assert agency.read(said.settlement_id).status == "settled"
    assert bank.owed(one) == bank.owed(other) == (0, 0)
    # One more transfer of it all is looked at by a person.
    (result,) = bank.book(agency.transfer(said))
    assert "come already" in result.problem
    assert agency.told(one) == agency.told(other) == []


def test_a_transfer_for_a_case_whose_line_has_its_money_waits(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    said = agency.settlement(agency.line(agency.case(one), AMOUNT))
    agency.take(said)
    bank.book(agency.transfer(said))
    (result,) = bank.book(transaction(one.reference, AMOUNT, payer="INTRUM OY"))
    assert said.settlement_id in result.problem
    assert bank.owed(one) == (0, 0)


def test_what_a_line_takes_back(bank: Bank, agency: Agency) -> None:
    one, other = invoice_of(bank), invoice_of(bank)
    case = agency.case(one)
    first = agency.settlement(agency.line(case, 20_000))
    agency.take(first)
    bank.book(agency.transfer(first))
    assert bank.owed(one) == (AMOUNT - 20_000, 0)
    second = agency.settlement(
        agency.line(case, -20_000), agency.line(agency.case(other), AMOUNT), commission=500
    )
    bank.book(agency.transfer(second))
    agency.take(second)
    assert bank.owed(one) == (AMOUNT, 0)
    assert bank.owed(other) == (0, 0)
    assert agency.told(one) == []
    bank.everything_adds_up(one, other)


def test_a_settlement_that_is_all_kept_back_needs_no_transfer(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank, 4_000)
    said = agency.settlement(agency.line(agency.case(one), 4_000), commission=4_000)
    assert said.transferred_cents == 0
    assert agency.take(said).status == "settled"
    assert bank.owed(one) == (0, 0)


def test_another_settlement_of_the_same_name_is_reported(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    case = agency.case(one)
    said = agency.settlement(agency.line(case, AMOUNT))
    agency.take(said)
    other = agency.settlement(agency.line(case, 1), settlement_id=said.settlement_id)
    taken = agency.take(other)
    assert not taken.new
    assert "other contents" in taken.problem


def test_a_company_that_is_not_here(bank: Bank, agency: Agency) -> None:
    invoice_of(bank)
    taken = agency.take(agency.settlement(business_id="7654321-2"))
    assert taken.status == "waiting"
    assert "7654321-2" in taken.problem


def test_released_it_is_as_if_it_had_not_been(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    said = agency.settlement(agency.line(agency.case(one), AMOUNT, 900), commission=5_000)
    taken = agency.take(said)
    transfer = agency.transfer(said)
    bank.book(transfer)
    with (
        bank.database.transaction() as session,
        pytest.raises(assigning.NotAssignable, match="release"),
    ):
        assigning.unassign(session, bank.payment(transfer).id, one.id, by="M", now=MONDAY)
    agency.release(taken)
    assert bank.owed(one) == (AMOUNT, 0)
    assert agency.paid(one) == 0
    assert bank.payment(transfer).open_cents == said.transferred_cents
    assert agency.told(one) == []
    with pytest.raises(CannotSettle):
        agency.release(taken)
    bank.everything_adds_up(one)
    with bank.database.transaction() as session:
        done = assigning.assign(session, bank.payment(transfer).id, one.id, by="M", now=MONDAY)
    assert not done.told_agency


# ── ticks ────────────────────────────────────────────────────────────────────────────────────


def test_a_person_ticks_otherwise(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    agency.case(one)
    paid = transaction(one.reference, 10_000)
    bank.book(paid)
    assert agency.told(one) == [("direct_payment", 10_000)]
    payment_id = bank.payment(paid).id

    def tick(settlement: bool) -> ticking.Ticked:
        with bank.database.transaction() as session:
            return ticking.of_payment(
                session, payment_id, settlement=settlement, by="Maija", now=MONDAY
            )

    assert tick(False).changed == ()
    assert tick(True).told == (one.id,)
    assert tick(True).told == ()
    assert tick(False).told == (one.id,)
    assert agency.told(one) == [
        ("direct_payment", 10_000),
        ("payment_reversal", 10_000),
        ("direct_payment", 10_000),
    ]
    assert [verdict.settlement for verdict in agency.verdicts(one)] == [False, True, False]
    assert "Maija" in agency.verdicts(one)[-1].why
    # When the bank takes it back it is what it was held to be last.
    bank.book(transaction(one.reference, -10_000, archive_id=paid.archive_id))
    assert agency.told(one)[-1] == ("payment_reversal", 10_000)
    assert len(agency.told(one)) == 4


def test_the_agencys_money_unticked_is_told(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    agency.case(one)
    paid = transaction(one.reference, 10_000, payer="INTRUM OY")
    bank.book(paid)
    assert agency.told(one) == []
    with bank.database.transaction() as session:
        row = bank.payment(paid)
        ticking.of_payment(session, row.id, settlement=False, by="Maija", now=MONDAY)
        ticking.of_payment(session, row.id, settlement=True, by="Maija", now=MONDAY)
    assert [kind for kind, _ in agency.told(one)] == ["direct_payment", "payment_reversal"]


def test_a_payment_by_hand_and_its_tick(bank: Bank, agency: Agency) -> None:
    one, free = invoice_of(bank), invoice_of(bank)
    agency.collected(agency.case(one), 20_000)
    bank.pay(one, 20_000, settlement=None, key="a")
    bank.pay(one, 5_000, settlement=None, key="b")
    bank.pay(free, 5_000, settlement=None, key="c")
    assert agency.told(one) == [("direct_payment", 5_000)]
    with bank.database.transaction() as session:
        for key, settlement in (("payment/a", False), ("payment/b", True), ("payment/b", True)):
            ticking.of_entry(session, one.id, key, settlement=settlement, by="M", now=MONDAY)
        with pytest.raises(NotTickable):
            ticking.of_entry(session, free.id, "payment/c", settlement=True, by="M", now=MONDAY)
        with pytest.raises(NotTickable):
            ticking.of_entry(session, one.id, "payment/z", settlement=True, by="M", now=MONDAY)
    assert agency.told(one) == [
        ("direct_payment", 5_000),
        ("direct_payment", 20_000),
        ("payment_reversal", 5_000),
    ]


def test_of_an_ended_case_nobody_is_told(bank: Bank, agency: Agency) -> None:
    one = invoice_of(bank)
    agency.case(one, ended=True)
    paid = transaction(one.reference, 10_000)
    bank.book(paid)
    with bank.database.transaction() as session:
        done = ticking.of_payment(
            session, bank.payment(paid).id, settlement=True, by="M", now=MONDAY
        )
    assert (done.changed, done.told) == ((one.id,), ())
    assert agency.told(one) == []


# ── any order ────────────────────────────────────────────────────────────────────────────────


@hypothesis(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_in_any_order_money_is_neither_doubled_nor_lost(
    bank: Bank, agency: Agency, data: st.DataObject
) -> None:
    invoices = [invoice_of(bank) for _ in range(3)]
    cases = [agency.case(one) for one in invoices]
    cents = [data.draw(st.integers(1, AMOUNT)) for _ in invoices]
    commission = data.draw(st.integers(0, sum(cents) // 2))
    said = agency.settlement(
        *(agency.line(case, part) for case, part in zip(cases, cents, strict=True)),
        commission=commission,
    )
    case_by_case = data.draw(st.booleans())
    if case_by_case:
        transfers = [
            transaction(one.reference, part, payer="INTRUM OY")
            for one, part in zip(invoices, cents, strict=True)
        ]
    else:
        transfers = [agency.transfer(said)]
    direct = [transaction(one.reference, AMOUNT, payer="MALLIASIAKAS") for one in invoices[:2]]
    doings: list[Callable[[], object]] = [
        lambda: agency.take(said),
        lambda: agency.collected(cases[0], cents[0]),
        *((lambda one=one: bank.book(one)) for one in [*transfers, *direct]),
        lambda: bank.book(*transfers, *direct),
    ]
    order = data.draw(st.permutations([*doings, *doings[:3]]))
    for do in order:
        do()
    read = agency.read(said.settlement_id)
    waiting = [one for one in transfers if bank.payment(one).open_cents]
    assert (read.status, waiting) == ("settled", []), read.problem
    for one, part in zip(invoices, cents, strict=True):
        from_debtor = AMOUNT if one in invoices[:2] else 0
        assert agency.paid(one) == part + from_debtor
        told = [("direct_payment", AMOUNT)] if from_debtor else []
        assert agency.told(one) == told
    bank.everything_adds_up(*invoices)
