"""What would happen, as it is answered: before a change and after it, by day."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.steps import StepKind
from domain.what_if import Outlook, WhatIf
from store.tables import Replanning


class OutlookDay(BaseModel):
    """Letters or hand-overs of one kind on one day."""

    day: date
    kind: StepKind
    invoices: int
    open_cents: int
    fee_cents: int = Field(description="What debtors are charged.")
    service_cents: int = Field(description="What the company pays Karhu.")


class WhatIfOut(BaseModel):
    """What a change would do in the next 60 days."""

    model_config = ConfigDict(title="WhatIf")

    moved: int = Field(description="Invoices that the change reaches.")
    automation: bool = Field(
        description="Whether the company's is on; if not, nothing leaves by itself, whatever is"
        " changed, and only a preview of the automation has days after it."
    )
    tomorrow: date = Field(description="The next banking day: when letters can leave next.")
    changed: dict[str, int] = Field(
        description="By kind, invoices whose next step of it comes on another day, or no more."
    )
    before: list[OutlookDay]
    after: list[OutlookDay]

    @classmethod
    def of(cls, answer: WhatIf, *, automation: bool) -> "WhatIfOut":
        return cls(
            moved=answer.moved,
            automation=automation,
            tomorrow=answer.tomorrow,
            changed={kind.value: count for kind, count in sorted(answer.changed.items())},
            before=_days(answer.before),
            after=_days(answer.after),
        )


class ReplanningOut(BaseModel):
    """A change that running invoices are told of, as far as it has got."""

    model_config = ConfigDict(title="Replanning")

    id: int
    kind: Literal["rule", "customers", "automation"]
    status: Literal["waiting", "running", "done", "cancelled"]
    asked_at: AwareDatetime
    asked_by: str
    reason: str
    total: int = Field(description="Invoices to be told; 0 until it runs.")
    told: int
    cancel_asked: bool

    @classmethod
    def of(cls, row: Replanning) -> "ReplanningOut":
        return cls.model_validate(row, from_attributes=True)


def _days(outlook: Outlook) -> list[OutlookDay]:
    return [
        OutlookDay(
            day=day,
            kind=kind,
            invoices=part.invoices,
            open_cents=part.open_cents,
            fee_cents=part.fee_cents,
            service_cents=part.service_cents,
        )
        for (day, kind), part in sorted(outlook.days.items())
    ]
