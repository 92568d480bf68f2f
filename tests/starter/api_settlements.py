"""The agency's money in the books of the company that the REST API's tests ask for."""

from __future__ import annotations

import itertools
from typing import Any

from domain import references
from domain.agency import Settlement, SettlementLine
from domain.drift import CaseDrift, Difference
from store import accounts, booking, drift, payments, settlements
from store.settlements import Taken
from store.tables import AgencyCase, DriftReport, Invoice
from tests.books import MONDAY
from tests.starter import api_books
from tests.starter.api_world import World
from tests.store import bank

_serial = itertools.count(1)
CENTS = 10_000


def at_the_agency(world: World) -> Invoice:
    """An invoice that Intrum has."""
    row = api_books.invoice(world)
    with world.database.transaction() as session:
        session.add(
            AgencyCase(
                invoice_id=row.id,
                agency="intrum",
                service="collection",
                reference=f"{world.company.business_id}/{row.number}",
                agency_case_id=f"INT-{row.id}",
                assigned_at=MONDAY,
                accepted_at=MONDAY,
            )
        )
    return row


def settlement(world: World, *, settled: bool = False) -> Taken:
    """One of a single case; `settled`: with its transfer."""
    row = at_the_agency(world)
    number = next(_serial)
    line = SettlementLine(
        case_reference=f"{world.company.business_id}/{row.number}",
        agency_case_id=f"INT-{row.id}",
        principal_cents=CENTS,
        interest_cents=0,
        fees_cents=0,
        paid_on=MONDAY.date(),
    )
    read = Settlement(
        settlement_id=f"API-{number}",
        business_id=world.company.business_id,
        contract_number="S-100",
        settled_on=MONDAY.date(),
        reference=references.make(700_000 + number),
        lines=(line,),
        transferred_cents=CENTS,
    )
    with world.database.transaction() as session:
        taken = settlements.take(session, read, by_agency="intrum", source="test", now=world.now())
        if settled:
            coming = bank.transaction(read.reference, CENTS, payer="INTRUM OY", account=row.iban)
            assert world.company.company_id is not None
            accounts.ensure_accounts(session, world.company.company_id, [row.iban])
            payments.book(session, [coming], now=world.now())
    return taken


def told_payment(world: World, **changes: Any) -> tuple[Invoice, int]:
    """An invoice at the agency, and a payment of the debtor's on it that the agency is told of."""
    row = at_the_agency(world)
    coming = bank.transaction(row.reference, CENTS, account=row.iban, **changes)
    with world.database.transaction() as session:
        (result,) = payments.book(session, [coming], now=world.now())
    assert result.payment_id is not None
    return row, result.payment_id


def entered_payment(world: World) -> tuple[Invoice, str]:
    """The same, entered by hand, and its ledger entry's name."""
    row = at_the_agency(world)
    key = f"test/{next(_serial)}"
    with world.database.transaction() as session:
        booking.pay(
            session,
            booking.lock(session, row.id),
            CENTS,
            MONDAY.date(),
            key=key,
            now=world.now(),
            by="test",
        )
    return row, f"payment/{key}"


def drifted(world: World) -> DriftReport:
    """A report of Monday with one case that differs."""
    row = at_the_agency(world)
    differing = Difference("fees", "5.00 EUR", "0.00 EUR", "the two differ", "compare them", 500)
    case = CaseDrift(f"{world.company.business_id}/{row.number}", row.id, row.number, (differing,))
    assert world.company.company_id is not None
    with world.database.transaction() as session:
        return drift.keep(
            session, world.company.company_id, "intrum", [case], on=MONDAY.date(), now=MONDAY
        )
