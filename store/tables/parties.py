"""Who is there: companies, their rules, their customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant, ref, row_id


class Company(SQLModel, table=True):
    """A creditor (velkoja). `business_id` names it in workflow ids."""

    id: int = row_id()
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
    bank_feed: str = "banking_day"
    """How fresh the bank's word must be for a letter to leave (`domain.bank_feed`)."""
    automation: bool = False
    """Whether letters and hand-overs leave by themselves: off until somebody switches it on."""
    automation_set_at: datetime | None = instant(nullable=True)
    automation_set_by: str = ""
    firm_id: int | None = ref("accounting_firm.id", nullable=True)
    """The accounting firm that keeps its books."""


class Rule(SQLModel, table=True):
    """A rule by name; its terms stand in its versions.

    `general_for`: the debtors that fall under it by themselves (`domain.placement`): "consumer",
    "business", "" for a rule of the company's own.
    """

    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: int = row_id()
    company_id: int = ref("company.id")
    name: str
    general_for: str = ""


class RuleVersion(SQLModel, table=True):
    """One saved version of a rule; never changed afterwards. `terms` is a `domain.rule.Rule`."""

    __tablename__ = "rule_version"
    __table_args__ = (UniqueConstraint("rule_id", "version"),)

    id: int = row_id()
    rule_id: int = ref("rule.id")
    version: int
    terms: dict[str, Any] = document()
    saved_at: datetime = instant()
    saved_by: str


class Customer(SQLModel, table=True):
    """A debtor (velallinen) of one company. `key` is what the company's books know it by."""

    __table_args__ = (
        UniqueConstraint("company_id", "key"),
        Index("ix_customer_by_name", "company_id", text("lower(name)"), "id"),
        Index("ix_customer_words", text("to_tsvector('simple', name)"), postgresql_using="gin"),
    )

    id: int = row_id()
    company_id: int = ref("company.id")
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
    contact_name: str = ""
    """Default contact (oletusyhteyshenkilö): whom the agency is told of, if settings say so."""
    contact_phone: str = ""
    contact_email: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""
    channels: list[str] | None = document(nullable=True)
    """The customer's own order of `domain.states.Channel`, and no others; None: the rule's."""
    language: str = "fi"
    collection_ban: bool = False
    rule_id: int | None = ref("rule.id", nullable=True)
    placed_by: str = ""
    """Who put the customer under its rule, or under none; "": the automation, which places it anew
    when its details change."""
    moved_in: int | None = Field(default=None, sa_type=BigInteger, index=True)
    """The last replanning (its row) that moved the customer."""
