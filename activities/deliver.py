"""The activity that carries one letter out.

A payment booked before the letter leaves wins, whatever the clock says: the letter goes out under
the invoice's lock, which a booking must wait for, and after a last look at the balance. Before
that, and in a transaction of its own, the attempt is noted with what the letter says; so if the
worker is killed while the letter is on the wire, the next attempt sends the very same letter
under the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import channels, feed, letters
from activities.channels import Channels
from activities.desk import Desk, House
from activities.letter_content import content_of
from activities.letters import RELEASED, SENDING, SENT
from domain.outcomes import LetterSent
from integrations.letters import LetterContent
from store import booking
from store.database import Database
from store.tables import Invoice, Notice
from workflows.contract import DELIVER_LETTER, Carried


@dataclass(frozen=True)
class _Attempt:
    """`again`: an earlier one was cut off, or never got its answer."""

    again: bool


@dataclass(frozen=True)
class DeliverLetter:
    """Sends released letters."""

    database: Database
    house: House
    channels: Channels

    @activity.defn(name=DELIVER_LETTER)
    def __call__(self, notice_id: int) -> Carried:
        now = self.house.clock.now(activity.info().started_time)
        begun = self._begin(notice_id, now)
        if isinstance(begun, Carried):
            return begun
        try:
            return self._send(notice_id, now, again=begun.again)
        except channels.REFUSED as refusal:
            return self._failed(notice_id, now, str(refusal), again=begun.again)
        except channels.UNAVAILABLE as failure:
            if begun.again:
                # What an earlier attempt may have sent is neither taken back nor changed.
                raise ApplicationError(str(failure), type="Unsure") from failure
            self._not_sent(notice_id, str(failure))
            raise ApplicationError(str(failure), type="NotSent") from failure
        except channels.UNSURE as failure:
            # The notice stays as being sent: the next attempt sends the same letter again.
            raise ApplicationError(str(failure), type="Unsure") from failure

    def _begin(self, notice_id: int, now: datetime) -> Carried | _Attempt:
        """Note the attempt, and fix what the letter says; the answer if there is nothing to do."""
        with self.database.transaction() as session:
            desk, notice = self._desk(session, notice_id, now)
            if notice.status not in {RELEASED, SENDING}:
                # An earlier attempt did it, and its report was lost: the log has it.
                return Carried(replan=True)
            if why := letters.why_not(desk, notice):
                return self._withdraw(desk, notice, why, cut_off=notice.status == SENDING)
            if notice.status == RELEASED and (stale := feed.bar(desk)):
                # Released in time, and kept back since; tried again as if the channel were away.
                raise ApplicationError(f"waits for the bank: {stale}", type="NotSent")
            if notice.content is None:
                notice.letter_date = desk.today
                notice.due = letters.due_today(desk, notice)
                try:
                    notice.content = content_of(desk, notice).model_dump(mode="json")
                except ValueError as error:
                    letters.withdraw(desk, notice, f"cannot be written: {error}", failed=True)
                    desk.project()
                    return Carried(recorded=tuple(desk.recorded), replan=True)
            again = notice.status == SENDING
            notice.status = SENDING
            notice.attempts += 1
            session.add(notice)
        return _Attempt(again)

    def _send(self, notice_id: int, now: datetime, *, again: bool) -> Carried:
        with self.database.transaction() as session:
            desk, notice = self._desk(session, notice_id, now)
            if notice.status != SENDING:
                return Carried(replan=True)
            # Booked since the attempt was noted: read again, now that nobody can book.
            desk.see_balance()
            desk.keep_automation()
            if why := letters.why_not(desk, notice):
                return self._withdraw(desk, notice, why, cut_off=again)
            content = LetterContent.model_validate(notice.content)
            self.channels.carry(desk, notice, content, again=again)
            replan = notice.letter_date != self.house.calendar.local_date(notice.released_at)
            notice.status = SENT
            notice.sent_at = desk.now
            notice.last_error = ""
            session.add(notice)
            desk.record(LetterSent(notice_id=notice.id, on=notice.letter_date, due=notice.due))
            desk.project()
            return Carried(recorded=tuple(desk.recorded), replan=replan)

    def _withdraw(self, desk: Desk, notice: Notice, why: str, *, cut_off: bool) -> Carried:
        letters.withdraw(desk, notice, why, cut_off=cut_off)
        desk.project()
        return Carried(recorded=tuple(desk.recorded), replan=True)

    def _not_sent(self, notice_id: int, error: str) -> None:
        """It did not leave for certain: it may be taken back, or leave with a newer date."""
        with self.database.transaction() as session:
            invoice_id = session.exec(select(Notice.invoice_id).where(Notice.id == notice_id)).one()
            booking.lock(session, invoice_id)
            notice = session.get_one(Notice, notice_id)
            if notice.status == SENDING:
                notice.status = RELEASED
                notice.content = None
                notice.last_error = error
                session.add(notice)

    def _failed(self, notice_id: int, now: datetime, error: str, *, again: bool) -> Carried:
        with self.database.transaction() as session:
            desk, notice = self._desk(session, notice_id, now)
            if notice.status == SENDING:
                desk.see_balance()
                if why := letters.why_not(desk, notice):
                    letters.withdraw(desk, notice, why, cut_off=again)
                else:
                    letters.fail(desk, notice, f"could not be sent: {error}")
                desk.project()
            return Carried(recorded=tuple(desk.recorded), replan=True)

    def _desk(self, session: Session, notice_id: int, now: datetime) -> tuple[Desk, Notice]:
        """The letter's invoice on the desk, and the letter as it stands under that lock."""
        invoice, notice = session.exec(
            select(Invoice, Notice)
            .join(Notice, col(Notice.invoice_id) == col(Invoice.id))
            .where(Notice.id == notice_id)
            # Both rows: whoever waits for the one is shown the other as it is then, too.
            .with_for_update()
        ).one()
        acting = self.house.clock.acting(notice.released_at, now)
        return Desk(session, self.house, invoice, acting), notice
