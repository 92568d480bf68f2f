"""What a company's contract with an agency lets go there, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.agency import AgencyService
from domain.agency.contract import Contract, bar, in_effect, title
from domain.states import InvoiceState

REMINDER, COLLECTION = AgencyService
TODAY = date(2026, 3, 2)
DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31))

CONTRACTS = st.builds(
    Contract,
    agency=st.sampled_from(["intrum", "ropo"]),
    number=st.just("S-100"),
    services=st.sampled_from([(), (COLLECTION,), (REMINDER, COLLECTION)]),
    in_force_from=DAYS,
    ended_on=st.none() | DAYS,
    from_state=st.sampled_from([InvoiceState.OVERDUE, InvoiceState.NOTIFIED]),
    automatic=st.booleans(),
    default_contact=st.booleans(),
    switched_at=DAYS.map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC)),
)


def signed(**changes: object) -> Contract:
    plain = Contract(
        agency="intrum",
        number="S-100",
        services=(REMINDER, COLLECTION),
        in_force_from=date(2026, 1, 1),
        from_state=InvoiceState.OVERDUE,
        switched_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return plain.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "service", "by_itself", "why"),
    [
        ({}, REMINDER, True, None),
        ({}, COLLECTION, True, None),
        ({"services": ()}, COLLECTION, False, "no contract"),
        ({"services": (COLLECTION,)}, REMINDER, False, "does not include the reminder service"),
        ({"from_state": InvoiceState.NOTIFIED}, REMINDER, False, "from notified on"),
        ({"from_state": InvoiceState.NOTIFIED}, COLLECTION, False, None),
        ({"automatic": False}, COLLECTION, True, "by hand"),
        ({"automatic": False}, COLLECTION, False, None),
        ({"ended_on": TODAY}, COLLECTION, False, "ended on 2026-03-02"),
        ({"ended_on": TODAY + timedelta(days=1)}, COLLECTION, False, None),
        ({"in_force_from": TODAY + timedelta(days=1)}, COLLECTION, False, "from 2026-03-03"),
        ({"in_force_from": TODAY}, COLLECTION, False, None),
    ],
)
def test_what_may_go(
    changes: dict[str, object], service: AgencyService, by_itself: bool, why: str | None
) -> None:
    stop = bar([signed(**changes)], service, TODAY, by_itself=by_itself)
    assert (stop is None) is (why is None)
    assert why is None or (stop is not None and why in stop.why)


def test_without_a_contract_nothing_goes() -> None:
    stop = bar([], COLLECTION, TODAY, by_itself=False)
    assert stop is not None
    assert "no contract" in stop.why
    assert stop.until is None


def test_of_two_in_force_the_one_switched_on_last_counts() -> None:
    old = signed()
    new = signed(agency="ropo", switched_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert in_effect([old, new], TODAY) == in_effect([new, old], TODAY) == new
    assert in_effect([old, new.model_copy(update={"ended_on": TODAY})], TODAY) == old


def test_invoices_go_from_overdue_or_notified_on_alone() -> None:
    with pytest.raises(ValidationError, match="overdue or from notified"):
        Contract.model_validate({**signed().model_dump(), "from_state": "reminded"})


def test_an_agency_that_is_not_known_goes_by_its_own_name() -> None:
    assert title("intrum") == "Intrum Oy"
    assert title("perijä") == "perijä"


@given(st.lists(CONTRACTS, max_size=3), st.sampled_from(AgencyService), DAYS, st.booleans())
def test_what_is_not_barred_has_a_contract_that_takes_it(
    contracts: list[Contract], service: AgencyService, on: date, by_itself: bool
) -> None:
    stop = bar(contracts, service, on, by_itself=by_itself)
    best = in_effect(contracts, on)
    if stop is None:
        assert best is not None
        assert best.takes(service, on)
        assert best.automatic or not by_itself
        assert service is COLLECTION or best.from_state is InvoiceState.OVERDUE
    else:
        assert stop.why
        # What a person may not do either, a rule may not.
        assert bar(contracts, service, on, by_itself=True) is not None
        if stop.until is not None:
            assert stop.until > on
            assert in_effect(contracts, stop.until) is not None
