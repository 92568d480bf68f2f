"""The invoice's file at the agency, on the desk: handing over, taking back, hearing statuses."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, func, select

from activities.desk import Desk
from activities.reach import has_postal_address
from domain.agency import (
    Address,
    AgencyService,
    Assignment,
    Creditor,
    Debtor,
    OutgoingMessage,
    SentLetter,
    StatusMessage,
    Withdrawal,
    case_reference,
)
from domain.case import AgencyFile
from domain.outcomes import (
    AgencyMessageRefused,
    AgencyStatusChanged,
    AttentionNeeded,
    HandedOver,
    HandOverRefused,
)
from store.tables import AgencyCase, AgencyMessage

WAITING = "waiting"
ACKNOWLEDGED = "acknowledged"
REFUSED = "refused"
RECEIVED = "received"
FOLDED = "folded"
IN = "in"
OUT = "out"


def bar(desk: Desk) -> str | None:
    """Why the agency would not take this invoice, if so."""
    if desk.customer.collection_ban:
        return "the customer is under a collection ban (perintäkielto)"
    if not has_postal_address(desk.customer):
        return "the customer's postal address is incomplete"
    if not desk.company.agency_contract:
        return "the company has no contract with Intrum"
    return None


def hand_over(desk: Desk, *, actor: str, reason: str, key: str | None) -> None:
    """Open a file and put the assignment in line; or tell somebody why it can't be done."""
    if why := bar(desk):
        desk.record(AttentionNeeded(reason=f"cannot be handed over: {why}"), actor=actor)
        return
    rounds = desk.session.exec(
        select(func.count()).where(AgencyCase.invoice_id == desk.invoice.id)
    ).one()
    reference = case_reference(desk.company.business_id, desk.invoice.number)
    file = AgencyCase(
        invoice_id=desk.invoice.id,
        round=rounds + 1,
        agency="intrum",
        service=AgencyService.COLLECTION.value,
        reference=reference if rounds == 0 else f"{reference}/{rounds + 1}",
        assigned_at=desk.now,
    )
    desk.session.add(file)
    desk.session.flush()
    say(desk, file, _assignment(desk, file))
    desk.record(
        HandedOver(
            file=AgencyFile(case_id=file.id, service=AgencyService.COLLECTION, since=desk.today)
        ),
        actor=actor,
        reason=reason,
        key=key,
    )


def _assignment(desk: Desk, file: AgencyCase) -> Assignment:
    company, customer, invoice = desk.company, desk.customer, desk.invoice
    balance = desk.settlement().balance
    return Assignment(
        idempotency_key=f"{file.reference}/assign",
        case_reference=file.reference,
        service=AgencyService(file.service),
        creditor=Creditor(
            name=company.name,
            business_id=company.business_id,
            contract_number=company.agency_contract,
        ),
        debtor=Debtor(
            name=customer.name,
            debtor_class=desk.case.debtor,
            business_id=customer.business_id or None,
            address=Address(
                street=customer.street,
                postal_code=customer.postcode,
                city=customer.city,
                country=customer.country,
            ),
            phone=customer.phone or None,
            email=customer.email or None,
        ),
        principal_cents=balance.principal_cents,
        fees_cents=balance.fees_cents,
        interest_cents=balance.interest_cents,
        invoice_number=invoice.number,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due,
        reference_number=invoice.reference,
        sent=(
            SentLetter(kind="invoice", sent_on=desk.case.invoice_sent_on),
            *(SentLetter(kind=item.kind.value, sent_on=item.on) for item in desk.case.letters),
        ),
    )


def end(desk: Desk) -> None:
    """End the invoice's file, if there is one: the invoice is closed, and its debt settled."""
    if desk.case.at_agency:
        file = _open_file(desk)
        file.ended_at = desk.now
        desk.session.add(file)


def take_back(desk: Desk, reason: str) -> None:
    """Put the withdrawal in line, unless the agency has ended the case itself."""
    file = _open_file(desk)
    file.ended_at = desk.now
    desk.session.add(file)
    if desk.case.agency is not None and desk.case.agency.let_go:
        return
    say(
        desk,
        file,
        Withdrawal(
            idempotency_key=f"{file.reference}/withdraw",
            case_reference=file.reference,
            reason=reason,
        ),
    )


def say(desk: Desk, file: AgencyCase, message: OutgoingMessage) -> None:
    """Put a message to the agency in line: behind those of the same case."""
    desk.session.add(
        AgencyMessage(
            agency_case_id=file.id,
            direction=OUT,
            kind=message.kind.value,
            key=message.idempotency_key,
            body=message.model_dump(mode="json"),
            status=WAITING,
            at=desk.now,
        )
    )


def next_message(desk: Desk) -> AgencyMessage | None:
    """The first message in line; those behind it wait for it."""
    if desk.case.agency is None:
        return None
    return desk.session.exec(
        select(AgencyMessage)
        .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
        .where(
            AgencyCase.invoice_id == desk.invoice.id,
            AgencyMessage.direction == OUT,
            AgencyMessage.status == WAITING,
        )
        .order_by(col(AgencyMessage.id))
        .limit(1)
    ).first()


def hear(desk: Desk) -> None:
    """Take the statuses that have come in since the last time into the case.

    One that is older than what is known already (by the agency's own numbering) is kept as
    history and does not turn the case back.
    """
    if desk.case.agency is None:
        return
    rows = desk.session.exec(
        select(AgencyMessage)
        .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
        .where(
            AgencyCase.invoice_id == desk.invoice.id,
            AgencyMessage.direction == IN,
            AgencyMessage.status == RECEIVED,
        )
        .order_by(col(AgencyMessage.id))
        .with_for_update()
    ).all()
    heard = [(row, StatusMessage.model_validate(row.body)) for row in rows]
    for row, message in sorted(heard, key=lambda pair: pair[1].sequence):
        known_until = _known_until(desk)
        # What is said of an earlier file says nothing of this one.
        of_this = row.agency_case_id == desk.case.agency.case_id
        desk.record(
            AgencyStatusChanged(
                status=message.known_status,
                status_text=message.status,
                occurred_at=message.occurred_at,
                current=of_this and (known_until is None or message.occurred_at >= known_until),
            ),
            actor="Intrum",
            reason=message.status,
        )
        row.status = FOLDED
        desk.session.add(row)
        if message.known_status is None:
            desk.record(
                AttentionNeeded(reason=f"Intrum reports an unknown status: {message.status}")
            )


def _known_until(desk: Desk) -> datetime | None:
    return desk.case.agency.status_at if desk.case.agency else None


def refused(desk: Desk, message: AgencyMessage, reason: str) -> None:
    """The agency will not have the message: of an assignment, the invoice is ours again."""
    message.status = REFUSED
    message.error = reason
    desk.session.add(message)
    if message.kind == "assignment":
        desk.record(HandOverRefused(case_id=message.agency_case_id, reason=reason), actor="Intrum")
    else:
        desk.record(AgencyMessageRefused(reason=reason), actor="Intrum")


def give_up(desk: Desk, message_id: int, reason: str) -> None:
    """The agency could not be told for as long as retries went on."""
    message = desk.session.get_one(AgencyMessage, message_id)
    if message.status == WAITING:
        refused(desk, message, f"it could not be reached: {reason}")


def _open_file(desk: Desk) -> AgencyCase:
    assert desk.case.agency is not None  # noqa: S101
    return desk.session.get_one(AgencyCase, desk.case.agency.case_id)
