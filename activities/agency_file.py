"""The invoice's file at the agency, on the desk: opened, taken back, and its line of messages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from activities.desk import Desk
from domain import actors
from domain.agency import (
    IN_LINE,
    LineStatus,
    MessageKind,
    OutgoingMessage,
    Withdrawal,
)
from domain.outcomes import (
    AgencyMessageRefused,
    AttentionNeeded,
    HandOverRefused,
)
from store.tables import AgencyCase, AgencyMessage


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
    if file.agency_case_id == "":
        # It may have the case all the same: its answer to the assignment names what ends there.
        for row in desk.session.exec(
            select(AgencyMessage).where(
                AgencyMessage.agency_case_id == file.id,
                AgencyMessage.kind == MessageKind.ASSIGNMENT,
                AgencyMessage.status == LineStatus.GIVEN_UP,
            )
        ):
            send_again(desk, row)
    say(
        desk,
        file,
        Withdrawal(
            idempotency_key=f"{file.reference}/withdraw",
            case_reference=file.reference,
            reason=reason,
        ),
    )


def say(
    desk: Desk,
    file: AgencyCase,
    message: OutgoingMessage,
    *,
    letter_ids: Sequence[int] | None = None,
) -> None:
    """Put a message to the agency in line: behind those of the same case.

    `letter_ids`: the letters whose copies go along (`activities.agency_documents`).
    """
    desk.session.add(
        AgencyMessage(
            agency_case_id=file.id,
            direction="out",
            kind=message.kind.value,
            key=message.idempotency_key,
            body=message.model_dump(mode="json"),
            status=LineStatus.WAITING,
            at=desk.now,
            letter_ids=None if letter_ids is None else list(letter_ids),
        )
    )


def next_message(desk: Desk) -> AgencyMessage | None:
    """The first message in line; those behind it wait for it.

    One that was refused or given up keeps nobody waiting: each stands for itself. But nothing is
    said of a case before the agency has it.
    """
    if desk.case.agency is None:
        return None
    can_be_said = or_(
        AgencyMessage.kind == MessageKind.ASSIGNMENT, col(AgencyCase.agency_case_id) != ""
    )
    return desk.session.exec(_in_line(desk).where(can_be_said).limit(1)).first()


def agency(desk: Desk, message: AgencyMessage) -> str:
    """Whom a message is for, by its short name."""
    return actors.of_agency(desk.session.get_one(AgencyCase, message.agency_case_id).agency)


def _in_line(desk: Desk) -> SelectOfScalar[AgencyMessage]:
    return (
        select(AgencyMessage)
        .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
        .where(
            AgencyCase.invoice_id == desk.invoice.id,
            AgencyMessage.direction == "out",
            col(AgencyMessage.status).in_(IN_LINE),
        )
        .order_by(col(AgencyMessage.id))
    )


def refused(desk: Desk, message: AgencyMessage, reason: str) -> None:
    """The agency will not have the message: of an assignment, the invoice is ours again."""
    _becomes(desk, message, LineStatus.REFUSED, reason)
    if message.kind == MessageKind.ASSIGNMENT:
        _void(desk, message.agency_case_id)
        outcome = HandOverRefused(case_id=message.agency_case_id, reason=reason)
        desk.record(outcome, actor=agency(desk, message))
    else:
        desk.record(AgencyMessageRefused(reason=reason), actor=agency(desk, message))


def give_up(desk: Desk, message_id: int, reason: str) -> None:
    """The agency could not be told for as long as retries went on.

    An assignment that it certainly does not have comes back to us. One that it may have stays with
    it, so that it is never handed over twice: a person has it sent again, or a report on the case
    shows that it is there.
    """
    message = desk.session.exec(
        select(AgencyMessage).where(AgencyMessage.id == message_id).with_for_update()
    ).one()
    status = LineStatus(message.status)
    if not status.in_line:
        return
    failed = f"it could not be reached: {reason}"
    if message.kind != MessageKind.ASSIGNMENT:
        _becomes(desk, message, LineStatus.GIVEN_UP, failed)
        desk.record(AgencyMessageRefused(reason=failed), actor=agency(desk, message))
    elif status is LineStatus.WAITING:
        refused(desk, message, failed)
    elif desk.session.get_one(AgencyCase, message.agency_case_id).agency_case_id:
        _becomes(desk, message, LineStatus.ACKNOWLEDGED, "")
    else:
        _becomes(desk, message, LineStatus.GIVEN_UP, failed)
        unsure = f"it is not known whether the agency has the case: {reason}"
        remedy = f"have the assignment sent again (karhu agency resend {message.id})"
        desk.record(AttentionNeeded(reason=f"{unsure}; {remedy}"))


def send_again(desk: Desk, message: AgencyMessage) -> None:
    """Put a message back in its place in line, as it is and under its own key."""
    unsure = message.status == LineStatus.GIVEN_UP
    message.status = LineStatus.SENT if unsure else LineStatus.WAITING
    desk.session.add(message)


def _becomes(desk: Desk, message: AgencyMessage, status: LineStatus, error: str) -> None:
    message.status = status
    message.error = error
    desk.session.add(message)


def _void(desk: Desk, case_id: int) -> None:
    """What is in line for a case that the agency does not have is said to nobody."""
    rows = desk.session.exec(_in_line(desk).where(AgencyMessage.agency_case_id == case_id))
    for row in rows:
        _becomes(desk, row, LineStatus.VOID, "the agency does not have the case")


def _open_file(desk: Desk) -> AgencyCase:
    assert desk.case.agency is not None  # noqa: S101
    return desk.session.get_one(AgencyCase, desk.case.agency.case_id)
