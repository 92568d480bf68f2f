"""What the bank says, and which invoices its money belongs to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import cents, instant, ref, row_id, words


class BankPayment(SQLModel, table=True):
    """A bank transaction as it was read; the same one never counts twice (`key`).

    `open_cents`: what of it is on no invoice yet: it waits in the queue for a person, or for the
    invoice to come in (`problem` says why). `set_aside`: why a person took it out of the queue
    ("another company's", "returned to the payer"), or the bank did, before it was on any invoice.
    `reverses`: of one that the bank takes back money by, the transaction that it belongs to.

    Of every transaction the shares and what is open come to the amount.
    """

    __tablename__ = "bank_payment"
    __table_args__ = (
        Index(
            "ix_bank_payment_queue",
            "company_id",
            "id",
            postgresql_where=(Column("open_cents") != 0) & (Column("set_aside") == ""),
        ),
    )

    id: int = row_id()
    key: str = Field(unique=True)
    company_id: int | None = ref("company.id", nullable=True)
    """Whose account it came to; None: an account that no company has."""
    reference: str = Field(index=True)
    amount_cents: int = cents()
    """Negative: the bank took an earlier payment back."""
    open_cents: int = cents()
    paid_on: date
    booked_on: date
    payer: str
    payer_account: str = ""
    message: str = words()
    archive_id: str = Field(default="", index=True)
    account: str
    read_at: datetime = instant()
    source: str
    problem: str = words()
    set_aside: str = words()
    reverses: int | None = ref("bank_payment.id", nullable=True)


class PaymentShare(SQLModel, table=True):
    """What of a bank transaction was booked on an invoice, and who found that it belongs there.

    `how`: "reference", "number and amount", "hand", "reversal". Append-only: what was booked on the
    wrong invoice is taken back by a share with the amount's sign turned.
    """

    __tablename__ = "payment_share"
    __table_args__ = (UniqueConstraint("bank_payment_id", "serial"),)

    id: int = row_id()
    bank_payment_id: int = ref("bank_payment.id", index=False)
    serial: int
    """1, 2, ... within the transaction."""
    invoice_id: int = ref("invoice.id")
    amount_cents: int = cents()
    how: str
    assigned_by: str
    assigned_at: datetime = instant()


class CompanyAccount(SQLModel, table=True):
    """An account (IBAN) that a company's invoices are paid to, and how fresh our knowledge of it
    is: the newest file of the bank's about it was made at `read_as_of`.

    `read_by`: the person who looked at the bank's own pages then; empty: it was a file.
    """

    __tablename__ = "company_account"
    __table_args__ = (UniqueConstraint("company_id", "iban"),)

    id: int = row_id()
    company_id: int = ref("company.id", index=False)
    iban: str = Field(index=True)
    read_as_of: datetime | None = instant(nullable=True)
    read_by: str = ""
