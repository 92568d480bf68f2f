"""What becomes of fees and interest when the principal alone was paid; and of money too much."""

from datetime import timedelta

from domain import requests
from domain.calendar import FINLAND
from domain.law import FINNISH_LAW
from domain.ledger import settlement
from domain.rule import CONSUMERS, Residual
from domain.states import InvoiceState
from starter import timeline
from starter.timeline import Story
from store import ledger
from store.queries import dossier
from store.tables import Invoice
from tests.activities.office import Office
from tests.books import MONDAY

PRINCIPAL = 108_836
INTEREST = 453  # 9.5 % for the 16 days up to 1 April
FEE = 500
LATER = MONDAY + timedelta(days=30, hours=3)  # 1 April


def reminded(office: Office, residual: Residual) -> Invoice:
    """A reminder has left, with its fee and interest."""
    rule = CONSUMERS.model_copy(update={"name": residual.value, "residual": residual})
    invoice = office.register(rule=rule, now=MONDAY)
    advance(office, invoice)
    (notice,) = office.notices(invoice)
    office.deliver(notice.id, LATER)
    return office.invoice(invoice.id)


def advance(office: Office, invoice: Invoice, days: int = 0, **ask: requests.Request) -> str | None:
    row = office.invoice(invoice.id)
    asked = office.ask(row, LATER + timedelta(days=days), seen=row.last_event, **ask)
    return office.advance(asked).refusal


def pay(office: Office, invoice: Invoice, cents: int, key: str) -> None:
    office.pay(invoice, cents, on=LATER.date(), key=key)
    advance(office, invoice)


def show(office: Office, invoice: Invoice) -> Story:
    with office.database.transaction() as session:
        return timeline.tell(
            dossier(session, invoice.id), law=FINNISH_LAW, calendar=FINLAND, now=LATER
        )


def every_cent(office: Office, invoice: Invoice) -> None:
    """What was claimed is open, paid or forgiven; what was paid is used or kept."""
    with office.database.transaction() as session:
        entries = ledger.entries(session, invoice.id)
    known = settlement(entries)
    claimed = sum(e.amount_cents for e in entries if e.kind in {"principal", "interest", "fee"})
    forgiven = (
        known.forgiven_principal_cents + known.forgiven_interest_cents + known.forgiven_fees_cents
    )
    assert claimed == known.balance.open_cents + known.paid_cents + forgiven
    money = sum(e.amount_cents for e in entries if e.kind == "payment")
    assert money == known.paid_cents + known.balance.overpaid_cents


def test_pursued_it_stays_visible_until_it_is_paid(office: Office) -> None:
    invoice = reminded(office, Residual.PURSUE)
    pay(office, invoice, PRINCIPAL, "p1")
    header = show(office, invoice).invoice
    assert (header.state, header.principal_covered) == ("reminded", True)
    assert header.open_cents == INTEREST + FEE
    assert (header.open_fees_cents, header.paid_cents) == (FEE, PRINCIPAL)
    (future,) = show(office, invoice).future
    assert (future.step, future.at) == ("wait", None)
    # Nothing is sent for it by itself or by hand, and the agency does not get it.
    advance(office, invoice, days=60)
    assert len(office.notices(invoice)) == 1
    assert advance(office, invoice, days=60, request=requests.SendNow(key="s")) is not None
    stated = requests.SetState(to=InvoiceState.NOTIFIED, key="n")
    assert advance(office, invoice, days=60, request=stated) is None
    assert advance(office, invoice, days=120, request=requests.HandOver(key="h")) is not None
    every_cent(office, invoice)
    pay(office, invoice, INTEREST, "p2")
    assert show(office, invoice).invoice.open_cents == FEE
    pay(office, invoice, FEE, "p3")
    assert office.state(invoice) == "paid"
    assert {kind for kind, _ in office.ledger(invoice)} == {
        *("principal", "interest", "fee", "payment")
    }
    every_cent(office, invoice)


def test_pursued_it_may_be_given_up(office: Office) -> None:
    invoice = reminded(office, Residual.PURSUE)
    pay(office, invoice, PRINCIPAL, "p1")
    off = requests.SetState(to=InvoiceState.WRITTEN_OFF, key="w")
    assert advance(office, invoice, request=off) is None
    assert (office.state(invoice), office.open_cents(invoice)) == ("written_off", 0)
    assert ("write_off", INTEREST + FEE) in office.ledger(invoice)
    every_cent(office, invoice)


def test_forgiven_it_is_waived_and_closed(office: Office) -> None:
    invoice = reminded(office, Residual.FORGIVE)
    pay(office, invoice, PRINCIPAL, "p1")
    story = show(office, invoice)
    assert (story.invoice.state, story.invoice.open_cents, story.future) == ("paid", 0, ())
    waived = {kind: cents for kind, cents in office.ledger(invoice) if kind.endswith("waived")}
    assert waived == {"interest_waived": INTEREST, "fee_waived": FEE}
    every_cent(office, invoice)


def test_a_part_of_the_principal_is_dunned_on_in_both(office: Office) -> None:
    for residual in Residual:
        invoice = reminded(office, residual)
        pay(office, invoice, PRINCIPAL - 2_000, "p1")
        story = show(office, invoice)
        assert not story.invoice.principal_covered
        assert story.future[0].step == "notify"
        every_cent(office, invoice)


def test_money_too_much_is_kept_and_shown(office: Office) -> None:
    invoice = reminded(office, Residual.PURSUE)
    pay(office, invoice, PRINCIPAL + INTEREST + FEE + 1_234, "p1")
    header = show(office, invoice).invoice
    assert (header.state, header.open_cents, header.overpaid_cents) == ("paid", 0, 1_234)
    # A second payment of the closed invoice is kept as well.
    office.pay(invoice, 1_000, on=LATER.date(), key="p2")
    assert show(office, invoice).invoice.overpaid_cents == 2_234
    every_cent(office, invoice)


def test_the_payment_day_is_in_the_case(office: Office) -> None:
    invoice = reminded(office, Residual.FORGIVE)
    pay(office, invoice, 5_000, "p1")
    assert office.invoice(invoice.id).case_json["paid_on"] == [LATER.date().isoformat()]
