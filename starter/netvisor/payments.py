"""salespayment.nv, salespaymentlist.nv."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.responses import Response
from sqlmodel import Session, select

from domain.calendar import FINLAND, HELSINKI
from domain.ledger import EntryKind
from integrations import fields
from starter.netvisor import books
from starter.netvisor.call import Call
from starter.netvisor.document import Given, key_of, root_of
from starter.netvisor.envelope import (
    euros,
    finnish,
    inserted,
    invalid,
    leaf,
    line,
    listed,
    stamp,
)
from store import outbox
from store.netvisor_lines import PaymentFilter, PaymentLine, payment_lines
from store.tables import Invoice, NetvisorPayment

_TARGET = "targetidentifier"

_LOSSES = frozenset({EntryKind.WRITE_OFF})
_MONEY = frozenset({EntryKind.PAYMENT, EntryKind.PAYMENT_REVERSED})


async def add(call: Call) -> Response:
    """salespayment.nv: book a payment on an invoice, and tell its procedure; its key."""
    given = Given(root_of(call.body, "salespayment"))
    currency = given.attribute("sum", "currency").upper() or "EUR"
    if currency != "EUR":
        raise invalid(f"Sum is in {fields.shown(currency)}; Karhu books EUR alone")
    cents = fields.euro_cents(given.text("sum"), "Sum", padded=True)
    if cents <= 0:
        raise invalid("Sum is not above zero; what the bank takes back comes with the bank's files")
    paid_on = fields.netvisor_date(given.text("paymentdate"), "PaymentDate")
    now = call.business_now
    if paid_on > (today := FINLAND.local_date(now)):
        raise invalid(f"PaymentDate {paid_on} is to come: today is {today}")
    payer = fields.without_personal_codes(given.text("sourcename"))[:250]
    method = fields.without_personal_codes(given.text("paymentmethod"))[:100]

    def work(session: Session) -> tuple[int, int]:
        outbox.take_turn(session)
        invoice_id = _target(session, call, given).id
        invoice = session.exec(
            select(Invoice).where(Invoice.id == invoice_id).with_for_update()
        ).one()
        if books.open_cents(session, invoice_id) <= 0:
            raise invalid(f"nothing is open of invoice {invoice.number}: it is paid or closed")
        key = books.pay(
            session,
            invoice,
            cents,
            paid_on,
            key=f"netvisor/{call.caller.key_id}/{call.caller.transaction_id}",
            payer=payer,
            actor=call.caller.name,
            now=now,
        )
        session.add(NetvisorPayment(ledger_entry_id=key, source_name=payer, method=method))
        return key, invoice_id

    key, invoice_id = await call.transact(work)
    await call.tell(invoice_id)
    return inserted(call.now, key)


async def list_(call: Call) -> Response:
    """salespaymentlist.nv: payments on invoices; what is on no invoice yet is not among them."""
    query, zone = call.query, call.now.astimezone(HELSINKI)
    match query.text("limitbytype").lower():
        case "":
            kinds = _MONEY | _LOSSES
        case "onlycreditloss":
            kinds = _LOSSES
        case "excludecreditloss":
            kinds = _MONEY
        case _:
            raise invalid("limitbytype is neither onlycreditloss nor excludecreditloss")
    wanted = PaymentFilter(
        kinds=kinds,
        above=query.key("abovenetvisorkey"),
        begin=query.day("begindate"),
        end=query.day("enddate"),
        booked_from=query.instant("lastmodifiedstart", zone),
        booked_until=query.instant("lastmodifiedend", zone),
        name=query.text("searchbyname"),
        invoice_key=query.key("invoicenetvisorkey"),
        invoice_number=query.text("invoicenumber"),
    )

    def work(session: Session) -> Response:
        return listed(call.now, "SalesPaymentList", _items(session, call, wanted))

    return await call.transact(work)


def _items(session: Session, call: Call, wanted: PaymentFilter) -> Iterator[str]:
    for row in payment_lines(session, call.scope, wanted):
        yield _item(row)


def _item(row: PaymentLine) -> str:
    taken_back = row.kind == EntryKind.PAYMENT_REVERSED
    source = "creditloss" if row.kind == EntryKind.WRITE_OFF else row.method
    return line(
        "SalesPayment",
        leaf("NetvisorKey", row.id),
        leaf("Name", row.entered_name or row.customer_name),
        leaf("Date", finnish(row.on)),
        leaf("Sum", euros(-row.amount_cents if taken_back else row.amount_cents)),
        leaf("ReferenceNumber", row.reference),
        leaf("ForeignCurrencyAmount"),
        leaf("InvoiceNumber", row.invoice_number),
        leaf("LastModifiedTimestamp", stamp(row.booked_at)),
        leaf("PaymentSource", source) if source else "",
        leaf("BankStatus", "OK"),
    )


def _target(session: Session, call: Call, given: Given) -> Invoice:
    """The invoice that a payment is for, by key, reference or number."""
    text = fields.required(given.text(_TARGET), "TargetIdentifier")
    if (what := given.attribute(_TARGET, "targettype").lower() or "invoice") != "invoice":
        raise invalid(f"TargetIdentifier is of {fields.shown(what)}; Karhu has invoices alone")
    query = select(Invoice).where(call.scope.invoices())
    kind = given.attribute(_TARGET, "type").lower() or "netvisor"
    found: Invoice | None
    match kind:
        case "netvisor":
            key = key_of(text, "TargetIdentifier")
            found = session.exec(query.where(Invoice.id == key)).first()
        case "invoicenumber":
            found = session.exec(query.where(Invoice.number == text)).first()
        case "reference":
            reference = fields.reference(text, "TargetIdentifier")
            found = books.by_reference(session, call.scope, reference) if reference else None
        case _:
            raise invalid(
                f"TargetIdentifier has the type {fields.shown(kind)}; send netvisor, reference or"
                " invoicenumber"
            )
    if found is None:
        raise invalid(f"TargetIdentifier: no invoice of this {kind} is here")
    return found
