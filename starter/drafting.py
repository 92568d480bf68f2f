"""A letter looked at before it leaves: written by what writes letters, and undone at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from activities import letters
from activities.desk import Desk, House
from activities.letter_content import content_of
from domain.interest import RateError
from domain.law import LawError
from domain.procedure import letter_now, next_step
from domain.states import LetterKind
from domain.steps import Step, StepKind
from integrations.letters import LetterContent, render_pdf
from starter.people import NotDone
from store import booking
from store.database import Database
from store.tables import Notice


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that nobody has sent. `on`: the business instant at which it would leave."""

    kind: LetterKind
    on: datetime
    content: LetterContent

    def pdf(self) -> bytes:
        """As it would be printed. Raises `LetterRenderingError`."""
        return render_pdf(self.content)


def draft(database: Database, house: House, invoice_id: int, now: datetime) -> Draft:
    """The invoice's next letter as it would be if nothing changed: at the time that its rule
    gives it, or now if it waits for approval or is sent by hand alone.

    Nothing is kept of it. Raises `NotDone`: there is none, or it cannot be written.
    """
    with database.transaction() as session:
        drafted = _drafted(session, house, invoice_id, now)
        # What was released for it is not.
        session.rollback()
    return drafted


def _drafted(session: Session, house: House, invoice_id: int, now: datetime) -> Draft:
    invoice, automation = booking.lock_to_decide(session, invoice_id)
    desk = Desk(session, house, invoice, now, automation=automation)
    number = f"invoice {invoice.number}"
    desk.see_balance()
    try:
        step = _next_letter(desk)
        if step.when is not None:
            desk.now = max(now, step.when)
        letters.release(desk, step, actor="nobody", reason="", key=None)
    except (LawError, RateError) as error:
        raise NotDone(f"{number}: {error}", _LOOK) from None
    if desk.case.attention:
        raise NotDone(f"{number}: {desk.case.attention}", "correct that first")
    notice = session.exec(
        select(Notice).where(Notice.invoice_id == invoice.id).order_by(col(Notice.id).desc())
    ).first()
    assert notice is not None  # noqa: S101 - it has just been released
    try:
        content = content_of(desk, notice)
    except ValueError as error:
        raise NotDone(f"{number}: the letter cannot be written: {error}", "correct that") from None
    return Draft(LetterKind(notice.kind), desk.now, content)


def _next_letter(desk: Desk) -> Step:
    """The planned letter, or the one that a person may send now."""
    house = desk.house
    planned = next_step(desk.case, desk.rule, house.law, house.calendar, desk.now)
    if planned.kind.letter is not None:
        return planned
    if planned.kind is StepKind.PROPOSE and planned.letter is not None:
        return planned.model_copy(update={"kind": _STEPS_BY_LETTER[planned.letter]})
    by_hand = letter_now(desk.case, desk.rule, house.law, house.calendar, desk.now)
    if isinstance(by_hand, str):
        raise NotDone(
            f"invoice {desk.invoice.number} has no letter to look at: {by_hand}",
            _LOOK,
        )
    return by_hand


_LOOK = "look at the invoice: its holds and its future say what comes when"
_STEPS_BY_LETTER = {step.letter: step for step in StepKind if step.letter is not None}
