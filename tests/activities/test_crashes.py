"""A worker dies between doing something and saying so: nothing is done a second time."""

from datetime import timedelta

import pytest

from domain import requests
from domain.rule import CONSUMERS
from domain.states import InvoiceState
from integrations.mail import Mailer, Message
from tests.activities.office import Office
from tests.books import MONDAY

LATER = MONDAY + timedelta(days=30, hours=3)  # the afternoon of 1 April
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


class PowerFailure(BaseException):
    """Nobody catches it: the transaction is rolled back, as when a process is killed."""


class DyingMailer(Mailer):
    """Hands the letter over, and then the power fails."""

    def send(self, message: Message) -> None:
        super().send(message)
        raise PowerFailure


def test_after_a_decision_was_committed(office: Office) -> None:
    invoice = office.register(rule=ONE_LETTER, now=MONDAY)
    ask = office.ask(invoice, LATER)
    lost = office.advance(ask)
    assert [item.outcome.kind for item in lost.recorded] == [
        "became_overdue",
        "letter_released",
        "balance_seen",
    ]
    assert office.advance(ask) == lost
    assert len(office.notices(invoice)) == 1
    assert [kind for kind, _ in office.ledger(invoice)] == ["principal", "interest", "fee"]
    assert len(office.charges(invoice)) == 2
    # One who has heard all but the last hears that one alone.
    assert office.advance(office.ask(invoice, LATER, seen=2)).recorded == lost.recorded[2:]


@pytest.mark.parametrize(
    "request_",
    [
        requests.Hold(key="k"),
        requests.Cancel(key="k"),
        requests.SetState(to=InvoiceState.NOTIFIED, key="k"),
        requests.SendNow(key="k"),
    ],
    ids=lambda request: request.kind,
)
def test_after_a_request_was_granted(office: Office, request_: requests.Request) -> None:
    invoice = office.register(
        rule=ONE_LETTER.model_copy(update={"minimum_cents": 10**9}), now=MONDAY
    )
    ask = office.ask(invoice, LATER, request=request_)
    office.advance(office.ask(invoice, LATER))
    lost = office.advance(ask)
    assert lost.refusal is None
    again = office.advance(ask)
    assert again == lost
    assert office.log(invoice) == [item.outcome.kind for item in lost.recorded]


def test_after_the_letter_was_taken_and_before_it_was_noted(office: Office) -> None:
    invoice = office.register(rule=ONE_LETTER, now=MONDAY)
    office.advance(office.ask(invoice, LATER))
    (notice,) = office.notices(invoice)
    with pytest.raises(PowerFailure):
        office.deliver(notice.id, LATER, mailer=DyingMailer("127.0.0.1", office.smtp_port))
    assert [item.status for item in office.notices(invoice)] == ["sending"]
    # It may be with the debtor already: it is not called back, and goes out word for word again,
    # be it a day later.
    assert len(office.advance(office.ask(invoice, LATER)).errands) == 1
    done = office.deliver(notice.id, LATER + timedelta(days=1))
    assert [item.outcome.kind for item in done.recorded] == ["letter_sent"]
    first, second = office.deliveries(invoice)
    assert (second.message_id, second.sha256) == (first.message_id, first.sha256)
    assert (second.repeat, second.conflict) == (True, False)
    assert len(office.mails(invoice)) == 1
    assert office.notices(invoice)[0].status == "sent"
    # And a third time, its report lost too.
    assert office.deliver(notice.id, LATER + timedelta(days=2)).recorded == ()
    assert len(office.deliveries(invoice)) == 2
    assert len(office.charges(invoice)) == 2


def test_taken_and_paid_before_it_was_noted(office: Office) -> None:
    invoice = office.register(rule=ONE_LETTER, now=MONDAY)
    office.advance(office.ask(invoice, LATER))
    (notice,) = office.notices(invoice)
    with pytest.raises(PowerFailure):
        office.deliver(notice.id, LATER, mailer=DyingMailer("127.0.0.1", office.smtp_port))
    office.pay(invoice, 108_836, on=LATER.date())
    office.deliver(notice.id, LATER + timedelta(hours=1))
    office.advance(office.ask(office.invoice(invoice.id), LATER + timedelta(hours=1)))
    assert office.state(invoice) == "paid"
    assert office.open_cents(invoice) == 0
    assert len(office.deliveries(invoice)) == 1
    # Nobody pays for it, and what it says can still be looked at: the debtor may have it.
    (notice,) = office.notices(invoice)
    assert (notice.status, notice.content is None) == ("withdrawn", False)
    assert sum(cents for _, cents in office.charges(invoice)) == 0
