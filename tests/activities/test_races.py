"""Two at once: whoever comes second finds what the first has done."""

from datetime import timedelta
from functools import partial

from domain.calendar import FINLAND
from domain.rule import CONSUMERS
from store import booking
from store.database import Database
from store.tables import Invoice
from tests.activities.office import Office
from tests.books import MONDAY

PRINCIPAL = 108_836
LATER = MONDAY + timedelta(days=30, hours=3)  # the afternoon of 1 April
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})
ROUNDS = 8


def pay(invoice: Invoice, database: Database) -> None:
    with database.transaction() as session:
        row = booking.lock(session, invoice.id)
        booking.pay(session, row, PRINCIPAL, FINLAND.local_date(LATER), key="p", now=LATER)


def test_two_decide_on_the_same_invoice(office: Office) -> None:
    for _ in range(ROUNDS):
        invoice = office.register(rule=ONE_LETTER, now=MONDAY)
        ask = office.ask(invoice, LATER)
        first, second = office.at_once(*[partial(office.advance, ask)] * 2)
        assert first == second
        (notice,) = office.notices(invoice)
        assert [kind for kind, _ in office.ledger(invoice)] == ["principal", "interest", "fee"]
        assert len(office.charges(invoice)) == 2

        office.at_once(*[partial(office.deliver, notice.id, LATER)] * 3)
        assert [item.repeat for item in office.deliveries(invoice)] == [False]
        assert office.log(invoice).count("letter_sent") == 1


def test_a_payment_and_a_decision(office: Office) -> None:
    for _ in range(ROUNDS):
        invoice = office.register(rule=ONE_LETTER, now=MONDAY)
        ask = office.ask(invoice, LATER)
        office.at_once(partial(office.advance, ask), partial(pay, invoice))
        # Whoever was first, no letter leaves any more.
        for notice in office.notices(invoice):
            office.deliver(notice.id, LATER)
        done = office.advance(office.ask(office.invoice(invoice.id), LATER))
        assert done.errands == ()
        assert office.state(invoice) == "paid"
        assert office.open_cents(invoice) == 0
        assert office.deliveries(invoice) == []
        assert sum(cents for _, cents in office.charges(invoice)) == 0


def test_a_payment_and_a_letter_on_its_way_out(office: Office) -> None:
    for _ in range(ROUNDS):
        invoice = office.register(rule=ONE_LETTER, now=MONDAY)
        office.advance(office.ask(invoice, LATER))
        (notice,) = office.notices(invoice)
        office.at_once(partial(office.deliver, notice.id, LATER), partial(pay, invoice))
        # Sent before the payment or not at all; charged for if and only if it was sent.
        sent = len(office.deliveries(invoice))
        assert office.notices(invoice)[0].status == ("sent" if sent else "withdrawn")
        assert sum(cents for _, cents in office.charges(invoice)) == (45 if sent else 0)
        office.advance(office.ask(office.invoice(invoice.id), LATER))
        assert office.state(invoice) == "paid"
        assert office.open_cents(invoice) == 0
