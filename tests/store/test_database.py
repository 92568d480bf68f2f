"""The pool of connections to a real PostgreSQL."""

from __future__ import annotations

import time

import psycopg
from sqlmodel import text

from starter.stack.postgres import Postgres
from store.database import FRESH_SECONDS, Database


def backend(database: Database) -> int:
    with database.transaction() as session:
        return int(session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_a_connection_that_was_cut_while_it_rested_costs_nobody_an_error(
    postgres: Postgres,
) -> None:
    database = Database(postgres.url("postgres"), size=1)
    try:
        first = backend(database)
        assert backend(database) == first
        with psycopg.connect(postgres.conninfo("postgres"), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (first,))
        time.sleep(FRESH_SECONDS)
        assert backend(database) != first
    finally:
        database.close()
