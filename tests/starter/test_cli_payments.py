"""`karhu payments`: the queue, and what a person does about it."""

import json
from datetime import UTC, date, datetime

from store import payments
from store.payments import Result
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu
from tests.store.bank import transaction

__all__ = ["karhu"]


def book(office: Office, account: str, cents: int, *, reference: str = "") -> Result:
    """A bank's transaction."""
    with office.database.transaction() as session:
        (result,) = payments.book(
            session,
            [
                transaction(
                    reference,
                    cents,
                    account=account,
                    payer="MALLIASIAKAS",
                    paid_on=date(2026, 3, 3),
                    booked_on=date(2026, 3, 3),
                )
            ],
            now=office.clock.now(datetime.now(UTC)),
        )
    return result


async def test_from_the_queue_to_an_invoice_and_back(karhu: Karhu, office: Office) -> None:
    # To an account of their own: other tests' invoices would be suggested as well.
    one, other = (
        record.model_copy(update={"iban": "FI9715903000099994"})
        for record in (office.record(amount_cents=7_123), office.record())
    )
    await office.take_in(one, other)
    result = book(office, one.iban or "", 10_000)
    payment = str(result.payment_id)

    mine = ("--company", office.business_id)
    listed = await karhu("payments", "list", "--waiting", "--limit", "1000")
    assert "reference" in listed.stdout
    found = json.loads(
        (await karhu("payments", "list", "--waiting", *mine, "--limit", "1000", "--json")).stdout
    )
    assert result.payment_id in [row["id"] for row in found["payments"]]
    shown = await karhu("payments", "show", payment)
    assert f"invoice {other.number}" in shown.stdout

    part = await karhu(
        "payments", "assign", payment, one.number, "--amount", "71.23", "--actor", "Essi", *mine
    )
    assert (part.exit_code, "71.23 EUR booked" in part.stdout) == (0, True)
    await office.until(one.number, lambda row: row.state == "paid")
    too_much = await karhu("payments", "assign", payment, other.number, "--amount", "50", *mine)
    assert (too_much.exit_code, "28.77" in too_much.stderr) == (1, True)
    rest = await karhu("payments", "assign", payment, other.number, *mine)
    assert "28.77 EUR booked" in rest.stdout
    shown = await karhu("payments", "show", payment, "--json")
    assert [share["number"] for share in json.loads(shown.stdout)["shares"]] == [
        one.number,
        other.number,
    ]

    # Taken off the invoice that it had closed, that one is open again.
    off = await karhu("payments", "unassign", payment, one.number, *mine)
    assert off.exit_code == 0
    row = await office.until(one.number, lambda row: row.state != "paid")
    assert row.state == "open"
    assert "reopened" in (await karhu("invoice", "show", one.number, *mine)).stdout

    aside = await karhu("payments", "set-aside", payment, "--reason", "the rest is a deposit")
    assert aside.exit_code == 0
    assert "deposit" in (await karhu("payments", "show", payment)).stdout
    assert (await karhu("payments", "show", "999999999")).exit_code == 1
    nothing = await karhu("payments", "unassign", payment, one.number, *mine)
    assert nothing.exit_code == 1


async def test_overpaid_invoices_are_listed(karhu: Karhu, office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    result = book(office, one.iban or "", one.amount_cents + 500, reference=one.reference or "")
    assert result.overpaid_cents == 500
    listed = await karhu("payments", "list", "--overpaid", "--company", office.business_id)
    assert one.number in listed.stdout
    assert "5.00" in listed.stdout
