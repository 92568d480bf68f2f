"""The application of the pages: its routes, its static files, its errors."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from starter.web import failures, pages
from starter.web.security import Headers
from starter.web.streams import Streams
from starter.web.templating import STATIC

BODY_LIMIT_BYTES = 1_000_000
"""Of any form whose page does not say otherwise (`max_body_size`)."""


def create_web() -> FastAPI:
    """The application, to be mounted at `/`; `state.parts` must be set before it serves."""
    app = FastAPI(
        title="Karhu's pages",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for module in pages.MODULES:
        app.include_router(module.router, max_body_size=BODY_LIMIT_BYTES)
    app.mount("/static", _Static(directory=STATIC))
    app.state.streams = Streams()
    app.state.registered = frozenset(
        str(route.path)
        for route in iter_route_contexts(app.routes)
        if "GET" in (getattr(route, "methods", None) or ())
    )
    failures.add_to(app)
    # Around all others: an error's page has them too.
    app.add_middleware(Headers)
    return app


class _Static(StaticFiles):
    """Files that a browser keeps: their addresses change when they do (`templating.asset`)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        kept = "public, max-age=31536000, immutable" if scope["query_string"] else "no-cache"
        response.headers["Cache-Control"] = kept
        return response
