"""A company's own details over the API."""

from typing import Any

from domain.roles import Role
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.test_api_rules import ANY, Main

__all__ = ["world"]


def test_a_company_is_changed_as_it_was_read(world: World) -> None:
    secret = world.sign_in(world.users["company", Role.MAIN])
    path = f"/companies/{world.company.business_id}"
    read = world.call("GET", path, secret)
    change: dict[str, Any] = {"json": {"street": "Esimerkkitie 2", "phone": "010 000 0000"}}
    assert world.call("PATCH", path, secret, **change).status_code == 428
    headers = {"If-Match": read.headers["ETag"]}
    changed = world.call("PATCH", path, secret, headers=headers, **change)
    assert changed.status_code == 200
    assert changed.json() == read.json() | change["json"]
    assert world.call("GET", path, secret).headers["ETag"] == changed.headers["ETag"]
    late = world.call("PATCH", path, secret, headers=headers, json={"city": "Turku"})
    assert (late.status_code, late.json()["record"]) == (
        412,
        f"company {world.company.business_id}",
    )
    main = Main(world, world.company, secret)
    entry = main.call("GET", "/audit")["items"][0]
    assert (entry["action"], entry["detail"]["fields"]) == ("company.changed", ["street", "phone"])
    # What comes with the invoices is not changed here, and who may not, does not.
    main.call("PATCH", "", 422, json={"name": "Toinen Oy"}, headers=ANY)
    clerk = Main(world, world.company, world.sign_in(world.users["company", Role.CLERK]))
    clerk.call("PATCH", "", 403, json={"city": "Turku"}, headers=ANY)
