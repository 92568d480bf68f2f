"""The published client netvisor-api-client, unmodified, against the Netvisor-compatible interface:
every call that it has of these."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.states import InvoiceState
from tests.starter.netvisor_client import MatchCreditNote, Program, Town, new_number, published
from tests.starter.netvisor_fixtures import town

__all__ = ["town"]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def nv(town: Town, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return town.one.published("EN")


@pytest.fixture
def one(town: Town) -> Program:
    return town.one


def _invoice(customer: int, **changed: Any) -> dict[str, Any]:
    return {
        "number": int(new_number()),
        "date": date(2026, 3, 2),
        "due_date": date(2026, 3, 16),
        "amount": Decimal("244.00"),
        "currency": "EUR",
        "status": "open",
        "invoicing_customer_identifier": str(customer),
        "payment_term_net_days": 14,
        "invoice_lines": [
            {
                "identifier": {"identifier": "1697", "type": "netvisor"},
                "name": "Omena",
                "unit_price": {"amount": Decimal("200.00"), "type": "net"},
                "vat_percentage": {"percentage": Decimal(22), "code": "KOMY"},
                "quantity": Decimal(1),
            }
        ],
    } | changed


def test_customers(nv: Any, one: Program) -> None:
    code = new_number()
    key = nv.customers.create(
        {
            "customer_base_information": {
                "internal_identifier": code,
                "name": "Anna Aropää",
                "street_address": "Mallikatu 1",
                "additional_address_line": "c/o Malli",
                "city": "Helsinki",
                "post_number": "00200",
                "country": "FI",
                "phone_number": "040 1234567",
                "email": "anna@malliasiakas.example",
                "is_active": True,
                "email_invoicing_address": "laskut@malliasiakas.example",
            },
            "customer_finvoice_details": {
                "finvoice_address": "003712345678",
                "finvoice_router_code": "TESTOPER",
            },
            "customer_additional_information": {
                "comment": "Hyvä asiakas",
                "invoicing_language": "SE",
                "invoice_print_channel_format": 1,
            },
        }
    )
    row = one.customer(key)
    assert (row.key, row.name, row.language) == (code, "Anna Aropää", "sv")
    assert row.street == "Mallikatu 1, c/o Malli"
    assert row.email == "laskut@malliasiakas.example"

    base = nv.customers.get(key)["customer_base_information"]
    assert base["netvisor_key"] == key
    assert base["street_address"] == "Mallikatu 1"
    assert base["additional_street_address"] == "c/o Malli"
    assert base["country"] == "FI"
    assert base["email"] == "anna@malliasiakas.example"

    nv.customers.update(key, {"customer_base_information": {"city": "Espoo", "phone_number": ""}})
    row = one.customer(key)
    assert (row.city, row.phone, row.postcode) == ("Espoo", "", "00200")

    second = nv.customers.create({"customer_base_information": {"name": "Anna Aropää"}})
    assert nv.customers.list("no such customer") == []
    listed = nv.customers.list("aropää")
    assert {item["netvisor_key"] for item in listed} == {key, second}
    assert {item["code"] for item in listed} == {code, None}
    assert [item["netvisor_key"] for item in nv.customers.list(code)] == [key]
    details = nv.customers.detail_list([key, second])
    assert [item["customer_base_information"]["netvisor_key"] for item in details] == [key, second]
    with pytest.raises(published.InvalidData, match="there is no customer"):
        nv.customers.update(2**40, {"customer_base_information": {"city": "Espoo"}})
    with pytest.raises(published.DuplicateData):
        nv.customers.update(second, {"customer_base_information": {"internal_identifier": code}})


async def test_invoices(nv: Any, one: Program, office_worker: None) -> None:
    def come_and_go() -> tuple[int, int]:
        customer = nv.customers.create({"customer_base_information": {"name": "Maija Malli"}})
        content = _invoice(customer)
        key = nv.sales_invoices.create(content)
        whole = nv.sales_invoices.get(key)
        assert whole["number"] == content["number"]
        assert whole["amount"] == Decimal("244.00")
        assert whole["due_date"] == date(2026, 3, 16)
        assert whole["invoicing_customer_name"] == "Maija Malli"
        assert whole["invoice_status"] == "Open"
        assert whole["reference_number"]
        assert whole["invoicing_customer_country_code"] == "Finland"
        another = nv.sales_invoices.create(_invoice(customer))
        both = nv.sales_invoices.detail_list([key, another])
        assert both[0]["number"] == content["number"]
        listed = nv.sales_invoices.list(above_id=key - 1, status="open")
        assert listed[0]["netvisor_key"] == key
        assert listed[0]["sum"] == listed[0]["open_sum"] == Decimal("244.00")
        assert (listed[0]["status"], listed[0]["substatus"]) == ("open", "open")
        found = nv.sales_invoices.list(
            invoice_number=content["number"],
            start_date=date(2026, 3, 2),
            end_date=date(2026, 3, 2),
        )
        assert [item["netvisor_key"] for item in found] == [key]
        assert nv.sales_invoices.list(above_id=2**40) == []
        with pytest.raises(published.InvalidData, match="not found"):
            nv.sales_invoices.get(2**40)
        with pytest.raises(published.InvalidData, match="credit it"):
            nv.sales_invoices.update(key, content)
        with pytest.raises(published.InvalidData, match="salespayment"):
            nv.sales_invoices.update_status(key, "paid")
        nv.sales_invoices.update_status(key, "creditloss")
        return key, another

    key, another = await asyncio.to_thread(come_and_go)
    while (await asyncio.to_thread(one.invoice, key)).state != InvoiceState.WRITTEN_OFF:
        await asyncio.sleep(0.05)
    lost = await asyncio.to_thread(nv.sales_invoices.list, "creditloss", key - 1)
    assert [(item["netvisor_key"], item["status"]) for item in lost] == [(key, "creditloss")]
    assert (await asyncio.to_thread(one.invoice, another)).state == InvoiceState.OPEN


def test_payments(nv: Any, one: Program) -> None:
    customer = nv.customers.create({"customer_base_information": {"name": "Maija Malli"}})
    number = int(new_number())
    invoice = nv.sales_invoices.create(_invoice(customer, number=number))
    key = nv.sales_payments.create(
        {
            "sum": {"value": Decimal("44.00"), "currency": "EUR"},
            "payment_date": "2026-03-02",
            "target_identifier": {
                "target": str(number),
                "type": "invoicenumber",
                "targettype": "invoice",
            },
            "source_name": "Matti Malliasiakas",
            "payment_method": {"type": "alternative", "method": "pankkikortti"},
        }
    )
    assert one.entries(invoice) == [("principal", 24_400), ("payment", 4_400)]
    listed = nv.sales_payments.list({"AboveNetvisorKey": key - 1, "InvoiceNumber": number})
    assert [(item["netvisor_key"], item["name"]) for item in listed] == [
        (key, "Matti Malliasiakas")
    ]
    assert listed[0]["date"] == date(2026, 3, 2)
    assert listed[0]["sum"] == Decimal("44.00")
    assert listed[0]["invoice_number"] == number
    # What this client makes of an empty list of payments.
    assert nv.sales_payments.list({"abovenetvisorkey": 2**40}) is None


def test_credit_notes(nv: Any, one: Program) -> None:
    customer = nv.customers.create({"customer_base_information": {"name": "Maija Malli"}})
    invoice = nv.sales_invoices.create(_invoice(customer))
    note = nv.sales_invoices.create(_invoice(customer, amount=Decimal("-44.00")))
    keys = {"credit_note_netvisor_key": note, "invoice_netvisor_key": invoice}
    with pytest.raises(TypeError):
        nv.sales_invoices.match_credit_note(keys)
    MatchCreditNote(nv.sales_invoices.client, data=keys).make_request()
    assert one.entries(invoice) == [("principal", 24_400), ("credit", 4_400)]


def test_the_language_and_the_wrong_keys(nv: Any, town: Town) -> None:
    customer = nv.customers.create({"customer_base_information": {"name": "Maija Malli"}})
    key = nv.sales_invoices.create(_invoice(customer))
    for language, word in (("FI", "Avoin"), ("SE", "Öppen")):
        assert town.one.published(language).sales_invoices.get(key)["invoice_status"] == word
    stranger = town.new_program()
    stranger.business_id = town.one.business_id
    with pytest.raises(published.AuthenticationFailed, match="Tunnuksilla"):
        stranger.published().customers.list()
