"""salesinvoice.nv, getsalesinvoice.nv, salesinvoicelist.nv."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.client import Client

from starter.netvisor.envelope import Code
from store.tables import Invoice
from tests.starter.netvisor_client import (
    Program,
    Town,
    attributes,
    invoice_xml,
    new_number,
)
from tests.starter.netvisor_fixtures import town
from workflows.contract import workflow_id

__all__ = ["town"]

ADD = "salesinvoice.nv?method=add"


@pytest.fixture(scope="module")
def one(town: Town) -> Program:
    return town.one


@pytest.fixture(scope="module")
def customer(one: Program) -> int:
    return one.add_customer(more="<streetaddress>Mallikatu 1</streetaddress>")


# ── adding ───────────────────────────────────────────────────────────────────────────────────


async def test_an_invoice_is_registered_and_its_workflow_begins(
    one: Program, customer: int, office_temporal: Client
) -> None:
    number = new_number()
    key = await asyncio.to_thread(
        lambda: one.add_invoice(
            customer,
            number=number,
            amount="1 234,56",
            due="2026-4-1",
            more="<overriderateofoverdue>11,5</overriderateofoverdue>"
            "<salesinvoicereferencenumber>1070</salesinvoicereferencenumber>"
            "<invoicelines><invoiceline><salesinvoiceproductline><productname>X</productname>"
            "</salesinvoiceproductline></invoiceline></invoicelines>",
        )
    )
    row = one.invoice(key)
    assert (row.number, row.principal_cents, row.customer_id) == (number, 123_456, customer)
    assert (row.due.isoformat(), row.contract_rate, row.reference) == ("2026-04-01", "11.5", "1070")
    assert (row.iban, row.start_pending, row.held) == ("FI2112345600000785", False, False)
    assert row.rule_version_id is not None
    handle = office_temporal.get_workflow_handle(workflow_id(one.business_id, number))
    assert (await handle.describe()).id == handle.id


def test_the_same_again_is_the_same_and_another_is_refused(town: Town, customer: int) -> None:
    one, number = town.one, new_number()
    key = one.add_invoice(customer, number=number)
    before = town.rows()
    assert one.add_invoice(customer, number=number) == key
    for body in (
        invoice_xml(customer, number=number, amount="100,01"),
        invoice_xml(customer, number=number, amount="-100,00"),
        invoice_xml(one.add_customer(), number=number),
    ):
        assert one.refused(ADD, body).code == Code.DUPLICATE_DATA
    rows = town.rows()
    assert (rows[1], rows[2]) == (before[1], before[2])


def test_what_netvisors_smallest_invoice_leaves_out(town: Town) -> None:
    program = town.new_program()
    customer = program.add_customer("Maija Malli", "<internalidentifier>A-1</internalidentifier>")
    bare = (
        "<Root><SalesInvoice><SalesInvoiceDate>2026-03-02</SalesInvoiceDate>"
        "<InvoicingCustomerIdentifier{}>{}</InvoicingCustomerIdentifier>"
        "<PaymentTermNetDays>14</PaymentTermNetDays><InvoiceLines><InvoiceLine>"
        '<SalesInvoiceProductLine><ProductUnitPrice type="net">6,90</ProductUnitPrice>'
        '<ProductVatPercentage vatcode="KOMY">24</ProductVatPercentage>'
        "<SalesInvoiceProductLineQuantity>2</SalesInvoiceProductLineQuantity>"
        "</SalesInvoiceProductLine></InvoiceLine></InvoiceLines></SalesInvoice></Root>"
    )
    keys = [
        program.post(ADD, bare.format(kind, identifier))
        for kind, identifier in (
            (' type="netvisor"', customer),
            ("", customer),
            (' type="customer"', "A-1"),
        )
    ]
    rows = [program.invoice(key) for key in keys]
    assert [row.number for row in rows] == ["1", "2", "3"]
    assert {(row.principal_cents, row.due.isoformat(), row.customer_id) for row in rows} == {
        (1_711, "2026-03-16", customer)
    }
    assert len({row.reference for row in rows}) == 3


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (invoice_xml(987654321), "InvoicingCustomerIdentifier"),
        (invoice_xml(0, more="").replace(">0</invoicing", "></invoicing"), "missing"),
        (invoice_xml(0, amount="lots"), "InvoicingCustomerIdentifier"),
    ],
)
def test_an_unknown_customer_is_refused(town: Town, body: str, about: str) -> None:
    before = town.rows()
    answer = town.one.refused(ADD, body)
    assert answer.code == Code.INVALID_DATA
    assert about in answer.why
    assert town.rows() == before


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"amount": "lots"}, "SalesInvoiceAmount"),
        ({"amount": "0"}, "SalesInvoiceAmount"),
        ({"day": "2026-13-01"}, "SalesInvoiceDate"),
        ({"due": "2026-03-01"}, "SalesInvoiceDueDate"),
        ({"status": "paid"}, "paid"),
        ({"status": "collected"}, "agency"),
        ({"more": "<salesinvoicereferencenumber>1071</salesinvoicereferencenumber>"}, "Reference"),
        ({"more": "<invoicetype>order</invoicetype>"}, "InvoiceType"),
    ],
)
def test_what_is_wrong_is_refused(
    town: Town, customer: int, changed: dict[str, str], about: str
) -> None:
    before = town.rows()
    answer = town.one.refused(ADD, invoice_xml(customer, **changed))
    assert answer.code == Code.INVALID_DATA
    assert about in answer.why
    assert town.rows() == before


def test_a_company_without_an_account_cannot_be_paid(town: Town) -> None:
    program = town.new_program(iban="")
    answer = program.refused(ADD, invoice_xml(program.add_customer()))
    assert "IBAN" in answer.why


def test_an_invoice_is_not_edited(one: Program, customer: int) -> None:
    key = one.add_invoice(customer)
    answer = one.refused(f"salesinvoice.nv?method=edit&id={key}", invoice_xml(customer))
    assert "credit it" in answer.why


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_a_whole_invoice_as_netvisor_gives_it(one: Program, customer: int) -> None:
    number = new_number()
    key = one.add_invoice(customer, number=number)
    whole = one.call(f"getsalesinvoice.nv?netvisorkey={key}").find("SalesInvoice")
    assert whole is not None
    assert [child.tag for child in whole][:12] == [
        *("SalesInvoiceNetvisorKey", "SalesInvoiceNumber", "SalesInvoiceDate"),
        *("SalesInvoiceEventDate", "SalesInvoiceValueDate", "SalesInvoiceDeliveryDate"),
        *("SalesInvoiceDueDate", "SalesInvoiceReferencenumber", "SalesInvoiceAmount"),
        *("SalesInvoiceCollectionCost", "InvoiceStatus", "SalesInvoiceFreeTextBeforeLines"),
    ]
    amount = whole.find("SalesInvoiceAmount")
    assert amount is not None
    assert (amount.text, attributes(amount)) == (
        "100,00",
        {"iso4217currencycode": "EUR", "currencyrate": "1"},
    )
    status = whole.find("InvoiceStatus")
    assert status is not None
    assert (status.text, status.get("status")) == ("Open", "open")
    country = whole.find("InvoicingCustomerCountryCode")
    assert country is not None
    assert (country.text, country.get("ISO-3166")) == ("Finland", "FI")
    assert whole.findtext("PaymentTermNetDays") == "14"
    due = whole.find("SalesInvoiceDueDate")
    assert due is not None
    assert (due.text, due.get("format")) == ("2026-03-16", "ansi")
    several = one.call(f"getsalesinvoice.nv?netvisorkeylist={key},{2**40}")
    assert len(several.findall("SalesInvoices/SalesInvoice")) == 1
    unknown = one.call(f"getsalesinvoice.nv?netvisorkey={2**40}").find("SalesInvoice")
    assert unknown is not None
    assert len(unknown) == 0
    for query in ("", "?netvisorkey=x", f"?netvisorkeylist={','.join(map(str, range(501)))}"):
        assert one.refused(f"getsalesinvoice.nv{query}").code == Code.INVALID_DATA


def test_the_list_and_every_filter(town: Town) -> None:
    program = town.new_program()
    first = program.add_customer("Maija Malli", "<internalidentifier>A-1</internalidentifier>")
    second = program.add_customer("Malli Ab", "<country>SE</country>")
    early = program.add_invoice(first, number="501", day="2026-02-10", due="2026-03-30")
    late = program.add_invoice(second, number="502", day="2026-02-20", due="2026-03-30")
    draft = program.add_invoice(second, number="503", day="2026-02-20", status="unsent")
    note = program.add_invoice(first, number="504", amount="-10,00", day="2026-02-21")

    def listed(query: str) -> list[int]:
        root = program.call(f"salesinvoicelist.nv?{query}")
        return [int(str(one.text)) for one in root.findall("SalesInvoiceList/*/NetvisorKey")]

    everything = [early, late, draft, note]
    assert listed("") == listed("listtype=&replyoption=1&includemodifiedpayments=1") == everything
    assert listed("listtype=preinvoice") == []
    assert listed(f"InvoicesAboveNetvisorKey={early}") == everything[1:]
    assert listed("begininvoicedate=2026-02-11&endinvoicedate=2026-2-20") == [late, draft]
    assert listed("invoicenumber=502") == [late]
    assert listed("customercode=A-1") == [early, note]
    assert listed(f"customernetvisorkey={second}") == [late, draft]
    assert listed("invoicingcustomercontrycode=SE") == [late, draft]
    assert listed("invoicingcustomercountrycode=fi") == [early, note]
    assert listed("invoicestatus=open") == [early, late, note]
    assert listed("invoicestatus=unsent") == [draft]
    for status in ("overdue", "reminded", "requested", "collected", "paid", "creditloss"):
        assert listed(f"invoicestatus={status}") == []
    # The business clock of these tests began on 2 March 2026.
    assert listed("lastmodifiedstart=2026-03-01") == everything
    assert listed("lastmodifiedend=2026-03-01") == []
    assert listed("lastmodifiedstart=2026-03-30T00:00:00") == []
    assert listed("lastmodifiedend=2026-03-30T00:00:00") == everything
    for query in (
        *("invoicestatus=lost", "invoicesabovenetvisorkey=x", "begininvoicedate=yesterday"),
        *("lastmodifiedstart=soon", "secondname=x", "salesinvoicebatchid=1", "listtype=other"),
    ):
        assert program.refused(f"salesinvoicelist.nv?{query}").code == Code.INVALID_DATA

    item, _, unsent, credited = program.call("salesinvoicelist.nv")[1]
    assert [child.tag for child in item] == [
        *("NetvisorKey", "InvoiceNumber", "Invoicedate", "InvoiceDueDate", "InvoiceStatus"),
        *("CustomerNetvisorKey", "CustomerCode", "CustomerName", "ReferenceNumber"),
        *("InvoiceSum", "OpenSum", "Uri"),
    ]
    assert attributes(item[4]) == {"substatus": "open", "isincollection": "0"}
    assert (item[4].text, unsent[4].text, attributes(unsent[4])) == ("open", "unsent", {})
    assert credited.findtext("InvoiceSum") == credited.findtext("OpenSum") == "-10,00"
    assert item.findtext("Uri") == f"{program.url}/getsalesinvoice.nv?netvisorkey={early}"


@pytest.mark.parametrize(
    ("state", "main", "sub", "collected", "filters"),
    [
        ("overdue", "open", "overdue", "0", {"open", "overdue"}),
        ("reminded", "open", "reminded", "0", {"open", "overdue", "reminded"}),
        ("notified", "open", "requested", "0", {"open", "overdue", "requested"}),
        ("in_collection", "open", "collected", "1", {"open", "overdue", "collected"}),
        ("paid", "paid", None, None, {"paid"}),
        ("credited", "paid", None, None, {"paid"}),
        ("written_off", "creditloss", None, None, {"creditloss"}),
        ("cancelled", "rejected", None, None, {"rejected"}),
    ],
)
def test_every_state_has_its_status(
    town: Town,
    state: str,
    main: str,
    sub: str | None,
    collected: str | None,
    filters: set[str],
) -> None:
    program = town.new_program()
    key = program.add_invoice(program.add_customer())
    with program.database.transaction() as session:
        row = session.get_one(Invoice, key)
        row.state = state
        session.add(row)
    status = program.call("salesinvoicelist.nv").find("SalesInvoiceList/*/InvoiceStatus")
    assert status is not None
    assert (status.text, status.get("substatus"), status.get("isincollection")) == (
        *(main, sub, collected),
    )
    for asked in ("open", "overdue", "reminded", "requested", "collected", "paid", "creditloss"):
        found = program.call(f"salesinvoicelist.nv?invoicestatus={asked}")
        assert (found.find("SalesInvoiceList/SalesInvoice") is not None) == (asked in filters)
    whole = program.call(f"getsalesinvoice.nv?netvisorkey={key}").find("*/InvoiceStatus")
    assert whole is not None
    assert whole.get("status") == (sub or main)
