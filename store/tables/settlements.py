"""The agency's money: its settlements, whose a payment was judged to be, and what differs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import cents, document, instant, ref, row_id, words


class AgencySettlement(SQLModel, table=True):
    """A settlement (tilitys) of an agency's: one transfer, case by case; each once by its name.

    `status`: awaiting (its money has not come), settled, waiting (for a person: `problem` says
    why), set_aside. `bank_payment_id`: its transfer; None of a settled one: each case's money came
    by itself, or nothing was to come.
    """

    __tablename__ = "settlement"
    __table_args__ = (UniqueConstraint("agency", "name"),)

    id: int = row_id()
    agency: str
    name: str
    """The agency's own `settlement_id`."""
    company_id: int | None = ref("company.id", nullable=True)
    """None: a company that is not here."""
    business_id: str
    contract_number: str
    settled_on: date
    reference: str = ""
    """In the form of `domain.references.normalise`, where it is one."""
    iban: str = ""
    commission_cents: int = cents(0)
    """What the agency keeps back: the company's cost."""
    transferred_cents: int = cents()
    source: str
    read_at: datetime = instant()
    status: str = Field(index=True)
    problem: str = words()
    bank_payment_id: int | None = ref("bank_payment.id", nullable=True)
    settled_at: datetime | None = instant(nullable=True)


class AgencySettlementLine(SQLModel, table=True):
    """What a settlement remits of one case. Negative: an earlier line is taken back.

    `entry_key`: the ledger entry of the invoice's that its money stands in; None: it is in the
    books not yet. `problem`: why not, where it cannot be. An entry is one line's money alone.
    """

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("settlement_id", "serial"),
        UniqueConstraint("invoice_id", "entry_key"),
    )

    id: int = row_id()
    settlement_id: int = ref("settlement.id", index=False)
    serial: int
    case_reference: str
    agency_case_id: str
    principal_cents: int = cents()
    interest_cents: int = cents()
    fees_cents: int = cents()
    withheld_cents: int = cents(0)
    """Its part of what the agency keeps back."""
    paid_on: date
    invoice_id: int | None = ref("invoice.id", nullable=True)
    """None: the case is not known here."""
    entry_key: str | None = None
    problem: str = words()
    round: int = 1
    """How often it has been booked, or is to be: it may have been taken back meanwhile."""

    @property
    def total_cents(self) -> int:
        """The sum of principal, interest and fees."""
        return self.principal_cents + self.interest_cents + self.fees_cents


class PaymentVerdict(SQLModel, table=True):
    """Whether money on an invoice that an agency has is its settlement or the debtor's (cents, as
    booked: negative, taken back), and why; the last `serial` of an entry counts.

    Append-only: a person who ticks otherwise makes another. `told`: the agency was, by it.
    """

    __tablename__ = "payment_verdict"
    __table_args__ = (UniqueConstraint("invoice_id", "entry_key", "serial"),)

    id: int = row_id()
    invoice_id: int = ref("invoice.id", index=False)
    entry_key: str = Field(index=True)
    serial: int = 1
    agency_case_id: int = ref("agency_case.id")
    amount_cents: int = cents()
    settlement: bool
    why: str = words()
    decided_by: str
    decided_at: datetime = instant()
    told: bool = False


class DriftReport(SQLModel, table=True):
    """Our books beside an agency's, of one company and one day; done again, the last one counts."""

    __tablename__ = "drift_report"
    __table_args__ = (UniqueConstraint("company_id", "agency", "on"),)

    id: int = row_id()
    company_id: int = ref("company.id", index=False)
    agency: str
    on: date
    made_at: datetime = instant()
    cases: int
    """Cases compared."""
    differing: int


class DriftCase(SQLModel, table=True):
    """A case in which the two differ: `differences` as `domain.drift.Difference` says them."""

    __tablename__ = "drift_case"
    __table_args__ = (UniqueConstraint("report_id", "case_reference"),)

    id: int = row_id()
    report_id: int = ref("drift_report.id", index=False)
    case_reference: str
    invoice_id: int | None = ref("invoice.id", nullable=True)
    differences: list[dict[str, Any]] = document()
