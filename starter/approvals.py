"""What is on approval: letters drafted, to do and sent, hand-overs to do; approved or refused, many
at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session
from temporalio.client import Client

from domain import requests
from domain.agency import AgencyService
from domain.agency.contract import TAKEN_FROM
from domain.calendar import FINLAND
from domain.interest import RateError
from domain.law import FINNISH_LAW, LawError
from domain.procedure import letter_now, next_step
from domain.requests import Refused, Request
from domain.stage import Awaiting, Stage
from domain.states import LetterKind
from domain.steps import Step
from domain.waits import NEEDS_ATTENTION
from starter import by_hand
from store import approvals
from store.approvals import About, Found, Waiting
from store.scope import Scope
from workflows.contract import Answer

MOST = 200
"""Invoices that are approved or refused at once."""

_TOGETHER = 20
"""Procedures that are asked at the same time."""


@dataclass(frozen=True, slots=True)
class OnApproval:
    """A letter or a hand-over on approval. `at`: when a draft's time comes, or when the letter was
    approved.

    `letter`: of a letter; None if the law cannot be asked now, `why` says why. `fee_cents`: what
    the debtor is charged for it. `service`: of a hand-over, where it goes. `status`, `letter_id`
    and `approved_by`: of a letter that somebody approved.
    """

    about: About
    kind: Awaiting
    stage: Stage
    letter: LetterKind | None
    fee_cents: int
    at: datetime | None
    why: str
    service: AgencyService | None = None
    letter_id: int | None = None
    approved_by: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one. `kind`: what waited. `refused`: why it was not done; "": it was."""

    invoice_id: int
    number: str
    kind: Awaiting
    refused: str = ""


def planned(
    session: Session,
    scope: Scope,
    stage: Stage,
    now: datetime,
    *,
    kind: Awaiting | None = None,
    after: tuple[date, int] | None = None,
    limit: int,
) -> list[OnApproval]:
    """What is drafted or to do at the business instant `now`, by due date and invoice."""
    found = approvals.waiting(session, scope, stage, kind=kind, after=after, limit=limit)
    return [_planned(one, stage, now) for one in found]


def sent(
    session: Session, scope: Scope, *, before: int | None = None, limit: int
) -> list[OnApproval]:
    """Letters that somebody approved, the newest first, those before the letter `before`."""
    return [
        OnApproval(
            about=one.about,
            kind=Awaiting.LETTER,
            stage=Stage.SENT,
            letter=one.letter,
            fee_cents=one.fee_cents,
            at=one.approved_at,
            why="",
            letter_id=one.letter_id,
            approved_by=one.approved_by,
            status=one.status,
        )
        for one in approvals.approved(session, scope, before=before, limit=limit)
    ]


async def approve(
    client: Client, company: str, found: Sequence[Found], *, actor: str, reason: str, key: str
) -> list[Asked]:
    """Approve letters and hand-overs of a company (its business id), each asked of its own
    procedure.

    `key`: names the approval; asking again under it does nothing twice.
    """

    def request(wanted: Found) -> Request:
        named = f"{key}/{wanted.invoice_id}"
        if wanted.letter is None:
            return requests.HandOver(actor=actor, reason=reason, key=named)
        return requests.SendNow(letter=wanted.letter, actor=actor, reason=reason, key=named)

    def stuck(wanted: Found, answer: Answer) -> str:
        # Granted, and yet it could not be written, reaches nobody or may not be handed over.
        return answer.why if answer.why.startswith(NEEDS_ATTENTION) else ""

    return await _ask(client, company, found, request, stuck)


async def refuse(
    client: Client,
    company: str,
    found: Sequence[Found],
    *,
    actor: str,
    reason: str,
    until: date | None = None,
    key: str,
) -> list[Asked]:
    """Refuse letters and hand-overs that wait: each invoice is held, with the reason, until it is
    released or through the local date `until`; then it waits for approval again. Else as `approve`.
    """

    def request(wanted: Found) -> Request:
        return requests.Hold(
            until=until,
            actor=actor,
            reason=f"not approved: {reason}" if reason else "not approved",
            key=f"{key}/{wanted.invoice_id}",
        )

    def late(wanted: Found, answer: Answer) -> str:
        if answer.state == wanted.state:
            return ""
        return f"somebody was quicker: the invoice is {answer.state}, and held now"

    return await _ask(client, company, found, request, late)


async def _ask(
    client: Client,
    company: str,
    found: Sequence[Found],
    request: Callable[[Found], Request],
    came_to_nothing: Callable[[Found, Answer], str],
) -> list[Asked]:
    """Ask each invoice's procedure. `came_to_nothing`: why an answer is a refusal, else ""."""
    turns, silent = asyncio.Semaphore(_TOGETHER), asyncio.Event()

    async def one(wanted: Found) -> str:
        async with turns:
            if silent.is_set():
                return "not asked: nobody answers now"
            try:
                answer = await by_hand.ask(client, company, wanted.number, request(wanted))
            except Refused as refused:
                return str(refused)
            except by_hand.FinishedError:
                return "its procedure is over"
            except by_hand.NoAnswerError:
                silent.set()
                return "its procedure has not answered; what was asked may be done yet"
        return came_to_nothing(wanted, answer)

    refusals = await asyncio.gather(*(one(wanted) for wanted in found))
    return [
        Asked(
            wanted.invoice_id,
            wanted.number,
            Awaiting.HAND_OVER if wanted.letter is None else Awaiting.LETTER,
            refused,
        )
        for wanted, refused in zip(found, refusals, strict=True)
    ]


def _planned(one: Waiting, stage: Stage, now: datetime) -> OnApproval:
    if one.kind is Awaiting.HAND_OVER:
        return OnApproval(
            about=one.about,
            kind=one.kind,
            stage=stage,
            letter=None,
            fee_cents=0,
            at=None,
            why=one.why,
            service=TAKEN_FROM.get(one.case.state),
        )
    why, step = one.why, None
    try:
        step = _step(one, stage, now)
    except (LawError, RateError) as error:
        why = str(error)
    return OnApproval(
        about=one.about,
        kind=one.kind,
        stage=stage,
        letter=(step.letter or step.kind.letter) if step else one.case.proposed,
        fee_cents=step.fee_cents if step else 0,
        at=one.at if stage is Stage.DRAFTED else None,
        why=why,
    )


def _step(one: Waiting, stage: Stage, now: datetime) -> Step | None:
    """The letter as it would leave: at its time, or now."""
    if stage is Stage.DRAFTED:
        return next_step(one.case, one.rule, FINNISH_LAW, FINLAND, now)
    step = letter_now(one.case, one.rule, FINNISH_LAW, FINLAND, now)
    if isinstance(step, Step):
        return step
    # Not lawful today: what it will be is known all the same.
    return next_step(one.case, one.rule, FINNISH_LAW, FINLAND, now)
