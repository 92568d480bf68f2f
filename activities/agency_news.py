"""What the agency is told of a case because things have changed here: that the claim is disputed,
or is so no more, and how the debtor is reached now.

What it was told last stands in the line of messages; what is so now is compared with that each time
the invoice is looked at. So nothing is told twice, and a change that nobody marked is told with
the next one.
"""

from __future__ import annotations

from sqlmodel import col, func, select

from activities import agency_file
from activities.debtor import debtor
from activities.desk import Desk
from domain.agency import (
    CollectionPhase,
    ContactChange,
    Debtor,
    DisputeNotice,
    LineStatus,
    MessageKind,
)
from domain.states import HoldKind
from store.tables import AgencyCase, AgencyMessage


def tell(desk: Desk) -> None:
    """Put in line what the agency does not know yet of a case that it works on."""
    known = desk.case.agency
    if known is None or not known.open or known.let_go:
        return
    if known.status is not None and known.status.phase is CollectionPhase.SETTLED:
        return
    file = desk.session.get_one(AgencyCase, known.case_id)
    _of_disputes(desk, file)
    _of_contacts(desk, file)


def _of_disputes(desk: Desk, file: AgencyCase) -> None:
    holds = desk.case.active_holds(desk.today)
    dispute = next((hold for hold in holds if hold.kind is HoldKind.DISPUTED), None)
    last = _last(desk, file, MessageKind.DISPUTE)
    told = last is not None and bool(last.body["disputed"])
    if told is (dispute is not None):
        return
    message = DisputeNotice(
        idempotency_key=_key(desk, file, MessageKind.DISPUTE),
        case_reference=file.reference,
        disputed=dispute is not None,
        reason=dispute.reason[:_MOST_WORDS] if dispute else "",
        on=desk.today,
    )
    agency_file.say(desk, file, message)


def _of_contacts(desk: Desk, file: AgencyCase) -> None:
    last = _last(desk, file, MessageKind.ASSIGNMENT, MessageKind.CONTACT_CHANGE)
    now = debtor(desk, file.agency)
    if last is None or Debtor.model_validate(last.body["debtor"]) == now:
        return
    if last.kind == MessageKind.CONTACT_CHANGE and _still_here(desk, last):
        last.body = {**last.body, "debtor": now.model_dump(mode="json")}
        desk.session.add(last)
        return
    message = ContactChange(
        idempotency_key=_key(desk, file, MessageKind.CONTACT_CHANGE),
        case_reference=file.reference,
        debtor=now,
    )
    agency_file.say(desk, file, message)


def _still_here(desk: Desk, message: AgencyMessage) -> bool:
    """Whether it was never sent, and is not before this transaction ends: its words may change."""
    desk.session.refresh(message, with_for_update=True)
    return message.status == LineStatus.WAITING and message.attempts == 0


def _last(desk: Desk, file: AgencyCase, *kinds: MessageKind) -> AgencyMessage | None:
    """The last one of these kinds, whatever has become of it: one that was refused is resent by
    hand, or by the next change."""
    return desk.session.exec(
        select(AgencyMessage)
        .where(
            AgencyMessage.agency_case_id == file.id,
            AgencyMessage.direction == "out",
            col(AgencyMessage.kind).in_(kinds),
        )
        .order_by(col(AgencyMessage.id).desc())
        .limit(1)
    ).first()


def _key(desk: Desk, file: AgencyCase, kind: MessageKind) -> str:
    told = desk.session.exec(
        select(func.count()).where(
            AgencyMessage.agency_case_id == file.id,
            AgencyMessage.direction == "out",
            AgencyMessage.kind == kind,
        )
    ).one()
    return f"{file.reference}/{kind.value}/{told + 1}"


_MOST_WORDS = 500
"""Characters of a reason, as messages have them."""
