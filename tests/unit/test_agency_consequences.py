"""What each status brings about, and what nobody may do while only the agency acts."""

from datetime import UTC, date, datetime

import pytest

from domain import requests
from domain.agency import (
    CREDIT_LOSSES,
    AgencyService,
    CollectionPhase,
    CollectionStatus,
    Consequence,
    consequence,
)
from domain.by_hand import decide
from domain.calendar import FINLAND
from domain.case import AgencyFile, Case
from domain.folding import apply
from domain.law import FINNISH_LAW, DebtorClass
from domain.outcomes import AgencyStatusChanged, HandOverRefused
from domain.requests import Refused, Request
from domain.states import HoldKind, InvoiceState

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)

ENDING: list[Request] = [
    requests.Withdraw(),
    requests.Cancel(),
    requests.SetState(to=InvoiceState.WRITTEN_OFF),
]


def at_agency(**file: object) -> Case:
    there = AgencyFile(case_id=7, service=AgencyService.COLLECTION, since=date(2026, 11, 1))
    return Case(
        invoice_id=1,
        company="1234567-1",
        number="1042",
        debtor=DebtorClass.CONSUMER,
        due=date(2026, 9, 1),
        invoice_sent_on=date(2026, 8, 15),
        original_cents=10_000,
        principal_cents=10_000,
        open_cents=11_000,
        state=InvoiceState.IN_COLLECTION,
        agency=there.model_copy(update=file),
    )


def changed(status: CollectionStatus | None, **what: object) -> AgencyStatusChanged:
    return AgencyStatusChanged.model_validate(
        {
            "status": status,
            "status_text": status.finnish if status else "?",
            "occurred_at": NOW,
            "current": True,
            **what,
        }
    )


def ask(case: Case, request: Request) -> object:
    return decide(case, request, None, FINNISH_LAW, FINLAND, NOW)


def test_every_status_has_its_consequence_and_only_ended_ones_end_anything() -> None:
    for status in CollectionStatus:
        brings = consequence(status)
        ended = status.phase is CollectionPhase.ENDED
        assert ended is (
            brings in {Consequence.CREDIT_LOSS, Consequence.RETURNED, Consequence.FOLLOWED}
        )
    assert consequence(None) is Consequence.NOTHING
    assert len(CREDIT_LOSSES) == 6


@pytest.mark.parametrize("request_", ENDING, ids=lambda one: one.kind)
def test_nobody_acts_on_what_is_locked(request_: Request) -> None:
    locked = at_agency(status=CollectionStatus.LOCKED_FOR_BILLING)
    with pytest.raises(Refused, match="locked"):
        ask(locked, request_)
    # A note is no act.
    assert ask(locked, requests.Hold(hold=HoldKind.DISPUTED))
    billed = at_agency(status=CollectionStatus.ENDED_BILLED)
    assert ask(billed, request_)


@pytest.mark.parametrize("request_", ENDING, ids=lambda one: one.kind)
def test_a_merged_claim_is_ended_with_the_case_it_goes_on_in(request_: Request) -> None:
    merged = apply(at_agency(), changed(CollectionStatus.ENDED_MERGED, merged_into="1/1043"))
    assert merged.agency is not None
    assert not merged.agency.let_go
    with pytest.raises(Refused, match="1/1043"):
        ask(merged, request_)
    over = apply(merged, changed(CollectionStatus.WITHDRAWN, sequence=3))
    assert over.agency is not None
    assert over.agency.let_go
    assert ask(over, request_)
    # Merged into a case that is not ours, it is over.
    alone = apply(at_agency(), changed(CollectionStatus.ENDED_MERGED, sequence=4))
    assert alone.agency is not None
    assert alone.agency.let_go
    assert ask(alone, request_)


def test_the_numbers_of_another_case_are_not_compared() -> None:
    known = apply(at_agency(), changed(CollectionStatus.ENFORCEMENT, sequence=90))
    merged = apply(known, changed(CollectionStatus.ENDED_MERGED, sequence=91, merged_into="1/1043"))
    assert known.agency is not None
    assert known.agency.sequence == 90
    assert merged.agency is not None
    assert (merged.agency.sequence, merged.agency.status_at) == (0, None)


def test_a_refused_assignment_leaves_its_file_closed() -> None:
    case = apply(at_agency(), HandOverRefused(case_id=7, reason="unknown debtor"))
    assert case.state is InvoiceState.NOTIFIED
    assert not case.at_agency
    assert case.agency is not None
    assert case.agency.case_id == 7
