"""Booking what a bank's file says."""

from datetime import date
from pathlib import Path

import pytest

from domain import references
from domain.ledger import UnbalancedEntry
from starter import payments
from starter.payments import Entered
from store.imports import RecordStatus
from tests.starter.office import Office, ktl_file


async def pay(office: Office, number: str, cents: int, key: str) -> Entered:
    return await payments.pay(
        office.row(number).id,
        cents,
        on=date(2026, 3, 2),
        key=key,
        settlement=False,
        actor="somebody",
        database=office.database,
        client=office.client,
        clock=office.clock,
    )


async def test_a_file_is_matched_by_reference_and_counts_once(
    office: Office, tmp_path: Path
) -> None:
    paid, partly = office.record(), office.record()
    await office.take_in(paid, partly)
    astray = references.make(99_999)
    file = ktl_file(
        tmp_path,
        [
            (paid.reference or "", paid.amount_cents),
            (partly.reference or "", 2_500),
            (astray, 700),
        ],
    )
    first = await office.hand_in(file)
    summed = await office.imports.summed(first.id)
    assert (first.booked, first.known, first.bad) == (2, 0, 0)
    assert summed.booked_cents == paid.amount_cents + 2_500
    aside = await office.imports.records(first.id, [RecordStatus.SET_ASIDE])
    unmatched = [record.reason for record in aside if record.kind == "payment"]
    assert len(unmatched) == 1
    assert astray in unmatched[0]
    await office.until(paid.number, lambda row: row.state == "paid")
    row = await office.until(partly.number, lambda row: not row.signal_pending)
    assert row.case_json["open_cents"] == partly.amount_cents - 2_500

    second = await office.hand_in(file)
    assert (second.status, second.booked, second.known, second.bad) == ("done", 0, 3, 0)
    assert office.row(partly.number).case_json["paid_cents"] == 2_500


async def test_a_payment_by_hand_counts_once_for_its_key(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    first = await pay(office, one.number, 4_000, "by hand")
    second = await pay(office, one.number, 4_000, "by hand")
    assert (first.booked.new, second.booked.new) == (True, False)
    assert second.booked.balance.open_cents == one.amount_cents - 4_000
    with pytest.raises(UnbalancedEntry):
        await pay(office, one.number, -5_000, "too much")
    taken_back = await pay(office, one.number, -4_000, "back")
    assert taken_back.booked.balance.open_cents == one.amount_cents
