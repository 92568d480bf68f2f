"""What all endpoints stand on: problems, answers given once, cursors, ETags, readiness."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI, Response
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode

from domain.clock import REAL_TIME
from domain.roles import Action, Role
from integrations.agency import Agencies
from starter.access import Caller
from starter.api.parts import Parts
from starter.api.v1 import callers, create_v1
from starter.api.v1.idempotency import REPLAYED, TheOnce
from starter.api.v1.problems import MEDIA_TYPE, Kind, Problem
from starter.stack.postgres import Postgres
from store import kept_answers
from store.database import Database
from store.kept_answers import KEPT_FOR, LEASE, Asked
from tests.starter.api_fixtures import world
from tests.starter.api_world import World

__all__ = ["world"]


class Said(BaseModel):
    """An answer."""

    number: int
    secret: str | None = None


class Things:
    """What the endpoints below have done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.raised: Exception | None = None
        self.waits = asyncio.Event()
        self.waits.set()

    def add_to(self, app: FastAPI) -> None:
        """Two endpoints: one in the database alone, one that reaches out; and one that breaks."""

        @app.post("/kept")
        def kept(
            caller: Annotated[Caller, callers.anywhere(Action.READ_SELF)], once: TheOnce
        ) -> Response:
            with once.transaction() as session:
                self.done.append(caller.name)
                if self.raised:
                    raise self.raised
                said = Said(number=len(self.done), secret="shown once")
                return once.keep(session, said, shown_once=["secret"])

        @app.post("/reaching")
        async def reaching(
            caller: Annotated[Caller, callers.anywhere(Action.READ_SELF)], once: TheOnce
        ) -> Response:
            async with once.reaching_out():
                self.done.append(once.key)
                await self.waits.wait()
                if self.raised:
                    raise self.raised
            return await once.settle(Said(number=len(self.done)))

        @app.get("/broken/{name}")
        def broken(name: str) -> Said:
            assert self.raised is not None
            raise self.raised


@pytest.fixture
def things() -> Things:
    return Things()


@pytest_asyncio.fixture(loop_scope="session")
async def api(
    world: World, things: Things, office_temporal: Client
) -> AsyncIterator[httpx.AsyncClient]:
    """The application with those endpoints added, in this process."""
    app = create_v1()
    things.add_to(app)
    app.state.parts = Parts(
        office_temporal, world.database, REAL_TIME, Agencies({}), real_now=world.now
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://karhu.example"
    ) as client:
        yield client


def headers(world: World, key: str, user: int | None = None) -> dict[str, str]:
    secret = world.sign_in(user or world.users["company", Role.CLERK])
    return {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}


def key() -> str:
    return str(uuid.uuid4())


@pytest.mark.parametrize("path", ["/kept", "/reaching"])
async def test_the_same_key_gives_the_same_answer(
    world: World, things: Things, api: httpx.AsyncClient, path: str
) -> None:
    one = key()
    first = await api.post(path, headers=headers(world, one), json={"a": 1})
    again = await api.post(path, headers=headers(world, one), json={"a": 1})
    assert first.is_success
    assert again.status_code == first.status_code
    assert (first.headers.get(REPLAYED), again.headers[REPLAYED]) == (None, "true")
    assert again.text == first.text.replace('"shown once"', "null")
    assert len(things.done) == 1
    # Another request, another person's, and the next day's are others.
    other = await api.post(path, headers=headers(world, one), json={"a": 2})
    assert (other.status_code, other.json()["type"]) == (422, "urn:karhu:problem:key-reused")
    someone = headers(world, one, world.users["company", Role.MAIN])
    assert (await api.post(path, headers=someone, json={"a": 2})).is_success
    world.ahead += KEPT_FOR
    assert (await api.post(path, headers=headers(world, one), json={"a": 2})).is_success
    assert len(things.done) == 3


@pytest.mark.parametrize("path", ["/kept", "/reaching"])
async def test_what_came_to_nothing_may_be_asked_again(
    world: World, things: Things, api: httpx.AsyncClient, path: str
) -> None:
    one = headers(world, key())
    things.raised = Problem(Kind.CONFLICT, "not now", remedy="later")
    assert (await api.post(path, headers=one)).status_code == 409
    things.raised = None
    assert (await api.post(path, headers=one)).is_success
    assert len(things.done) == 2


async def test_the_same_request_at_the_same_time(
    world: World, things: Things, api: httpx.AsyncClient
) -> None:
    one = headers(world, key())
    things.waits.clear()
    first = asyncio.create_task(api.post("/reaching", headers=one))
    async with asyncio.timeout(20):
        while not things.done:
            await asyncio.sleep(0.01)
    second = await api.post("/reaching", headers=one)
    assert (second.status_code, second.json()["type"]) == (409, "urn:karhu:problem:under-way")
    assert second.headers["Retry-After"]
    things.waits.set()
    assert (await first).is_success
    assert (await api.post("/reaching", headers=one)).headers[REPLAYED] == "true"
    assert len(things.done) == 1


async def test_a_transaction_under_way_holds_its_key(
    world: World, things: Things, api: httpx.AsyncClient
) -> None:
    user_id, one = world.users["company", Role.CLERK], key()
    asked = Asked(f"user:{user_id}", hashlib.sha256(one.encode()).hexdigest(), "")
    with world.database.transaction() as session:
        assert kept_answers.kept(session, asked, world.now()) is None
        refused = await api.post("/kept", headers=headers(world, one))
        assert refused.status_code == 409
    assert (await api.post("/kept", headers=headers(world, one))).is_success
    assert len(things.done) == 1


async def test_a_request_cut_off_is_done_again_under_its_own_name(
    world: World, things: Things, api: httpx.AsyncClient
) -> None:
    one = headers(world, key())
    things.waits.clear()
    cut = asyncio.create_task(api.post("/reaching", headers=one))
    async with asyncio.timeout(20):
        while not things.done:
            await asyncio.sleep(0.01)
    # As if its process had died: nobody says how it ended.
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    things.waits.set()
    assert (await api.post("/reaching", headers=one)).status_code == 409
    world.ahead += LEASE
    assert (await api.post("/reaching", headers=headers(world, one["Idempotency-Key"]))).is_success
    assert things.done[0] == things.done[1]


@pytest.mark.parametrize("bad", [None, "short", "with space", "ä" * 10, "x" * 201])
async def test_a_post_carries_a_key(
    world: World, things: Things, api: httpx.AsyncClient, bad: str | None
) -> None:
    one = headers(world, "")
    del one["Idempotency-Key"]
    raw = [(name.encode(), value.encode()) for name, value in one.items()]
    if bad is not None:
        raw.append((b"Idempotency-Key", bad.encode()))
    refused = await api.post("/kept", headers=raw)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "header.Idempotency-Key"
    assert not things.done


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (ValueError("a secret in its words"), 500),
        (OperationalError("SELECT a secret", {}, Exception("a secret")), 503),
        (RPCError("a secret", RPCStatusCode.UNAVAILABLE, b""), 503),
        (RPCError("a secret", RPCStatusCode.INVALID_ARGUMENT, b""), 500),
    ],
)
async def test_whatever_breaks_nothing_of_its_inside_is_said(
    things: Things,
    api: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    raised: Exception,
    status: int,
) -> None:
    things.raised = raised
    answer = await api.get("/broken/a-secret")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.json()["remedy"]
    logged = caplog.text
    assert "secret" not in answer.text + logged
    if status == 500:
        assert f"GET /broken/{{name}}: {type(raised).__name__} at" in logged
        assert "test_api_foundation.py" in logged


async def test_every_refusal_is_a_problem(world: World, api: httpx.AsyncClient) -> None:
    clerk = headers(world, key())
    for method, path, status in (
        ("GET", "/nowhere", 404),
        ("GET", f"/companies/{world.other.business_id}", 404),
        ("GET", "/companies/1", 422),
        ("DELETE", "/companies", 405),
        ("GET", "/companies?limit=0", 422),
        ("GET", "/companies?cursor=nonsense", 422),
        ("POST", "/sessions", 422),
    ):
        answer = await api.request(method, path, headers=clerk)
        said = answer.json()
        assert answer.status_code == said["status"] == status, path
        assert answer.headers["Content-Type"] == MEDIA_TYPE
        assert said["type"].startswith("urn:karhu:problem:")
        assert said["title"]
        assert said["detail"]
        assert said["remedy"]
        assert answer.headers["Cache-Control"] == "no-store"
    large = await api.post("/sessions", headers=clerk, content=b" " * 1_000_001)
    assert (large.status_code, large.headers["Content-Type"]) == (413, MEDIA_TYPE)
    secret = {"email": "no address", "password": {"what": "a secret"}}
    refused = await api.post("/sessions", headers=clerk, json=secret)
    assert {one["where"] for one in refused.json()["errors"]} == {"body.email", "body.password"}
    assert "a secret" not in refused.text


async def test_readiness_names_what_is_missing(
    world: World, api: httpx.AsyncClient, office_temporal: Client, postgres: Postgres
) -> None:
    assert (await api.get("/health")).json() == {"status": "alive"}
    assert (await api.get("/ready")).json() == {"status": "ready"}
    app = create_v1()
    away = await Client.connect("127.0.0.1:9", data_converter=pydantic_data_converter, lazy=True)
    # A database that is there and has no tables of ours.
    empty = Database(postgres.url("postgres"))
    app.state.parts = Parts(away, empty, REAL_TIME, Agencies({}), real_now=world.now)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://karhu.example"
    ) as client:
        answer = await client.get("/ready")
        assert (await client.get("/health")).status_code == 200
    empty.close()
    assert answer.status_code == 503
    assert "schema" in answer.json()["detail"]
    assert "Temporal" in answer.json()["detail"]


async def test_the_openapi_document_is_served_whole(world: World) -> None:
    said = world.call("GET", "/openapi.json").json()
    assert said["servers"] == [{"url": "/api/v1"}]
    text, ids = json.dumps(said), list[str]()
    assert "HTTPValidationError" not in text
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            ids.append(operation["operationId"])
            names = [one["name"] for one in operation.get("parameters", [])]
            assert ("Idempotency-Key" in names) == (method == "post"), where
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == [MEDIA_TYPE], where
    assert len(set(ids)) == len(ids)
    assert world.call("GET", "/docs").status_code == 404
    assert world.client.get("/openapi.json").status_code == 404
