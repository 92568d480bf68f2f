"""Settlements read from agencies, and books compared with theirs."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment

from activities.desk import House
from activities.drift import compare_with
from activities.settlements import FEED, ReadSettlements
from domain import references
from domain.agency import (
    CaseBalance,
    CollectionStatus,
    Creditor,
    Settlement,
    SettlementLine,
)
from domain.drift import CaseDrift
from integrations.agency import AgencyClient
from integrations.intake import BadRecord, SettlementRecord
from integrations.intrum_sandbox.settings import Pace, Settling
from integrations.kinds import kind_of
from integrations.settlement_json import read_settlements
from starter.stack.ports import choose
from store import drift, hearing, payments
from store.scope import Scope
from store.tables import AgencyCase, AgencySettlement, Company, Invoice
from tests.activities.agency_books import AgencyBooks
from tests.activities.office import Office
from tests.books import MONDAY
from tests.integrations import agency_support
from tests.integrations.agency_support import assignment, serving
from tests.store.bank import transaction
from workflows.settlements_contract import SettlementsOf

CENTS = 40_000
_serial = itertools.count(1)


def read(office: Office, agency: AgencyClient, name: str) -> SettlementsOf:
    """A round of the schedule. Temporal is away: the marks in the outbox stay."""

    async def go() -> SettlementsOf:
        nowhere = f"127.0.0.1:{choose()}"
        client = await Client.connect(nowhere, lazy=True, data_converter=pydantic_data_converter)
        reads = ReadSettlements(client, office.database, House(office.clock), {name: agency})
        (one,) = (await ActivityEnvironment().run(reads)).agencies
        assert isinstance(one, SettlementsOf)
        return one

    return asyncio.run(go())


def business_id(office: Office, invoice: Invoice) -> str:
    with office.database.transaction() as session:
        return session.get_one(Company, invoice.company_id).business_id


def case(office: Office, agency: str, cents: int = CENTS) -> tuple[Invoice, AgencyCase]:
    invoice = office.register(amount_cents=cents, now=MONDAY)
    with office.database.transaction() as session:
        company = session.get_one(Company, invoice.company_id)
        row = AgencyCase(
            invoice_id=invoice.id,
            agency=agency,
            service="collection",
            reference=f"{company.business_id}/{invoice.number}",
            agency_case_id=f"A-{invoice.number}",
            assigned_at=MONDAY,
            accepted_at=MONDAY,
        )
        session.add(row)
        session.flush()
        return invoice, row


def settlement(office: Office, invoice: Invoice, row: AgencyCase) -> Settlement:
    number = next(_serial)
    line = SettlementLine(
        case_reference=row.reference,
        agency_case_id=row.agency_case_id,
        principal_cents=invoice.principal_cents,
        interest_cents=0,
        fees_cents=0,
        paid_on=date(2026, 3, 5),
    )
    return Settlement(
        settlement_id=f"R-{number}",
        business_id=business_id(office, invoice),
        contract_number="S-100",
        settled_on=date(2026, 3, 9),
        reference=references.make(800_000 + number),
        lines=(line,),
        transferred_cents=line.total_cents,
    )


def balance(row: AgencyCase, cents: int = CENTS, **changes: int) -> CaseBalance:
    values = {"principal_cents": cents, "interest_cents": 0, "fees_cents": 0} | changes
    return CaseBalance(
        case_reference=row.reference, agency_case_id=row.agency_case_id, status="", **values
    )


def test_pages_are_read_from_where_they_were_read_before(office: Office) -> None:
    made = [settlement(office, *case(office, "paper")) for _ in range(5)]
    agency = AgencyBooks(made, away_after=2)
    first = read(office, agency, "paper")
    assert (first.read, first.new) == (4, 4)
    assert "away" in first.problem
    agency.away_after = None
    second = read(office, agency, "paper")
    assert (second.read, second.new, second.problem) == (1, 1, "")
    assert read(office, agency, "paper").read == 0
    # Read from its beginning, as after a backup was restored, it says nothing new.
    with office.database.transaction() as session:
        hearing.go_on(session, "paper", FEED, "", MONDAY)
    again = read(office, agency, "paper")
    assert (again.read, again.new) == (5, 0)


def test_a_settlement_that_nobody_can_keep_keeps_none_waiting(office: Office) -> None:
    good = settlement(office, *case(office, "odd"))
    bad = good.model_copy(update={"settlement_id": "R-\x00", "transferred_cents": 1})
    got = read(office, AgencyBooks([bad, good]), "odd")
    assert (got.new, got.problem) == (1, "")


def test_a_file_of_settlements(office: Office) -> None:
    made = [settlement(office, *case(office, "intrum")) for _ in range(2)]
    said = [one.model_dump(mode="json") for one in made]
    broken = said[0] | {"transferred_cents": "much", "settlement_id": "R-x"}
    stream = BytesIO(json.dumps([said[0], broken, said[1], 7]).encode())
    assert kind_of(stream) == "settlements"
    found = list(read_settlements(stream, "tilitys.json"))
    assert [type(one) for one in found] == [
        *(SettlementRecord, BadRecord, SettlementRecord, BadRecord),
    ]
    assert "R-x" in str(found[1])
    one = BytesIO(json.dumps(said[0], indent=2).encode())
    assert kind_of(one) == "settlements"
    assert len(list(read_settlements(one, "tilitys.json"))) == 1
    for content in (b"[", b'{"settlement_id": \xff}', b"[" * 100_000):
        (wrong,) = read_settlements(BytesIO(content), "tilitys.json")
        assert isinstance(wrong, BadRecord)


# ── drift ────────────────────────────────────────────────────────────────────────────────────


def compared(office: Office, agency: str, books: AgencyClient, only: str) -> dict[str, CaseDrift]:
    (found,) = compare_with(office.database, agency, books, now=MONDAY, only=only)
    return {one.reference: one for one in found.cases}


def test_what_differs_is_kept_for_the_day(office: Office) -> None:
    rows = [case(office, "drifting") for _ in range(3)]
    (invoice, same), (_, fees), (_, missing) = rows
    owner = business_id(office, invoice)
    stranger = CaseBalance(
        case_reference=f"{owner}/nobody",
        agency_case_id="A-0",
        status="",
        principal_cents=1,
        interest_cents=0,
        fees_cents=0,
    )
    books = AgencyBooks(balances=[balance(same), balance(fees, fees_cents=500), stranger])
    found = compared(office, "drifting", books, owner)
    assert found[same.reference].differences == ()
    assert [one.what for one in found[fees.reference].differences] == ["fees"]
    assert [one.what for one in found[missing.reference].differences] == ["case"]
    assert found[stranger.case_reference].invoice_id is None
    scope = Scope(frozenset({invoice.company_id}))
    for _ in range(2):
        with office.database.transaction() as session:
            kept = drift.report(session, scope, agency="drifting", on=MONDAY.date())
        assert kept is not None
        assert (kept.report.cases, kept.report.differing, len(kept.cases)) == (4, 3, 3)
        compared(office, "drifting", books, owner)


def test_a_direct_payment_that_waits_says_so(office: Office) -> None:
    invoice, row = case(office, "waiting")
    coming = transaction(invoice.reference, 10_000, account=invoice.iban)
    with office.database.transaction() as session:
        payments.book(session, [coming], now=MONDAY)
    books = AgencyBooks(balances=[balance(row)])
    found = compared(office, "waiting", books, business_id(office, invoice))
    by = {one.what: one for one in found[row.reference].differences}
    assert by["direct payments"].cents == 10_000
    assert all("waits" in one.reason for one in by.values())


# ── with the sandbox ─────────────────────────────────────────────────────────────────────────


@pytest.mark.timeout(120)
def test_collected_settled_remitted_and_compared(office: Office, tmp_path: Path) -> None:
    """From the assignment to the money, with the agency over HTTP."""
    chosen = agency_support.settings(
        tmp_path,
        clock=agency_support.fast(10),
        path="paid",
        open_contracts=True,
        days_ahead=400,
        pace=Pace(days_to_letter=1, days_to_outcome=1),
        settling=Settling(every_days=5, commission=0.1),
    )
    rows = [case(office, "intrum") for _ in range(2)]
    owner = business_id(office, rows[0][0])
    with serving(chosen) as agency:
        for _, row in rows:
            _assigned(office, agency, owner, row)
        references_of = {row.reference for _, row in rows}

        def all_settled() -> bool:
            done = {one.case_reference for one in _balances(agency) if one.settled_cents >= CENTS}
            return references_of <= done

        agency_support.until(all_settled, 60)
        got = read(office, agency, "intrum")
        assert (got.problem, got.new >= 1) == ("", True)
        mine = _mine(office, owner)
        assert {one.status for one in mine} == {"awaiting"}
        before = compared(office, "intrum", agency, owner)
        for reference in references_of:
            by = {one.what: one for one in before[reference].differences}
            assert "money has not come" in by["settled"].reason
        with office.database.transaction() as session:
            payments.book(
                session,
                [
                    transaction(one.reference, one.transferred_cents, payer="INTRUM OY")
                    for one in mine
                ],
                now=datetime.now(UTC),
            )
        assert {one.status for one in _mine(office, owner)} == {"settled"}
        after = compared(office, "intrum", agency, owner)
        for invoice, row in rows:
            assert [one.what for one in after[row.reference].differences] == ["status"]
            assert office.open_cents(invoice) == 0


@pytest.mark.timeout(120)
def test_instalments_what_is_taken_back_and_claims_that_were_merged(
    office: Office, tmp_path: Path
) -> None:
    """What the debtor pays the agency in parts, comes and goes in our books as in theirs."""
    chosen = agency_support.settings(tmp_path, port=choose(), path="paid")
    (one, case_of_one), (other, case_of_other) = (case(office, "parts") for _ in range(2))
    owner = business_id(office, one)
    base = f"http://127.0.0.1:{chosen.port}/admin"
    key = {"Authorization": f"Bearer {agency_support.API_KEY}"}
    with serving(chosen) as agency, httpx.Client(base_url=base, headers=key) as by_hand:
        ids = [_assigned(office, agency, owner, row) for row in (case_of_one, case_of_other)]

        def post(path: str, **said: object) -> None:
            assert by_hand.post(path, json=said).is_success

        def remitted() -> list[str]:
            """Settled, read, transferred, heard of: what differs afterwards."""
            post("/settlements")
            assert read(office, agency, "parts").problem == ""
            waiting = [item for item in _mine(office, owner, "parts") if item.status == "awaiting"]
            coming = [
                transaction(item.reference, item.transferred_cents, payer="INTRUM OY")
                for item in waiting
                if item.transferred_cents
            ]
            now = datetime.now(UTC)
            with office.database.transaction() as session:
                payments.book(session, coming, now=now)
            for message in agency.statuses_since("").messages:
                hearing.keep(office.database, message, now, agency="parts")
            found = compared(office, "parts", agency, owner)
            differing = [found[row.reference] for row in (case_of_one, case_of_other)]
            return [f"{item.what}: {item.reason}" for of in differing for item in of.differences]

        post(f"/cases/{ids[0]}/payments", amount_cents=10_000)
        assert remitted() == []
        post(f"/cases/{ids[0]}/payments", amount_cents=6_000)
        post(f"/cases/{ids[1]}/payments", amount_cents=3_000)
        assert remitted() == []
        assert [office.open_cents(invoice) for invoice in (one, other)] == [24_000, 37_000]
        said = agency.statuses_since("").messages[-2]
        assert (said.principal_cents, said.known_status) == (24_000, CollectionStatus.REGISTERED)
        assert said.collected is not None
        assert said.collected.total_cents == 16_000

        # Alone it would leave the creditor owing: it waits for what it can be kept back of.
        assert by_hand.delete(f"/cases/{ids[0]}/payments/last").is_success
        before = len(_mine(office, owner, "parts"))
        assert remitted() == []
        assert len(_mine(office, owner, "parts")) == before
        post(f"/cases/{ids[1]}/payments", amount_cents=7_000)
        assert remitted() == []
        assert [office.open_cents(invoice) for invoice in (one, other)] == [30_000, 30_000]
        lines = agency.settlements_since("").settlements[-1].lines
        assert [line.total_cents for line in lines] == [-6_000, 7_000]

        # Two claims, one case: each has its own line, and what is paid pays both.
        post(f"/cases/{ids[0]}/merge", into=ids[1])
        post(f"/cases/{ids[1]}/payments", amount_cents=35_000)
        assert remitted() == []
        assert [office.open_cents(invoice) for invoice in (one, other)] == [25_000, 0]
        post(f"/cases/{ids[1]}/status", status="MAKSETTU")
        assert remitted() == []
        assert [office.open_cents(invoice) for invoice in (one, other)] == [0, 0]
        last = agency.settlements_since("").settlements[-1].lines
        assert [(line.case_reference, line.agency_case_id) for line in last] == [
            (case_of_one.reference, ids[1])
        ]


def _assigned(office: Office, agency: AgencyClient, owner: str, row: AgencyCase) -> str:
    """The agency's name for the case, which it has from now on."""
    receipt = agency.assign(
        assignment(
            row.reference.partition("/")[2],
            idempotency_key=f"{row.reference}/assign",
            case_reference=row.reference,
            creditor=Creditor(name="Esimerkki Oy", business_id=owner, contract_number="S-100"),
            principal_cents=CENTS,
            fees_cents=0,
            interest_cents=0,
        )
    )
    with office.database.transaction() as session:
        there = session.get_one(AgencyCase, row.id)
        there.agency_case_id = receipt.agency_case_id
        session.add(there)
    return receipt.agency_case_id


def _balances(agency: AgencyClient) -> list[CaseBalance]:
    found: list[CaseBalance] = []
    cursor = ""
    while (page := agency.balances_since(cursor)).cases:
        found += page.cases
        cursor = page.cursor
    return found


def _mine(office: Office, owner: str, agency: str = "intrum") -> list[AgencySettlement]:
    with office.database.transaction() as session:
        return list(
            session.exec(
                select(AgencySettlement)
                .where(AgencySettlement.business_id == owner, AgencySettlement.agency == agency)
                .where(col(AgencySettlement.name).like("TIL-%"))
            )
        )
