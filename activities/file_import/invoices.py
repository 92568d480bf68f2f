"""A chunk of invoices and customers registered, and credit notes booked, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from activities.file_import.outcome import Outcome, bad, why
from activities.file_import.records import record_of
from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, DebtorClass
from integrations.intake import CustomerRecord, Fault, InvoiceRecord, Party
from store import booking, payments, queries
from store.imports import Ended, RecordStatus
from store.parties import NewCompany, NewCustomer, ensure_companies, ensure_customers
from store.registration import Entering, NewInvoice, Registered, register
from store.tables import ImportRecord


def register_chunk(session: Session, rows: Sequence[ImportRecord], *, now: datetime) -> Outcome:
    """Register invoices and note customers' details; what waited in the payments' queue for the
    new invoices is booked on them. Raises one of `LEFT_OUT` if a record spoils the whole chunk."""
    records = [record_of(row) for row in rows]
    parties = [record for record in records if isinstance(record, InvoiceRecord | CustomerRecord)]
    wanted = [_company(record) for record in parties]
    # As a dict: in the file's order, so that the same company is made in the same way each time.
    companies = ensure_companies(session, dict.fromkeys(wanted), now)
    placed = ensure_customers(
        session,
        [
            (companies[company], _customer(record.buyer))
            for company, record in zip(wanted, parties, strict=True)
        ],
    )
    entering = [
        Entering(companies[company], customer.customer, new_invoice(record))
        for company, customer, record in zip(wanted, placed, parties, strict=True)
        if isinstance(record, InvoiceRecord)
    ]
    answers = iter(register(session, entering, law=FINNISH_LAW, calendar=FINLAND, now=now))
    outcome = Outcome()
    for row, record, customer in zip(rows, parties, placed, strict=True):
        if isinstance(record, CustomerRecord):
            status = RecordStatus.BOOKED if customer.changed else RecordStatus.KNOWN
            outcome.ended.append(Ended(row, status))
            continue
        answer = next(answers)
        if not isinstance(answer, Registered):
            outcome.ended.append(bad(row, why(answer)))
            continue
        status = RecordStatus.BOOKED if answer.new else RecordStatus.KNOWN
        outcome.ended.append(Ended(row, status, answer.invoice_id))
        if answer.new:
            outcome.invoice_ids.append(answer.invoice_id)
    payments.match_waiting(session, outcome.invoice_ids, now)
    return outcome


def credit_chunk(session: Session, rows: Sequence[ImportRecord], *, now: datetime) -> Outcome:
    """Book credit notes on the invoices that they name."""
    outcome = Outcome()
    for row in rows:
        note = record_of(row)
        if not isinstance(note, InvoiceRecord):
            continue
        original = note.original_invoice_number
        if not original:
            outcome.ended.append(
                bad(row, "a credit note has to name the invoice it credits", Fault.MISSING)
            )
            continue
        found = queries.find(session, original, note.seller.business_id)
        if not found:
            outcome.ended.append(
                bad(
                    row,
                    f"it credits invoice {original}, which is not here: import that first, then"
                    f" retry import {row.import_id}",
                    Fault.MISSING,
                )
            )
            continue
        invoice = booking.lock(session, found[0].invoice_id)
        booked = booking.credit(
            session, invoice, note.amount_cents, note.invoice_date, number=note.number, now=now
        )
        status = RecordStatus.BOOKED if booked.new else RecordStatus.KNOWN
        outcome.ended.append(Ended(row, status, invoice.id))
        if booked.new:
            outcome.invoice_ids.append(invoice.id)
    return outcome


def customer_key(buyer: Party) -> str:
    """What the company's books know the customer by: its customer number, else its business id.

    A customer with neither is known by a digest of name and postcode, written as people write
    them or not: nobody's name ends up in a key.
    """
    if buyer.customer_number:
        return buyer.customer_number
    if buyer.business_id:
        return buyer.business_id
    who = f"{' '.join(buyer.name.split()).casefold()}\n{(buyer.postcode or '').replace(' ', '')}"
    return f"name-{hashlib.blake2b(who.encode(), digest_size=10).hexdigest()}"


def _company(record: InvoiceRecord | CustomerRecord) -> NewCompany:
    seller = record.seller
    account = record if isinstance(record, InvoiceRecord) else None
    return NewCompany(
        # Readers give no record without it.
        business_id=seller.business_id or "",
        name=seller.name,
        street=seller.street or "",
        postcode=seller.postcode or "",
        city=seller.city or "",
        email=seller.email or "",
        phone=seller.phone or "",
        einvoice_address=seller.einvoice_address or "",
        einvoice_operator=seller.einvoice_operator or "",
        iban=(account and account.iban) or "",
        bic=(account and account.bic) or "",
    )


def _customer(buyer: Party) -> NewCustomer:
    return NewCustomer(
        key=customer_key(buyer),
        name=buyer.name,
        debtor_class=DebtorClass.CONSUMER if buyer.is_private else DebtorClass.BUSINESS,
        business_id=buyer.business_id or "",
        street=buyer.street or "",
        postcode=buyer.postcode or "",
        city=buyer.city or "",
        country=buyer.country,
        email=buyer.email or "",
        phone=buyer.phone or "",
        contact_name=buyer.contact_name or "",
        contact_phone=buyer.contact_phone or "",
        contact_email=buyer.contact_email or "",
        einvoice_address=buyer.einvoice_address or "",
        einvoice_operator=buyer.einvoice_operator or "",
        language=buyer.language,
    )


def new_invoice(record: InvoiceRecord) -> NewInvoice:
    """The invoice as it is registered."""
    rate = record.contract_interest_rate
    return NewInvoice(
        number=record.number,
        invoice_date=record.invoice_date,
        due=record.due_date,
        amount_cents=record.amount_cents,
        reference=record.reference or "",
        iban=record.iban or "",
        bic=record.bic or "",
        contract_rate=None if rate is None else str(rate),
    )
