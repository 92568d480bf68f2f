"""What a reader sees when a part is away, slow or broken, and the streams' ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.responses import Response
from temporalio.service import RPCError, RPCStatusCode

from domain.roles import Action
from starter.access import SESSION_PREFIX
from starter.stack.ports import choose
from starter.web import create_web, failures, security
from starter.web.entry import OpenPage, anywhere
from starter.web.page import Page
from starter.web.streams import Look, stream
from store.database import Database
from tests.starter.api_world import World
from tests.web.reader import Said


@pytest.fixture
def app() -> FastAPI:
    """The pages, of a Karhu of which nothing is there."""
    made = create_web()
    made.state.parts = SimpleNamespace(public_url=None)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://karhu.example", headers=headers
    ) as made:
        yield made


FAILURES: list[tuple[Exception, int, str]] = [
    (OperationalError("SELECT", {}, Exception("connection refused")), 503, "database"),
    (RPCError("away", RPCStatusCode.UNAVAILABLE, b""), 503, "workflow server"),
    (RuntimeError("Failed client connect: refused"), 503, "workflow server"),
    (TimeoutError(), 503, "workflow server"),
    (ZeroDivisionError("a row's secret"), 500, "wrong"),
]


@pytest.mark.parametrize(("error", "status", "says"), FAILURES, ids=lambda one: str(one)[:20])
async def test_what_goes_wrong_is_a_page(
    app: FastAPI, client: httpx.AsyncClient, error: Exception, status: int, says: str
) -> None:
    @app.get("/breaks")
    async def breaks() -> None:
        raise error

    answer = await client.get("/breaks")
    assert answer.status_code == status
    assert says in Said(answer).text
    assert "secret" not in answer.text
    assert "Content-Security-Policy" in answer.headers
    told = await client.get("/breaks", headers={"Accept": "text/event-stream"})
    assert told.headers["Content-Type"].startswith("text/plain")


async def test_without_a_database_a_page_says_so_at_once(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    database = Database(f"postgresql+psycopg://nobody@127.0.0.1:{choose()}/none")
    app.state.parts.database = database
    client.cookies.set(security.SESSION, f"{SESSION_PREFIX}of-somebody")
    began = time.monotonic()
    answer = await client.get("/companies/2000001-6/customers")
    assert answer.status_code == 503
    assert "database" in Said(answer).text
    assert time.monotonic() - began < 10
    # Who has not signed in is asked to, all the same.
    client.cookies.clear()
    assert (await client.get("/sign-in")).status_code == 200
    database.close()


async def test_nobody_waits_for_ever(app: FastAPI) -> None:
    done = asyncio.Event()

    @app.get("/hangs")
    @app.post("/hangs")
    async def hangs() -> Response:
        await asyncio.sleep(1)
        done.set()
        return Response("too late")

    impatient = failures.Guard(app, patience=0.1)
    transport = httpx.ASGITransport(impatient)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://karhu.example", headers={"Accept-Language": "en"}
    ) as client:
        answer = await client.get("/hangs")
        assert answer.status_code == 503
        assert "takes too long" in Said(answer).text
        # Of a form nobody knows yet what came of it.
        assert "not known" in Said(await client.post("/hangs")).text
    await asyncio.wait_for(done.wait(), 10)


async def test_a_statement_that_takes_too_long_is_cut_off(world: World) -> None:
    app = create_web()
    app.state.parts = SimpleNamespace(public_url=None, database=world.database)

    @app.get("/slow")
    def slow(page: OpenPage) -> Response:
        with page.transaction() as session:
            session.connection().exec_driver_sql("SET LOCAL statement_timeout = 50")
            session.connection().exec_driver_sql("SELECT pg_sleep(10)")
        return Response()

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://karhu.example") as client:
        answer = await client.get("/slow", headers={"Accept-Language": "en"})
    assert "takes too long" in Said(answer).text


# ── streams ──────────────────────────────────────────────────────────────────────────────────


def add_stream(app: FastAPI, looks: Iterator[Look]) -> None:
    @app.get("/progress")
    async def progress(page: OpenPage) -> Response:
        return stream(page, lambda: next(looks), every=0.01)


def events(text: str) -> list[tuple[str, str]]:
    """Name and data of each event."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in lines:
            found.append((lines["event"], lines.get("data", "")))
    return found


async def test_a_stream_tells_each_change_once_and_ends(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    looks = [Look("1 of 2"), Look("1 of 2"), Look("2 of 2", over=True, then="/done")]
    add_stream(app, iter(looks))
    answer = await client.get("/progress")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert events(answer.text) == [
        ("message", "1 of 2"),
        ("message", "2 of 2"),
        ("over", "/done"),
    ]
    assert app.state.streams.open == 0


async def test_streams_end_when_the_server_does(app: FastAPI, client: httpx.AsyncClient) -> None:
    def going_on() -> Iterator[Look]:
        while True:
            yield Look("still")

    add_stream(app, going_on())
    asked = asyncio.create_task(client.get("/progress"))
    while not app.state.streams.open:
        await asyncio.sleep(0.01)
    app.state.streams.close()
    answer = await asyncio.wait_for(asked, 10)
    assert events(answer.text) == [("message", "still")]
    assert (await client.get("/progress")).status_code == 503


async def test_a_stream_is_for_those_who_may(app: FastAPI, client: httpx.AsyncClient) -> None:
    @app.get("/guarded")
    def guarded(page: Annotated[Page, anywhere(Action.READ_SELF)]) -> Any:
        return stream(page, lambda: Look("x", over=True))

    answer = await client.get("/guarded", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401
