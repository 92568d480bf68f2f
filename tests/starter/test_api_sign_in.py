"""Signing in and out, guessing, and how long it lasts, over the served API."""

import logging
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from domain.roles import Role, TokenScope
from domain.sign_in import ABSOLUTE, ACCOUNT_TRIES, ADDRESS_TRIES, FORGET, IDLE, LOCK
from starter import passwords, sign_in
from starter.access import fingerprint, identify
from starter.tokens import USUAL
from store import credentials, throttle
from store.tables import ApiToken, AuditEntry, LoginThrottle, User, UserSession
from tests.starter.api_fixtures import world
from tests.starter.api_world import NEW_PASSWORD, PASSWORD, World

__all__ = ["world"]


@pytest.fixture(autouse=True)
def _no_tries_before(world: World) -> Iterator[None]:
    yield
    # The tests' address is one for all; an hour later nothing of it is remembered.
    world.ahead += FORGET


def post(
    world: World, user_id: int, password: str = PASSWORD, *, key: str | None = None
) -> httpx.Response:
    body = {"email": world.email(user_id), "password": password}
    return world.call("POST", "/sessions", json=body, key=key)


def test_signing_in_and_out(world: World) -> None:
    user_id = world.add(world.company, Role.CLERK)
    answer = post(world, user_id)
    assert answer.status_code == 201
    token = answer.json()["token"]
    me = world.call("GET", "/me", token).json()
    assert me["user_id"] == user_id
    assert [one["role"] for one in me["memberships"]] == ["clerk"]
    assert world.call("DELETE", "/sessions/current", token).status_code == 204
    assert world.call("GET", "/me", token).status_code == 401


def test_only_a_hash_of_the_token_is_kept(world: World) -> None:
    token = post(world, world.add(world.company, Role.CLERK)).json()["token"]
    with world.database.transaction() as session:
        row = session.exec(
            select(UserSession).where(UserSession.token_sha256 == fingerprint(token))
        ).one()
        assert token not in str(row.model_dump())
        # Not even the beginning of a hash finds anything: the whole is compared at once.
        assert identify(session, token[:-1], world.now()) is None


def test_the_same_request_again_leaves_one_session(world: World) -> None:
    user_id = world.add(world.company, Role.CLERK)
    first, second = (post(world, user_id, key="sign-in-12345") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert world.call("GET", "/me", first.json()["token"]).status_code == 401
    assert world.call("GET", "/me", second.json()["token"]).status_code == 200
    body = {"email": world.email(user_id), "password": PASSWORD}
    without = world.client.post("/api/v1/sessions", json=body)
    assert without.status_code == 422
    assert without.json()["errors"][0]["where"] == "header.Idempotency-Key"


def test_a_session_ends_when_idle_and_when_old(world: World) -> None:
    idle = world.sign_in(world.users["company", Role.CLERK])
    busy = world.sign_in(world.users["company", Role.CLERK])
    for _ in range(int(ABSOLUTE / IDLE) + 1):
        world.ahead += IDLE - timedelta(minutes=2)
        assert world.call("GET", "/me", busy).status_code == 200
        if _ > 0:
            assert world.call("GET", "/me", idle).status_code == 401
        if _ == 11:
            break
    world.ahead += IDLE - timedelta(minutes=2)
    assert world.call("GET", "/me", busy).status_code == 401


def test_a_token_ends(world: World) -> None:
    token = world.token(world.company, [TokenScope.INVOICES_READ])
    assert world.call("GET", "/me", token).json()["scopes"] == ["invoices:read"]
    with world.database.transaction() as session:
        row = session.exec(
            select(ApiToken).where(ApiToken.token_sha256 == fingerprint(token))
        ).one()
        assert row.last_used_at is not None
        assert token.startswith(row.prefix)
        assert identify(session, token, row.created_at + USUAL - timedelta(seconds=1))
        assert identify(session, token, row.created_at + USUAL) is None


def test_a_wrong_password_and_a_wrong_person_are_answered_alike(world: World) -> None:
    wrong = post(world, world.add(world.company, Role.CLERK), "not the right one")
    nobody = world.call(
        "POST", "/sessions", json={"email": "nobody@esimerkki.example", "password": PASSWORD}
    )
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.json() == nobody.json()


def test_a_wrong_person_takes_as_long_as_a_wrong_password() -> None:
    there = passwords.hashed(PASSWORD)
    passwords.holds("warmed up", None)

    def work(password_hash: str | None) -> float:
        """Processor seconds: how busy the machine is otherwise does not count."""
        taken = []
        for _ in range(3):
            begun = time.process_time()
            assert not passwords.holds("not the right one", password_hash)
            taken.append(time.process_time() - begun)
        return statistics.median(taken)

    assert 0.4 < work(there) / work(None) < 2.5


def test_guessing_is_slowed_down(world: World) -> None:
    user_id = world.add(world.company, Role.CLERK)
    for _ in range(ACCOUNT_TRIES):
        assert post(world, user_id, "a wrong guess").status_code == 401
    # While it waits, not even the right one gets in.
    refused = post(world, user_id)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    world.ahead += timedelta(seconds=1)
    assert post(world, user_id, "a wrong guess").status_code == 401
    assert post(world, user_id).headers["Retry-After"] == "2"
    world.ahead += timedelta(seconds=2)
    assert post(world, user_id).status_code == 201
    # The account begins anew.
    assert post(world, user_id, "a wrong guess").status_code == 401
    assert post(world, user_id).status_code == 201


def test_guessing_is_locked(world: World) -> None:
    key = sign_in.account_key("Somebody@esimerkki.example")
    assert key == sign_in.account_key(" somebody@esimerkki.example")
    now, waits = world.now(), []
    for _ in range(ACCOUNT_TRIES + 12):
        with world.database.transaction() as session:
            wait = throttle.begin_try(session, {key: ACCOUNT_TRIES}, now)
            if wait:
                waits.append(wait.total_seconds())
                now += wait
                assert throttle.begin_try(session, {key: ACCOUNT_TRIES}, now) == timedelta(0)
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert waits[-1] == LOCK.total_seconds()
    with world.database.transaction() as session:
        later = now + FORGET
        assert throttle.begin_try(session, {key: ACCOUNT_TRIES}, later) == timedelta(0)
        assert throttle.begin_try(session, {key: ACCOUNT_TRIES}, later) == timedelta(0)


def test_tries_at_the_same_time_all_count(world: World) -> None:
    key = sign_in.account_key("busy@esimerkki.example")
    now = world.now()

    def begin(_: int) -> bool:
        with world.database.transaction() as session:
            return throttle.begin_try(session, {key: ACCOUNT_TRIES}, now) == timedelta(0)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(24))) == ACCOUNT_TRIES


def test_nobody_guesses_at_many_people_from_one_address(world: World) -> None:
    def begin(email: str, address: str) -> bool:
        free = {
            sign_in.account_key(email): ACCOUNT_TRIES,
            sign_in.address_key(address): ADDRESS_TRIES,
        }
        with world.database.transaction() as session:
            return throttle.begin_try(session, free, world.now()) == timedelta(0)

    for number in range(ADDRESS_TRIES):
        assert begin(f"nobody{number}@esimerkki.example", "2001:db8:1::7")
    # The next address of the same household is the same one.
    assert not begin("another@esimerkki.example", "2001:db8:1::8")
    assert begin("another@esimerkki.example", "2001:db8:2::8")
    assert begin("yet.another@esimerkki.example", "192.0.2.1")
    assert sign_in.address_key("::ffff:192.0.2.1") == sign_in.address_key("192.0.2.1")
    with world.database.transaction() as session:
        kept = " ".join(session.exec(select(LoginThrottle.key)))
    assert "@" not in kept
    assert "2001:" not in kept


def test_changing_the_password_ends_the_other_sessions(world: World) -> None:
    user_id = world.add(world.company, Role.OWN_ONLY)
    here, elsewhere = world.sign_in(user_id), world.sign_in(user_id)

    def change(current: str, new: str) -> httpx.Response:
        return world.call("PUT", "/me/password", here, json={"current": current, "new": new})

    wrong = change("not the right one", NEW_PASSWORD)
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "body.current")
    for weak in ("Esimerkki Oy", "too short"):
        refused = change(PASSWORD, weak)
        assert (refused.status_code, refused.json()["errors"][0]["where"]) == (422, "body.new")
    assert change(PASSWORD, NEW_PASSWORD).status_code == 204
    assert world.call("GET", "/me", here).status_code == 200
    assert world.call("GET", "/me", elsewhere).status_code == 401
    assert post(world, user_id).status_code == 401
    assert post(world, user_id, NEW_PASSWORD).status_code == 201
    by_token = world.token(world.company, TokenScope)
    assert world.call("PUT", "/me/password", by_token, json={}).status_code == 403


def test_a_hash_of_other_parameters_is_made_anew(world: World) -> None:
    user_id = world.add(world.company, Role.CLERK)
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with world.database.transaction() as session:
        session.get_one(User, user_id).password_hash = old
    assert post(world, user_id).status_code == 201
    with world.database.transaction() as session:
        renewed = session.get_one(User, user_id).password_hash
    assert renewed != old
    assert "m=65536,t=3,p=4" in renewed
    assert not passwords.outdated(renewed)


def test_nothing_secret_in_the_audit_log_or_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    user_id = world.add(world.company, Role.CLERK)
    assert post(world, user_id, "a wrong guess").status_code == 401
    token = post(world, user_id).json()["token"]
    body = {"current": PASSWORD, "new": NEW_PASSWORD}
    assert world.call("PUT", "/me/password", token, json=body).status_code == 204
    main = world.sign_in(world.users["company", Role.MAIN])
    path = f"/companies/{world.company.business_id}"
    new = {"email": "salainen@esimerkki.example", "name": "Sala Salainen", "role": "clerk"}
    added = world.call("POST", f"{path}/users", main, json=new)
    made = {"name": "Salainen kirjanpito", "scopes": ["invoices:read"]}
    created = world.call("POST", f"{path}/tokens", main, json=made)
    assert (added.status_code, created.status_code) == (201, 201)
    with world.database.transaction() as session:
        rows = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        audited = " ".join(str(row.model_dump()) for row in rows)
    about = [row.action for row in rows if row.actor == f"user:{user_id}"]
    assert about == ["session.opened", "password.changed"]
    assert any(row.action == "session.refused" for row in rows)
    secrets = [
        *(PASSWORD, NEW_PASSWORD, "a wrong guess", token, main),
        *(added.json()["password"], created.json()["token"], "Salainen", "@", "karhu_"),
    ]
    for secret in secrets:
        assert secret not in audited
    logged = " ".join(
        record.getMessage() for record in caplog.records if record.name.startswith("karhu")
    )
    assert not [secret for secret in secrets if secret in logged]


def test_the_audit_log_cannot_be_changed(world: World) -> None:
    for statement in (update(AuditEntry).values(actor="nobody"), delete(AuditEntry)):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            world.database.transaction() as session,
        ):
            session.execute(statement)


def test_a_disabled_person_is_out_at_once(world: World) -> None:
    user_id = world.add(world.company, Role.CLERK)
    secret = world.sign_in(user_id)
    with world.database.transaction() as session:
        session.get_one(User, user_id).disabled_at = world.now()
    assert world.call("GET", "/me", secret).status_code == 401
    assert post(world, user_id).status_code == 401
    with world.database.transaction() as session:
        assert len(credentials.sessions(session, user_id, world.now())) == 1
