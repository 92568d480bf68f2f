"""The pages of users and of tokens."""

import re
from datetime import UTC, datetime, timedelta

from domain.roles import Role, TokenScope
from starter import access
from tests.starter.api_world import World
from tests.web.conftest import Read
from tests.web.reader import Reader, Said


def shown_once(said: Said) -> str:
    (code,) = said.find("//main//code")
    return str(code.text)


def test_somebody_new_gets_a_password_and_signs_in_with_it(world: World, read: Read) -> None:
    main = read(Role.MAIN)
    new = {"email": "uusi@esimerkki.example", "name": "Uusi Käyttäjä", "role": "clerk"}
    added = Said(main.post("./users", {**new, "language": "fi"}))
    assert added.status == 200
    password = shown_once(added)
    assert "Uusi Käyttäjä" in main.see("./users").text
    with Reader(world, None) as visitor:
        visitor.get("/sign-in")
        answer = visitor.post("/sign-in", {"email": new["email"], "password": password})
        landed = visitor.client.get(answer.headers["Location"], follow_redirects=True)
        assert landed.status_code == 200
    # The button pressed a second time adds nobody, and keeps what was typed.
    again = Said(main.post("./users", {**new, "language": "fi"}))
    assert again.status == 422
    assert again.mistake("email")
    assert again.value("email") == new["email"]


def test_a_role_that_is_not_ones_own_to_give_is_not_offered(read: Read) -> None:
    kh = read(Role.KH)
    offered = kh.see("./users/new").find("//select[@name='role']/option/@value")
    assert Role.TPK.value not in offered
    refused = Said(kh.post("./users", {"email": "x@esimerkki.example", "name": "X", "role": "tpk"}))
    assert refused.mistake("role")


def test_who_is_disabled_is_out_at_once(world: World, read: Read) -> None:
    main = read(Role.MAIN)
    user_id = world.add(world.company, Role.CLERK)
    with Reader(world, user_id) as clerk:
        assert clerk.get("./customers").status_code == 200
        assert main.post(f"./users/{user_id}/disable").status_code == 303
        assert clerk.get("./customers").status_code == 404
        assert main.post(f"./users/{user_id}/enable").status_code == 303
        assert clerk.get("./customers").status_code == 200
        assert main.post(f"./users/{user_id}", {"role": "read_only"}).status_code == 303
        assert main.see(f"./users/{user_id}").value("role") == "read_only"


def test_nobody_changes_himself(world: World, read: Read) -> None:
    own = world.users["company", Role.MAIN]
    answer = read(Role.MAIN).post(f"./users/{own}/disable")
    assert answer.status_code == 422
    assert f"/users/{own}" not in read(Role.MAIN).see("./users").answer.text


def test_a_token_is_shown_once_and_ends_at_once(world: World, read: Read) -> None:
    main = read(Role.MAIN)
    made = Said(main.post("./tokens", {"name": "Kirjanpito 7", "scopes": ["invoices:read"]}))
    secret = shown_once(made)
    with world.database.transaction() as session:
        caller = access.identify(session, secret, world.now())
    assert caller is not None
    assert caller.scopes == {TokenScope.INVOICES_READ}
    listed = main.see("./tokens")
    assert secret not in listed.answer.text
    row = listed.find("//tr[th='Kirjanpito 7']//a/@href")[0]
    token_id = re.findall(r"/tokens/(\d+)/end", row)[0]
    assert main.see(f"./tokens/{token_id}/end").status == 200
    assert main.post(f"./tokens/{token_id}/end").status_code == 303
    with world.database.transaction() as session:
        assert access.identify(session, secret, world.now()) is None


def test_a_tokens_mistakes_stand_beside_their_fields(read: Read) -> None:
    far = (datetime.now(UTC) + timedelta(days=1_000)).date()
    main = read(Role.MAIN)
    said = Said(
        main.post(
            "./tokens",
            {"name": "Kirjanpito", "scopes": ["invoices:read"], "until": far.isoformat()},
        )
    )
    assert said.mistake("until")
    assert said.value("name") == "Kirjanpito"
    nothing = Said(main.post("./tokens", {"name": "Kirjanpito"}))
    assert nothing.status == 422
    assert nothing.find("//p[@id='f-scopes-mistake']")
