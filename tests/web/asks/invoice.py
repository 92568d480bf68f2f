"""One invoice."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from domain.roles import Action
from store import booking
from store.tables import AgencyCase
from tests.books import MONDAY
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.asks import Ask

_ONE = "/companies/{business_id}/invoices/{invoice_id}"
_LETTER = f"{_ONE}/letters/{{letter_id}}"
_RESEND = f"{_ONE}/messages/{{message_id}}/resend"

_NOT_A_DAY = {"until": "whenever"}
"""Looked at, and not asked of any procedure."""


def _invoice(world: World) -> Mapping[str, object]:
    return {"invoice_id": api_books.invoice(world, owner=api_books.own(world)).id}


def _letter(world: World) -> Mapping[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        owner = api_books.own(world)
        invoice, letter = api_books.sent_letter(world, Path(folder), owner=owner)
    return {"invoice_id": invoice.id, "letter_id": letter.id}


def _refused(world: World) -> Mapping[str, object]:
    message = api_books.refused_message(world)
    with world.database.transaction() as session:
        case = session.get_one(AgencyCase, message.agency_case_id)
    return {"invoice_id": case.invoice_id, "message_id": message.id}


PAID = "payment/by-hand"
"""The name, within its invoice's ledger, of the payment below."""


def paid_past_agency(world: World) -> int:
    """An invoice that an agency has, with a payment by hand that counts as the debtor's."""
    message = api_books.refused_message(world)
    with world.database.transaction() as session:
        case = session.get_one(AgencyCase, message.agency_case_id)
        row = booking.lock(session, case.invoice_id)
        booking.pay(
            session,
            row,
            1_000,
            MONDAY.date(),
            key="by-hand",
            now=MONDAY,
            settlement=False,
            by="user:1",
        )
    return case.invoice_id


def _paid(world: World) -> Mapping[str, object]:
    return {"invoice_id": paid_past_agency(world)}


_ACTIONS = {
    "send-now": Action.SEND_NOW,
    "approve": Action.APPROVE_LETTERS,
    "hand-over": Action.HAND_OVER,
    "withdraw": Action.WITHDRAW,
    "hold": Action.HOLD,
    "release": Action.RELEASE,
    "state": Action.SET_STATE,
    "cancel": Action.CANCEL,
}

ASKS = {
    ("GET", _ONE): Ask(Action.READ_INVOICES, _invoice),
    **{("GET", f"{_ONE}/{path}"): Ask(action, _invoice) for path, action in _ACTIONS.items()},
    **{
        ("POST", f"{_ONE}/{path}"): Ask(action, _invoice, data=_NOT_A_DAY)
        for path, action in _ACTIONS.items()
    },
    ("GET", f"{_ONE}/pay"): Ask(Action.BOOK_PAYMENTS, _invoice),
    ("POST", f"{_ONE}/pay"): Ask(Action.BOOK_PAYMENTS, _invoice),
    ("GET", f"{_ONE}/credit"): Ask(Action.CREDIT, _invoice),
    ("POST", f"{_ONE}/credit"): Ask(Action.CREDIT, _invoice),
    ("GET", f"{_ONE}/tick"): Ask(Action.BOOK_PAYMENTS, _paid, query={"entry": PAID}),
    ("POST", f"{_ONE}/tick"): Ask(
        Action.BOOK_PAYMENTS, _paid, data={"entry": PAID, "settlement": "perhaps"}
    ),
    ("GET", _LETTER): Ask(Action.READ_LETTERS, _letter),
    ("GET", f"{_ONE}/draft"): Ask(Action.READ_LETTERS, _invoice),
    ("GET", _RESEND): Ask(Action.TELL_AGENCY, _refused),
    ("POST", _RESEND): Ask(Action.TELL_AGENCY, _refused),
}
