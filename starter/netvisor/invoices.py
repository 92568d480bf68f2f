"""salesinvoice.nv, updatesalesinvoicestatus.nv, matchcreditnote.nv: what changes invoices."""

from __future__ import annotations

from fastapi.responses import Response
from lxml import etree
from sqlmodel import Session, col, select

from activities.starting import News
from domain.requests import Hold, Refused, Release, Request, SetState
from domain.states import HoldKind, InvoiceState
from integrations import fields
from integrations.intake import InvoiceRecord, Party, ReadOptions
from integrations.netvisor import SalesInvoice
from starter.by_hand import FinishedError, ask
from starter.netvisor import books
from starter.netvisor.call import Call
from starter.netvisor.document import Given, key_of, root_of
from starter.netvisor.envelope import Failure, answered, inserted, invalid
from store import audit, outbox
from store.people import Place
from store.scope import Scope
from store.tables import Company, Customer, Invoice, NetvisorCreditNote

_MOST_KEYS = 100

_CUSTOMER = "invoicingcustomeridentifier"

_SET = {
    "open": InvoiceState.OPEN,
    "overdue": InvoiceState.OVERDUE,
    "reminded": InvoiceState.REMINDED,
    "requested": InvoiceState.NOTIFIED,
    "creditloss": InvoiceState.WRITTEN_OFF,
}

_INSTEAD = {
    "collected": "Karhu says itself that an invoice is in collection, once the agency has taken it:"
    " hand it over in Karhu",
    "paid": "an invoice is paid by a payment: send it to salespayment.nv",
    "rejected": "an invoice that was a mistake is cancelled in Karhu, or credited by a credit note",
}
"""What these statuses have no meaning as, and what there is instead."""


# ── salesinvoice.nv ──────────────────────────────────────────────────────────────────────────


async def add(call: Call) -> Response:
    """salesinvoice.nv?method=add: an invoice, whose procedure begins, or a credit note; its key."""
    root = root_of(call.body, "salesinvoice")
    now = call.business_now

    def work(session: Session) -> tuple[int, int | None]:
        """The key, and the invoice that has news."""
        # Whoever books many rows at once must not wait for us, nor we for them.
        outbox.take_turn(session)
        company = books.lock_company(session, call.caller.company_id)
        customer = _invoiced(session, call.scope, Given(root))
        record = _record(session, company, customer, root)
        if not record.is_credit_note:
            unsent = Given(root).text("salesinvoicestatus").lower() == "unsent"
            unsent_by = call.caller.name if unsent else ""
            key = books.register_invoice(
                session, company, customer, record, unsent_by=unsent_by, now=now
            )
            return key, key
        note = books.keep_credit_note(session, company, customer, record, now)
        if not record.original_invoice_number:
            return note.id, None
        invoice = session.exec(
            select(Invoice)
            .where(call.scope.invoices(), Invoice.number == record.original_invoice_number)
            .with_for_update()
        ).first()
        if invoice is None:
            raise invalid(f"it credits invoice {record.original_invoice_number}, which is not here")
        books.match(session, note, invoice, now)
        return note.id, invoice.id

    key, news = await call.transact(work)
    if news is not None:
        await call.tell(news, News.CREDIT)
    return inserted(call.now, key)


async def edit(call: Call) -> Response:
    """salesinvoice.nv?method=edit: not done, whatever it says."""
    raise invalid(
        "Karhu does not change an invoice that it has been given: credit it, and add a new one"
        " under a new number; its status is set by updatesalesinvoicestatus.nv"
    )


def _invoiced(session: Session, scope: Scope, given: Given) -> Customer:
    """The customer that the document names by key, by number or by business id."""
    text = given.text(_CUSTOMER)
    if not text:
        raise invalid(
            'InvoicingCustomerIdentifier is missing: send the customer\'s key (type="netvisor") or'
            ' number (type="customer")'
        )
    query = select(Customer).where(scope.companies(Customer.company_id))
    kind = given.attribute(_CUSTOMER, "type").lower() or "netvisor"
    match kind:
        case "netvisor":
            query = query.where(Customer.id == key_of(text, "InvoicingCustomerIdentifier"))
        case "customer":
            query = query.where(Customer.key == text)
        case "organisationidentifier" | "organizationidentifier" | "externalidentifier":
            business_id = fields.business_id_or_vat(text, "InvoicingCustomerIdentifier")
            query = query.where(Customer.business_id == business_id)
        case _:
            raise invalid(
                f"InvoicingCustomerIdentifier has the type {fields.shown(kind)}; send netvisor,"
                " customer or organisationidentifier"
            )
    found = session.exec(query.limit(2).with_for_update()).all()
    if len(found) != 1:
        how_many = "more than one customer" if found else "no customer"
        raise invalid(
            f"InvoicingCustomerIdentifier: there is {how_many} of this {kind} identifier here;"
            " add the customer first (customer.nv), and send its key"
        )
    return found[0]


def _record(
    session: Session, company: Company, customer: Customer, root: etree._Element
) -> InvoiceRecord:
    """The document as an invoice; what it need not say is said by the books."""
    if not company.iban:
        raise invalid(
            f"company {company.business_id} has no account (IBAN) here, so nobody could pay the"
            f" invoice: set it first (karhu company add {company.business_id}), or hand in a file"
            " of invoices that says it"
        )
    _say(root, "SalesInvoiceNumber", books.next_number(session, company.id), always=False)
    _say(root, "InvoicingCustomerName", customer.name, always=True)
    seller = Party(name=company.name, business_id=company.business_id)
    options = ReadOptions(seller=seller, iban=company.iban, bic=company.bic)
    return SalesInvoice(root, options).record(source="salesinvoice.nv", index=1, line=1)


def _say(root: etree._Element, name: str, text: str, *, always: bool) -> None:
    """Put a text into the document where it has none (or always)."""
    found = [child for child in root if str(child.tag).rpartition("}")[2].lower() == name.lower()]
    if found and not always and fields.clean(found[0].text):
        return
    place = found[0] if found else etree.SubElement(root, name)
    place.text = text


# ── updatesalesinvoicestatus.nv ──────────────────────────────────────────────────────────────


async def update_status(call: Call) -> Response:
    """updatesalesinvoicestatus.nv: set the status of one invoice or of up to a hundred by hand.

    Nothing is changed if what is asked for could not be done to one of them.
    """
    status = call.query.text("status").lower()
    one, several = call.query.key("netvisorkey"), call.query.keys("netvisorkeylist", _MOST_KEYS)
    keys = several or ([] if one is None else [one])
    if not keys:
        raise invalid("updatesalesinvoicestatus.nv needs ?netvisorkey=... or ?netvisorkeylist=...")
    if instead := _INSTEAD.get(status):
        raise invalid(f"status {status} cannot be set: {instead}")
    if status not in _SET and status != "unsent":
        known = ", ".join((*_SET, "unsent"))
        raise invalid(f"{fields.shown(status)} is no status; send one of {known}")
    now = call.business_now

    def plan(session: Session) -> list[tuple[Invoice, Request]]:
        rows = session.exec(
            select(Invoice).where(call.scope.invoices(), col(Invoice.id).in_(keys))
        ).all()
        found = {row.id: row for row in rows}
        if missing := [str(key) for key in keys if key not in found]:
            raise invalid(f"there is no invoice with the key {', '.join(missing)} here")
        planned = [
            (found[key], request)
            for key in keys
            if (request := _request(found[key], status, call)) is not None
        ]
        for invoice, request in planned:
            if why := books.refusal(invoice, request, now):
                raise _refused(invoice, status, why)
        return planned

    done: list[str] = []
    for invoice, request in await call.transact(plan):
        if invoice.start_pending:
            await call.tell(invoice.id)
        try:
            await ask(call.parts.client, call.caller.business_id, invoice.number, request)
        except Refused as error:
            raise _refused(invoice, status, str(error), done) from None
        except FinishedError as error:
            raise _refused(invoice, status, str(error), done) from None
        done.append(invoice.number)
    if done:
        await call.transact(lambda session: _note(session, call, status, done))
    return answered(call.now)


def _request(invoice: Invoice, status: str, call: Call) -> Request | None:
    """What the status asks of the invoice's procedure; None: it has it already."""
    by = {"actor": call.caller.name, "reason": f"updatesalesinvoicestatus.nv, status {status}"}
    key = f"netvisor/{call.caller.key_id}/{call.caller.transaction_id}/{invoice.id}"
    unsent = books.is_unsent(invoice)
    if status == "unsent":
        if unsent:
            return None
        if invoice.state != InvoiceState.OPEN:
            why = "only an invoice that is still open can be taken for one that was not sent"
            raise _refused(invoice, status, why)
        return Hold(actor=call.caller.name, reason=books.UNSENT, key=key)
    to = _SET[status]
    if invoice.state == to and not unsent:
        return None
    if unsent and to is not InvoiceState.WRITTEN_OFF:
        if invoice.state == to:
            return Release(hold=HoldKind.MANUAL, key=key, **by)
        raise _refused(invoice, status, "it was not sent to the customer yet: set it to open first")
    return SetState(to=to, key=key, **by)


def _refused(invoice: Invoice, status: str, why: str, done: list[str] | None = None) -> Failure:
    words = f"invoice {invoice.number} ({invoice.id}) cannot be set to {status}: {why}"
    return invalid(f"{words}; set before it: {', '.join(done)}" if done else words)


def _note(session: Session, call: Call, status: str, numbers: list[str]) -> None:
    place = Place(call.caller.business_id, "", call.caller.company_id, None)
    audit.note(
        session,
        call.now,
        call.caller.name,
        "invoices.status_set",
        "",
        place,
        status=status,
        invoices=numbers,
    )


# ── matchcreditnote.nv ───────────────────────────────────────────────────────────────────────


async def match_credit_note(call: Call) -> Response:
    """matchcreditnote.nv: book a credit note on an invoice, and tell its procedure."""
    given = Given(root_of(call.body, "matchcreditnote"))
    note_key, invoice_key = (
        key_of(fields.required(given.text(name.lower()), name), name)
        for name in ("CreditNoteNetvisorKey", "InvoiceNetvisorKey")
    )
    now = call.business_now

    def work(session: Session) -> None:
        invoice = session.exec(
            select(Invoice)
            .where(call.scope.invoices(), Invoice.id == invoice_key)
            .with_for_update()
        ).first()
        note = session.exec(
            select(NetvisorCreditNote)
            .where(
                call.scope.companies(NetvisorCreditNote.company_id),
                NetvisorCreditNote.id == note_key,
            )
            .with_for_update()
        ).first()
        if invoice is None:
            raise invalid(f"there is no invoice with the key {invoice_key} here")
        if note is None:
            raise invalid(f"there is no credit note with the key {note_key} here")
        books.match(session, note, invoice, now)

    await call.transact(work)
    await call.tell(invoice_key, News.CREDIT)
    return answered(call.now)
