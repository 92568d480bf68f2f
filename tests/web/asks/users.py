"""Users, of a company and of an accounting firm."""

from collections.abc import Mapping

from domain.roles import Action, Role
from tests.starter.api_world import World
from tests.web.asks import Ask

NEW = {"name": "Matti Malliasiakas", "role": Role.READ_ONLY.value, "language": "fi"}


def _somebody(place: str) -> Ask:
    def path(world: World) -> Mapping[str, object]:
        there = world.firm if place == "firms" else world.company
        return {"user_id": world.add(there, Role.READ_ONLY)}

    return Ask(Action.MANAGE_USERS, path, data={"role": Role.CLERK.value})


ASKS = {
    ask: what
    for place in ("companies", "firms")
    for base in [f"/{place}/{{business_id}}/users"]
    for ask, what in {
        ("GET", base): Ask(Action.READ_USERS),
        ("POST", base): Ask(
            Action.MANAGE_USERS, data={**NEW, "email": f"{place}@esimerkki.example"}
        ),
        ("GET", f"{base}/new"): Ask(Action.MANAGE_USERS),
        ("GET", f"{base}/{{user_id}}"): _somebody(place),
        ("POST", f"{base}/{{user_id}}"): _somebody(place),
        ("POST", f"{base}/{{user_id}}/disable"): _somebody(place),
        ("POST", f"{base}/{{user_id}}/enable"): _somebody(place),
    }.items()
}
