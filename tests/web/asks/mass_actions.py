"""Mass actions."""

from collections.abc import Mapping

from domain.roles import Action
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.asks import Ask

_ALL = "/companies/{business_id}/mass-actions"
_ONE = f"{_ALL}/{{action_id}}"


def _asked(world: World) -> Mapping[str, object]:
    return {"action_id": api_books.asked_bulk(world).id}


def _ended(world: World) -> Mapping[str, object]:
    """One whose progress is told at once."""
    return {"action_id": api_books.ended_bulk(world).id}


ASKS = {
    ("GET", f"{_ALL}/new"): Ask(Action.ACT_ON_MANY, query={"action": "hold", "all": "1"}),
    ("POST", _ALL): Ask(Action.ACT_ON_MANY, data={"action": "hold", "all": "1"}),
    ("GET", _ONE): Ask(Action.READ_INVOICES, _asked),
    ("GET", f"{_ONE}/progress"): Ask(Action.READ_INVOICES, _ended),
    ("POST", f"{_ONE}/cancel"): Ask(Action.ACT_ON_MANY, _asked),
}
