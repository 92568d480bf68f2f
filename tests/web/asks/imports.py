"""Imports."""

from collections.abc import Mapping

from domain.roles import Action
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.asks import Ask

_ALL = "/companies/{business_id}/imports"
_ONE = f"{_ALL}/{{import_id}}"
_RECORD = f"{_ONE}/records/{{serial}}"


def _import(world: World) -> Mapping[str, object]:
    """An import of one bad record."""
    if "web import" not in world.kept:
        world.kept["web import"] = {"import_id": api_books.bad_import(world).id}
    kept: Mapping[str, object] = world.kept["web import"]
    return kept


def _record(world: World) -> Mapping[str, object]:
    return {**_import(world), "serial": 1}


ASKS = {
    ("GET", _ALL): Ask(Action.READ_IMPORTS),
    # Nothing is handed in: what is would wait for a worker, and its progress be told on and on.
    ("POST", _ALL): Ask(Action.IMPORT),
    ("GET", f"{_ALL}/progress"): Ask(Action.READ_IMPORTS),
    ("GET", _ONE): Ask(Action.READ_IMPORTS, _import),
    ("GET", f"{_ONE}/progress"): Ask(Action.READ_IMPORTS, _import),
    ("GET", f"{_ONE}/cancel"): Ask(Action.IMPORT, _import),
    ("POST", f"{_ONE}/cancel"): Ask(Action.IMPORT, _import),
    ("POST", f"{_ONE}/retry"): Ask(Action.IMPORT, _import),
    ("GET", _RECORD): Ask(Action.READ_IMPORTS, _record),
    ("POST", _RECORD): Ask(Action.IMPORT, _record, data={"text": "nothing of this"}),
}
