"""API tokens, of a company and of an accounting firm."""

from collections.abc import Mapping

from domain.roles import Action, TokenScope
from store import credentials
from tests.starter.api_world import World
from tests.web.asks import Ask


def _one(place: str) -> Ask:
    def path(world: World) -> Mapping[str, object]:
        there = world.firm if place == "firms" else world.company
        world.token(there, [TokenScope.INVOICES_READ])
        with world.database.transaction() as session:
            rows = credentials.tokens(session, there, after=0, limit=1000)
            return {"token_id": rows[-1].id}

    return Ask(Action.MANAGE_TOKENS, path)


ASKS = {
    ask: what
    for place in ("companies", "firms")
    for base in [f"/{place}/{{business_id}}/tokens"]
    for ask, what in {
        ("GET", base): Ask(Action.READ_TOKENS),
        ("POST", base): Ask(
            Action.MANAGE_TOKENS, data={"name": "Kirjanpito", "scopes": ["invoices:read"]}
        ),
        ("GET", f"{base}/new"): Ask(Action.MANAGE_TOKENS),
        ("GET", f"{base}/{{token_id}}/end"): _one(place),
        ("POST", f"{base}/{{token_id}}/end"): _one(place),
    }.items()
}
