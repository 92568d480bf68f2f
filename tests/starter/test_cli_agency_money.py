"""`karhu import` of settlements, `karhu agency settlements`, and ticks on the command line."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from domain import references
from store import payments
from store.tables import AgencyCase, BankPayment
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu
from tests.store.bank import transaction

__all__ = ["karhu"]

_serial = itertools.count(1)


async def at_the_agency(office: Office) -> tuple[str, str, str]:
    """An invoice that Intrum has: its number, reference and account."""
    record = office.record(amount_cents=10_000)
    await office.take_in(record)
    with office.database.transaction() as session:
        session.add(
            AgencyCase(
                invoice_id=office.row(record.number).id,
                agency="intrum",
                service="collection",
                reference=f"{office.business_id}/{record.number}",
                agency_case_id=f"INT-{record.number}",
                assigned_at=office.clock.now(datetime.now(UTC)),
            )
        )
    return record.number, record.reference or "", record.iban or ""


def book(office: Office, reference: str, iban: str, cents: int, payer: str) -> int:
    coming = transaction(reference, cents, account=iban, payer=payer)
    with office.database.transaction() as session:
        payments.book(session, [coming], now=office.clock.now(datetime.now(UTC)))
        return session.exec(select(BankPayment).where(BankPayment.key == coming.key)).one().id


def settlement(office: Office, number: str, **changes: Any) -> dict[str, Any]:
    serial = next(_serial)
    return {
        "settlement_id": f"CLI-{serial}",
        "business_id": office.business_id,
        "contract_number": "S-100",
        "settled_on": "2026-03-09",
        "reference": references.make(600_000 + serial),
        "lines": [
            {
                "case_reference": f"{office.business_id}/{number}",
                "agency_case_id": f"INT-{number}",
                "principal_cents": 10_000,
                "interest_cents": 0,
                "fees_cents": 0,
                "paid_on": "2026-03-05",
            }
        ],
        "commission_cents": 1_000,
        "transferred_cents": 9_000,
    } | changes


async def test_a_file_of_settlements_and_their_money(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    number, _, iban = await at_the_agency(office)
    said = settlement(office, number)
    file = tmp_path / "tilitys.json"
    broken = settlement(office, number, settled_on="yesterday")
    file.write_text(json.dumps([said, broken]))
    handed_in = await karhu("import", str(file))
    assert handed_in.exit_code == 1
    assert "1 booked" in handed_in.stdout
    assert broken["settlement_id"] in handed_in.stderr
    file.write_text(json.dumps(said))
    again = await karhu("import", str(file))
    assert (again.exit_code, "1 already there" in again.stdout) == (0, True)

    mine = ("--company", office.business_id)
    listed = await karhu("agency", "settlements", "--unsettled", *mine, "--json")
    (row,) = json.loads(listed.stdout)["settlements"]
    assert (row["name"], row["status"]) == (said["settlement_id"], "awaiting")
    book(office, said["reference"], iban, 9_000, "INTRUM OY")
    shown = await karhu("agency", "settlement", str(row["id"]))
    assert "settled by payment" in shown.stdout
    assert number in shown.stdout
    released = await karhu("agency", "release", str(row["id"]), "--actor", "Essi")
    assert (released.exit_code, "released by Essi" in released.stdout) == (0, True)
    assert (await karhu("agency", "release", str(row["id"]))).exit_code == 1
    tried = await karhu("agency", "retry-settlement", str(row["id"]))
    assert "settled" in tried.stdout
    assert (await karhu("agency", "settlement", "999999")).exit_code == 1


async def test_a_person_ticks_otherwise(karhu: Karhu, office: Office) -> None:
    number, reference, iban = await at_the_agency(office)
    mine = ("--company", office.business_id)
    payment = str(book(office, reference, iban, 3_000, "MALLIASIAKAS"))
    shown = await karhu("payments", "show", payment)
    assert "a direct payment" in shown.stdout
    ticked = await karhu("payments", "settlement", payment, "yes", "--actor", "Essi")
    assert (ticked.exit_code, "payment reversal" in ticked.stdout) == (0, True)
    shown = await karhu("payments", "show", payment)
    assert "Essi says" in shown.stdout
    again = await karhu("payments", "settlement", payment, "yes")
    assert "already" in again.stdout
    assert (await karhu("payments", "settlement", "999999", "no")).exit_code == 1

    by_hand = await karhu("invoice", "pay", number, "10", "--key", "a", "--payer", "Intrum", *mine)
    assert "is not told" in by_hand.stdout
    turned = await karhu(
        "payments", "settlement", "payment/a", "no", "--invoice", number, "--actor", "Essi", *mine
    )
    assert (turned.exit_code, "a direct payment" in turned.stdout) == (0, True)
    story = await karhu("invoice", "show", number, *mine)
    assert "payment/a" in story.stdout
    direct = await karhu("invoice", "pay", number, "10", "--direct", "--payer", "Intrum", *mine)
    assert "will be told" in direct.stdout
