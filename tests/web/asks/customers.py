"""Customers."""

from collections.abc import Mapping

from domain.roles import Action
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.asks import Ask

_ALL = "/companies/{business_id}/customers"
_ONE = f"{_ALL}/{{customer_id}}"


def _customer(world: World) -> Mapping[str, object]:
    if "web customer" not in world.kept:
        world.kept["web customer"] = {"customer_id": api_books.invoice(world).customer_id}
    kept: Mapping[str, object] = world.kept["web customer"]
    return kept


ASKS = {
    ("GET", _ALL): Ask(Action.READ_CUSTOMERS),
    ("GET", f"{_ALL}/move"): Ask(Action.PLACE_CUSTOMERS, query={"all": "1"}),
    ("POST", f"{_ALL}/move"): Ask(Action.PLACE_CUSTOMERS, data={"running": "keep"}),
    ("GET", f"{_ALL}/ban"): Ask(Action.EDIT_CUSTOMERS, query={"all": "1", "how": "on"}),
    ("POST", f"{_ALL}/ban"): Ask(Action.EDIT_CUSTOMERS, data={"all": "1", "how": "off"}),
    ("GET", _ONE): Ask(Action.READ_CUSTOMERS, _customer),
    ("GET", f"{_ONE}/edit"): Ask(Action.EDIT_CUSTOMERS, _customer),
    ("POST", f"{_ONE}/edit"): Ask(Action.EDIT_CUSTOMERS, _customer),
}
