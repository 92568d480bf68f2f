# ruff: noqa: PLC0415 - what an error is made of is imported once there is one
"""Failures that a person can do something about, in words."""

from __future__ import annotations

import os


def explain(error: Exception) -> str | None:
    """What happened and what to do; None for what is nobody's doing but a bug's."""
    from starter.settings import SettingsError
    from starter.stack.process import StackError
    from store.imports import NoSuchImport

    if isinstance(error, SettingsError | StackError | NoSuchImport):
        return str(error)
    return _database(error) or _temporal(error)


def _database(error: Exception) -> str | None:
    from sqlalchemy.exc import OperationalError, ProgrammingError

    if isinstance(error, OperationalError):
        # Not SQLAlchemy's own words: they may repeat a row.
        return (
            f"the database does not do its part ({type(error.orig).__name__}): is it running, and"
            " is KARHU_DATABASE_URL right?"
        )
    if isinstance(error, ProgrammingError) and type(error.orig).__name__ == "UndefinedTable":
        return "the database has no tables of Karhu's: make them with `karhu db upgrade`"
    return None


def _temporal(error: Exception) -> str | None:
    from temporalio.service import RPCError, RPCStatusCode

    where = os.environ.get("TEMPORAL_ADDRESS") or "localhost:7233"
    if isinstance(error, RPCError) and error.status in {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
    }:
        return f"Temporal at {where} does not answer: is it running?"
    # The SDK's own way to say that it could not connect.
    if isinstance(error, RuntimeError) and "client connect" in str(error):
        return f"Temporal at {where} does not answer: is it running, and is TEMPORAL_ADDRESS right?"
    return None
