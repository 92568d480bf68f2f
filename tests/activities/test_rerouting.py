"""A letter that one channel refuses, or gives back, goes by the next one: the same letter."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from domain import requests
from domain.case import Case
from domain.rule import CONSUMERS, Rule
from domain.states import Channel, HoldKind, InvoiceState
from integrations.bounces import BounceMailbox
from integrations.mail import Mailer, MailUnavailable, MailUnsure, Message
from integrations.outbox import Outbox
from store import bounces
from store.bounces import Noted
from store.tables import Invoice, Notice
from tests.activities.office import Office
from tests.books import MONDAY

PRINCIPAL = 108_836
CLAIMED = PRINCIPAL + 425 + 500
LATER = MONDAY + timedelta(days=29, hours=3)  # the afternoon of 31 March
TWO_DAYS = timedelta(days=2)
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})
TWO_LETTERS = CONSUMERS.model_copy(update={"name": "Two letters"})

REFUSED = "matti@x.bounce.example"
BOUNCED = "matti@x.later-bounce.example"


def released(office: Office, rule: Rule = ONE_LETTER, /, **customer: Any) -> tuple[Invoice, Notice]:
    """An invoice whose reminder has been released on 31 March."""
    fields = {name: customer.pop(name) for name in ("email", "street") if name in customer}
    invoice = office.register(rule=rule, now=MONDAY, **fields)
    office.change_customer(invoice, **customer)
    office.advance(office.ask(invoice, LATER))
    (notice,) = office.notices(invoice)
    return invoice, notice


def returned(office: Office, invoice: Invoice) -> Noted:
    """What the mail server gave back of the invoice's letters is noted."""
    mark = f"-{invoice.id}-"
    (report,) = (
        report
        for report in BounceMailbox(office.folder / "bounces").reports()
        if mark in report.bounce.message_id
    )
    noted, found = bounces.keep(office.database, report.bounce.message_id, report.bounce.reason)
    assert found == invoice.id
    return noted


def left(office: Office, rule: Rule = ONE_LETTER, /, **customer: Any) -> Invoice:
    """An invoice whose reminder left on 31 March; nobody has looked yet that it came back."""
    invoice, notice = released(office, rule, email=BOUNCED, **customer)
    office.deliver(notice.id, LATER)
    return invoice


def bounced(office: Office, rule: Rule = ONE_LETTER, /, **customer: Any) -> Invoice:
    """The same, and it is noted that it came back."""
    invoice = left(office, rule, **customer)
    assert returned(office, invoice) is Noted.NEW
    return invoice


def advance(office: Office, invoice: Invoice, at: Any, **how: Any) -> Any:
    row = office.invoice(invoice.id)
    return office.advance(office.ask(row, at, seen=row.last_event, **how))


def case(office: Office, invoice: Invoice) -> Case:
    return Case.model_validate(office.invoice(invoice.id).case_json)


def paper(office: Office, notice: Notice, folder: str = "outbox") -> list[Path]:
    return list((office.folder / folder).glob(f"*/{notice.message_id}.*"))


def net(office: Office, invoice: Invoice) -> dict[str, int]:
    """What the company pays in the end, by kind of charge."""
    sums: dict[str, int] = {}
    for kind, cents in office.charges(invoice):
        sums[kind] = sums.get(kind, 0) + cents
    return sums


def test_refused_at_once(office: Office) -> None:
    invoice, notice = released(office, email=REFUSED)
    done = office.deliver(notice.id, LATER)
    (rerouted,) = [item.outcome for item in done.recorded]
    assert rerouted.kind == "letter_rerouted"
    assert (rerouted.channel, rerouted.on, rerouted.due, rerouted.transaction_cents) == (
        Channel.PAPER,
        date(2026, 3, 31),
        date(2026, 4, 20),  # four banking days over Easter, ten days, a Saturday
        130,
    )
    assert "550" in rerouted.reason
    assert done.replan
    answer = advance(office, invoice, LATER)
    assert [(item.id, item.queue) for item in answer.errands] == [(notice.id, "karhu-paper")]
    office.deliver(notice.id, LATER)
    (now,) = office.notices(invoice)
    assert (now.id, now.round, now.channel, now.status) == (notice.id, 1, "paper", "sent")
    assert now.content is not None
    assert now.content["due_date"] == "2026-04-20"
    assert len(paper(office, notice)) == 1
    # The debtor is charged once, the company for one letter on paper.
    assert office.ledger(invoice)[1:] == [("interest", 425), ("fee", 500)]
    assert net(office, invoice) == {"service": 25, "transaction": 130}
    assert case(office, invoice).attention is None
    assert case(office, invoice).state is InvoiceState.REMINDED


def test_no_other_way(office: Office) -> None:
    invoice, notice = released(office, email=REFUSED, street="")
    done = office.deliver(notice.id, LATER)
    assert done.recorded[0].outcome.kind == "letter_withdrawn"
    assert office.open_cents(invoice) == PRINCIPAL
    assert net(office, invoice) == {"service": 0, "transaction": 0}
    row = office.invoice(invoice.id)
    assert row.state == "overdue"
    assert "550" in row.attention
    assert advance(office, invoice, LATER).next.step.kind == "wait"


def test_a_customer_without_any_address_needs_attention(office: Office) -> None:
    invoice = office.register(rule=ONE_LETTER, now=MONDAY, email="", street="")
    office.advance(office.ask(invoice, LATER))
    assert "cannot be reached" in office.invoice(invoice.id).attention
    assert office.notices(invoice) == []
    assert office.open_cents(invoice) == PRINCIPAL


EINVOICE: dict[str, Any] = {"einvoice_address": "003712345671", "einvoice_operator": "TESTOP"}


@pytest.mark.parametrize(
    ("rule", "customer", "channel"),
    [
        ((Channel.EINVOICE, Channel.EMAIL, Channel.PAPER), EINVOICE, "einvoice"),
        ((Channel.EINVOICE, Channel.EMAIL, Channel.PAPER), {}, "email"),
        ((Channel.EINVOICE,), {"einvoice_address": "003712345671"}, None),
        ((Channel.PAPER, Channel.EMAIL), EINVOICE, "paper"),
        ((Channel.PAPER, Channel.EMAIL), {"postcode": ""}, "email"),
        ((Channel.EMAIL,), {"email": ""}, None),
        # The customer's own order goes before the rule's, and nothing else is used.
        ((Channel.EMAIL,), {"channels": ["paper", "email"]}, "paper"),
        ((Channel.EMAIL, Channel.PAPER), {"channels": ["einvoice"]}, None),
        ((Channel.EMAIL, Channel.PAPER), {"channels": []}, None),
    ],
)
def test_the_order_of_preference(
    office: Office, rule: tuple[Channel, ...], customer: dict[str, Any], channel: str | None
) -> None:
    terms = ONE_LETTER.model_copy(update={"channels": rule})
    invoice = office.register(rule=terms, now=MONDAY)
    office.change_customer(invoice, **customer)
    answer = office.advance(office.ask(invoice, LATER))
    assert [notice.channel for notice in office.notices(invoice)] == ([channel] if channel else [])
    assert [item.queue for item in answer.errands] == ([f"karhu-{channel}"] if channel else [])
    assert bool(office.invoice(invoice.id).attention) is (channel is None)


def test_through_all_three(office: Office) -> None:
    # No operator takes an address like this one.
    customer: dict[str, Any] = {"einvoice_address": "x" * 99, "einvoice_operator": "TESTOP"}
    invoice, notice = released(office, email=REFUSED, **customer)
    seen = [notice.channel]
    for _ in range(2):
        done = office.deliver(notice.id, LATER)
        assert [item.outcome.kind for item in done.recorded] == ["letter_rerouted"]
        seen.append(office.notices(invoice)[0].channel)
    assert seen == ["einvoice", "email", "paper"]
    assert [item.outcome.kind for item in office.deliver(notice.id, LATER).recorded] == [
        "letter_sent"
    ]
    assert net(office, invoice) == {"service": 25, "transaction": 130}
    assert office.open_cents(invoice) == CLAIMED


def test_an_e_invoice_is_put_there_once(office: Office) -> None:
    invoice, notice = released(office, **EINVOICE)
    office.deliver(notice.id, LATER)
    (file,) = paper(office, notice, "einvoices")
    assert file.suffix == ".xml"
    assert f">{invoice.number}<".encode() in file.read_bytes()
    assert net(office, invoice) == {"service": 25, "transaction": 35}
    assert office.deliver(notice.id, LATER).recorded == ()
    assert office.deliveries(invoice) == []


def test_paid_before_the_refusal(office: Office) -> None:
    invoice, notice = released(office, email=REFUSED)
    office.pay(invoice, CLAIMED, on=LATER.date())
    office.deliver(notice.id, LATER)
    advance(office, invoice, LATER)
    assert office.state(invoice) == "paid"
    assert paper(office, notice) == []
    assert sum(net(office, invoice).values()) == 0


def test_paid_after_the_refusal(office: Office) -> None:
    """It waits for its next channel; the payment comes first."""
    invoice, notice = released(office, email=REFUSED)
    office.deliver(notice.id, LATER)
    office.pay(invoice, PRINCIPAL, on=LATER.date())
    advance(office, invoice, LATER)
    office.deliver(notice.id, LATER)
    assert office.state(invoice) == "paid"
    assert paper(office, notice) == []
    assert office.open_cents(invoice) == 0
    assert sum(net(office, invoice).values()) == 0


def test_given_back_later(office: Office) -> None:
    invoice = bounced(office, TWO_LETTERS)
    (notice,) = office.notices(invoice)
    assert (notice.status, office.invoice(invoice.id).signal_pending) == ("bounced", True)
    answer = advance(office, invoice, LATER + TWO_DAYS)
    assert [item.queue for item in answer.errands] == ["karhu-paper"]
    office.deliver(notice.id, LATER + TWO_DAYS)
    (letter,) = case(office, invoice).letters
    # From the new sending: Easter, four banking days, ten days more.
    assert (letter.on, letter.due, letter.channel, letter.sent) == (
        date(2026, 4, 2),
        date(2026, 4, 20),
        Channel.PAPER,
        True,
    )
    assert office.ledger(invoice)[1:] == [("interest", 425), ("fee", 500)]
    assert net(office, invoice) == {"service": 25, "transaction": 130}
    (now,) = office.notices(invoice)
    assert now.content is not None
    # What is claimed, and what it is computed from, are of the day it was first released.
    assert now.content["interest_cents"] == 425
    assert now.content["interest_periods"][-1]["last_day"] == "2026-03-31"
    # The notice comes when the letter that could arrive is over, with the law's gap.
    step = advance(office, invoice, LATER + TWO_DAYS).next.step
    assert step.kind == "notify"
    assert step.when.date() > letter.due
    # The same report again, or another one: nothing happens twice.
    assert returned(office, invoice) is Noted.KNOWN
    assert len(paper(office, notice)) == 1


def test_given_back_with_no_other_way(office: Office) -> None:
    invoice = bounced(office, street="")
    advance(office, invoice, LATER + TWO_DAYS)
    row = office.invoice(invoice.id)
    assert (row.state, office.notices(invoice)[0].status) == ("overdue", "withdrawn")
    assert "came back" in row.attention
    assert "matti@" not in row.attention
    assert office.open_cents(invoice) == PRINCIPAL
    assert sum(net(office, invoice).values()) == 0


def test_given_back_to_a_held_invoice(office: Office) -> None:
    invoice = left(office)
    advance(office, invoice, LATER, request=requests.Hold(key="h", hold=HoldKind.DISPUTED))
    assert returned(office, invoice) is Noted.NEW
    assert advance(office, invoice, LATER + TWO_DAYS).errands == ()
    assert office.notices(invoice)[0].status == "bounced"
    # Released, it goes on where it was.
    later = LATER + timedelta(days=8)
    answer = advance(office, invoice, later, request=requests.Release(key="r"))
    assert [item.queue for item in answer.errands] == ["karhu-paper"]
    assert office.notices(invoice)[0].letter_date == date(2026, 4, 8)


def test_given_back_to_a_paid_invoice(office: Office) -> None:
    invoice = bounced(office)
    office.pay(invoice, CLAIMED, on=LATER.date())
    answer = advance(office, invoice, LATER + TWO_DAYS)
    assert (office.state(invoice), answer.errands) == ("paid", ())
    assert office.notices(invoice)[0].status == "returned"
    assert "letter_rerouted" not in office.log(invoice)
    # The letter did leave: what it cost stays.
    assert net(office, invoice) == {"service": 25, "transaction": 20}


def test_given_back_when_the_invoice_has_moved_on(office: Office) -> None:
    invoice = left(office, TWO_LETTERS)
    moved = requests.SetState(to=InvoiceState.OVERDUE, key="s")
    advance(office, invoice, LATER, request=moved)
    assert returned(office, invoice) is Noted.NEW
    advance(office, invoice, LATER + TWO_DAYS)
    assert "came back after" in office.invoice(invoice.id).attention
    assert office.notices(invoice)[0].status == "returned"
    assert returned(office, invoice) is Noted.KNOWN
    # Said once: a release is not followed by the same again.
    advance(office, invoice, LATER + TWO_DAYS, request=requests.Release(key="r"))
    assert office.invoice(invoice.id).attention == ""


class NoAnswer(Mailer):
    """Takes the letter, and the line breaks before it says so."""

    def send(self, message: Message) -> None:
        super().send(message)
        raise MailUnsure("no answer")


class Away(Mailer):
    def send(self, message: Message) -> None:
        raise MailUnavailable("nobody there")


def test_a_report_before_the_letter_is_known_to_have_left(office: Office) -> None:
    invoice, notice = released(office, email=BOUNCED)
    with pytest.raises(ApplicationError):
        office.deliver(notice.id, LATER, mailer=NoAnswer("127.0.0.1", office.smtp_port))
    assert returned(office, invoice) is Noted.EARLY
    office.deliver(notice.id, LATER)
    assert returned(office, invoice) is Noted.NEW


def test_what_may_have_left_is_not_taken_back_when_the_server_is_away(office: Office) -> None:
    invoice, notice = released(office)
    for mailer in (NoAnswer, Away, Away):
        with pytest.raises(ApplicationError) as caught:
            office.deliver(notice.id, LATER, mailer=mailer("127.0.0.1", office.smtp_port))
        assert caught.value.type == "Unsure"
    (now,) = office.notices(invoice)
    assert (now.status, now.attempts) == ("sending", 3)
    # A day later it goes out word for word, and the mailbox has one message.
    office.deliver(notice.id, LATER + timedelta(days=1))
    first, second = office.deliveries(invoice)
    assert (second.repeat, second.sha256) == (True, first.sha256)


def test_a_full_outbox_is_tried_again(office: Office, tmp_path: Path) -> None:
    invoice, notice = released(office, email="")
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(ApplicationError) as caught:
        office.deliver(notice.id, LATER, paper=Outbox.in_folder(in_the_way))
    assert caught.value.type == "NotSent"
    assert office.notices(invoice)[0].status == "released"
    office.deliver(notice.id, LATER + timedelta(days=1))
    assert [path.parent.name for path in paper(office, notice)] == ["2026-04-01"]


def test_a_stranger(office: Office) -> None:
    assert bounces.keep(office.database, "<reminder-1-9-x@else.example>", "no such mailbox") == (
        Noted.STRANGER,
        None,
    )
