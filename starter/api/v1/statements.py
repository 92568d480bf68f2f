"""What a company owes Karhu for a month's letters."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from domain.roles import Action
from domain.statement import Month
from domain.states import Channel
from domain.tariff import VAT_PERCENT
from starter.api.v1 import callers
from starter.api.v1.callers import Here, TheParts
from store.statement import statements

router = APIRouter(prefix="/companies/{business_id}/statements", tags=["Statements"])


class StatementLine(BaseModel):
    """One channel's charges of a month, in cents without VAT."""

    channel: Channel
    letters: int
    service_cents: int
    transaction_cents: int
    reversed_cents: int = Field(description="What was taken back: not positive.")
    sum_cents: int


class StatementOut(BaseModel):
    """A month's charges (palveluveloitus). `adds_up`: the invoices' own logs come to the same."""

    month: str = Field(examples=["2026-10"])
    vat_percent: float
    lines: list[StatementLine]
    letters: int
    sum_cents: int
    adds_up: bool


@router.get("")
def show_statement(
    month: Annotated[str, Query(pattern=r"^2[0-9]{3}-(0[1-9]|1[0-2])$", examples=["2026-10"])],
    here: Annotated[Here, callers.in_company(Action.READ_STATEMENTS)],
    parts: TheParts,
) -> StatementOut:
    """What a month's letters cost the company."""
    with parts.database.transaction() as session:
        (found,) = statements(session, Month.parse(month), here.place.business_id)
    return StatementOut(
        month=str(found.month),
        vat_percent=float(VAT_PERCENT),
        lines=[StatementLine.model_validate(one, from_attributes=True) for one in found.lines],
        letters=found.letters,
        sum_cents=found.sum_cents,
        adds_up=found.adds_up,
    )
