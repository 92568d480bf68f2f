"""What a person does about a payment that waits, and what is suggested."""

import pytest

from store import assigning, queue
from store.assigning import NotAssignable
from tests.books import MONDAY
from tests.store.bank import Bank, transaction

PRINCIPAL = 108_836
OTHER_IBAN = "FI2112345600000785"


def test_one_payment_for_several_invoices(bank: Bank) -> None:
    one, other = bank.register(now=MONDAY), bank.register(now=MONDAY)
    paid = transaction("", 2 * PRINCIPAL, payer="Matti Malliasiakas")
    bank.book(paid)
    payment = bank.payment(paid)
    with bank.database.transaction() as session:
        assigning.assign(session, payment.id, one.id, PRINCIPAL, by="anna", now=MONDAY)
    assert bank.payment(paid).open_cents == PRINCIPAL
    with bank.database.transaction() as session, pytest.raises(NotAssignable, match="open"):
        assigning.assign(session, payment.id, other.id, PRINCIPAL + 1, by="anna", now=MONDAY)
    with bank.database.transaction() as session:
        result = assigning.assign(session, payment.id, other.id, by="anna", now=MONDAY)
    assert result.booked == ((other.id, PRINCIPAL),)
    assert [bank.owed(one), bank.owed(other)] == [(0, 0), (0, 0)]
    with bank.database.transaction() as session, pytest.raises(NotAssignable):
        assigning.assign(session, payment.id, other.id, by="anna", now=MONDAY)

    bank.close(one)
    with bank.database.transaction() as session:
        assigning.unassign(session, payment.id, one.id, by="anna", now=MONDAY)
    assert bank.owed(one) == (PRINCIPAL, 0)
    assert bank.invoice(one.id).start_pending
    with bank.database.transaction() as session:
        # And back again: each time it is an entry of its own.
        assigning.assign(session, payment.id, one.id, by="anna", now=MONDAY)
    assert bank.owed(one) == (0, 0)
    bank.book(transaction("", -2 * PRINCIPAL, archive_id=paid.archive_id))
    assert [bank.owed(one), bank.owed(other)] == [(PRINCIPAL, 0)] * 2
    with bank.database.transaction() as session, pytest.raises(NotAssignable):
        assigning.unassign(session, payment.id, one.id, by="anna", now=MONDAY)
    bank.everything_adds_up(one, other)


def test_another_companys_money_is_not_assigned(bank: Bank) -> None:
    invoice = bank.register(now=MONDAY, business_id="2345678-0", iban=OTHER_IBAN)
    bank.register(now=MONDAY)
    # It came to the account of the second one's company.
    paid = transaction("", 500)
    bank.book(paid)
    with bank.database.transaction() as session, pytest.raises(NotAssignable, match="account"):
        assigning.assign(session, bank.payment(paid).id, invoice.id, by="anna", now=MONDAY)


def test_set_aside_leaves_the_queue(bank: Bank) -> None:
    bank.register(now=MONDAY)
    paid = transaction("", 500)
    bank.book(paid)
    payment = bank.payment(paid)

    def waits() -> bool:
        with bank.database.transaction() as session:
            rows = queue.page(session, waiting=True, company="1234567-1", limit=1_000)
        return payment.id in [row.id for row in rows]

    assert waits()
    with bank.database.transaction() as session, pytest.raises(NotAssignable):
        assigning.set_aside(session, payment.id, " ", by="anna")
    with bank.database.transaction() as session:
        assigning.set_aside(session, payment.id, "a deposit of our own", by="anna")
    assert not waits()
    assert "anna" in bank.payment(paid).set_aside


def test_suggestions_say_why(bank: Bank) -> None:
    bank.register(now=MONDAY, amount_cents=4_321)
    invoice = bank.register(now=MONDAY, amount_cents=77_777)
    swapped = invoice.reference[:-3] + invoice.reference[-2] + invoice.reference[-3] + "0"
    paid = transaction(invoice.reference[:-1], 77_777, payer="MALLIASIAKAS MATTI")
    bank.book(paid, transaction(swapped, 1))
    with bank.database.transaction() as session:
        shown = queue.show(session, bank.payment(paid).id)
    assert shown is not None
    assert len(shown.suggestions) <= 5
    first = shown.suggestions[0]
    assert first.invoice_id == invoice.id
    assert "check digit" in first.reason
    assert "777.77 EUR" in first.reason
    assert "name" in first.reason


def test_suggestions_for_many_are_each_one_s_own(bank: Bank) -> None:
    one = bank.register(now=MONDAY, amount_cents=55_511)
    other = bank.register(now=MONDAY, amount_cents=66_622)
    elsewhere = bank.register(
        now=MONDAY, amount_cents=55_511, business_id="2345678-0", iban=OTHER_IBAN
    )
    # What a pattern would read otherwise than as it is written is no word of a name's.
    by_amount = transaction("", 55_511, payer="100%_ \\ OY")
    by_number = transaction("", 1, message=f"lasku {other.number}", payer="")
    nothing = transaction("", 7, payer="Q")
    bank.book(by_amount, by_number, nothing)
    waiting = [bank.payment(paid) for paid in (by_amount, by_number, nothing)]
    with bank.database.transaction() as session:
        found = queue.suggestions(session, waiting)
        assert queue.suggestions(session, []) == {}
    by_id = {at: [line.invoice_id for line in those] for at, those in found.items()}
    assert one.id in by_id[waiting[0].id]
    assert elsewhere.id not in by_id[waiting[0].id]
    assert by_id[waiting[1].id][0] == other.id
    assert by_id[waiting[2].id] == []
