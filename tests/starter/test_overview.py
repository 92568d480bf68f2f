"""A company at a glance: what takes no time is counted, what takes too long is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.overview import Rung
from starter import overview
from store import attention
from store.attention import Need
from store.scope import Scope
from tests.starter import api_books
from tests.starter.api_fixtures import world
from tests.starter.api_world import World

__all__ = ["world"]


def test_figures_are_counted_when_that_takes_no_time(world: World) -> None:
    scope, now, real = _scope(world), world.now(), datetime.now(UTC)
    api_books.invoice(world)
    with world.database.transaction() as session:
        funnel = overview.funnel(session, scope, real=real, now=now, days=10_000)
        assert funnel.said is not None
        assert funnel.said.invoices[Rung.REGISTERED] >= 1
        assert funnel.as_of == now
        assert overview.dso(session, scope, real=real, now=now).said is not None
        assert overview.outgoing(session, scope, real=real, now=now).said is not None


def test_what_takes_too_long_is_computed_by_the_rounds_and_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, now, real = _scope(world), world.now(), datetime.now(UTC)
    monkeypatch.setattr(overview, "_in_a_moment", lambda *_: None)
    with world.database.transaction() as session:
        assert overview.dso(session, scope, real=real, now=now).said is None
    assert overview.refresh(world.database, real, now) >= 1
    with world.database.transaction() as session:
        later = overview.dso(session, scope, real=real, now=now + timedelta(minutes=1))
    assert later.said is not None
    assert later.as_of == now
    # Not again before it is old.
    assert overview.refresh(world.database, real + timedelta(seconds=1), now) == 0


def test_a_query_that_takes_too_long_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, now, real = _scope(world), world.now(), datetime.now(UTC)
    monkeypatch.setattr(overview, "MOMENT_MS", 5)

    def slow(session: object, *_: object) -> object:
        assert isinstance(session, Session)
        session.execute(text("SELECT pg_sleep(5)"))
        raise AssertionError

    monkeypatch.setitem(overview._FIGURES, "funnel", slow)
    with world.database.transaction() as session:
        assert overview.funnel(session, scope, real=real, now=now, days=17).said is None
        # The transaction goes on.
        assert attention.needed(session, scope, now) is not None


def test_what_needs_a_person_is_told_by_kind(world: World) -> None:
    row = api_books.change(world, api_books.invoice(world), attention="says so")
    approving = api_books.change(world, api_books.invoice(world), next_step="approve")
    payment = api_books.waiting_payment(world)
    api_books.bad_import(world)
    with world.database.transaction() as session:
        found = {one.need: one for one in attention.needed(session, _scope(world), world.now())}
        assert {Need.OTHER, Need.APPROVAL, Need.PAYMENT, Need.RECORD} <= found.keys()
        assert found[Need.OTHER].count >= 1
        assert found[Need.APPROVAL].count >= 1
        assert payment.id
        assert approving.id != row.id
        nobody = Scope(frozenset())
        assert attention.needed(session, nobody, world.now()) == []


def _scope(world: World) -> Scope:
    assert world.company.company_id is not None
    return Scope(frozenset({world.company.company_id}))
