"""A company's books as the demonstration's are: a quarter of a year of invoices, with all that has
come of them by now. Decided by the procedure itself, without a Temporal."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session, col, select

from activities.advance import Advance
from activities.desk import Desk, House
from activities.file_import.invoices import new_invoice
from domain import references
from domain.agency import (
    AgencyService,
    CollectionStatus,
    Settlement,
    SettlementLine,
    StatusMessage,
)
from domain.agency.contract import INTRUM
from domain.calendar import FINLAND
from domain.clock import REAL_TIME
from domain.drift import CaseDrift, Difference
from domain.law import FINNISH_LAW, DebtorClass
from domain.outcomes import LetterSent
from domain.requests import Hold
from domain.steps import Step, StepKind
from integrations.intake import Fault, InvoiceRecord, Party
from starter import agency
from starter.demo.world import Fate, Life, batches
from store import (
    automation,
    booking,
    bulk,
    drift,
    hearing,
    parties,
    payments,
    registration,
    settlements,
)
from store.copying import copy
from store.database import Database
from store.imports import ImportStatus, RecordStatus
from store.invoice_list import Sought
from store.payments import Transaction
from store.scope import Scope
from store.tables import (
    AccountingFirm,
    AgencyCase,
    AgencyMessage,
    Company,
    FileImport,
    ImportRecord,
    Invoice,
    Notice,
    RuleVersion,
)
from workflows.contract import Ask, ErrandKind, Planned

INVOICES = 250
DAYS = 90
_SEED = 1
_COMPANIES = 3
"""Those that the demonstration's invoices are of: the first one's are taken."""

_IBAN = references.iban_from_account("12345600000123")
"""Paid to by nobody else: what comes to it is this company's for certain."""

_PAYS = frozenset(
    {
        *(Fate.PAYS_IN_TIME, Fate.PAYS_LATE, Fate.PAYS_AFTER_REMINDER, Fate.PAYS_AFTER_NOTICE),
        Fate.PROMISES,
    }
)
_STATUSES = (
    *(CollectionStatus.REGISTERED, CollectionStatus.LETTER_COLLECTION),
    CollectionStatus.ENDED_WITHOUT_MEANS,
)
_MOST_STEPS = 20
"""Of one invoice: more would be a mistake."""
_BAD = 60
_WAITING = 20


@dataclass(frozen=True, slots=True)
class Made:
    """Where to look: the company's and its firm's business ids, and a row of each kind."""

    business_id: str
    firm: str
    invoice_id: int
    customer_id: int
    rule_id: int
    import_id: int
    payment_id: int
    case_id: int
    settlement_id: int
    action_id: int


def make(database: Database) -> Made:
    """The books of one company, with an accounting firm that keeps them."""
    now = datetime.now(UTC)
    lives = _lives(FINLAND.local_date(now) - timedelta(days=DAYS))
    with database.transaction() as session:
        company, ids = _register(session, lives, now)
        firm = AccountingFirm(business_id="7654321-7", name="Tilitoimisto Malli Oy")
        session.add(firm)
        session.flush()
        company.firm_id = firm.id
        company_id, business_id, firm_id = company.id, company.business_id, firm.business_id
    for life, invoice_id in zip(lives, ids, strict=True):
        _live(database, life, invoice_id, now)
    with database.transaction() as session:
        case = session.exec(select(AgencyCase).order_by(col(AgencyCase.id))).first()
        assert case is not None
        settlement_id = _settled(session, case, business_id, now)
        _differs(session, company_id, case, now)
        payment_id = _wait(session, lives, now)
        invoice = session.get_one(Invoice, case.invoice_id)
        assert invoice.rule_version_id is not None
        action = bulk.ask(
            session,
            Scope(frozenset({company_id})),
            company_id,
            Sought(ids=tuple(ids[:50])),
            Hold(reason="measured"),
            by="bench",
            now=now,
        )
        return Made(
            business_id=business_id,
            firm=firm_id,
            invoice_id=invoice.id,
            customer_id=invoice.customer_id,
            rule_id=session.get_one(RuleVersion, invoice.rule_version_id).rule_id,
            import_id=_imported(session, company_id, now),
            payment_id=payment_id,
            case_id=case.id,
            settlement_id=settlement_id,
            action_id=action.id,
        )


def _lives(start: date) -> list[Life]:
    every = [life for _, lives in batches(_COMPANIES * INVOICES, start, _SEED) for life in lives]
    first = every[0].record.seller.business_id
    return [life for life in every if life.record.seller.business_id == first]


def _register(session: Session, lives: Sequence[Life], now: datetime) -> tuple[Company, list[int]]:
    seller = lives[0].record.seller
    new = parties.NewCompany(
        business_id=seller.business_id or "",
        name=seller.name,
        street=seller.street or "",
        postcode=seller.postcode or "",
        city=seller.city or "",
        email=seller.email or "",
        iban=_IBAN,
    )
    company = parties.ensure_companies(session, [new], now)[new]
    automation.switch(session, company, on=True, by="bench", now=now)
    company.bank_feed = "off"
    terms = agency.Terms(
        number="S-100",
        services=tuple(AgencyService),
        in_force_from=lives[0].record.invoice_date,
    )
    agency.put(session, company, terms, by="bench", clock=REAL_TIME)
    session.flush()
    wanted = [(company, _customer(life.record.buyer)) for life in lives]
    placed = parties.ensure_customers(session, wanted)
    entering = [
        registration.Entering(company, one.customer, replace(new_invoice(life.record), iban=_IBAN))
        for one, life in zip(placed, lives, strict=True)
    ]
    answers = registration.register(
        session,
        entering,
        law=FINNISH_LAW,
        calendar=FINLAND,
        now=FINLAND.at(lives[0].record.invoice_date, datetime.min.time()),
    )
    ids = [one.invoice_id for one in answers if isinstance(one, registration.Registered)]
    return company, ids


def _customer(buyer: Party) -> parties.NewCustomer:
    return parties.NewCustomer(
        key=buyer.customer_number or "",
        name=buyer.name,
        debtor_class=DebtorClass.CONSUMER if buyer.is_private else DebtorClass.BUSINESS,
        business_id=buyer.business_id or "",
        street=buyer.street or "",
        postcode=buyer.postcode or "",
        city=buyer.city or "",
        email=buyer.email or "",
    )


# ── an invoice's life ────────────────────────────────────────────────────────────────────────


def _live(database: Database, life: Life, invoice_id: int, now: datetime) -> None:
    """Everything that has happened to it by now, as its workflow would have had it done."""
    advance = Advance(database, House(REAL_TIME))
    acts = FINLAND.at(life.acts_on, datetime.min.time()) if life.fate in _PAYS else None
    with database.transaction() as session:
        planned, seen = _planned(session.get_one(Invoice, invoice_id)), 0
    for _ in range(_MOST_STEPS):
        when = planned.step.when
        if acts is not None and acts <= now and (when is None or acts <= when):
            _pay(database, life, invoice_id, acts)
            when, acts = acts, None
        if when is None or when > now:
            return
        ask = Ask(invoice_id=invoice_id, seen=seen, now=when, planned=planned)
        advanced = advance(ask)
        seen += len(advanced.recorded)
        for errand in advanced.errands:
            if errand.kind is ErrandKind.LETTER:
                seen += _leaves(database, errand.id, when)
            else:
                _taken(database, errand.id, when)
        planned = advanced.next
        if any(errand.kind is ErrandKind.AGENCY for errand in advanced.errands):
            heard = advance(Ask(invoice_id=invoice_id, seen=seen, now=when, planned=planned))
            seen, planned = seen + len(heard.recorded), heard.next


def _planned(invoice: Invoice) -> Planned:
    step = Step(
        kind=StepKind(invoice.next_step), when=invoice.next_step_at, why=invoice.next_step_why
    )
    return Planned(step=step, wake_at=step.when)


def _leaves(database: Database, notice_id: int, when: datetime) -> int:
    with database.transaction() as session:
        notice = session.get_one(Notice, notice_id)
        invoice = booking.lock(session, notice.invoice_id)
        notice.status, notice.sent_at = "sent", when
        desk = Desk(session, House(REAL_TIME), invoice, when)
        desk.record(LetterSent(notice_id=notice.id, on=notice.letter_date, due=notice.due))
        desk.project()
        return len(desk.recorded)


def _taken(database: Database, message_id: int, when: datetime) -> None:
    """The agency acknowledges it, and says how the case stands."""
    with database.transaction() as session:
        message = session.get_one(AgencyMessage, message_id)
        message.status = "acknowledged"
        case = session.get_one(AgencyCase, message.agency_case_id)
        case.agency_case_id, case.accepted_at = f"INT-{case.id}", when
        reference, named = case.reference, case.agency_case_id
        last = case.id % len(_STATUSES) + 1
    for serial, status in enumerate(_STATUSES[:last], start=1):
        said = StatusMessage(
            message_id=f"{reference}-{serial}",
            case_reference=reference,
            agency_case_id=named,
            status=status.finnish,
            sequence=serial,
            occurred_at=when + timedelta(minutes=serial),
        )
        hearing.keep(database, said, when, agency=INTRUM)


def _pay(database: Database, life: Life, invoice_id: int, when: datetime) -> None:
    with database.transaction() as session:
        cents = session.get_one(Invoice, invoice_id).open_cents
        payments.book(session, [_transaction(life.record, cents, when)], now=when)


def _transaction(
    record: InvoiceRecord, cents: int, when: datetime, number: str = ""
) -> Transaction:
    name = number or record.number
    return Transaction(
        key=hashlib.sha256(f"bench/{name}".encode()).hexdigest(),
        reference="" if number else record.reference or "",
        amount_cents=cents,
        paid_on=when.date(),
        booked_on=when.date(),
        payer=record.buyer.name.upper(),
        account=_IBAN,
        source="bench",
        message=number,
    )


# ── beside the invoices ──────────────────────────────────────────────────────────────────────


def _wait(session: Session, lives: Sequence[Life], now: datetime) -> int:
    """Payments that name no invoice; the first one's row."""
    coming = [
        _transaction(life.record, 1_000 + n, now, f"Kiitos {n}")
        for n, life in enumerate(lives[:_WAITING])
    ]
    first = payments.book(session, coming, now=now)[0].payment_id
    assert first is not None
    return first


def _settled(session: Session, case: AgencyCase, business_id: str, now: datetime) -> int:
    line = SettlementLine(
        case_reference=case.reference,
        agency_case_id=case.agency_case_id,
        principal_cents=5_000,
        interest_cents=100,
        fees_cents=0,
        paid_on=now.date(),
    )
    read = Settlement(
        settlement_id="T-1",
        business_id=business_id,
        contract_number="S-100",
        settled_on=now.date(),
        reference="",
        lines=(line,),
        transferred_cents=5_100,
    )
    return settlements.take(session, read, by_agency=INTRUM, source="bench", now=now).id


def _differs(session: Session, company_id: int, case: AgencyCase, now: datetime) -> None:
    difference = Difference(
        "principal", "50.00 EUR", "60.00 EUR", "the two claim different amounts", "nothing", -1_000
    )
    found = [CaseDrift(case.reference, case.invoice_id, "", (difference,))]
    drift.keep(session, company_id, INTRUM, found, on=now.date(), now=now)


def _imported(session: Session, company_id: int, now: datetime) -> int:
    """A file with some bad records, as they are kept when it has ended."""
    row = FileImport(
        kind="invoices",
        name="laskut.csv",
        sha256="0" * 64,
        size_bytes=10_000,
        company_id=company_id,
        options={},
        status=ImportStatus.DONE.value,
        received_at=now,
        received_by="bench",
        ended_at=now,
        read=INVOICES + _BAD,
        booked=INVOICES,
        bad=_BAD,
    )
    session.add(row)
    session.flush()
    copy(
        session,
        ImportRecord,
        [
            {
                "import_id": row.id,
                "serial": serial,
                "kind": "invoice",
                "status": RecordStatus.BAD.value,
                "line": serial + 1,
                "number": str(serial),
                "body": None,
                "element": "amount",
                "reason": "is missing; fill it in at the sender",
                "fault": Fault.MISSING.value,
                "raw": f"{serial};;",
                "invoice_id": None,
            }
            for serial in range(1, _BAD + 1)
        ],
    )
    return row.id
