"""Invoices and what becomes of them: ledger, letters, charges, the log of outcomes."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from store.tables.columns import cents, computed, document, instant, ref, row_id, words

_RUNNING = text("state IN ('open', 'overdue', 'reminded', 'notified', 'in_collection')")


class Invoice(SQLModel, table=True):
    """A sales invoice (myyntilasku) and the projection of its procedure.

    Outbox: `start_pending` until its workflow has been started, `signal_pending` from the moment
    something changed that the workflow has not been told of. Both are set in the transaction of
    the change itself and drained afterwards.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("ix_invoice_list", "company_id", "state", "due", "id"),
        # The other orders that a list of open invoices comes in; those at an end need none.
        Index(
            "ix_invoice_by_number",
            # By its bytes (COLLATE "C"), so that what a number begins with is found there too.
            *("company_id", "state", "number"),
            postgresql_where=_RUNNING,
        ),
        Index(
            "ix_invoice_by_sum",
            *("company_id", "state", "open_cents", "id"),
            postgresql_where=_RUNNING,
        ),
        Index(
            "ix_invoice_by_step",
            *("company_id", "state", text("coalesce(next_step_at, 'infinity')"), "id"),
            postgresql_where=_RUNNING,
        ),
        Index(
            "ix_invoice_by_status",
            *("company_id", "collection_status", "due", "id"),
            postgresql_where=text("state = 'in_collection'"),
        ),
        Index("ix_invoice_amount", "company_id", "principal_cents", postgresql_where=_RUNNING),
        Index(
            "ix_invoice_for_a_person",
            *("company_id", "due", "id"),
            postgresql_where=(Column("attention") != "") | (Column("next_step") == "approve"),
        ),
        Index(
            "ix_invoice_drafted",
            *("company_id", "due", "id"),
            postgresql_where=Column("next_step") == "propose",
        ),
        Index("ix_invoice_held", "company_id", "due", "id", postgresql_where=Column("held")),
        Index(
            "ix_invoice_owner",
            "company_id",
            "owner",
            "id",
            postgresql_where=Column("owner") != "",
        ),
        Index(
            "ix_invoice_outbox",
            "id",
            postgresql_where=Column("start_pending").is_(True) | Column("signal_pending").is_(True),
        ),
    )

    id: int = row_id()
    company_id: int = ref("company.id", index=False)
    customer_id: int = ref("customer.id")
    number: str
    invoice_date: date
    due: date
    principal_cents: int = cents()
    currency: str = "EUR"
    reference: str = Field(default="", index=True)
    iban: str = ""
    bic: str = ""
    contract_rate: str | None = None
    """Agreed late-payment interest, % a year, as the invoice states it."""
    rule_version_id: int | None = ref("rule_version.id", nullable=True)
    registered_at: datetime = instant()
    owner: str = Field(default="")
    """Who handed it in or was given it ("user:12"); "" for the company's."""

    case_json: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    state: str = "open"
    open_cents: int = computed(BigInteger(), "coalesce((case_json->>'open_cents')::bigint, 0)")
    """What was open of principal, fees and interest when the procedure last looked."""
    agency_service: str = computed(
        Text(),
        "CASE WHEN state = 'in_collection' THEN coalesce(case_json#>>'{agency,service}', '')"
        " ELSE '' END",
    )
    """Of an invoice at the agency, the service (`domain.agency.AgencyService`) that it is in."""
    collection_status: str = ""
    attention: str = words()
    held: bool = False
    next_step: str = ""
    next_step_at: datetime | None = instant(nullable=True)
    next_step_why: str = words()
    last_event: int = 0
    told_version_id: int | None = Field(default=None, sa_type=BigInteger)
    """The rule's version that the procedure last ran under; the log tells when that changes."""

    start_pending: bool = True
    signal_pending: bool = False


class LedgerEntry(SQLModel, table=True):
    """One entry of an invoice's ledger (reskontra). `kind`: `domain.ledger.EntryKind`."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("invoice_id", "key"),)

    id: int = row_id()
    invoice_id: int = ref("invoice.id", index=False)
    kind: str
    amount_cents: int = cents()
    on: date
    booked_at: datetime = instant()
    key: str
    note: str = ""


class Notice(SQLModel, table=True):
    """A letter: released once for each (invoice, kind, round), whatever is retried.

    `approved_by`: who approved one that its rule had wait for somebody; "" for others.

    `status`: released, sending (an attempt is under way or was cut off), sent, bounced (it came
    back and its invoice's procedure has not looked yet), returned (it came back when there was
    nothing more to do about it), withdrawn (with its content, if it may have left all the same).
    `channel` is the one that it goes by now; those that it was released to before have a
    transaction charge each. `content` is what the letter says, frozen at the first attempt that
    may have left.
    """

    __table_args__ = (
        UniqueConstraint("invoice_id", "kind", "round"),
        Index("ix_notice_approved", "id", postgresql_where=Column("approved_by") != ""),
    )

    id: int = row_id()
    invoice_id: int = ref("invoice.id", index=False)
    kind: str
    round: int
    channel: str
    status: str = Field(index=True)
    fee_cents: int
    interest_cents: int
    released_at: datetime = instant()
    letter_date: date
    due: date
    message_id: str = Field(unique=True)
    content: dict[str, Any] | None = document(nullable=True)
    sent_at: datetime | None = instant(nullable=True, index=True)
    attempts: int = 0
    last_error: str = words()
    approved_by: str = ""


class ServiceCharge(SQLModel, table=True):
    """What the company pays Karhu. A reversal is a row with a negative amount.

    `channel`: of a transaction, the channel whose price it is; a letter that one channel refused is
    paid for in the next one alone.
    """

    __tablename__ = "service_charge"
    __table_args__ = (UniqueConstraint("notice_id", "kind", "channel", "reversal"),)

    id: int = row_id()
    company_id: int = ref("company.id")
    notice_id: int = ref("notice.id", index=False)
    kind: str
    channel: str
    reversal: bool = False
    amount_cents: int
    charged_at: datetime = instant()


class Event(SQLModel, table=True):
    """The invoice's log: every outcome, numbered from 1 without gaps; append-only.

    `outcome` is a `domain.case.Outcome`; the case is the fold of these. `key` is the request's
    idempotency key where a person asked for it.
    """

    __table_args__ = (
        UniqueConstraint("invoice_id", "seq"),
        UniqueConstraint("invoice_id", "key"),
        Index("ix_event_company", "company_id", "id"),
    )

    id: int = row_id()
    company_id: int = Field(sa_type=BigInteger)
    """Its invoice's; no foreign key, for which every decision would lock the company's row."""
    invoice_id: int = ref("invoice.id", index=False)
    seq: int
    kind: str = Field(index=True)
    at: datetime = instant()
    actor: str
    reason: str = words()
    rule_version_id: int | None = ref("rule_version.id", nullable=True)
    outcome: dict[str, Any] = document()
    key: str | None = None


class ReferenceRate(SQLModel, table=True):
    """A reference rate (viitekorko) that a person has added; those before are the program's own.

    `half_year` reads "2027H1".
    """

    __tablename__ = "reference_rate"

    id: int = row_id()
    half_year: str = Field(unique=True)
    percent: Decimal = Field(max_digits=5, decimal_places=2)
    source: str
    added_at: datetime = instant()
    added_by: str
