"""A served Karhu with companies in it, and two ways to call its Netvisor-compatible interface: with
requests signed here by hand, and with the published client."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import uuid
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from lxml import etree
from sqlmodel import col, select

from starter import people
from starter.netvisor import keys
from starter.netvisor.keys import Made
from store import parties
from store.database import Database
from store.people import Place
from store.sealing import Sealer
from store.tables import Customer, Invoice, LedgerEntry, Rule
from tests.starter.office import new_business_id

FILE_KEY = "a file key for the tests"
IBAN = "FI2112345600000785"
SENDER = "Esimerkkijärjestelmä"

__all__ = [
    "FILE_KEY",
    "MatchCreditNote",
    "Program",
    "Refused",
    "Town",
    "attributes",
    "invoice_xml",
    "new_number",
    "published",
    "read",
]

_numbers = itertools.count(70_001)

with warnings.catch_warnings():
    # Of a library that the published client stands on.
    warnings.simplefilter("ignore", DeprecationWarning)
    from netvisor_api_client import Netvisor
    from netvisor_api_client import exc as published
    from netvisor_api_client.requestmodels.base import Request
    from netvisor_api_client.responsemodels.sales_invoices import MatchCreditNoteResponse
    from netvisor_api_client.schemas.sales_invoices.match_credit_note import (
        SalesInvoiceMatchCreditNoteSchema,
    )


class MatchCreditNote(Request):  # type: ignore[misc] # the client has no types
    """What the published client's `match_credit_note` is meant to be, of its own parts.

    Release 0.9.6 takes the class of an answer in place of the schema, and breaks before anything
    is sent.
    """

    method = "POST"
    uri = "matchcreditnote.nv"
    schema_cls = SalesInvoiceMatchCreditNoteSchema
    response_cls = MatchCreditNoteResponse
    tag_name = "match_credit_note"


@dataclass
class Refused(Exception):  # noqa: N818 - reads as what happened
    """What a refusal says."""

    code: str
    why: str
    status: int


@dataclass
class Program:
    """A program of one company's, with its key."""

    url: str
    http: httpx.Client
    database: Database
    business_id: str
    company_id: int
    made: Made
    now: datetime | None = None
    """What its clock shows; None: the right time."""

    def published(self, language: str = "FI") -> Any:
        """The published client, unmodified."""
        return Netvisor(
            host=self.url,
            sender=SENDER,
            partner_id=self.made.partner_id,
            partner_key=self.made.partner_key,
            customer_id=self.made.customer_id,
            customer_key=self.made.customer_key,
            organization_id=self.business_id,
            language=language,
        )

    def headers(self, url: str, **changed: str) -> dict[bytes, bytes]:
        """The headers of a request to this address; `changed` before it is signed, but for MAC."""
        now = self.now or datetime.now(UTC)
        mac = changed.pop("MAC", None)
        values = {
            "Sender": SENDER,
            "CustomerId": self.made.customer_id,
            "Timestamp": now.strftime("%Y-%m-%d %H:%M:%S.000"),
            "Language": "EN",
            "OrganisationID": self.business_id,
            "TransactionId": uuid.uuid4().hex,
            "TimestampUnix": str(int(now.timestamp())),
        } | changed
        secrets = (self.made.customer_key, self.made.partner_key)
        signed = "&".join((url, *values.values(), *secrets)).encode("latin-1")
        right = hmac.new("&".join(secrets).encode(), signed, hashlib.sha256).hexdigest()
        prefix = "X-Netvisor-Authentication-"
        sent = {
            "X-Netvisor-Interface-Language": values.pop("Language"),
            "X-Netvisor-Organisation-ID": values.pop("OrganisationID"),
            **{f"{prefix}{name}": value for name, value in values.items()},
            f"{prefix}PartnerId": self.made.partner_id,
            f"{prefix}MAC": mac or right,
            f"{prefix}MACHashCalculationAlgorithm": "HMACSHA256",
            f"{prefix}UseHTTPResponseStatusCodes": "1",
        }
        return {name.encode(): value.encode("latin-1") for name, value in sent.items()}

    def send(
        self, target: str, body: str | bytes | None = None, *, method: str = "", **changed: str
    ) -> httpx.Response:
        """Send a signed request: POST if it has a body."""
        url = f"{self.url}/{target}"
        request = self.http.build_request(
            method or ("GET" if body is None else "POST"),
            url,
            content=body.encode() if isinstance(body, str) else body,
            headers={"Content-Type": "text/xml"},
        )
        headers = self.headers(str(request.url), **changed)
        request.headers = httpx.Headers([*request.headers.raw, *headers.items()])
        return self.http.send(request)

    def call(
        self, target: str, body: str | bytes | None = None, *, method: str = "", **changed: str
    ) -> etree._Element:
        """The answer's root. Raises `Refused`."""
        answer = self.send(target, body, method=method, **changed)
        return read(answer)

    def refused(self, target: str, body: str | bytes | None = None, **changed: str) -> Refused:
        """What is said to a request that must be refused."""
        with pytest.raises(Refused) as caught:
            self.call(target, body, **changed)
        return caught.value

    def post(self, target: str, body: str = "") -> int:
        """A request that adds something; its key."""
        text = self.call(target, body).findtext("Replies/InsertedDataIdentifier")
        assert text is not None
        return int(text)

    # ── what is in the books ─────────────────────────────────────────────────────────────────

    def customer(self, key: int) -> Customer:
        with self.database.transaction() as session:
            return session.get_one(Customer, key)

    def invoice(self, key: int) -> Invoice:
        with self.database.transaction() as session:
            return session.get_one(Invoice, key)

    def entries(self, key: int) -> list[tuple[str, int]]:
        with self.database.transaction() as session:
            rows = session.exec(
                select(LedgerEntry)
                .where(LedgerEntry.invoice_id == key)
                .order_by(col(LedgerEntry.id))
            )
            return [(row.kind, row.amount_cents) for row in rows]

    def rule_key(self, name: str) -> int:
        with self.database.transaction() as session:
            query = select(Rule.id).where(Rule.company_id == self.company_id, Rule.name == name)
            return session.exec(query).one()

    def add_customer(self, name: str = "Matti Malliasiakas", more: str = "") -> int:
        body = f"<root><customer><customerbaseinformation><name>{name}</name>{more}"
        return self.post(
            "customer.nv?method=add", f"{body}</customerbaseinformation></customer></root>"
        )

    def add_invoice(
        self,
        customer: int,
        *,
        number: str | None = None,
        amount: str = "100,00",
        day: str = "2026-03-02",
        due: str = "2026-03-16",
        status: str = "open",
        more: str = "",
    ) -> int:
        return self.post(
            "salesinvoice.nv?method=add",
            invoice_xml(
                customer, number=number, amount=amount, day=day, due=due, status=status, more=more
            ),
        )


def attributes(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def new_number() -> str:
    return str(next(_numbers))


def invoice_xml(
    customer: int,
    *,
    number: str | None = None,
    amount: str = "100,00",
    day: str = "2026-03-02",
    due: str = "2026-03-16",
    status: str = "open",
    more: str = "",
) -> str:
    return (
        f"<root><salesinvoice><salesinvoicenumber>{number or new_number()}</salesinvoicenumber>"
        f'<salesinvoicedate format="ansi">{day}</salesinvoicedate>'
        f'<salesinvoiceduedate format="ansi">{due}</salesinvoiceduedate>'
        f"<salesinvoiceamount>{amount}</salesinvoiceamount>"
        f'<salesinvoicestatus type="netvisor">{status}</salesinvoicestatus>'
        f'<invoicingcustomeridentifier type="netvisor">{customer}</invoicingcustomeridentifier>'
        f"{more}</salesinvoice></root>"
    )


def read(answer: httpx.Response) -> etree._Element:
    """An answer's root, once it is seen to be Netvisor's envelope. Raises `Refused`."""
    assert answer.headers["Content-Type"].startswith("text/xml")
    root = etree.fromstring(answer.content)
    assert root.tag == "Root"
    assert root[0].tag == "ResponseStatus"
    assert root.findtext("ResponseStatus/TimeStamp")
    said = [str(one.text) for one in root.findall("ResponseStatus/Status")]
    if said == ["OK"]:
        assert answer.status_code == 200
        return root
    assert said[0] == "FAILED"
    code, _, why = said[1].partition(" :: ")
    raise Refused(code, why, answer.status_code)


@dataclass
class Town:
    """Two companies, each with its program, and an accounting firm that keeps the books of one."""

    url: str
    http: httpx.Client
    database: Database
    one: Program = field(init=False)
    other: Program = field(init=False)
    firm: Made = field(init=False)
    firm_place: Place = field(init=False)

    def settle(self) -> None:
        now = datetime.now(UTC)
        with self.database.transaction() as session:
            firm = people.add_firm(
                session, new_business_id(), "Kuviteltu Tilitoimisto Oy", "test", now
            )
            self.firm_place = Place(firm.business_id, firm.name, None, firm.id)
            self.firm = keys.create(
                session, Sealer(FILE_KEY), self.firm_place, name="Feed", actor="test", now=now
            )
        self.one = self.new_program(firm_id=self.firm_place.firm_id)
        self.other = self.new_program()

    def new_program(self, *, firm_id: int | None = None, iban: str = IBAN) -> Program:
        """A new company with a program."""
        business_id = new_business_id()
        with self.database.transaction() as session:
            new = parties.NewCompany(business_id, "Esimerkki Oy", iban=iban)
            company = parties.ensure_companies(session, [new], datetime(2026, 3, 2, tzinfo=UTC))[
                new
            ]
            company.firm_id = firm_id
            session.flush()
            place = Place(business_id, company.name, company.id, firm_id)
            made = keys.create(
                session,
                Sealer(FILE_KEY),
                place,
                name="Feed",
                actor="test",
                now=datetime.now(UTC) - timedelta(days=1),
            )
            company_id = company.id
        return Program(self.url, self.http, self.database, business_id, company_id, made)

    def rows(self) -> tuple[int, int, int]:
        """How many customers, invoices and ledger entries there are: what refusals leave alone."""
        with self.database.transaction() as session:
            found = tuple(
                len(session.exec(select(table.id)).all())
                for table in (Customer, Invoice, LedgerEntry)
            )
        return found[0], found[1], found[2]
