"""What is in the books of the companies that the REST API's tests ask for."""

from __future__ import annotations

import itertools
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import select

from domain.clock import REAL_TIME
from domain.requests import Hold
from domain.roles import Role
from domain.rule import CONSUMERS
from integrations.intake import BadRecord, Fault
from store import accounts, bulk, payments, replanning, rules
from store.imports import ImportStatus
from store.invoice_list import Sought
from store.people import Place
from store.scope import Scope
from store.tables import (
    AgencyCase,
    AgencyMessage,
    BankPayment,
    BulkAction,
    FileImport,
    Invoice,
    Notice,
    Replanning,
    RuleVersion,
)
from tests.activities.office import Office
from tests.books import MONDAY
from tests.intake import stage
from tests.starter.api_world import CONSOLE, World
from tests.store import bank

_accounts = itertools.count(1)

LATER = MONDAY + timedelta(days=29, hours=3)
"""When the reminder about an invoice of Monday's leaves: the afternoon of 31 March."""

A_TABLE = b"invoice_number;amount;due_date\nnothing;of;this\n"
"""A file of invoices with nothing in it that could be booked."""

ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


def office(world: World, folder: Path) -> Office:
    """The activities, at work for the world's companies."""
    return Office(world.database, folder, REAL_TIME, "", 0)


def own(world: World) -> str:
    """The one who sees only his or her own invoices, as an invoice's owner."""
    return f"user:{world.users['company', Role.OWN_ONLY]}"


def invoice(world: World, place: Place | None = None, *, owner: str = "") -> Invoice:
    """An open invoice that has no workflow."""
    there = place or world.company
    with tempfile.TemporaryDirectory() as folder:
        row = office(world, Path(folder)).register(
            business_id=there.business_id, now=MONDAY, rule=ONE_LETTER, email=""
        )
    return change(world, row, owner=owner, start_pending=False)


def change(world: World, row: Invoice, **fields: object) -> Invoice:
    """Write the invoice's row as a procedure would."""
    with world.database.transaction() as session:
        there = session.get_one(Invoice, row.id)
        for name, value in fields.items():
            setattr(there, name, value)
        session.add(there)
    return there


def sent_letter(world: World, folder: Path, *, owner: str = "") -> tuple[Invoice, Notice]:
    """An invoice whose reminder has left on paper, into the folder's outbox."""
    row = invoice(world, owner=owner)
    at_work = office(world, folder)
    at_work.advance(at_work.ask(row, LATER))
    (released,) = at_work.notices(row)
    at_work.deliver(released.id, LATER)
    (sent,) = at_work.notices(row)
    return at_work.invoice(row.id), sent


def refused_message(world: World) -> AgencyMessage:
    """A message that an agency would not have, about an invoice of the company's."""
    row = invoice(world)
    with world.database.transaction() as session:
        reference = f"{world.company.business_id}/{row.number}"
        file = AgencyCase(
            invoice_id=row.id,
            agency="intrum",
            service="collection",
            reference=reference,
            agency_case_id=f"INT-{row.id}",
            assigned_at=MONDAY,
        )
        session.add(file)
        session.flush()
        message = AgencyMessage(
            agency_case_id=file.id,
            direction="out",
            kind="withdrawal",
            key=f"{reference}/withdraw",
            body={},
            status="refused",
            at=MONDAY,
            error="the contract number is not known",
        )
        session.add(message)
    return message


def waiting_payment(
    world: World, place: Place | None = None, *, account: str = "", **changes: Any
) -> BankPayment:
    """A transaction of the bank's that says nothing of what it is for. It came to the account, or
    else to one that is the company's alone."""
    there = place or world.company
    told = bank.transaction(account=account or f"FI{next(_accounts):016}", **changes)
    with world.database.transaction() as session:
        if not account:
            assert there.company_id is not None
            accounts.ensure_accounts(session, there.company_id, [told.account])
        payments.book(session, [told], now=world.now())
        return session.exec(select(BankPayment).where(BankPayment.key == told.key)).one()


def bad_import(world: World) -> FileImport:
    """An import that is done, with one bad record."""
    record = BadRecord(
        source="invoices.csv", line=2, element="row", reason="says nothing", fault=Fault.INVALID
    )
    import_id = stage(world.database, world.now(), [record])
    with world.database.transaction() as session:
        row = session.get_one(FileImport, import_id)
        row.company_id = world.company.company_id
        row.status = ImportStatus.DONE.value
        row.ended_at = world.now()
        session.add(row)
        return row


def own_rule(world: World) -> RuleVersion:
    """A rule of the company's own."""
    assert world.company.company_id is not None
    terms = ONE_LETTER.model_copy(update={"name": f"Own {next(_accounts)}"})
    with world.database.transaction() as session:
        return rules.save_rule(session, world.company.company_id, terms, world.now(), CONSOLE)


def asked_bulk(world: World) -> BulkAction:
    """A hold that is asked of some invoice."""
    assert world.company.company_id is not None
    invoice_id = world.invoice(world.company)
    with world.database.transaction() as session:
        return bulk.ask(
            session,
            Scope(frozenset({world.company.company_id})),
            world.company.company_id,
            Sought(ids=(invoice_id,)),
            Hold(reason="all of them"),
            by=f"user:{world.users['company', Role.OWN_ONLY]}",
            now=world.now(),
        )


def ended_bulk(world: World) -> BulkAction:
    """One that has come to its end: somebody stopped it before it began."""
    asked = asked_bulk(world)
    with world.database.transaction() as session:
        bulk.cancel(session, asked.id)
        return bulk.next_batch(session, asked.id, 1, world.now()).action


def asked_replanning(world: World) -> Replanning:
    """Running invoices of a rule that are to move to its newest version."""
    assert world.company.company_id is not None
    rule_id = own_rule(world).rule_id
    with world.database.transaction() as session:
        return replanning.ask(
            session,
            world.company.company_id,
            replanning.RULE,
            by=CONSOLE,
            now=world.now(),
            rule_id=rule_id,
        )
