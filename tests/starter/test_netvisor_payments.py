"""salespayment.nv, salespaymentlist.nv."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest

from domain import references
from domain.ledger import Entry, EntryKind
from domain.states import InvoiceState
from starter.netvisor.envelope import Code
from store import ledger
from tests.starter.netvisor_client import Program, Refused, Town, new_number
from tests.starter.netvisor_fixtures import town

__all__ = ["town"]


@pytest.fixture(scope="module")
def one(town: Town) -> Program:
    return town.one


@pytest.fixture(scope="module")
def customer(one: Program) -> int:
    return one.add_customer()


def payment(
    target: object,
    *,
    kind: str = "netvisor",
    amount: str = "40,00",
    day: str = "2026-03-02",
    payer: str = "Maija Maksaja",
    currency: str = "EUR",
    of: str = "invoice",
) -> str:
    return (
        f'<root><salespayment><sum currency="{currency}">{amount}</sum>'
        f"<paymentdate>{day}</paymentdate>"
        f'<targetidentifier type="{kind}" targettype="{of}">{target}</targetidentifier>'
        f"<sourcename>{payer}</sourcename>"
        '<paymentmethod type="alternative">pankkikortti</paymentmethod></salespayment></root>'
    )


def refused(program: Program, body: str, **changed: str) -> Refused:
    return program.refused("salespayment.nv", body, **changed)


def listed(program: Program, query: str = "") -> list[int]:
    root = program.call(f"salespaymentlist.nv?{query}")
    return [int(str(one.text)) for one in root.findall("SalesPaymentList/*/NetvisorKey")]


def test_a_payment_finds_its_invoice_by_key_reference_and_number(
    one: Program, customer: int
) -> None:
    key = one.add_invoice(customer)
    row = one.invoice(key)
    for kind, target in (
        ("netvisor", key),
        ("reference", row.reference),
        ("invoicenumber", row.number),
    ):
        one.post("salespayment.nv", payment(target, kind=kind, amount="10,00"))
    assert one.entries(key)[1:] == [("payment", 1_000)] * 3


def test_of_several_with_one_reference_the_oldest_open_one_is_paid(
    one: Program, customer: int
) -> None:
    reference = references.make(998_877)
    same = f"<salesinvoicereferencenumber>{reference}</salesinvoicereferencenumber>"
    late = one.add_invoice(customer, due="2026-03-30", more=same)
    early = one.add_invoice(customer, due="2026-03-20", more=same)
    for amount in ("100,00", "60,00"):
        one.post(
            "salespayment.nv", payment(references.to_rf(reference), kind="reference", amount=amount)
        )
    assert one.entries(early)[1:] == [("payment", 10_000)]
    assert one.entries(late)[1:] == [("payment", 6_000)]


async def test_the_workflow_is_told(one: Program, customer: int, office_worker: None) -> None:
    def pay() -> int:
        key = one.add_invoice(customer)
        one.post("salespayment.nv", payment(key, amount="100,00"))
        return key

    key = await asyncio.to_thread(pay)
    async with asyncio.timeout(20):
        while (await asyncio.to_thread(one.invoice, key)).state != InvoiceState.PAID:
            await asyncio.sleep(0.05)
    assert not one.invoice(key).signal_pending
    # Netvisor matches nothing with an invoice that is paid.
    answer = await asyncio.to_thread(refused, one, payment(key))
    assert (answer.code, "nothing is open" in answer.why) == (Code.INVALID_DATA, True)
    status = one.call(f"getsalesinvoice.nv?netvisorkey={key}").find("*/InvoiceStatus")
    assert status is not None
    assert (status.text, status.get("status")) == ("Paid", "paid")


def test_a_payment_counts_once(town: Town, customer: int) -> None:
    one = town.one
    key = one.add_invoice(customer)
    one.call("salespayment.nv", payment(key), TransactionId="paid-once")
    before = town.rows()
    assert refused(one, payment(key), TransactionId="paid-once").code == Code.REQUEST_NOT_UNIQUE
    assert town.rows() == before
    one.call("salespayment.nv", payment(key), TransactionId="paid-twice")
    assert one.entries(key)[1:] == [("payment", 4_000)] * 2


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"amount": "0"}, "Sum"),
        ({"amount": "-1,00"}, "Sum"),
        ({"amount": "much"}, "Sum"),
        ({"currency": "SEK"}, "SEK"),
        ({"day": "2026-02-30"}, "PaymentDate"),
        ({"day": "2027-01-01"}, "to come"),
        ({"day": ""}, "PaymentDate"),
        ({"of": "order"}, "TargetIdentifier"),
        ({"kind": "planet"}, "TargetIdentifier"),
        ({"kind": "reference", "target": "1071"}, "TargetIdentifier"),
        ({"kind": "reference", "target": "13505"}, "TargetIdentifier"),
        ({"kind": "invoicenumber", "target": "nothing"}, "TargetIdentifier"),
        ({"target": "999999999"}, "TargetIdentifier"),
        ({"target": ""}, "TargetIdentifier"),
    ],
)
def test_what_is_wrong_is_refused(
    town: Town, customer: int, changed: dict[str, str], about: str
) -> None:
    key = town.one.add_invoice(customer)
    before = town.rows()
    answer = refused(town.one, payment(**({"target": str(key)} | changed)))
    assert (answer.code, about in answer.why) == (Code.INVALID_DATA, True), answer.why
    assert town.rows() == before


def test_the_agencys_own_payment_is_known_by_its_name(one: Program, customer: int) -> None:
    key = one.add_invoice(customer)
    one.post("salespayment.nv", payment(key, payer="Intrum Oy"))
    assert one.entries(key)[1:] == [("payment", 4_000)]


def test_the_list_and_every_filter(town: Town) -> None:
    program = town.new_program()
    customer = program.add_customer("Matti Malliasiakas")
    first, second = (program.add_invoice(customer, number=str(601 + at)) for at in range(2))
    keys = [
        program.post("salespayment.nv", payment(first, amount="10,00", day="2026-02-01")),
        program.post("salespayment.nv", payment(second, amount="20,50", day="2026-02-15")),
        program.post("salespayment.nv", payment(second, amount="5,00", payer="", day="2026-03-01")),
    ]
    assert listed(program) == listed(program, "limitlinkedpayments=1&replyoption=3") == keys
    assert listed(program, f"AboveNetvisorKey={keys[0]}") == keys[1:]
    assert listed(program, "begindate=2026-02-02&enddate=2026-02-28") == [keys[1]]
    assert listed(program, "searchbyname=maksaja") == keys[:2]
    assert listed(program, "searchbyname=malliasiakas") == keys[2:]
    assert listed(program, f"invoicenetvisorkey={first}") == keys[:1]
    assert listed(program, "invoicenumber=602") == keys[1:]
    assert listed(program, "limitbytype=onlycreditloss") == []
    assert listed(program, "limitbytype=excludecreditloss") == keys
    assert listed(program, "lastmodifiedstart=2026-03-01T00:00:00") == keys
    assert listed(program, "lastmodifiedend=2026-03-01T00:00:00") == []
    for query in ("limitbytype=none", "begindate=x", "abovenetvisorkey=x", "lastmodifiedend=x"):
        with pytest.raises(Refused):
            listed(program, query)
    item, second_item, nameless = program.call("salespaymentlist.nv")[1]
    assert [child.tag for child in item] == [
        *("NetvisorKey", "Name", "Date", "Sum", "ReferenceNumber", "ForeignCurrencyAmount"),
        *("InvoiceNumber", "LastModifiedTimestamp", "PaymentSource", "BankStatus"),
    ]
    assert (item.findtext("Date"), item.findtext("Sum")) == ("1.2.2026", "10,00")
    assert (item.findtext("Name"), item.findtext("PaymentSource")) == (
        *("Maija Maksaja", "pankkikortti"),
    )
    assert second_item.findtext("Sum") == "20,50"
    assert nameless.findtext("Name") == "Matti Malliasiakas"


def test_what_was_entered_and_written_off_is_listed_too(town: Town) -> None:
    program = town.new_program()
    key = program.add_invoice(program.add_customer(), number=new_number())
    program.post("salespayment.nv", payment(key))
    entered(program, key, EntryKind.PAYMENT_REVERSED, 1_000)
    entered(program, key, EntryKind.WRITE_OFF, 7_000)
    sums = program.call("salespaymentlist.nv").findall("SalesPaymentList/SalesPayment/Sum")
    assert [one.text for one in sums] == ["40,00", "-10,00", "70,00"]
    assert len(listed(program, "limitbytype=onlycreditloss")) == 1
    assert len(listed(program, "limitbytype=excludecreditloss")) == 2


def entered(program: Program, invoice: int, kind: EntryKind, cents: int) -> None:
    """An entry that comes by another way than this interface."""
    with program.database.transaction() as session:
        entry = Entry(kind, cents, date(2026, 3, 2), f"test/{kind.value}")
        ledger.book(session, invoice, [entry], datetime(2026, 3, 2, 12, tzinfo=UTC))
