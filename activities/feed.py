"""The bank's word on the desk: whether it is fresh enough for anything to leave."""

from __future__ import annotations

from activities.desk import Desk
from domain.outcomes import FeedAwaited, FeedRead
from domain.steps import Step, StepKind
from store import bank_feed

_ASKS_FOR_MONEY = {StepKind.COURTESY, StepKind.REMIND, StepKind.NOTIFY, StepKind.HAND_OVER}


class BeingNoted(Exception):  # noqa: N818 - reads as what it is
    """Somebody notes a file of the bank's just now: let go of the invoice, and look again."""


def hear(desk: Desk) -> None:
    """Go on if the word that was waited for is there, or is demanded no more."""
    if desk.case.awaits_feed is None:
        return
    feed = _of(desk)
    if feed.stale(desk.now, desk.house.calendar) is not None:
        return
    if feed.read_by:
        reason = f"{feed.read_by} says that no payment is unread, as of {feed.made}"
    elif feed.read_as_of is not None:
        reason = f"a file of the bank's was read, made {feed.made}"
    else:
        reason = "the company demands no file of the bank's"
    desk.record(FeedRead(), reason=reason)


def awaited(desk: Desk, step: Step) -> bool:
    """Whether the step must wait for a fresher file of the bank's; if so, that is noted.

    Nobody notes a file before this transaction ends. Raises `BeingNoted`.
    """
    if step.kind not in _ASKS_FOR_MONEY or bar(desk) is None:
        return False
    if not bank_feed.keep_as_it_is(desk.session):
        raise BeingNoted
    why = bar(desk)
    if why is None:
        return False
    desk.record(FeedAwaited(reason=why), reason=step.why)
    return True


def bar(desk: Desk) -> str | None:
    """Why nothing that asks for money may leave now, if so."""
    return _of(desk).stale(desk.now, desk.house.calendar)


def _of(desk: Desk) -> bank_feed.Feed:
    return bank_feed.of(desk.session, desk.invoice.company_id, desk.invoice.iban)
