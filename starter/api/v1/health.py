"""Is it alive, and is it ready?"""

import asyncio
from datetime import timedelta
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import RPCError

from starter.api.parts import Parts
from starter.api.v1.callers import OPEN, TheParts
from starter.api.v1.problems import Kind, Problem
from store import migrations

router = APIRouter(tags=["Health"], dependencies=[OPEN])

_PATIENCE = timedelta(seconds=2)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Everything that requests need does its part."""

    status: Literal["ready"] = "ready"


@router.get("/health")
async def health() -> Alive:
    """Whether the process lives: no other part is asked."""
    return Alive()


@router.get("/ready")
async def ready(parts: TheParts) -> Ready:
    """Whether the database answers, with the newest schema, and Temporal does."""
    database, temporal = await asyncio.gather(run_in_threadpool(_database, parts), _temporal(parts))
    missing = [said for said in (database, temporal) if said]
    if missing:
        raise Problem(
            Kind.UNAVAILABLE,
            "not ready: " + ", ".join(missing),
            remedy="wait until the parts are up; `karhu db upgrade` brings the schema on",
            headers={"Retry-After": "5"},
        )
    return Ready()


def _database(parts: Parts) -> str:
    """What is wrong with the database; "" if nothing."""
    try:
        return "" if migrations.at_newest(parts.database.engine) else "the schema is not the newest"
    except SQLAlchemyError:
        return "the database does not answer"


async def _temporal(parts: Parts) -> str:
    try:
        await asyncio.wait_for(
            parts.client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=parts.client.namespace), timeout=_PATIENCE
            ),
            _PATIENCE.total_seconds(),
        )
    except (RPCError, RuntimeError, TimeoutError):
        return "Temporal does not answer"
    return ""
