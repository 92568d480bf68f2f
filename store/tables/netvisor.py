"""What the Netvisor-compatible interface keeps beside Karhu's own rows.

Netvisor's keys of customers, invoices and payments are the rows' own ids. Instants of keys and
requests are real ones, not business time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import cents, document, instant, ref, row_id


class NetvisorKey(SQLModel, table=True):
    """What a program signs its requests with, for one company or the companies of one firm.

    Both keys must be known in the clear to check a signature, so they are sealed, not hashed.
    """

    __tablename__ = "netvisor_key"
    __table_args__ = (
        CheckConstraint("(company_id IS NULL) <> (firm_id IS NULL)", "ck_netvisor_key_one_place"),
    )

    id: int = row_id()
    company_id: int | None = ref("company.id", nullable=True)
    firm_id: int | None = ref("accounting_firm.id", nullable=True)
    name: str
    customer_id: str = Field(unique=True)
    partner_id: str
    sealed_customer_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sealed_partner_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = instant()
    created_by: str
    last_used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class NetvisorRequest(SQLModel, table=True):
    """A request that was let in, so that it is never let in again. Kept for some days."""

    __tablename__ = "netvisor_request"
    __table_args__ = (UniqueConstraint("key_id", "transaction_id"),)

    id: int = row_id()
    key_id: int = ref("netvisor_key.id", index=False)
    transaction_id: str
    at: datetime = instant(index=True)


class NetvisorCustomer(SQLModel, table=True):
    """Of a customer, what two of Netvisor's elements say that are one column of ours.

    `said`: the text of each such element, by its name.
    """

    __tablename__ = "netvisor_customer"

    id: int = row_id()
    customer_id: int = ref("customer.id", index=False, unique=True)
    said: dict[str, Any] = document()


class NetvisorCreditNote(SQLModel, table=True):
    """A credit note (hyvityslasku) from its arrival on; booked when it is matched with an invoice.

    Its id is of the same series as the invoices', because Netvisor's keys are.
    """

    __tablename__ = "netvisor_credit_note"
    __table_args__ = (UniqueConstraint("company_id", "number"),)

    id: int = row_id()
    company_id: int = ref("company.id", index=False)
    customer_id: int = ref("customer.id")
    number: str
    note_date: date
    due: date
    amount_cents: int = cents()
    """What it takes off, positive."""
    reference: str = ""
    registered_at: datetime = instant()
    invoice_id: int | None = ref("invoice.id", nullable=True)
    """The invoice that it was booked on."""


class NetvisorPayment(SQLModel, table=True):
    """Who paid, and how, as the program said that entered the payment."""

    __tablename__ = "netvisor_payment"

    id: int = row_id()
    ledger_entry_id: int = ref("ledger_entry.id", index=False, unique=True)
    source_name: str
    method: str
