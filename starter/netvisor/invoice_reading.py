"""getsalesinvoice.nv, salesinvoicelist.nv: invoices as Netvisor shows them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from fastapi.responses import Response
from lxml import etree
from sqlmodel import Session

from domain.calendar import HELSINKI
from domain.ledger import settlement
from domain.states import InvoiceState
from starter.netvisor import books, process_history, words
from starter.netvisor.call import Call
from starter.netvisor.customer_card import code_of
from starter.netvisor.envelope import (
    answered,
    element,
    euros,
    group,
    invalid,
    leaf,
    listed,
    put,
)
from store import netvisor_lists
from store.netvisor_lines import InvoiceLine, invoice_lines
from store.netvisor_lists import InvoiceFilter, ListedInvoice, ListedNote

_MOST_KEYS = 500

_LATE = frozenset(
    {
        *(InvoiceState.OVERDUE, InvoiceState.REMINDED),
        *(InvoiceState.NOTIFIED, InvoiceState.IN_COLLECTION),
    }
)
_ALIVE = _LATE | {InvoiceState.OPEN}
_PAID = frozenset({InvoiceState.PAID, InvoiceState.CREDITED})

_STATES: dict[str, frozenset[InvoiceState]] = {
    "open": _ALIVE,
    "overdue": _LATE,
    "reminded": frozenset({InvoiceState.REMINDED}),
    "requested": frozenset({InvoiceState.NOTIFIED}),
    "collected": frozenset({InvoiceState.IN_COLLECTION}),
    "paid": _PAID,
    "unsent": _ALIVE,
    "creditloss": frozenset({InvoiceState.WRITTEN_OFF}),
    "rejected": frozenset({InvoiceState.CANCELLED}),
}
"""What the statuses that one may ask for take in."""

_NOT_KEPT = ("secondname", "secondnamenetvisorkey", "salesinvoicebatchid")
"""Filters by what Karhu does not know; an answer without them would say too much."""


# ── salesinvoicelist.nv ──────────────────────────────────────────────────────────────────────


async def list_(call: Call) -> Response:
    """salesinvoicelist.nv: invoices and credit notes in the order of their keys."""
    wanted, status = _filter(call)

    def work(session: Session) -> Response:
        return listed(call.now, "SalesInvoiceList", _items(session, call, wanted, status))

    return await call.transact(work)


def _filter(call: Call) -> tuple[InvoiceFilter, str]:
    query, zone = call.query, call.now.astimezone(HELSINKI)
    for name in _NOT_KEPT:
        if query.text(name):
            raise invalid(f"{name}: Karhu does not keep what this would select by; leave it out")
    if query.text("listtype").lower() not in {"", "invoice", "preinvoice"}:
        raise invalid("listtype is neither empty nor preinvoice")
    status = query.text("invoicestatus").lower()
    if status and status not in _STATES:
        raise invalid(f"invoicestatus is none of {', '.join(_STATES)}")
    wanted = InvoiceFilter(
        hold=books.UNSENT,
        states=_STATES.get(status),
        unsent=(status == "unsent") if status else None,
        above=query.key("invoicesabovenetvisorkey"),
        number=query.text("invoicenumber"),
        begin=query.day("begininvoicedate"),
        end=query.day("endinvoicedate"),
        modified_from=query.instant("lastmodifiedstart", zone),
        modified_until=query.instant("lastmodifiedend", zone),
        customer_code=query.text("customercode"),
        customer_key=query.key("customernetvisorkey"),
        # The first is misspelt in Netvisor's own description.
        country=query.text("invoicingcustomercontrycode", "invoicingcustomercountrycode").upper(),
    )
    return wanted, status


def _items(session: Session, call: Call, wanted: InvoiceFilter, status: str) -> Iterator[str]:
    if call.query.text("listtype").lower() == "preinvoice":
        return
    rows: list[Iterator[InvoiceLine | ListedNote]] = [invoice_lines(session, call.scope, wanted)]
    matched = {"": None, "open": False, "paid": True}
    if status in matched:
        rows.append(
            netvisor_lists.credit_notes(session, call.scope, wanted, matched=matched[status])
        )
    uri = leaf("Uri", f"{call.address}/getsalesinvoice.nv?netvisorkey=")
    for row in heapq.merge(*rows, key=_key):
        yield _item(row, uri)


def _key(row: InvoiceLine | ListedNote) -> int:
    return row.id if isinstance(row, InvoiceLine) else row.note.id


def _item(row: InvoiceLine | ListedNote, uri: str) -> str:
    """One row. Figures are written as they are: a list may have a hundred thousand rows.

    `uri`: where invoices are read, which the key is added to.
    """
    if isinstance(row, ListedNote):
        row = _as_line(row)
    return (
        f"<SalesInvoice><NetvisorKey>{row.id}</NetvisorKey>{leaf('InvoiceNumber', row.number)}"
        f'<Invoicedate format="ansi">{row.invoice_date}</Invoicedate>'
        f'<InvoiceDueDate format="ansi">{row.due}</InvoiceDueDate>'
        f"{_list_status(row.state, row.unsent)}"
        f"<CustomerNetvisorKey>{row.customer_id}</CustomerNetvisorKey>"
        f"{leaf('CustomerCode', code_of(row.customer_key, row.customer_business_id))}"
        f"{leaf('CustomerName', row.customer_name)}{leaf('ReferenceNumber', row.reference)}"
        f"<InvoiceSum>{euros(row.principal_cents)}</InvoiceSum>"
        f"<OpenSum>{euros(row.open_cents)}</OpenSum>"
        f"{uri.replace('</', f'{row.id}</')}</SalesInvoice>"
    )


@cache
def _list_status(state: str, unsent: bool) -> str:
    main, sub = _status(state, unsent=unsent)
    if sub is None:
        return leaf("InvoiceStatus", main)
    collected = int(sub == "collected")
    return leaf("InvoiceStatus", main, f' substatus="{sub}" isincollection="{collected}"')


def _as_line(row: ListedNote) -> InvoiceLine:
    """A credit note in the list: open until it is booked, then paid."""
    note, one = row.note, row.customer
    state = InvoiceState.PAID if note.invoice_id else InvoiceState.OPEN
    return InvoiceLine(
        *(note.id, note.number, note.note_date, note.due, state.value, note.reference),
        *(-note.amount_cents, one.id, one.key, one.name, one.business_id),
        unsent=False,
        open_cents=0 if note.invoice_id else -note.amount_cents,
    )


def _status(said: str, *, unsent: bool) -> tuple[str, str | None]:
    """Netvisor's status of an invoice in a state, and of an open one what kind of open."""
    state = InvoiceState(said)
    match state:
        case InvoiceState.CREDITED:
            return "paid", None
        case InvoiceState.CANCELLED:
            return "rejected", None
    if state.final:
        return str(state.netvisor), None
    return ("unsent", None) if unsent else ("open", state.netvisor)


# ── getsalesinvoice.nv ───────────────────────────────────────────────────────────────────────


async def get(call: Call) -> Response:
    """getsalesinvoice.nv?netvisorkey= or ?netvisorkeylist=: whole invoices; an unknown one is
    empty."""
    one = call.query.key("netvisorkey", "id")
    several = call.query.keys("netvisorkeylist", _MOST_KEYS)
    if one is None and not several:
        raise invalid("getsalesinvoice.nv needs ?netvisorkey=... or ?netvisorkeylist=...,...")
    wanted = InvoiceFilter(hold=books.UNSENT, keys=several or [one or 0])
    if number := call.query.text("invoicenumber"):
        wanted = replace(wanted, number=number)

    def work(session: Session) -> list[etree._Element]:
        found = netvisor_lists.invoices(session, call.scope, wanted)
        made = [(row.invoice.id, _whole(session, row, call)) for row in found]
        notes = netvisor_lists.credit_notes(session, call.scope, wanted, matched=None)
        made += [(row.note.id, _whole(session, row, call)) for row in notes]
        return [whole for _, whole in sorted(made, key=lambda pair: pair[0])]

    found = await call.transact(work)
    if several:
        return answered(call.now, group("SalesInvoices", *found))
    return answered(call.now, *(found or [element("SalesInvoice")]))


def _whole(session: Session, row: ListedInvoice | ListedNote, call: Call) -> etree._Element:
    """An invoice as getsalesinvoice.nv gives it. Rows, delivery and free texts, which Karhu does
    not keep, are empty or left out; the delivery date is the invoice's."""
    made = etree.Element("SalesInvoice")
    if isinstance(row, ListedInvoice):
        invoice = row.invoice
        balance = settlement(row.entries).balance
        day, due, costs = invoice.invoice_date, invoice.due, balance.fees_cents
        head = (invoice.id, invoice.number, invoice.reference, invoice.principal_cents)
        status = _whole_status(row, call)
    else:
        note = row.note
        day, due, costs = note.note_date, note.due, 0
        head = (note.id, note.number, note.reference, -note.amount_cents)
        state = InvoiceState.PAID if note.invoice_id else InvoiceState.OPEN
        status = element(
            "InvoiceStatus", words.state(state, call.language), status=state.netvisor or ""
        )
    put(made, "SalesInvoiceNetvisorKey", head[0])
    put(made, "SalesInvoiceNumber", head[1])
    for name, date in (
        *((name, day) for name in ("", "Event", "Value", "Delivery")),
        ("Due", due),
    ):
        put(made, f"SalesInvoice{name}Date", date, format="ansi")
    put(made, "SalesInvoiceReferencenumber", head[2])
    put(made, "SalesInvoiceAmount", euros(head[3]), iso4217currencycode="EUR", currencyrate="1")
    put(made, "SalesInvoiceCollectionCost", euros(costs))
    made.append(status)
    for name in ("FreeTextBeforeLines", "FreeTextAfterLines", "OurReference", "YourReference"):
        put(made, f"SalesInvoice{name}")
    put(made, "SalesInvoicePrivateComment")
    _customer(made, row, call)
    for name in ("Name", "Line", "Postnumber", "Town", "CountryCode"):
        put(made, f"DeliveryAddress{name}")
    put(made, "DeliveryMethod")
    put(made, "DeliveryTerm")
    put(made, "PaymentTermNetDays", (due - day).days)
    if isinstance(row, ListedInvoice) and call.query.text("showprocesshistory") == "1":
        made.append(process_history.of(session, row.invoice.id, call.language))
    return made


def _whole_status(row: ListedInvoice, call: Call) -> etree._Element:
    main, sub = _status(row.invoice.state, unsent=row.unsent)
    state = None if main == "unsent" else InvoiceState(row.invoice.state)
    return element("InvoiceStatus", words.state(state, call.language), status=sub or main)


def _customer(made: etree._Element, row: ListedInvoice | ListedNote, call: Call) -> None:
    one = row.customer
    for name, text in (
        ("Code", code_of(one.key, one.business_id)),
        ("Name", one.name),
        ("NameExtension", ""),
        ("NetvisorKey", one.id),
        ("OrganizationIdentifier", one.business_id),
        ("Addressline", one.street),
        ("AdditionalAddressLine", ""),
        ("Postnumber", one.postcode),
        ("Town", one.city),
    ):
        put(made, f"InvoicingCustomer{name}", text)
    country = words.country(one.country, call.language)
    put(made, "InvoicingCustomerCountryCode", country, ISO_3166=one.country)
    put(made, "InvoicingCustomerInCollectionProhibitation", int(one.collection_ban))
