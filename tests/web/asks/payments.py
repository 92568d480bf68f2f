"""Payments, and how fresh the bank's word is."""

from collections.abc import Mapping

from domain.roles import Action
from tests.starter import api_books, api_settlements
from tests.starter.api_world import World
from tests.web.asks import Ask

_ALL = "/companies/{business_id}/payments"
_ONE = f"{_ALL}/{{payment_id}}"
_SHARE = f"{_ONE}/unassign/{{invoice_id}}"
_FEED = f"{_ALL}/bank-feed"


def _waiting(world: World) -> Mapping[str, object]:
    if "web payment" not in world.kept:
        world.kept["web payment"] = {"payment_id": api_books.waiting_payment(world).id}
    kept: Mapping[str, object] = world.kept["web payment"]
    return kept


def _told(world: World) -> Mapping[str, object]:
    """On an invoice that the agency has."""
    if "web told" not in world.kept:
        invoice, payment_id = api_settlements.told_payment(world)
        world.kept["web told"] = {"payment_id": payment_id, "invoice_id": invoice.id}
    kept: Mapping[str, object] = world.kept["web told"]
    return kept


def _told_alone(world: World) -> Mapping[str, object]:
    return {"payment_id": _told(world)["payment_id"]}


ASKS = {
    ("GET", _ALL): Ask(Action.READ_PAYMENTS),
    ("GET", _ONE): Ask(Action.READ_PAYMENTS, _waiting),
    ("POST", f"{_ONE}/assign"): Ask(Action.BOOK_PAYMENTS, _waiting, data={"number": "none"}),
    ("GET", f"{_ONE}/set-aside"): Ask(Action.BOOK_PAYMENTS, _waiting),
    ("POST", f"{_ONE}/set-aside"): Ask(Action.BOOK_PAYMENTS, _waiting, data={"reason": "Ours"}),
    ("GET", _SHARE): Ask(Action.BOOK_PAYMENTS, _told),
    ("POST", _SHARE): Ask(Action.BOOK_PAYMENTS, _told),
    ("GET", f"{_ONE}/settlement"): Ask(Action.BOOK_PAYMENTS, _told_alone),
    ("POST", f"{_ONE}/settlement"): Ask(
        Action.BOOK_PAYMENTS, _told_alone, data={"settlement": "1"}
    ),
    ("GET", _FEED): Ask(Action.READ_PAYMENTS),
    ("GET", f"{_FEED}/confirm"): Ask(Action.BOOK_PAYMENTS),
    ("POST", f"{_FEED}/confirm"): Ask(Action.BOOK_PAYMENTS),
    ("POST", f"{_FEED}/demand"): Ask(Action.EDIT_COMPANY, data={"kind": "banking_day"}),
}
