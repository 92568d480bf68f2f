"""Invoices as they are answered."""

from datetime import date
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.case import Case
from domain.states import HoldKind, InvoiceState
from starter import timeline
from starter.timeline import Happened, Planned, Story
from store.invoice_list import Share
from store.invoice_order import Line
from store.queries import Dossier
from store.sums import StateSum
from store.tables import AgencyMessage, Event, LedgerEntry, Notice


class InvoiceLine(BaseModel):
    """An invoice in a list. `open_cents`: of principal, interest and fees, when its procedure last
    looked."""

    id: int
    number: str
    customer_id: int
    customer_key: str
    customer_name: str
    invoice_date: date
    due: date
    principal_cents: int
    open_cents: int
    state: InvoiceState
    collection_status: str = Field(description="The agency's; empty: it does not have the invoice.")
    attention: str = Field(description="Why it needs a person's attention; empty: it does not.")
    held: bool
    next_step: str = Field(examples=["remind"])
    next_step_at: AwareDatetime | None = Field(description="Null: when something happens.")
    next_step_why: str
    owner: str = Field(description="Whose own it is; empty: the company's.", examples=["user:12"])

    @classmethod
    def of(cls, line: Line) -> Self:
        return cls.model_validate(line, from_attributes=True)


class StateSums(BaseModel):
    """The invoices in one state."""

    state: InvoiceState
    invoices: int
    open_cents: int
    attention: int = Field(description="Of them, those that need a person's attention.")
    approval: int = Field(description="Of them, those that wait for a person's approval.")


class Summary(BaseModel):
    """Counts and sums by state, in the procedure's order; states without invoices left out."""

    states: list[StateSums]

    @classmethod
    def of(cls, sums: list[StateSum]) -> Self:
        return cls(states=[StateSums.model_validate(one, from_attributes=True) for one in sums])


class Balance(BaseModel):
    """What the ledger says now, in cents."""

    open_cents: int
    open_principal_cents: int = Field(description="After interest, which the law puts first.")
    open_interest_cents: int
    open_fees_cents: int
    paid_cents: int
    overpaid_cents: int
    service_cents: int = Field(description="What the company pays Karhu for this invoice.")


class RunsUnder(BaseModel):
    """The version of a rule that an invoice runs under."""

    rule_id: int
    name: str
    version: int


class HoldOut(BaseModel):
    """A reason to wait."""

    model_config = ConfigDict(title="Hold")

    kind: HoldKind
    until: date | None = Field(description="Its last day; null: until released.")
    reason: str
    author: str


class EventOut(BaseModel):
    """One entry of the invoice's log."""

    model_config = ConfigDict(title="InvoiceEvent")

    seq: int
    at: AwareDatetime
    kind: str = Field(examples=["letter_released"])
    what: str = Field(description="The same in words.")
    actor: str
    reason: str
    outcome: dict[str, Any]


class LedgerLine(BaseModel):
    """One entry of the invoice's ledger (reskontra)."""

    id: int
    kind: str = Field(examples=["payment"])
    amount_cents: int
    on: date
    booked_at: AwareDatetime
    note: str


class LetterOut(BaseModel):
    """A letter about an invoice."""

    model_config = ConfigDict(title="Letter")

    id: int
    kind: str = Field(examples=["reminder"])
    round: int
    channel: str
    status: str = Field(
        description="released, sending, sent, bounced, returned or withdrawn", examples=["sent"]
    )
    fee_cents: int
    interest_cents: int
    released_at: AwareDatetime
    sent_at: AwareDatetime | None
    letter_date: date
    due: date
    attempts: int
    last_error: str
    written: bool = Field(description="Whether it can be read as a PDF: what it says is settled.")

    @classmethod
    def of(cls, row: Notice) -> Self:
        said = row.model_dump(include=set(cls.model_fields))
        return cls(**said, written=row.content is not None)


class BankShare(BaseModel):
    """What a bank transaction brought this invoice."""

    payment_id: int
    paid_on: date
    booked_on: date
    payer: str
    amount_cents: int = Field(description="Negative: it was taken off again.")
    how: str
    assigned_by: str
    assigned_at: AwareDatetime


class MessageOut(BaseModel):
    """A message to the collection agency, or from it."""

    model_config = ConfigDict(title="AgencyMessage")

    id: int
    at: AwareDatetime
    direction: str = Field(description="out or in", examples=["in"])
    kind: str = Field(examples=["status"])
    status: str = Field(description="What became of it.", examples=["folded"])
    said: str = Field(description="Of a status message, the agency's own word.")
    attempts: int
    error: str

    @classmethod
    def of(cls, row: AgencyMessage) -> Self:
        said = str(row.body.get("status", "")) if row.direction == "in" else ""
        return cls(**row.model_dump(include=set(cls.model_fields)), said=said)


class InvoiceOut(BaseModel):
    """An invoice: where it is, everything that has happened to it, and what will unless it is paid.

    `past` is the whole story in words; `events`, `ledger`, `letters`, `payments` and `agency` are
    the rows that it is told from.
    """

    model_config = ConfigDict(title="Invoice")

    invoice: InvoiceLine
    reference: str
    debtor_class: str
    rule: RunsUnder | None = Field(description="Null: handled by hand.")
    automation: bool = Field(
        description="Whether the company's is on; if not, `future` has what happens without it."
    )
    balance: Balance
    holds: list[HoldOut]
    past: list[Happened]
    future: list[Planned]
    events: list[EventOut]
    ledger: list[LedgerLine]
    letters: list[LetterOut]
    payments: list[BankShare]
    agency: list[MessageOut]


def whole(dossier: Dossier, story: Story, shares: list[Share]) -> InvoiceOut:
    """One invoice as it is answered."""
    row, version = dossier.invoice, dossier.rule
    case = Case.model_validate(row.case_json)
    return InvoiceOut(
        invoice=InvoiceLine(
            **row.model_dump(include=set(InvoiceLine.model_fields)),
            customer_key=dossier.customer.key,
            customer_name=dossier.customer.name,
        ),
        reference=row.reference,
        debtor_class=case.debtor.value,
        rule=version
        and RunsUnder(
            rule_id=version.rule_id, name=str(version.terms["name"]), version=version.version
        ),
        automation=story.invoice.automation,
        balance=Balance.model_validate(story.invoice, from_attributes=True),
        holds=[HoldOut.model_validate(one, from_attributes=True) for one in case.holds],
        past=list(story.past),
        future=list(story.future),
        events=[_event(one) for one in dossier.events],
        ledger=[_entry(one) for one in dossier.entries],
        letters=[LetterOut.of(one) for one in dossier.notices],
        payments=[BankShare.model_validate(one, from_attributes=True) for one in shares],
        agency=[MessageOut.of(one) for one in dossier.messages],
    )


def _event(row: Event) -> EventOut:
    said = row.model_dump(include=set(EventOut.model_fields))
    return EventOut(**said, what=timeline.said_of(row))


def _entry(row: LedgerEntry) -> LedgerLine:
    return LedgerLine.model_validate(row, from_attributes=True)
