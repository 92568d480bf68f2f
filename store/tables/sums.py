"""Sums of invoices, kept while they change, so that nobody has to count a million of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from store.tables.columns import cents, row_id


class InvoiceSum(SQLModel, table=True):
    """The invoices of a company and an owner in one state (at the agency: in one service) that
    fall due on one day. `due` of those at an end is `date.min`: their days no longer matter.

    What it says is true together with the rows of `InvoiceSumChange`. Triggers write those, in the
    transaction of the change itself, and `store.sums.fold` adds them here.
    """

    __tablename__ = "invoice_sum"

    company_id: int = Field(sa_type=BigInteger, primary_key=True)
    owner: str = Field(primary_key=True)
    state: str = Field(primary_key=True)
    agency_service: str = Field(primary_key=True)
    due: date = Field(primary_key=True)
    invoices: int
    open_cents: int = cents()
    attention: int
    approval: int


class InvoiceSumChange(SQLModel, table=True):
    """By how much a sum has changed. Only added to, so that no two changes wait for each other."""

    __tablename__ = "invoice_sum_change"
    __table_args__ = (Index("ix_invoice_sum_change", "company_id"),)

    id: int = row_id()
    company_id: int = Field(sa_type=BigInteger)
    owner: str
    state: str
    agency_service: str
    due: date
    invoices: int
    open_cents: int = cents()
    attention: int
    approval: int
