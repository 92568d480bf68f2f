"""The application: its parts, opened when it starts and closed when it stops."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

# By its full name: the pages import this package's parts themselves.
import starter.web.app as pages
from integrations.bounces import BounceMailbox
from starter import netvisor
from starter.agencies import open_agencies
from starter.api import callbacks
from starter.api.parts import Parts
from starter.api.rounds import Rounds
from starter.api.v1 import PREFIX, create_v1, problems
from starter.client import connect
from starter.imports import Imports, sealer_of
from starter.settings import Settings
from store.database import Database

if TYPE_CHECKING:
    from starter.web.streams import Streams

_LAST_ROUND_SECONDS = 10.0
_NOT_STARTED = 3
"""The exit code, as uvicorn's own."""


def real_time() -> datetime:
    """The real instant, aware UTC."""
    return datetime.now(UTC)


def create_app(settings: Settings, real_now: Callable[[], datetime] = real_time) -> FastAPI:
    """The API of one Karhu. While it serves, it also drains the outbox every few seconds, starts
    imports that a crash left out, and reads the bounce mailbox.

    Raises `ValueError` if the settings name no database.
    """
    if settings.database_url is None:
        raise ValueError("KARHU_DATABASE_URL is not set: start the stack with karhu up, or set it")
    url = settings.database_url.get_secret_value()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(url)
        agencies = open_agencies(settings, real_now)
        # Callbacks and files are taken also while Temporal is away; it is told when it is back.
        client = await connect(lazy=True)
        clock = settings.clock()
        sealer = sealer_of(settings) if settings.file_key else None
        parts = Parts(
            client=client,
            database=database,
            clock=clock,
            agencies=agencies,
            real_now=real_now,
            bounces=BounceMailbox(settings.bounces_dir) if settings.bounces_dir else None,
            imports=Imports(database, client, clock, sealer) if sealer else None,
            sealer=sealer,
            webhooks_private=settings.webhooks_private,
            public_url=settings.public_url,
            temporal_ui=settings.temporal_ui,
            home_firm=settings.home_firm,
            day_count=settings.day_count,
        )
        app.state.parts = v1.state.parts = web.state.parts = parts
        rounds = Rounds(parts)
        going = asyncio.create_task(rounds.run())
        try:
            yield
        finally:
            # Cut off, a round would leave its thread with a connection of a pool that is gone.
            rounds.stop()
            await asyncio.wait([going], timeout=_LAST_ROUND_SECONDS)
            going.cancel()
            await asyncio.gather(going, return_exceptions=True)
            agencies.close()
            database.close()

    v1 = create_v1()
    web = pages.create_web()
    app = FastAPI(title="Karhu", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    async def health() -> JSONResponse:
        """Whether callbacks can be taken: that needs the database alone."""
        well = await run_in_threadpool(app.state.parts.database_answers)
        return JSONResponse({"healthy": well}, status_code=200 if well else 503)

    app.include_router(callbacks.router)
    app.include_router(netvisor.router)
    app.mount(PREFIX, v1)
    app.mount("", web)
    app.state.web = web
    # An address with a line break in it, say, does not get as far as there.
    problems.add_to(app)
    return app


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )
    server = _Server(config, app.state.web.state.streams)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


class _Server(uvicorn.Server):
    """Lets the pages' streams end before it waits for what is open."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._streams.close()
        super().handle_exit(sig, frame)
