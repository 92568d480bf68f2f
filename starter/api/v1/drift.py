"""Where the agency's books differ from ours, as the daily comparison found it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.roles import Action
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import Day
from store import drift
from store.tables import DriftReport

router = APIRouter(prefix="/companies/{business_id}/agency/drift", tags=["Agency"])


class DifferenceOut(BaseModel):
    """One thing in which our books and the agency's differ."""

    model_config = ConfigDict(title="Difference")

    what: str = Field(examples=["settled"])
    ours: str
    theirs: str
    cents: int | None = Field(description="Ours less theirs; null of what is no money.")
    reason: str = Field(description="The probable one.")
    remedy: str = Field(description="What to do.")


class DriftCaseOut(BaseModel):
    """A case in which they differ."""

    model_config = ConfigDict(title="DriftCase")

    case_reference: str
    invoice_id: int | None = Field(description="Null: the case is the agency's alone.")
    number: str
    differences: list[DifferenceOut]


class DriftOut(BaseModel):
    """Our books beside the agency's, of one day: the cases that differ."""

    model_config = ConfigDict(title="Drift")

    on: date
    agency: str
    made_at: AwareDatetime
    cases: int = Field(description="Cases compared.")
    differing: int
    found: list[DriftCaseOut]
    other_days: list[date] = Field(description="Days of which there is a report, the newest first.")


@router.get("")
def show_drift(
    here: Annotated[Here, callers.in_company(Action.READ_PAYMENTS)],
    parts: TheParts,
    on: Annotated[Day | None, Query(description="The report of a day; null: the newest.")] = None,
    agency: Annotated[str | None, Query(max_length=50)] = None,
) -> DriftOut:
    """Our books beside the agency's, as they were compared last: the cases that differ."""
    with parts.database.transaction() as session:
        kept = drift.report(session, here.scope, agency=agency, on=on)
        if kept is None:
            raise problems.not_found(f"comparison with the agency{f' on {on}' if on else ''}")
        days = drift.reports(session, here.scope)
    return DriftOut(
        on=kept.report.on,
        agency=kept.report.agency,
        made_at=kept.report.made_at,
        cases=kept.report.cases,
        differing=kept.report.differing,
        found=[
            DriftCaseOut(
                case_reference=case.case_reference,
                invoice_id=case.invoice_id,
                number=kept.numbers.get(case.invoice_id or 0, ""),
                differences=[DifferenceOut(**one) for one in case.differences],
            )
            for case in kept.cases
        ],
        other_days=_days(days),
    )


def _days(reports: list[DriftReport]) -> list[date]:
    return list(dict.fromkeys(report.on for report in reports))
