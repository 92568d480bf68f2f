"""What can be asked of one invoice: the words of each, and what it would bring about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from activities.desk import House
from activities.rehearsal import Rehearsed, rehearse
from domain import requests
from domain.agency.contract import TAKEN_FROM
from domain.by_hand import decide
from domain.calendar import FINLAND
from domain.folding import apply
from domain.interest import RateError
from domain.law import FINNISH_LAW, LawError
from domain.procedure import next_step
from domain.requests import Refused, Request
from domain.roles import Action
from domain.states import HoldKind, InvoiceState, LetterKind
from domain.steps import Step
from starter.web.forms import Day, FormModel, MaybeLine
from starter.web.page import Page
from starter.web.pages.invoice.known import Known, may
from starter.web.words import mark

SET_TO = (
    *(InvoiceState.OPEN, InvoiceState.OVERDUE, InvoiceState.REMINDED, InvoiceState.NOTIFIED),
    InvoiceState.WRITTEN_OFF,
)
"""States that a person may say an invoice is in."""


class Terms(FormModel):
    """How it is asked. `hold` and `until`: of a hold; `release`: one hold, none for all; `to`: of a
    state; `letter`: the one that was looked at."""

    reason: MaybeLine = ""
    hold: HoldKind = HoldKind.MANUAL
    until: Day | None = None
    release: HoldKind | None = None
    to: InvoiceState | None = None
    letter: LetterKind | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing. `path`: after the invoice's address; `does`: the button's label; `done`: what is
    said then; `means`: what it is, whatever the invoice."""

    path: str
    action: Action
    does: str
    done: str
    means: str
    request: Callable[[Terms], Request]
    danger: bool = False


HOLD = Asked(
    "hold",
    Action.HOLD,
    mark("Hold"),
    mark("The invoice is held."),
    mark(
        "Nothing leaves by itself while the invoice is held, neither letters nor a hand-over. A"
        " collection ban stops the hand-over alone. Late interest goes on. It costs nothing."
    ),
    lambda said: requests.Hold(hold=said.hold, until=said.until, reason=said.reason),
)
RELEASE = Asked(
    "release",
    Action.RELEASE,
    mark("Release"),
    mark("The invoice is released."),
    mark("The procedure goes on from where it waits. It costs nothing."),
    lambda said: requests.Release(hold=said.release, reason=said.reason),
)
CANCEL = Asked(
    "cancel",
    Action.CANCEL,
    mark("End the procedure"),
    mark("The procedure has ended."),
    mark(
        "The invoice was a mistake: nothing more is asked of the debtor, and this cannot be undone."
        " Letters that have not left are taken back, and an agency that has the invoice is told."
    ),
    lambda said: requests.Cancel(reason=said.reason),
    danger=True,
)
SET_STATE = Asked(
    "state",
    Action.SET_STATE,
    mark("Set the state by hand"),
    mark("The state is set."),
    mark(
        "The procedure goes on from the new state. Letters that it says were sent count as sent"
        " today, and nothing is sent or charged for them."
    ),
    lambda said: requests.SetState(to=said.to or InvoiceState.OVERDUE, reason=said.reason),
)
SEND_NOW = Asked(
    "send-now",
    Action.SEND_NOW,
    mark("Send the next letter now"),
    mark("The letter leaves."),
    mark("The letter leaves at once rather than at the time that its rule gives it."),
    lambda said: requests.SendNow(letter=said.letter, reason=said.reason),
)
APPROVE = Asked(
    "approve",
    Action.APPROVE_LETTERS,
    mark("Approve the letter"),
    mark("The letter is approved, and leaves."),
    mark("The letter waits for this. It leaves at once."),
    lambda said: requests.SendNow(letter=said.letter, reason=said.reason),
)
HAND_OVER = Asked(
    "hand-over",
    Action.HAND_OVER,
    mark("Move to the service of Intrum Oy"),
    mark("The invoice goes to Intrum."),
    mark(
        "Intrum asks the debtor to pay from then on, and charges the debtor its own costs within"
        " the law's limits. Karhu sends no more letters. It can be taken back."
    ),
    lambda said: requests.HandOver(reason=said.reason),
)
WITHDRAW = Asked(
    "withdraw",
    Action.WITHDRAW,
    mark("Remove from the service of Intrum Oy"),
    mark("The invoice is taken back. It is held until you release it."),
    mark(
        "Intrum is told by itself, and may charge the company for what it has done. The invoice is"
        " held until you release it."
    ),
    lambda said: requests.Withdraw(reason=said.reason),
    danger=True,
)
ALL = (SEND_NOW, APPROVE, HAND_OVER, WITHDRAW, HOLD, RELEASE, SET_STATE, CANCEL)


def offered(page: Page, known: Known) -> Iterator[Asked]:
    """What the reader may ask of the invoice as it is. What the law alone refuses now is offered:
    its page says what the law says."""
    for one in ALL:
        if may(page, one.action, known.row) and fits(one, known, page):
            yield one


def fits(one: Asked, known: Known, page: Page) -> bool:
    """Whether it makes sense in the invoice's state."""
    case = known.case
    if case.closed:
        return False
    if one is APPROVE:
        return case.proposed is not None
    if one is SEND_NOW:
        own = case.state in {InvoiceState.OVERDUE, InvoiceState.REMINDED}
        return own and case.proposed is None
    if one is HAND_OVER:
        return not case.at_agency and case.state in TAKEN_FROM
    if one is SET_STATE:
        return bool(states(known, page))
    return refusal(known, one.request(Terms()), page) == ""


def states(known: Known, page: Page) -> list[tuple[InvoiceState, Step | None]]:
    """The states that the invoice can be set to, each with what comes next then; None: nothing."""
    found = []
    for to in SET_TO:
        request = requests.SetState(to=to)
        if not refusal(known, request, page):
            found.append((to, then(known, request, page)))
    return found


def refusal(known: Known, request: Request, page: Page) -> str:
    """Why it is refused now; "" if it is not."""
    try:
        decide(known.case, request, known.rule, FINNISH_LAW, FINLAND, page.now())
    except (Refused, LawError, RateError) as no:
        return str(no)
    return ""


def then(known: Known, request: Request, page: Page) -> Step | None:
    """What comes next once it is granted; None: nothing, or something at once."""
    now, case = page.now(), known.case
    try:
        for one in decide(case, request, known.rule, FINNISH_LAW, FINLAND, now):
            if isinstance(one, Step):
                return None
            case = apply(case, one)
        if case.closed:
            return None
        return next_step(case, known.rule, FINNISH_LAW, FINLAND, now)
    except (Refused, LawError, RateError):
        return None


def rehearsed(page: Page, invoice_id: int, request: Request) -> Rehearsed | None:
    """What would come of it, by what grants it; nothing of it stays. None: somebody is at work on
    the invoice just now."""
    house = House(page.parts.clock, day_count=page.parts.day_count)
    try:
        with page.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '1s'"))
            found = rehearse(session, house, invoice_id, request, page.now())
            session.rollback()
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return None
        raise
    return found
