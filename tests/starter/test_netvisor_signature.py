"""Who is let in, and once: signatures, time stamps, transaction ids, the company, guessing."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import delete
from sqlmodel import select

from domain.sign_in import ACCOUNT_TRIES
from starter.api import create_app
from starter.netvisor import keys
from starter.netvisor.envelope import Code
from starter.settings import Settings
from store import audit, netvisor_keys
from store.people import Place
from store.tables import LoginThrottle, NetvisorKey, NetvisorRequest
from tests.serving import served
from tests.starter.netvisor_client import FILE_KEY, Program, Refused, Town, invoice_xml, read
from tests.starter.netvisor_fixtures import town

__all__ = ["town"]

BODY = (
    "<root><customer><customerbaseinformation><name>X Oy</name></customerbaseinformation>"
    "</customer></root>"
)
ADD = "customer.nv?method=add"


@pytest.fixture(autouse=True)
def _forgotten(town: Town) -> None:
    with town.database.transaction() as session:
        session.execute(delete(LoginThrottle))


def test_a_signed_request_is_let_in(town: Town) -> None:
    assert town.one.call("customerlist.nv").find("Customerlist") is not None
    assert town.one.call("CustomerList.nv?Keyword=m%C3%A4%20x").find("Customerlist") is not None


def test_a_replay_is_refused_and_changes_nothing(town: Town) -> None:
    town.one.call(ADD, BODY, TransactionId="the-very-same")
    before = town.rows()
    refused = town.one.refused(ADD, BODY, TransactionId="the-very-same")
    assert (refused.code, refused.status) == (Code.REQUEST_NOT_UNIQUE, 409)
    assert town.one.refused("customerlist.nv", TransactionId="the-very-same").code == (
        Code.REQUEST_NOT_UNIQUE
    )
    assert town.rows() == before
    # Another program has transaction ids of its own.
    town.other.call(ADD, BODY, TransactionId="the-very-same")


def test_a_refused_request_is_spent_too(town: Town) -> None:
    assert town.one.refused(ADD, "<root/>", TransactionId="spent").code == Code.INVALID_DATA
    assert town.one.refused(ADD, BODY, TransactionId="spent").code == Code.REQUEST_NOT_UNIQUE


@pytest.mark.parametrize(
    "changed",
    [
        {"MAC": "0" * 64},
        {"CustomerId": "KRH_nobody"},
    ],
)
def test_a_wrong_signature_is_refused(town: Town, changed: dict[str, str]) -> None:
    before = town.rows()
    refused = town.one.refused(ADD, BODY, **changed)
    assert (refused.code, refused.status) == (Code.AUTHENTICATION_FAILED, 401)
    assert town.rows() == before


def test_the_address_is_signed_for(town: Town) -> None:
    url = f"{town.url}/{ADD}"
    headers = town.one.headers(f"{town.url}/customerlist.nv")
    answer = town.http.post(url, content=BODY, headers=list(headers.items()))
    with pytest.raises(Refused):
        read(answer)
    # Behind a proxy that ends TLS, the client has signed for https.
    headers = town.one.headers(url.replace("http://", "https://"))
    read(town.http.post(url, content=BODY, headers=list(headers.items())))


def test_the_partner_is_part_of_it(town: Town) -> None:
    url = f"{town.url}/customerlist.nv"
    headers = town.one.headers(url) | {b"X-Netvisor-Authentication-PartnerId": b"KRH_other"}
    with pytest.raises(Refused) as caught:
        read(town.http.get(url, headers=list(headers.items())))
    assert caught.value.code == Code.AUTHENTICATION_FAILED


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_stale_request_is_refused(town: Town, off: timedelta) -> None:
    before = town.rows()
    late = datetime.now(UTC) + off
    for changed in (
        {"Timestamp": late.strftime("%Y-%m-%d %H:%M:%S.000")},
        {"TimestampUnix": str(int(late.timestamp()))},
    ):
        refused = town.one.refused(ADD, BODY, **changed)
        assert (refused.code, refused.status) == (Code.AUTHENTICATION_FAILED, 401)
    for name, value in (("Timestamp", "yesterday"), ("TimestampUnix", "soon")):
        assert town.one.refused(ADD, BODY, **{name: value}).code == Code.AUTHENTICATION_FAILED
    assert town.rows() == before


def test_milliseconds_are_a_time_too(town: Town) -> None:
    now = datetime.now(UTC)
    town.one.call("customerlist.nv", TimestampUnix=str(int(now.timestamp() * 1000)))


def test_other_algorithms_and_missing_headers_are_refused(town: Town) -> None:
    url = f"{town.url}/customerlist.nv"
    for name in town.one.headers(url):
        if name.endswith((b"Language", b"Codes")):
            continue
        headers = {k: v for k, v in town.one.headers(url).items() if k != name}
        with pytest.raises(Refused) as caught:
            read(town.http.get(url, headers=list(headers.items())))
        assert caught.value.code == Code.AUTHENTICATION_FAILED
    algorithm = b"X-Netvisor-Authentication-MACHashCalculationAlgorithm"
    headers = town.one.headers(url) | {algorithm: b"MD5"}
    with pytest.raises(Refused):
        read(town.http.get(url, headers=list(headers.items())))


def test_another_company_is_refused(town: Town) -> None:
    before = town.rows()
    refused = town.one.refused(ADD, BODY, OrganisationID=town.other.business_id)
    assert refused.code == Code.AUTHENTICATION_FAILED
    assert town.other.business_id in refused.why
    assert town.one.refused(ADD, BODY, OrganisationID="12345").code == Code.AUTHENTICATION_FAILED
    assert town.rows() == before


def test_a_firms_key_speaks_for_its_companies(town: Town) -> None:
    firm = Program(
        **{
            **{name: getattr(town.one, name) for name in ("url", "http", "database")},
            **{name: getattr(town.one, name) for name in ("business_id", "company_id")},
        },
        made=town.firm,
    )
    key = firm.post(ADD, BODY)
    assert firm.customer(key).company_id == town.one.company_id
    firm.business_id = town.other.business_id
    assert firm.refused(ADD, BODY).code == Code.AUTHENTICATION_FAILED


def test_guessing_is_slowed_down(town: Town) -> None:
    program = town.new_program()
    for _ in range(ACCOUNT_TRIES):
        assert program.refused("customerlist.nv", MAC=secrets.token_hex(32)).status == 401
    assert program.refused("customerlist.nv", MAC=secrets.token_hex(32)).status == 429
    # The right one waits as well, and others do not.
    answer = program.send("customerlist.nv")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    town.one.call("customerlist.nv")
    with town.database.transaction() as session:
        seen = audit.page(session, Place("", "", program.company_id, None), before=None, limit=10)
        assert "netvisor.refused" in {entry.action for entry in seen}


def test_a_revoked_key_is_over(town: Town) -> None:
    program = town.new_program()
    place = Place(program.business_id, "", program.company_id, None)
    program.call("customerlist.nv")
    with town.database.transaction() as session:
        assert netvisor_keys.keys(session, place)[0].last_used_at is not None
        keys.revoke(session, place, program.made.key_id, actor="test", now=datetime.now(UTC))
    assert program.refused("customerlist.nv").code == Code.AUTHENTICATION_FAILED


def test_keys_are_not_in_the_database(town: Town) -> None:
    with town.database.transaction() as session:
        row = session.exec(select(NetvisorKey).where(NetvisorKey.id == town.one.made.key_id)).one()
        for secret in (town.one.made.customer_key, town.one.made.partner_key):
            for column in (row.sealed_customer_key, row.sealed_partner_key):
                assert secret.encode() not in column


def test_old_requests_are_forgotten(town: Town) -> None:
    with town.database.transaction() as session:
        old = datetime.now(UTC) - netvisor_keys.KEPT - timedelta(hours=1)
        session.add(NetvisorRequest(key_id=town.one.made.key_id, transaction_id="of old", at=old))
    town.one.call("customerlist.nv")
    with town.database.transaction() as session:
        query = select(NetvisorRequest).where(NetvisorRequest.transaction_id == "of old")
        assert session.exec(query).first() is None


def test_without_the_header_the_status_of_http_says_nothing(town: Town) -> None:
    url = f"{town.url}/customerlist.nv"
    wants = b"X-Netvisor-Authentication-UseHTTPResponseStatusCodes"
    headers = town.one.headers(url) | {wants: b"0", b"X-Netvisor-Authentication-MAC": b"00"}
    answer = town.http.get(url, headers=list(headers.items()))
    assert answer.status_code == 200
    with pytest.raises(Refused):
        read(answer)


@pytest.mark.parametrize("language", ["FI", "EN", "SE", "DE"])
def test_the_language_is_heeded(town: Town, language: str) -> None:
    refused = town.one.refused("product.nv?method=add", BODY, Language=language)
    assert (refused.code, refused.status) == (Code.SERVICE_ACCESS_ERROR, 404)
    words = {"EN": "There is no", "SE": "finns inte"}.get(language, "ei ole täällä")
    assert words in refused.why
    assert "product.nv" in refused.why


def test_the_wrong_method_and_bodies_that_are_none(town: Town) -> None:
    for target, body in (
        ("customer.nv", BODY),
        ("customer.nv?method=delete", BODY),
        (ADD, None),
        (ADD, ""),
        (ADD, "no XML"),
        (ADD, "<root><customer>"),
        (ADD, "<root><salespayment/></root>"),
        (ADD, BODY.replace("</root>", "") + BODY.removeprefix("<root>")),
        (ADD, f'<!DOCTYPE root [<!ENTITY x "X Oy">]>{BODY.replace("X Oy", "&x;")}'),
        (ADD, BODY.replace("X Oy", "&x;")),
        ("customerlist.nv", "<root/>"),
    ):
        refused = town.one.refused(target, body)
        assert (refused.code, refused.status) == (Code.INVALID_DATA, 400), target


def test_a_body_is_not_without_end(town: Town) -> None:
    refused = town.one.refused(ADD, " " * (17 * 1024 * 1024))
    assert (refused.code, refused.status) == (Code.INVALID_DATA_SIZE, 413)


def test_pieces_of_the_body_are_read_after_the_signature(town: Town) -> None:
    url = f"{town.url}/{ADD}"
    headers = town.one.headers(url) | {b"X-Netvisor-Authentication-MAC": b"00"}
    answer = town.http.post(url, content=b"x" * 100_000, headers=list(headers.items()))
    with pytest.raises(Refused) as caught:
        read(answer)
    assert caught.value.code == Code.AUTHENTICATION_FAILED


def test_nothing_is_served_without_the_key_of_keys(office_settings: Settings, town: Town) -> None:
    with (
        served(create_app(office_settings)) as url,
        httpx.Client(trust_env=False) as http,
    ):
        program = Program(
            url, http, town.database, town.one.business_id, town.one.company_id, town.one.made
        )
        assert program.refused("customerlist.nv").code == Code.SYSTEM_MAINTENANCE
    other = office_settings.model_copy(
        update={
            "file_key": SecretStr("another key than before"),
            "public_url": "https://karhu.example/",
        }
    )
    with served(create_app(other)) as url, httpx.Client(trust_env=False) as http:
        program = Program(
            url, http, town.database, town.one.business_id, town.one.company_id, town.one.made
        )
        assert program.refused("customerlist.nv").code == Code.SYSTEM_MAINTENANCE


def test_the_public_address_is_what_is_signed_for(office_settings: Settings, town: Town) -> None:
    settings = office_settings.model_copy(
        update={"file_key": SecretStr(FILE_KEY), "public_url": "https://karhu.example/"}
    )
    with served(create_app(settings)) as url, httpx.Client(trust_env=False) as http:
        headers = town.one.headers("https://karhu.example/customerlist.nv")
        root = read(http.get(f"{url}/customerlist.nv", headers=list(headers.items())))
        assert root.find("Customerlist") is not None
        headers = town.one.headers(f"{url}/customerlist.nv")
        with pytest.raises(Refused):
            read(http.get(f"{url}/customerlist.nv", headers=list(headers.items())))


def test_no_other_companys_rows_are_seen(town: Town) -> None:
    customer = town.other.add_customer("Salainen Asiakas")
    invoice = town.other.add_invoice(customer, number="999111")
    one = town.one
    assert one.call("customerlist.nv?keyword=Salainen").find("Customerlist/Customer") is None
    assert len(one.call(f"getcustomer.nv?id={customer}")[1]) == 0
    assert len(one.call(f"getcustomer.nv?idlist={customer}")[1]) == 0
    assert len(one.call(f"getsalesinvoice.nv?netvisorkey={invoice}")[1]) == 0
    listed = one.call(f"salesinvoicelist.nv?invoicesabovenetvisorkey={invoice - 1}")
    assert listed.findtext("SalesInvoiceList/SalesInvoice/NetvisorKey") != str(invoice)
    before = town.rows()
    payment = (
        "<root><salespayment><sum>1</sum><paymentdate>2026-03-02</paymentdate>"
        '<targetidentifier type="{}">{}</targetidentifier></salespayment></root>'
    )
    reference = town.other.invoice(invoice).reference
    for target, body in (
        (f"customer.nv?method=edit&id={customer}", BODY),
        ("salesinvoice.nv?method=add", invoice_xml(customer)),
        (f"updatesalesinvoicestatus.nv?netvisorkey={invoice}&status=creditloss", ""),
        (
            "matchcreditnote.nv",
            f"<root><matchcreditnote><creditnotenetvisorkey>1</creditnotenetvisorkey>"
            f"<invoicenetvisorkey>{invoice}</invoicenetvisorkey></matchcreditnote></root>",
        ),
        ("salespayment.nv", payment.format("netvisor", invoice)),
        ("salespayment.nv", payment.format("invoicenumber", "999111")),
        ("salespayment.nv", payment.format("reference", reference)),
    ):
        assert one.refused(target, body).code == Code.INVALID_DATA
    assert town.rows() == before
    assert town.other.customer(customer).name == "Salainen Asiakas"
