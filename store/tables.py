"""The tables, one class each. Money is integer cents; instants are business time, in UTC.

Who may write what: the ledger, notices, charges, events and agency messages are append-only
(a reversal is a row of its own); of an invoice, `case_json` and the columns after it are a
projection that only the invoice's own procedure writes, under the row's lock.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _instant(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(DateTime(timezone=True), nullable=nullable, index=index),
    )


def _json(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(JSONB, nullable=nullable))


def _id() -> Any:
    return Field(default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True))


def _ref(target: str, *, nullable: bool = False, index: bool = True, unique: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(
            BigInteger, ForeignKey(target), nullable=nullable, index=index, unique=unique
        ),
    )


class Company(SQLModel, table=True):
    """A creditor (velkoja). `business_id` names it in workflow ids."""

    id: int = _id()
    business_id: str = Field(unique=True)
    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FI"
    email: str = ""
    phone: str = ""
    einvoice_address: str = ""
    """E-invoice address (verkkolaskuosoite), and the operator that it is reached through."""
    einvoice_operator: str = ""
    iban: str = ""
    bic: str = ""
    agency_contract: str = ""
    """Contract number with the collection agency; empty: no contract."""


class Rule(SQLModel, table=True):
    """A rule by name; its terms stand in its versions."""

    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: int = _id()
    company_id: int = _ref("company.id")
    name: str


class RuleVersion(SQLModel, table=True):
    """One saved version of a rule; never changed afterwards. `terms` is a `domain.rule.Rule`."""

    __tablename__ = "rule_version"
    __table_args__ = (UniqueConstraint("rule_id", "version"),)

    id: int = _id()
    rule_id: int = _ref("rule.id")
    version: int
    terms: dict[str, Any] = _json()
    saved_at: datetime = _instant()
    saved_by: str


class Customer(SQLModel, table=True):
    """A debtor (velallinen) of one company. `key` is what the company's books know it by."""

    __table_args__ = (UniqueConstraint("company_id", "key"),)

    id: int = _id()
    company_id: int = _ref("company.id")
    key: str
    name: str
    debtor_class: str
    business_id: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FI"
    email: str = ""
    phone: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""
    channels: list[str] | None = _json(nullable=True)
    """The customer's own order of `domain.states.Channel`, and no others; None: the rule's."""
    language: str = "fi"
    collection_ban: bool = False
    rule_id: int | None = _ref("rule.id", nullable=True)


class Invoice(SQLModel, table=True):
    """A sales invoice (myyntilasku) and the projection of its procedure.

    Outbox: `start_pending` until its workflow has been started, `signal_pending` from the moment
    something changed that the workflow has not been told of. Both are set in the transaction of
    the change itself and drained afterwards.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        Index("ix_invoice_company_state", "company_id", "state"),
        Index(
            "ix_invoice_outbox",
            "id",
            postgresql_where=Column("start_pending").is_(True) | Column("signal_pending").is_(True),
        ),
    )

    id: int = _id()
    company_id: int = _ref("company.id", index=False)
    customer_id: int = _ref("customer.id")
    number: str
    invoice_date: date
    due: date
    principal_cents: int = Field(sa_type=BigInteger)
    currency: str = "EUR"
    reference: str = Field(default="", index=True)
    iban: str = ""
    bic: str = ""
    contract_rate: str | None = None
    """Agreed late-payment interest, % a year, as the invoice states it."""
    rule_version_id: int | None = _ref("rule_version.id", nullable=True, index=False)
    registered_at: datetime = _instant()

    case_json: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))
    state: str = "open"
    collection_status: str = ""
    attention: str = Field(default="", sa_column=Column(Text, nullable=False))
    held: bool = False
    next_step: str = ""
    next_step_at: datetime | None = _instant(nullable=True)
    next_step_why: str = Field(default="", sa_column=Column(Text, nullable=False))
    last_event: int = 0

    start_pending: bool = True
    signal_pending: bool = False


class LedgerEntry(SQLModel, table=True):
    """One entry of an invoice's ledger (reskontra). `kind`: `domain.ledger.EntryKind`."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("invoice_id", "key"),)

    id: int = _id()
    invoice_id: int = _ref("invoice.id", index=False)
    kind: str
    amount_cents: int = Field(sa_type=BigInteger)
    on: date
    booked_at: datetime = _instant()
    key: str
    note: str = ""


class Notice(SQLModel, table=True):
    """A letter: released once for each (invoice, kind, round), whatever is retried.

    `status`: released, sending (an attempt is under way or was cut off), sent, bounced (it came
    back and its invoice's procedure has not looked yet), returned (it came back when there was
    nothing more to do about it), withdrawn. `channel` is the one that it goes by now; those that
    it was released to before have a transaction charge each. `content` is what the letter says,
    frozen at the first attempt that may have left.
    """

    __table_args__ = (UniqueConstraint("invoice_id", "kind", "round"),)

    id: int = _id()
    invoice_id: int = _ref("invoice.id", index=False)
    kind: str
    round: int
    channel: str
    status: str = Field(index=True)
    fee_cents: int
    interest_cents: int
    released_at: datetime = _instant()
    letter_date: date
    due: date
    message_id: str = Field(unique=True)
    content: dict[str, Any] | None = _json(nullable=True)
    sent_at: datetime | None = _instant(nullable=True)
    attempts: int = 0
    last_error: str = Field(default="", sa_column=Column(Text, nullable=False))


class ServiceCharge(SQLModel, table=True):
    """What the company pays Karhu. A reversal is a row with a negative amount.

    `channel`: of a transaction, the channel whose price it is; a letter that one channel refused is
    paid for in the next one alone.
    """

    __tablename__ = "service_charge"
    __table_args__ = (UniqueConstraint("notice_id", "kind", "channel", "reversal"),)

    id: int = _id()
    company_id: int = _ref("company.id")
    notice_id: int = _ref("notice.id", index=False)
    kind: str
    channel: str
    reversal: bool = False
    amount_cents: int
    charged_at: datetime = _instant()


class Event(SQLModel, table=True):
    """The invoice's log: every outcome, numbered from 1 without gaps; append-only.

    `outcome` is a `domain.case.Outcome`; the case is the fold of these. `key` is the request's
    idempotency key where a person asked for it.
    """

    __table_args__ = (
        UniqueConstraint("invoice_id", "seq"),
        UniqueConstraint("invoice_id", "key"),
    )

    id: int = _id()
    invoice_id: int = _ref("invoice.id", index=False)
    seq: int
    kind: str = Field(index=True)
    at: datetime = _instant()
    actor: str
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    rule_version_id: int | None = _ref("rule_version.id", nullable=True)
    outcome: dict[str, Any] = _json()
    key: str | None = None


class ReferenceRate(SQLModel, table=True):
    """A reference rate (viitekorko) that a person has added; those before are the program's own.

    `half_year` reads "2027H1".
    """

    __tablename__ = "reference_rate"

    id: int = _id()
    half_year: str = Field(unique=True)
    percent: Decimal = Field(max_digits=5, decimal_places=2)
    source: str
    added_at: datetime = _instant()
    added_by: str


class BankPayment(SQLModel, table=True):
    """A bank transaction as it was read; the same one never counts twice (`key`)."""

    __tablename__ = "bank_payment"

    id: int = _id()
    key: str = Field(unique=True)
    invoice_id: int | None = _ref("invoice.id", nullable=True)
    reference: str
    amount_cents: int = Field(sa_type=BigInteger)
    paid_on: date
    booked_on: date
    payer: str
    account: str
    read_at: datetime = _instant()
    source: str
    problem: str = Field(default="", sa_column=Column(Text, nullable=False))


class AgencyCase(SQLModel, table=True):
    """An invoice's file at the collection agency."""

    __tablename__ = "agency_case"
    __table_args__ = (UniqueConstraint("invoice_id", "round"),)

    id: int = _id()
    invoice_id: int = _ref("invoice.id", index=False)
    round: int = 1
    agency: str
    service: str
    reference: str = Field(unique=True)
    """Our reference for the case, which the agency repeats in its messages."""
    agency_case_id: str = ""
    assigned_at: datetime = _instant()
    accepted_at: datetime | None = _instant(nullable=True)
    ended_at: datetime | None = _instant(nullable=True)


class AgencyMessage(SQLModel, table=True):
    """A message to the agency (waiting, acknowledged, refused) or from it (received, folded).

    Of one case the messages to the agency leave in the order of their ids.
    """

    __tablename__ = "agency_message"

    id: int = _id()
    agency_case_id: int = _ref("agency_case.id")
    direction: str
    kind: str
    key: str = Field(unique=True)
    body: dict[str, Any] = _json()
    status: str
    at: datetime = _instant()
    error: str = Field(default="", sa_column=Column(Text, nullable=False))
    attempts: int = 0
