"""Which way a case goes at the sandbox, and that every way can be gone."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.agency import CollectionPhase, CollectionStatus
from domain.law.terms import DebtorClass
from integrations.intrum_sandbox.paths import EVENLY, PATHS, choose
from integrations.intrum_sandbox.storage import Storage
from tests.integrations.agency_support import assignment, days, open_office, strict


def test_the_shares_make_a_thousand_and_every_status_has_a_way_to_it() -> None:
    assert sum(path.per_mille for path in PATHS.values()) == 1000
    walked = {status for path in PATHS.values() for status in path.statuses}
    # The first and the withdrawal belong to no path.
    assert set(CollectionStatus) - walked == {
        CollectionStatus.REGISTERED,
        CollectionStatus.WITHDRAWN,
    }


def test_every_path_moves_on_until_its_one_last_word() -> None:
    for path in PATHS.values():
        phases = [status.phase for status in path.statuses]
        assert set(phases[:-1]) <= {CollectionPhase.ACTIVE}, path
        assert phases[-1] is not CollectionPhase.ACTIVE, path


@given(seed=st.text(max_size=5), reference=st.text(), debtor=st.sampled_from(DebtorClass))
def test_the_draw_is_the_same_every_time_and_lawful(
    seed: str, reference: str, debtor: DebtorClass
) -> None:
    path = choose(seed, reference, debtor)
    assert choose(seed, reference, debtor) is path
    assert debtor in path.debtors
    if debtor is DebtorClass.CONSUMER:
        assert CollectionStatus.TRADE_BILL not in path.statuses


def test_most_debtors_pay() -> None:
    drawn = Counter(choose("", f"7/{number}", DebtorClass.BUSINESS).name for number in range(2000))
    assert drawn["paid"] > 1000
    assert len(drawn) >= 8


@pytest.mark.parametrize("debtor", list(DebtorClass))
def test_evenly_means_every_lawful_path(debtor: DebtorClass) -> None:
    drawn = {choose("", f"7/{number}", debtor, EVENLY).name for number in range(500)}
    assert drawn == {path.name for path in PATHS.values() if debtor in path.debtors}


@pytest.mark.parametrize("name", list(PATHS))
def test_a_case_goes_down_the_path_asked_for(tmp_path: Path, name: str) -> None:
    with open_office(strict(tmp_path, path=name)) as office:
        office.desk.assign(assignment(), office.real())
        # Nothing happens before its day, and a year's absence is caught up with.
        assert office.desk.advance(office.after(7) - timedelta(minutes=1)) == 0
        assert office.desk.advance(office.after(365)) == len(PATHS[name].steps)
        told = office.told()
    moved = [told[0], *(now for before, now in pairwise(told) if now.status != before.status)]
    assert [message.known_status for message in moved] == [
        CollectionStatus.REGISTERED,
        *PATHS[name].statuses,
    ]
    assert len(told) == 1 + len(PATHS[name].steps)
    waits = [b.occurred_at - a.occurred_at for a, b in pairwise(told)]
    assert waits == [days(7), days(21), *[days(30)] * len(waits)][: len(waits)]
    settled = told[-1].known_status
    assert settled is not None
    assert (told[-1].collected is not None) == (settled.phase is CollectionPhase.SETTLED)


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="unknown path 'free'"):
        strict(tmp_path, path="free")


def test_a_database_of_another_version_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "intrum.sqlite"
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA user_version = 9")
    with pytest.raises(RuntimeError, match="version 9"):
        Storage(file).open()
