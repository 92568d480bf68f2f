"""Webhooks over the served API and the command line."""

import uuid
from typing import Any

import httpx
from sqlmodel import select

from domain.outcomes import BecameOverdue
from domain.roles import Role
from store import event_feed, people, webhooks
from store.tables import AuditEntry, WebhookEndpoint
from tests.happening import HELD, happen, invoice_of
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu", "world"]

URL = "https://erp.esimerkki.example/karhu"


def at(world: World, webhook_id: int | None = None) -> str:
    own = "" if webhook_id is None else f"/{webhook_id}"
    return f"/companies/{world.company.business_id}/webhooks{own}"


def main_user(world: World) -> str:
    return world.sign_in(world.users["company", Role.MAIN])


def created(world: World, secret: str, **body: Any) -> dict[str, Any]:
    answer = world.call("POST", at(world), secret, json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_its_secret_is_shown_once_and_sealed(world: World) -> None:
    main, key = main_user(world), str(uuid.uuid4())
    body = {"url": URL, "kinds": ["closed", "closed"]}
    first = world.call("POST", at(world), main, json=body, key=key)
    again = world.call("POST", at(world), main, json=body, key=key)
    secret = first.json()["secret"]
    assert secret.startswith("karhu_whsec_")
    assert (again.json()["id"], again.json()["secret"]) == (first.json()["id"], None)
    assert first.json()["kinds"] == ["closed"]
    with world.database.transaction() as session:
        row = session.get_one(WebhookEndpoint, first.json()["id"])
        said = session.exec(
            select(AuditEntry).where(AuditEntry.target == f"webhook:{row.id}")
        ).all()
    assert secret.encode() not in row.secret
    assert [one.action for one in said] == ["webhook.created"]
    shown = world.call("GET", at(world, row.id), main)
    assert "secret" not in shown.json()
    assert row.id in [one["id"] for one in world.call("GET", at(world), main).json()["items"]]


def test_a_change_says_which_version_it_changes(world: World) -> None:
    main = main_user(world)
    webhook_id = created(world, main, kinds=["closed"])["id"]
    version = world.call("GET", at(world, webhook_id), main).headers["ETag"]

    def change(body: dict[str, Any], version: str | None) -> httpx.Response:
        headers = {"If-Match": version} if version else {}
        return world.call("PATCH", at(world, webhook_id), main, json=body, headers=headers)

    assert change({"state": "paused"}, None).status_code == 428
    paused = change({"state": "paused"}, version)
    assert (paused.json()["state"], paused.json()["kinds"]) == ("paused", ["closed"])
    assert change({"state": "active"}, version).status_code == 412
    active = change({"state": "active", "kinds": None}, paused.headers["ETag"])
    assert (active.json()["state"], active.json()["kinds"]) == ("active", None)
    assert active.json()["paused_at"] is None
    bad = change({"url": "https://user@host.example"}, active.headers["ETag"])
    assert (bad.status_code, bad.json()["errors"][0]["where"]) == (422, "body.url")


def test_a_new_secret_and_the_one_before(world: World) -> None:
    main = main_user(world)
    made = created(world, main)
    rotated = world.call("POST", f"{at(world, made['id'])}/rotate", main, json={})
    assert rotated.status_code == 200
    assert rotated.json()["secret"] != made["secret"]
    assert rotated.json()["older_secret_until"] is not None
    at_once = {"overlap_hours": 0}
    again = world.call("POST", f"{at(world, made['id'])}/rotate", main, json=at_once)
    assert again.json()["older_secret_until"] is None


def test_the_log_and_sending_again(world: World) -> None:
    main = main_user(world)
    webhook_id = created(world, main)["id"]
    resend = f"{at(world, webhook_id)}/resend"
    one = invoice_of(world.database, world.company.business_id)
    ids = happen(world.database, one, HELD, BecameOverdue())
    assert world.call("POST", resend, main, json={"event_id": ids[0]}).status_code == 404
    with world.database.transaction() as session:
        row = session.get_one(WebhookEndpoint, webhook_id)
        row.cursor = ids[-1]
        session.add(row)
    assert world.call("POST", resend, main, json={"event_id": ids[0]}).json() == {"events": 1}
    for body in ({}, {"event_id": 1, "since": "2026-03-02T07:00:00Z"}):
        assert world.call("POST", resend, main, json=body).status_code == 422
    since = {"since": "2026-03-02T07:00:00Z"}
    assert world.call("POST", resend, main, json=since).json()["events"] >= 2
    path = f"{at(world, webhook_id)}/deliveries"
    log = world.call("GET", path, main, params={"limit": 1})
    assert log.json()["items"][0] | {"last_at": ""} == {
        "event_id": ids[1],
        "kind": "became_overdue",
        "status": "waiting",
        "attempts": 0,
        "http_status": None,
        "took_ms": None,
        "last_error": "",
        "last_at": "",
        "delivered_at": None,
    }
    rest = world.call("GET", path, main, params={"cursor": log.json()["next"]})
    assert rest.json()["items"][0]["event_id"] == ids[0]
    failing = world.call("GET", path, main, params={"status": "failing"})
    assert failing.json()["items"] == []

    assert world.call("DELETE", at(world, webhook_id), main).status_code == 204
    assert world.call("GET", at(world, webhook_id), main).status_code == 404


def test_another_companys_is_not_there(world: World) -> None:
    main = main_user(world)
    other = world.webhook(world.other)
    for method, more in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries")):
        assert world.call(method, f"{at(world, other)}{more}", main).status_code == 404


async def test_on_the_command_line(karhu: Karhu, office: Office) -> None:
    one = invoice_of(office.database, office.business_id)
    (event,) = happen(office.database, one, HELD)
    event_feed.advance(office.database)
    with office.database.transaction() as session:
        place = people.company_place(session, office.business_id)
        assert place is not None
        assert place.company_id is not None
        row = WebhookEndpoint(
            company_id=place.company_id,
            url=URL,
            state="paused",
            pause_reason="answered 500",
            secret=b"",
            cursor=event,
            created_at=office.clock.now(office.clock.anchor),
            created_by="x",
        )
        session.add(row)
        session.flush()
        webhook_id = row.id
    at_company = ("--company", office.business_id)
    shown = await karhu("webhook", "list", *at_company)
    assert (shown.exit_code, "answered 500" in shown.stdout) == (0, True)
    again = ("webhook", "resend", str(webhook_id), *at_company, "--actor", "Essi")
    assert (await karhu(*again)).exit_code == 1
    assert "1 event will" in (await karhu(*again, "--event", str(event))).stdout
    assert "1 event will" in (await karhu(*again, "--since", "2026-01-01")).stdout
    with office.database.transaction() as session:
        ((delivery, _),) = webhooks.deliveries(session, webhook_id, limit=5)
    assert delivery.status == webhooks.WAITING
