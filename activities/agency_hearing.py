"""What the agency has reported of the invoice's case, taken in on the desk, and what that brings
about (`domain.agency.consequences`)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select

from activities.desk import Desk
from domain import actors
from domain.agency import (
    CollectionPhase,
    CollectionStatus,
    Consequence,
    LineStatus,
    MessageKind,
    StatusMessage,
)
from domain.case import AgencyFile
from domain.outcomes import (
    AgencyStatusChanged,
    AttentionNeeded,
    HoldReleased,
    WithdrawnFromAgency,
)
from store import hearing
from store.tables import AgencyCase, AgencyMessage, Invoice

RECEIVED = "received"
FOLDED = "folded"

_OF_A_CASE = frozenset(MessageKind) - {MessageKind.ASSIGNMENT, MessageKind.WITHDRAWAL}
"""What is said of a claim wherever it goes on."""


def hear(desk: Desk) -> None:
    """Take the statuses that have come in since the last time into the case, and do what they ask.

    One that is earlier than what is known already, by the agency's own numbers, is kept as history
    and does not turn the case back; nor does one of an earlier file. Of an invoice that is closed
    here they are noted, and bring nothing about.
    """
    if desk.case.agency is None:
        return
    while rows := _received(desk):
        for row, message in _in_order(desk, rows):
            row.status = FOLDED
            desk.session.add(row)
            _take_in(desk, row, message)
        # Whoever was merged into another case has that one's status to hear.
        desk.session.flush()


def _received(desk: Desk) -> Sequence[AgencyMessage]:
    return desk.session.exec(
        select(AgencyMessage)
        .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
        .where(
            AgencyCase.invoice_id == desk.invoice.id,
            AgencyMessage.direction == "in",
            AgencyMessage.status == RECEIVED,
        )
        .order_by(col(AgencyMessage.id))
        .with_for_update(of=AgencyMessage)
    ).all()


def _in_order(
    desk: Desk, rows: Sequence[AgencyMessage]
) -> list[tuple[AgencyMessage, StatusMessage]]:
    """As things happened at the agency: of another case last, where the claim went on."""
    file = desk.session.get(AgencyCase, desk.case.agency.case_id) if desk.case.agency else None
    own = file.reference if file else ""
    heard = [(row, StatusMessage.model_validate(row.body)) for row in rows]
    return sorted(heard, key=lambda pair: (pair[1].case_reference != own, pair[1].sequence))


def _take_in(desk: Desk, row: AgencyMessage, message: StatusMessage) -> None:
    known = desk.case.agency
    assert known is not None  # noqa: S101 - `hear` has looked
    file = desk.session.get_one(AgencyCase, row.agency_case_id)
    actor = actors.of_agency(file.agency)
    if message.case_reference == file.reference:
        _taken(desk, file, message)
    current = file.id == known.case_id and _later(known, file, message)
    status = message.known_status
    target = None
    if current and desk.case.at_agency and status is CollectionStatus.ENDED_MERGED:
        target = _merged_into(desk, file, message.merged_into)
    if current and known.consequence is Consequence.CREDIT_LOSS and desk.case.attention:
        went_on = f"the agency now reports {message.status}"
        desk.record(HoldReleased(holds=(), reason=went_on), actor=actor)
    desk.record(
        AgencyStatusChanged(
            status=status,
            status_text=message.status,
            occurred_at=message.occurred_at,
            current=current,
            sequence=message.sequence,
            merged_into=target.reference if target else "",
            agency=file.agency,
        ),
        actor=actor,
        reason=message.status,
    )
    # Of one that is closed here it is history: there is nothing that anybody could do about it.
    if status is None and not desk.case.closed:
        desk.record(
            AttentionNeeded(reason=f"the agency reports an unknown status: {message.status}")
        )
    if current and desk.case.at_agency:
        _bring_about(desk, file, target, message)
    elif file.id == known.case_id and not desk.case.closed:
        _not_theirs(desk, file, message, over=current and known.let_go)


def _later(known: AgencyFile, file: AgencyCase, message: StatusMessage) -> bool:
    """Whether the message says more than is known: of two cases the numbers are not compared."""
    if message.case_reference != (known.merged_into or file.reference):
        return False
    if known.sequence == 0 and known.status_at is not None:
        # Known from before the agency's numbers were kept.
        return message.occurred_at >= known.status_at
    return message.sequence > known.sequence


def _bring_about(
    desk: Desk, file: AgencyCase, target: AgencyCase | None, message: StatusMessage
) -> None:
    known = desk.case.agency
    assert known is not None  # noqa: S101 - it is at the agency
    match known.consequence:
        case Consequence.CREDIT_LOSS:
            why = f"credit loss proposed: the agency has ended the case ({message.status});"
            desk.record(AttentionNeeded(reason=f"{why} write it off, or take it back"))
        case Consequence.RETURNED:
            file.ended_at = desk.now
            desk.session.add(file)
            let_go = f"the agency has let go of the case ({message.status})"
            actor = actors.of_agency(file.agency)
            desk.record(WithdrawnFromAgency(reason=let_go), actor=actor, reason=message.status)
            ours = "the invoice is ours again; release it to go on by its rule"
            desk.record(AttentionNeeded(reason=f"{let_go}: {ours}"))
        case Consequence.FOLLOWED if target is not None:
            hearing.follow(desk.session, file, target, desk.now)
            _say_there(desk, file)
        case Consequence.FOLLOWED:
            named = message.merged_into or "one that it does not name"
            desk.record(
                AttentionNeeded(
                    reason=f"the agency has merged the case into {named}, which is none of this"
                    " company's: ask the agency, then write it off, or take it back"
                )
            )
        case Consequence.NOTHING | Consequence.LOCKED:
            pass


def _merged_into(desk: Desk, file: AgencyCase, reference: str | None) -> AgencyCase | None:
    """The case where the claim goes on, if that is one of the same company's."""
    target = _named(desk, file, reference or "")
    been = {file.id}
    while target is not None and target.id not in been:
        if target.merged_into_id is None:
            return target
        been.add(target.id)
        target = desk.session.get_one(AgencyCase, target.merged_into_id)
    return None


def _named(desk: Desk, file: AgencyCase, reference: str) -> AgencyCase | None:
    return desk.session.exec(
        select(AgencyCase)
        .join(Invoice, col(Invoice.id) == AgencyCase.invoice_id)
        .where(
            AgencyCase.reference == reference,
            AgencyCase.agency == file.agency,
            Invoice.company_id == desk.invoice.company_id,
        )
    ).first()


def _say_there(desk: Desk, file: AgencyCase) -> None:
    """What came too late for the case that is over is said of the one that goes on."""
    rows = desk.session.exec(
        select(AgencyMessage).where(
            AgencyMessage.agency_case_id == file.id,
            AgencyMessage.direction == "out",
            AgencyMessage.status == LineStatus.VOID,
            col(AgencyMessage.kind).in_(_OF_A_CASE),
        )
    )
    for row in rows:
        row.status = LineStatus.WAITING
        row.said_of_id = None
        desk.session.add(row)


def _taken(desk: Desk, file: AgencyCase, message: StatusMessage) -> None:
    """A report on a case proves that the agency has it, be the answer to the assignment lost."""
    if file.agency_case_id:
        return
    file.agency_case_id = message.agency_case_id
    file.accepted_at = desk.now
    desk.session.add(file)
    assignment = _assignment(desk, file)
    if assignment is None or assignment.status != LineStatus.GIVEN_UP:
        return
    assignment.status = LineStatus.ACKNOWLEDGED
    assignment.error = ""
    desk.session.add(assignment)
    if desk.case.attention:
        there = "the agency has the case: it reports on it"
        desk.record(HoldReleased(holds=(), reason=there), actor=actors.of_agency(file.agency))


def _not_theirs(desk: Desk, file: AgencyCase, message: StatusMessage, *, over: bool) -> None:
    """If the agency works on a case that it had refused, or let go of, somebody must ask it."""
    status = message.known_status
    if desk.case.at_agency or (status and status.phase is not CollectionPhase.ACTIVE):
        return
    assignment = _assignment(desk, file)
    if over or (assignment is not None and assignment.status == LineStatus.REFUSED):
        what = "let go of" if over else "refused"
        desk.record(
            AttentionNeeded(
                reason=f"the agency reports {message.status} on case {file.reference}, which it had"
                f" {what}: ask the agency"
            )
        )


def _assignment(desk: Desk, file: AgencyCase) -> AgencyMessage | None:
    return desk.session.exec(
        select(AgencyMessage).where(
            AgencyMessage.agency_case_id == file.id,
            AgencyMessage.direction == "out",
            AgencyMessage.kind == MessageKind.ASSIGNMENT,
        )
    ).first()
