"""What becomes of a letter or a message that could not leave for as long as it was tried."""

from datetime import timedelta

from domain import requests
from domain.rule import CONSUMERS
from domain.states import InvoiceState
from tests.activities.office import Office
from tests.books import MONDAY
from workflows.contract import Errand, Failure

PRINCIPAL = 108_836
LATER = MONDAY + timedelta(days=30, hours=3)  # the afternoon of 1 April
MUCH_LATER = MONDAY + timedelta(days=65, hours=3)
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


def failed(errand: Errand) -> Failure:
    return Failure(errand=errand, reason="the mail server does not answer")


def test_a_letter(office: Office) -> None:
    invoice = office.register(rule=ONE_LETTER, now=MONDAY)
    (errand,) = office.advance(office.ask(invoice, LATER)).errands
    ask = office.ask(invoice, LATER).model_copy(update={"failure": failed(errand)})
    done = office.advance(ask)
    assert done.errands == ()
    assert done.next.step.kind == "wait"
    row = office.invoice(invoice.id)
    assert row.state == "overdue"
    assert "does not answer" in row.attention
    assert office.open_cents(invoice) == PRINCIPAL
    assert sum(cents for _, cents in office.charges(invoice)) == 0
    # Its report lost, it is given up once all the same.
    assert office.advance(ask) == done
    # Released by a person, it is a new letter.
    release = requests.Release(key="r")
    again = office.advance(office.ask(row, LATER, seen=row.last_event, request=release))
    assert [item.round for item in office.notices(invoice)] == [1, 2]
    assert len(again.errands) == 1
    # What the old errand still says does not touch the new letter.
    row = office.invoice(invoice.id)
    late = office.ask(row, LATER, seen=row.last_event)
    late = late.model_copy(update={"failure": failed(errand)})
    assert office.advance(late).errands == again.errands


def test_an_assignment(office: Office) -> None:
    invoice = office.register(now=MONDAY)
    stated = requests.SetState(to=InvoiceState.NOTIFIED, key="s")
    office.advance(office.ask(invoice, LATER, request=stated))
    row = office.invoice(invoice.id)
    (errand,) = office.advance(office.ask(row, MUCH_LATER)).errands
    row = office.invoice(invoice.id)
    assert row.state == "in_collection"
    ask = office.ask(row, MUCH_LATER, seen=row.last_event)
    done = office.advance(ask.model_copy(update={"failure": failed(errand)}))
    assert done.errands == ()
    row = office.invoice(invoice.id)
    assert (row.state, row.next_step) == ("notified", "wait")
    assert "could not be reached" in row.attention
