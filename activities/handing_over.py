"""Handing an invoice over to the agency: whether it may go now, and what the agency is told."""

from __future__ import annotations

from sqlmodel import col, func, select

from activities import agency_file
from activities.debtor import debtor
from activities.desk import Desk
from activities.letters import BOUNCED, RETURNED, SENT
from activities.reach import has_postal_address
from domain.agency import AgencyService, Assignment, Creditor, SentLetter, case_reference
from domain.agency.contract import TAKEN_FROM, Contract, in_effect
from domain.agency.contract import Bar as ContractBar
from domain.agency.contract import bar as contract_bar
from domain.case import AgencyFile
from domain.outcomes import AgencyAwaited, AgencyReady, AttentionNeeded, HandedOver
from domain.steps import Step, StepKind
from store import agency_contracts
from store.tables import AgencyCase, Notice


class BeingSwitched(Exception):  # noqa: N818 - reads as what it is
    """Somebody changes the company's contract just now: let go of the invoice, and look again."""

    def __init__(self, company_id: int) -> None:
        super().__init__(f"company {company_id}: its contract with the agency is being changed")
        self.company_id = company_id


def bar(desk: Desk) -> str | None:
    """Why a person may not hand this invoice over now, if so."""
    stop = _contract_bar(desk, by_itself=False)
    return stop.why if stop else _customer_bar(desk)


def awaited(desk: Desk, step: Step) -> bool:
    """Whether the hand-over must wait for the contract or the settings; if so, that is noted.

    Nobody changes them before this transaction ends. Raises `BeingSwitched`.
    """
    if step.kind is not StepKind.HAND_OVER:
        return False
    if not agency_contracts.keep_as_they_are(desk.session, desk.invoice.company_id):
        raise BeingSwitched(desk.invoice.company_id)
    stop = _contract_bar(desk, by_itself=not desk.case.approved)
    if stop is None:
        return False
    desk.record(AgencyAwaited(reason=stop.why, until=stop.until), reason=step.why)
    return True


def hear(desk: Desk) -> None:
    """Go on if the contract or the settings that were waited for let the invoice go now."""
    case = desk.case
    if case.awaits_agency is None or case.closed:
        return
    stop = _contract_bar(desk, by_itself=not case.approved)
    if stop is None:
        desk.record(AgencyReady())
    elif (stop.why, stop.until) != (case.awaits_agency, case.awaits_agency_until):
        desk.record(AgencyAwaited(reason=stop.why, until=stop.until))


def hand_over(desk: Desk, *, actor: str, reason: str, key: str | None) -> None:
    """Open a file and put the assignment in line; or tell somebody why it can't be done."""
    service = TAKEN_FROM.get(desk.case.state, AgencyService.COLLECTION)
    contract = in_effect(_contracts(desk), desk.today)
    if contract is None or (why := _customer_bar(desk)):
        why = why if contract else "the company has no contract with a collection agency"
        desk.record(AttentionNeeded(reason=f"cannot be handed over: {why}"), actor=actor)
        return
    rounds = desk.session.exec(
        select(func.count()).where(AgencyCase.invoice_id == desk.invoice.id)
    ).one()
    reference = case_reference(desk.company.business_id, desk.invoice.number)
    file = AgencyCase(
        invoice_id=desk.invoice.id,
        round=rounds + 1,
        agency=contract.agency,
        service=service.value,
        reference=reference if rounds == 0 else f"{reference}/{rounds + 1}",
        assigned_at=desk.now,
    )
    desk.session.add(file)
    desk.session.flush()
    agency_file.say(desk, file, _assignment(desk, file, contract), letter_ids=_letters_sent(desk))
    desk.record(
        HandedOver(
            file=AgencyFile(
                case_id=file.id, service=service, since=desk.today, agency=contract.agency
            )
        ),
        actor=actor,
        reason=reason,
        key=key,
    )


def _contracts(desk: Desk) -> tuple[Contract, ...]:
    return agency_contracts.of(desk.session, desk.invoice.company_id)


def _contract_bar(desk: Desk, *, by_itself: bool) -> ContractBar | None:
    service = TAKEN_FROM.get(desk.case.state, AgencyService.COLLECTION)
    return contract_bar(_contracts(desk), service, desk.today, by_itself=by_itself)


def _customer_bar(desk: Desk) -> str | None:
    """Why nothing of this customer's may be handed over, if so."""
    if desk.customer.collection_ban:
        return "the customer is under a collection ban (perintäkielto)"
    if not has_postal_address(desk.customer):
        return "the customer's postal address is incomplete"
    return None


def _letters_sent(desk: Desk) -> list[int]:
    """The letters of the ladder that have left, in their order."""
    rows = desk.session.exec(
        select(Notice.id)
        .where(
            Notice.invoice_id == desk.invoice.id,
            col(Notice.status).in_([SENT, BOUNCED, RETURNED]),
            col(Notice.id).in_([letter.notice_id for letter in desk.case.all_letters]),
        )
        .order_by(col(Notice.id))
    )
    return list(rows)


def _assignment(desk: Desk, file: AgencyCase, contract: Contract) -> Assignment:
    company, invoice = desk.company, desk.invoice
    balance = desk.settlement().balance
    return Assignment(
        idempotency_key=f"{file.reference}/assign",
        case_reference=file.reference,
        service=AgencyService(file.service),
        creditor=Creditor(
            name=company.name,
            business_id=company.business_id,
            contract_number=contract.number,
        ),
        debtor=debtor(desk, contract.agency),
        principal_cents=balance.principal_cents,
        fees_cents=balance.fees_cents,
        interest_cents=balance.interest_cents,
        invoice_number=invoice.number,
        invoice_date=invoice.invoice_date,
        due_date=invoice.due,
        reference_number=invoice.reference,
        sent=(
            SentLetter(kind="invoice", sent_on=desk.case.invoice_sent_on),
            *(SentLetter(kind=item.kind.value, sent_on=item.on) for item in desk.case.all_letters),
        ),
    )
