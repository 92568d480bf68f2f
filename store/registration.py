"""Registering invoices, many at once and each once, with the first step of each planned.

A chunk of a file costs a few statements, however many invoices are in it: what is there is asked
for together, and what is new is copied in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, Text, any_, literal, text
from sqlmodel import Session, col, select

from domain import references
from domain.calendar import BankingCalendar
from domain.case import Case
from domain.law import DebtorClass, Law, LawError
from domain.ledger import EntryKind
from domain.procedure import next_step
from domain.rule import Rule as Terms
from store import accounts
from store.copying import copy
from store.rules import newest_version
from store.tables import Company, Customer, Invoice, LedgerEntry

_OWN_REFERENCES = 990_000_000_000
"""References for invoices that came without one: far from the numbers that people begin with."""


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """Amounts in cents, dates local; `contract_rate`: % a year; `owner`: whose own it is."""

    number: str
    invoice_date: date
    due: date
    amount_cents: int
    reference: str = ""
    iban: str = ""
    bic: str = ""
    contract_rate: str | None = None
    owner: str = ""


class Conflict(Exception):  # noqa: N818 - reads as what it is
    """An invoice of this number is there already, and says something else."""

    def __init__(self, number: str, differences: list[str]) -> None:
        super().__init__(
            f"invoice {number} is registered already and differs in {', '.join(differences)};"
            " an invoice is not changed: credit it, and send a new one under a new number"
        )
        self.number = number


@dataclass(frozen=True, slots=True)
class Entering:
    """An invoice to be registered, with whose it is and who owes it."""

    company: Company
    customer: Customer
    invoice: NewInvoice


@dataclass(frozen=True, slots=True)
class Registered:
    invoice_id: int
    new: bool


def register(
    session: Session,
    entering: Sequence[Entering],
    *,
    law: Law,
    calendar: BankingCalendar,
    now: datetime,
) -> list[Registered | Conflict | LawError]:
    """Register invoices, each with its principal in the ledger and its first step planned.

    Answers for each of them, in their order: an invoice that is there already with the same
    contents is known; with others it is a `Conflict`, and left as it is.
    """
    there = _there(session, entering)
    ids = iter(_ids(session, len(entering)))
    invoices: list[dict[str, Any]] = []
    answers: list[Registered | Conflict | LawError] = []
    for one in entering:
        new, place = one.invoice, (one.company.id, one.invoice.number)
        if known := there.get(place):
            differing = known.differences(new)
            answers.append(
                Conflict(new.number, differing) if differing else Registered(known.id, new=False)
            )
            continue
        try:
            row = _row(session, next(ids), one, law, calendar, now)
        except LawError as error:
            answers.append(error)
            continue
        invoices.append(row)
        there[place] = _There(
            row["id"], new.amount_cents, new.invoice_date, new.due, row["reference"]
        )
        answers.append(Registered(row["id"], new=True))
    copy(session, Invoice, invoices)
    copy(session, LedgerEntry, [_principal(row, now) for row in invoices])
    ibans: dict[int, set[str]] = {}
    for row in invoices:
        ibans.setdefault(row["company_id"], set()).add(row["iban"])
    for company_id, paid_to in ibans.items():
        accounts.ensure_accounts(session, company_id, paid_to)
    return answers


@dataclass(frozen=True, slots=True)
class _There:
    """What tells an invoice that is there from another one with its number."""

    id: int
    amount_cents: int
    invoice_date: date
    due: date
    reference: str

    def differences(self, new: NewInvoice) -> list[str]:
        pairs = {
            "amount": (self.amount_cents, new.amount_cents),
            "invoice date": (self.invoice_date, new.invoice_date),
            "due date": (self.due, new.due),
            "reference": (self.reference, new.reference or self.reference),
        }
        return [name for name, (old, now) in pairs.items() if old != now]


def _there(session: Session, entering: Sequence[Entering]) -> dict[tuple[int, str], _There]:
    numbers = sorted({one.invoice.number for one in entering})
    found = session.execute(
        select(  # type: ignore[call-overload]
            Invoice.company_id,
            Invoice.number,
            Invoice.id,
            Invoice.principal_cents,
            Invoice.invoice_date,
            Invoice.due,
            Invoice.reference,
        ).where(
            col(Invoice.company_id).in_({one.company.id for one in entering}),
            col(Invoice.number) == any_(literal(numbers, ARRAY(Text))),
        )
    )
    return {(row[0], row[1]): _There(*row[2:]) for row in found}


def _ids(session: Session, count: int) -> list[int]:
    """Ids for invoices; those that stay unused are lost, which numbers of rows may be."""
    taken = session.execute(
        text(
            "SELECT nextval(pg_get_serial_sequence('invoice', 'id'))"
            " FROM generate_series(1, :count)"
        ),
        {"count": count},
    )
    return list(taken.scalars())


def _row(
    session: Session,
    invoice_id: int,
    one: Entering,
    law: Law,
    calendar: BankingCalendar,
    now: datetime,
) -> dict[str, Any]:
    company, customer, new = one.company, one.customer, one.invoice
    case = Case(
        invoice_id=invoice_id,
        company=company.business_id,
        number=new.number,
        debtor=DebtorClass(customer.debtor_class),
        due=new.due,
        invoice_sent_on=new.invoice_date,
        original_cents=new.amount_cents,
        principal_cents=new.amount_cents,
        open_cents=new.amount_cents,
    )
    version_id, rule = _version(session, customer.rule_id)
    if rule is not None and not company.automation:
        rule = rule.switched_off
    step = next_step(case, rule, law, calendar, now)
    return {
        "id": invoice_id,
        "company_id": company.id,
        "customer_id": customer.id,
        "number": new.number,
        "invoice_date": new.invoice_date,
        "due": new.due,
        "principal_cents": new.amount_cents,
        "currency": "EUR",
        # The debtor must be able to pay so that the payment is recognised.
        "reference": new.reference or references.make(_OWN_REFERENCES + invoice_id),
        "iban": new.iban or company.iban,
        "bic": new.bic or company.bic,
        "contract_rate": new.contract_rate,
        "rule_version_id": version_id,
        "registered_at": now,
        "owner": new.owner,
        "case_json": case.model_dump(mode="json"),
        "state": case.state.value,
        "collection_status": "",
        "attention": "",
        "held": False,
        "next_step": step.kind.value,
        "next_step_at": step.when,
        "next_step_why": step.why,
        "last_event": 0,
        "told_version_id": version_id,
        "start_pending": True,
        "signal_pending": False,
    }


def _principal(invoice: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "invoice_id": invoice["id"],
        "kind": EntryKind.PRINCIPAL.value,
        "amount_cents": invoice["principal_cents"],
        "on": invoice["invoice_date"],
        "booked_at": now,
        "key": "principal",
        "note": "",
    }


# What many invoices of one transaction ask for again and again is asked for once.


def _version(session: Session, rule_id: int | None) -> tuple[int | None, Terms | None]:
    """The newest version of a rule, by its row and its terms."""
    if rule_id is None:
        return None, None
    known: dict[int, tuple[int, Terms]] = session.info.setdefault("rule versions", {})
    if rule_id not in known:
        version = newest_version(session, rule_id)
        known[rule_id] = (version.id, Terms.model_validate(version.terms))
    return known[rule_id]
