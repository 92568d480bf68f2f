"""The application under /api/v1: its endpoints, its errors, its OpenAPI."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from starter.api.v1 import (
    agency,
    agency_messages,
    approvals,
    audit_log,
    automation,
    bank_feeds,
    bulk_actions,
    callers,
    companies,
    customers,
    drift,
    events,
    health,
    idempotency,
    imports,
    invoice_actions,
    invoice_entry,
    invoices,
    letters,
    payments,
    problems,
    rules,
    sessions,
    settlements,
    statements,
    tokens,
    users,
    webhooks,
)
from starter.api.v1.guard import Guard
from starter.api.v1.problems import MEDIA_TYPE, ProblemBody, documented, errors_of

PREFIX = "/api/v1"

BODY_LIMIT_BYTES = 1_000_000
"""Of any request whose endpoint does not say otherwise (`max_body_size`)."""

_ABOUT = """Invoice reminders and collection that run themselves.

Money is in cents, dates are Finnish ones (`2026-12-03`), instants carry their zone. Every list
comes in pages: send `next` as `cursor` for the one after. Every POST carries an `Idempotency-Key`.
Every error is a problem (RFC 9457) that says what is wrong and what to do.
"""


def create_v1() -> FastAPI:
    """The application, to be mounted at `PREFIX`; `state.parts` must be set before it serves."""
    app = FastAPI(
        title="Karhu",
        version=importlib.metadata.version("karhu"),
        description=_ABOUT,
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(_router(), max_body_size=BODY_LIMIT_BYTES)
    app.add_middleware(Guard)
    problems.add_to(app)
    idempotency.add_to(app)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it
    return app


def _router() -> APIRouter:
    """All endpoints. Each declares exactly one Action, or that it is open (tests walk them)."""
    router = APIRouter()
    router.include_router(health.router)
    router.include_router(sessions.router)
    router.include_router(companies.router)
    router.include_router(invoices.router)
    router.include_router(invoice_entry.router)
    router.include_router(invoice_actions.router)
    router.include_router(bulk_actions.router)
    router.include_router(letters.router)
    router.include_router(approvals.router)
    router.include_router(events.router)
    router.include_router(webhooks.router)
    router.include_router(imports.router)
    router.include_router(payments.router)
    router.include_router(settlements.router)
    router.include_router(drift.router)
    for module in (agency, agency_messages, bank_feeds, customers, rules, automation, statements):
        router.include_router(module.router)
    for prefix, enter in (
        ("/companies/{business_id}", callers.in_company),
        ("/firms/{business_id}", callers.in_firm),
    ):
        for module in (users, tokens, audit_log):
            router.include_router(module.router_for(prefix, enter))
    return router


def _openapi(app: FastAPI) -> dict[str, Any]:
    said = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        servers=app.servers,
    )
    schemas = said["components"]["schemas"]
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    # The framework's own shape of a refusal, which is never answered here.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    names: set[str] = set()
    for path, operations in said["paths"].items():
        for method, operation in operations.items():
            name = operation["summary"].lower().replace(" ", "_")
            operation["operationId"] = name if name not in names else f"{name}_of_firm"
            names.add(name)
            _add_errors(operation["responses"], documented(*errors_of(method, path, operation)))
    return said


def _add_errors(answers: dict[str, Any], errors: dict[int | str, dict[str, Any]]) -> None:
    """Add these errors to those that an operation says itself."""
    for status, error in errors.items():
        own = answers.get(str(status))
        if own is None or MEDIA_TYPE not in own["content"]:
            answers[str(status)] = error
        else:
            own["content"][MEDIA_TYPE]["examples"].update(error["content"][MEDIA_TYPE]["examples"])
