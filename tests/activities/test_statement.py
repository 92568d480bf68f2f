"""The month's statement: every letter's charges, and the same to the cent by the event logs."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from domain import requests
from domain.rule import CONSUMERS
from domain.statement import Line, Month, Statement
from domain.states import Channel
from store.statement import statements
from store.tables import Invoice, ServiceCharge
from tests.activities.office import Office
from tests.books import MONDAY
from tests.looking import BUSINESS_ID

APRIL, MAY = Month(2029, 4), Month(2029, 5)
BEGIN = MONDAY.replace(year=2029, month=3, day=14)
LATER = datetime(2029, 4, 30, 10, tzinfo=UTC)
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None, "interest": False})


def of(office: Office, month: Month) -> Statement:
    with office.database.transaction() as session:
        (one,) = statements(session, month, BUSINESS_ID)
        return one


def released(office: Office, **customer: str) -> Invoice:
    invoice = office.register(rule=ONE_LETTER, now=BEGIN, **customer)  # type: ignore[arg-type]
    office.advance(office.ask(invoice, LATER))
    return office.invoice(invoice.id)


def delivered(office: Office, invoice: Invoice) -> None:
    for notice in office.notices(invoice):
        office.deliver(notice.id, LATER)
    row = office.invoice(invoice.id)
    office.advance(office.ask(row, LATER, seen=row.last_event))


def test_a_month_of_letters(office: Office) -> None:
    office.register(now=BEGIN)
    assert of(office, APRIL).lines == ()
    delivered(office, released(office))
    delivered(office, released(office))
    delivered(office, released(office, email=""))
    # Refused by its mailbox, and sent on paper instead.
    moved = released(office, email="matti@x.bounce.example")
    delivered(office, moved)
    delivered(office, moved)
    # Released on the last day of the month, and called back in the next one.
    late = released(office)
    cancel = requests.Cancel(key="c")
    after = LATER + timedelta(days=3)
    office.advance(office.ask(late, after, seen=late.last_event, request=cancel))

    april = of(office, APRIL)
    assert april.lines == (
        Line(Channel.EMAIL, 3, 4 * 25, 4 * 20, -20),
        Line(Channel.PAPER, 2, 25, 2 * 130, 0),
    )
    assert (april.letters, april.sum_cents, april.adds_up) == (5, 445, True)
    may = of(office, MAY)
    assert may.lines == (Line(Channel.EMAIL, -1, 0, 0, -45),)
    assert may.adds_up
    assert of(office, MAY.following).sum_cents == 0


def test_a_charge_that_no_event_tells_of_is_found(office: Office) -> None:
    invoice = released(office)
    before = of(office, APRIL)
    assert before.adds_up
    (notice,) = office.notices(invoice)

    def change(cents: int) -> None:
        with office.database.transaction() as session:
            session.execute(
                update(ServiceCharge)
                .where(
                    col(ServiceCharge.notice_id) == notice.id, col(ServiceCharge.kind) == "service"
                )
                .values(amount_cents=cents)
            )

    change(26)
    assert not of(office, APRIL).adds_up
    change(25)
    assert of(office, APRIL) == before


def test_every_month_of_every_other_test_adds_up(office: Office) -> None:
    """The office is shared: whatever was sent, moved and taken back in it is found twice."""
    month = Month(2026, 3)
    for _ in range(40):
        assert of(office, month).adds_up
        month = month.following
