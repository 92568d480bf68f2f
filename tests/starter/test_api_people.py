"""Users, tokens, companies and the audit log, over the served API."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import select

from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, DebtorClass
from domain.roles import Action, Role, TokenScope
from starter.access import enter, identify
from store import parties, people, registration
from store.people import Place
from store.scope import Scope
from store.tables import Company, Invoice
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import new_business_id

__all__ = ["world"]

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)


def path(place: Place) -> str:
    return f"/{'firms' if place.company_id is None else 'companies'}/{place.business_id}"


def member(email: str, role: str, name: str = "Liisa Malliasiakas") -> dict[str, Any]:
    return {"email": email, "name": name, "role": role}


def test_a_new_person_gets_a_password_once(world: World) -> None:
    main = world.sign_in(world.users["company", Role.MAIN])
    email = "Uusi.Ihminen@esimerkki.example"
    added = world.call("POST", f"{path(world.company)}/users", main, json=member(email, "clerk"))
    assert added.status_code == 201
    password = added.json()["password"]
    signed = world.call("POST", "/sessions", json={"email": email.lower(), "password": password})
    assert signed.status_code == 201
    # The same person elsewhere keeps what is known of him or her.
    other = world.sign_in(world.users["other", Role.MAIN])
    again = member(email, "read_only", "Joku Muu")
    known = world.call("POST", f"{path(world.other)}/users", other, json=again)
    assert (known.json()["password"], known.json()["name"]) == (None, "Liisa Malliasiakas")
    twice = world.call("POST", f"{path(world.other)}/users", other, json=again)
    assert twice.status_code == 409
    assert "remedy" in twice.json()


def test_nobody_gives_what_is_not_his_to_give(world: World) -> None:
    users = f"{path(world.company)}/users"
    kh = world.sign_in(world.users["company", Role.KH])
    assert world.call("POST", users, kh, json=member("a@esimerkki.example", "main")).is_success
    # There is no such role in a company.
    tpk = world.call("POST", users, kh, json=member("b@esimerkki.example", "tpk"))
    assert tpk.status_code == 409
    in_firm = world.sign_in(world.users["firm", Role.KH])
    refused = world.call(
        "POST", f"{path(world.firm)}/users", in_firm, json=member("c@esimerkki.example", "tpk")
    )
    assert refused.status_code == 403
    main_user = world.users["firm", Role.TPK]
    demoted = world.call(
        "PATCH", f"{path(world.firm)}/users/{main_user}", in_firm, json={"role": "read_only"}
    )
    assert demoted.status_code == 403
    program = world.token(world.company, [TokenScope.USERS])
    made = world.call("POST", users, program, json=member("d@esimerkki.example", "main"))
    assert made.status_code == 403
    payments = {"name": "Maksut", "scopes": ["payments:write"]}
    for secret in (kh, program):
        answer = world.call("POST", f"{path(world.company)}/tokens", secret, json=payments)
        assert answer.status_code == 403


def test_a_role_is_changed_and_taken_from_here_alone(world: World) -> None:
    main_id = world.users["company", Role.MAIN]
    main = world.sign_in(main_id)
    user_id = world.add(world.company, Role.CLERK)
    with world.database.transaction() as session:
        people.enrol(session, world.other, user_id, Role.CLERK)
    theirs = world.sign_in(user_id)
    one = f"{path(world.company)}/users/{user_id}"
    changed = world.call("PATCH", one, main, json={"role": "read_only"})
    assert changed.json()["role"] == "read_only"
    disabled = world.call("PATCH", one, main, json={"disabled": True})
    assert disabled.json()["disabled_at"]
    assert world.call("GET", path(world.company), theirs).status_code == 404
    assert world.call("GET", path(world.other), theirs).status_code == 200
    assert world.call("PATCH", one, main, json={"disabled": False}).json()["disabled_at"] is None
    assert world.call("GET", path(world.company), theirs).status_code == 200
    oneself = world.call(
        "PATCH", f"{path(world.company)}/users/{main_id}", main, json={"disabled": True}
    )
    assert oneself.status_code == 409
    stranger = world.users["other", Role.MAIN]
    missing = world.call(
        "PATCH", f"{path(world.company)}/users/{stranger}", main, json={"role": "clerk"}
    )
    assert missing.status_code == 404


def test_a_token_is_made_shown_once_and_revoked(world: World) -> None:
    main = world.sign_in(world.users["company", Role.MAIN])
    tokens = f"{path(world.company)}/tokens"
    body = {"name": "Kirjanpito", "scopes": ["companies:read"]}
    created = world.call("POST", tokens, main, json=body, key="one-token-please")
    secret = created.json()["token"]
    assert world.call("GET", path(world.company), secret).status_code == 200
    replayed = world.call("POST", tokens, main, json=body, key="one-token-please")
    assert replayed.status_code == 201
    assert replayed.json() == {**created.json(), "token": None}
    listed = world.call("GET", tokens, main).text
    assert secret not in listed
    number = created.json()["id"]
    assert world.call("DELETE", f"{tokens}/{number}", main).json()["revoked_at"]
    assert world.call("GET", path(world.company), secret).status_code == 401
    late = {**body, "expires_at": "2126-01-01T00:00:00Z"}
    assert world.call("POST", tokens, main, json=late).status_code == 409


def test_a_firms_companies(world: World) -> None:
    tpk = world.sign_in(world.users["firm", Role.TPK])
    business_id = new_business_id()
    body = {"business_id": business_id, "name": "Neljäs Esimerkki Oy", "city": "Turku"}
    companies = f"{path(world.firm)}/companies"
    added = world.call("POST", companies, tpk, json=body)
    assert (added.status_code, added.json()["city"]) == (201, "Turku")
    assert world.call("POST", companies, tpk, json=body).status_code == 409
    bad = world.call("POST", companies, tpk, json={**body, "business_id": "1234567-8"})
    assert (bad.status_code, bad.json()["errors"][0]["where"]) == (422, "body.business_id")
    mine = world.call("GET", "/companies", tpk, params={"limit": 200}).json()["items"]
    assert {business_id, world.company.business_id} <= {one["business_id"] for one in mine}
    assert world.other.business_id not in {one["business_id"] for one in mine}
    clerk = world.sign_in(world.users["company", Role.CLERK])
    own = world.call("GET", "/companies", clerk).json()["items"]
    assert [one["business_id"] for one in own] == [world.company.business_id]


def test_lists_go_by_pages(world: World) -> None:
    main = world.sign_in(world.users["company", Role.MAIN])
    users = f"{path(world.company)}/users"
    for _ in range(5):
        world.add(world.company, Role.CLERK)
    whole = world.call("GET", users, main, params={"limit": 200}).json()
    assert whole["next"] is None
    seen: list[int] = []
    cursor = None
    while True:
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = world.call("GET", users, main, params=params).json()
        seen += [one["user_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [one["user_id"] for one in whole["items"]]


def test_what_was_done_stands_in_the_audit_log(world: World) -> None:
    place = world.other
    main_id = world.users["other", Role.MAIN]
    main = world.sign_in(main_id)
    user_id = world.add(place, Role.CLERK)
    one = f"{path(place)}/users/{user_id}"
    world.call("PATCH", one, main, json={"role": "read_only"})
    world.call("PATCH", one, main, json={"role": "read_only"})
    newest = world.call("GET", f"{path(place)}/audit", main).json()["items"][0]
    assert newest["actor"] == f"user:{main_id}"
    assert (newest["action"], newest["target"]) == ("member.role", f"user:{user_id}")
    assert newest["detail"] == {"role": "read_only", "was": "clerk"}
    kh = world.sign_in(world.users["company", Role.KH])
    elsewhere = world.call("GET", f"{path(world.company)}/audit", kh, params={"limit": 200})
    assert f"user:{user_id}" not in elsewhere.text


def test_own_invoices_only(world: World) -> None:
    owner = world.users["company", Role.OWN_ONLY]
    with world.database.transaction() as session:
        for place, owned_by in (
            (world.company, f"user:{owner}"),
            (world.company, ""),
            (world.other, f"user:{owner}"),
        ):
            company = session.get_one(Company, place.company_id)
            new = parties.NewCustomer("A-1", "Matti Malliasiakas", DebtorClass.CONSUMER)
            (placed,) = parties.ensure_customers(session, [(company, new)])
            invoice = registration.NewInvoice(
                number=f"own {owned_by or 'nobody'}",
                invoice_date=MONDAY.date(),
                due=MONDAY.date(),
                amount_cents=100,
                owner=owned_by,
            )
            registration.register(
                session,
                [registration.Entering(company, placed.customer, invoice)],
                law=FINNISH_LAW,
                calendar=FINLAND,
                now=MONDAY,
            )
            session.flush()
        session.execute(update(Invoice).values(start_pending=False))

    def seen(secret: str) -> list[str]:
        with world.database.transaction() as session:
            caller = identify(session, secret, world.now())
            assert caller is not None
            scope = enter(caller, world.company, Action.READ_INVOICES)
            return _numbers(session, scope)

    def _numbers(session: Any, scope: Scope) -> list[str]:
        return sorted(session.exec(select(Invoice.number).where(scope.invoices())))

    mine = f"own user:{owner}"
    assert seen(world.sign_in(owner)) == [mine]
    clerk = world.sign_in(world.users["company", Role.CLERK])
    assert seen(clerk) == ["own nobody", mine]
    assert seen(world.token(world.company, [TokenScope.INVOICES_READ])) == ["own nobody", mine]
