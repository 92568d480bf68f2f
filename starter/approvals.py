"""Letters on approval: which are drafted, to do and sent, and approving many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session
from temporalio.client import Client

from domain import requests
from domain.calendar import FINLAND
from domain.interest import RateError
from domain.law import FINNISH_LAW, LawError
from domain.procedure import letter_now, next_step
from domain.requests import Refused
from domain.stage import Stage
from domain.states import LetterKind
from domain.steps import Step
from domain.waits import NEEDS_ATTENTION
from starter import by_hand
from store import approvals
from store.approvals import About, Found, Waiting
from store.scope import Scope

MOST = 200
"""Letters that are approved at once."""

_TOGETHER = 20
"""Procedures that are asked at the same time."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter on approval. `at`: when a draft's time comes, or when the letter was approved.

    `letter`: None if the law cannot be asked now, `why` says why. `fee_cents`: what the debtor is
    charged for it. `status`, `letter_id` and `approved_by`: of one that somebody approved.
    """

    about: About
    stage: Stage
    letter: LetterKind | None
    fee_cents: int
    at: datetime | None
    why: str
    letter_id: int | None = None
    approved_by: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one approval. `refused`: why it was not granted; "": the letter leaves."""

    invoice_id: int
    number: str
    refused: str = ""


def planned(
    session: Session,
    scope: Scope,
    stage: Stage,
    now: datetime,
    *,
    after: tuple[date, int] | None = None,
    limit: int,
) -> list[Letter]:
    """Letters that are drafted or to do at the business instant `now`, by due date and invoice."""
    found = approvals.waiting(session, scope, stage, after=after, limit=limit)
    return [_letter(one, stage, now) for one in found]


def sent(session: Session, scope: Scope, *, before: int | None = None, limit: int) -> list[Letter]:
    """Letters that somebody approved, the newest first, those before the letter `before`."""
    return [
        Letter(
            about=one.about,
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
    """Approve letters of a company (its business id), each asked of its own procedure.

    `key`: names the approval; asking again under it does nothing twice.
    """
    turns, silent = asyncio.Semaphore(_TOGETHER), asyncio.Event()

    async def one(wanted: Found) -> Asked:
        request = requests.SendNow(
            letter=wanted.letter, actor=actor, reason=reason, key=f"{key}/{wanted.invoice_id}"
        )
        async with turns:
            if silent.is_set():
                return Asked(wanted.invoice_id, wanted.number, "not asked: nobody answers now")
            try:
                answer = await by_hand.ask(client, company, wanted.number, request)
            except Refused as refused:
                return Asked(wanted.invoice_id, wanted.number, str(refused))
            except by_hand.FinishedError:
                return Asked(wanted.invoice_id, wanted.number, "its procedure is over")
            except by_hand.NoAnswerError:
                silent.set()
                why = "its procedure has not answered; the letter may leave yet"
                return Asked(wanted.invoice_id, wanted.number, why)
        # Granted, and yet it could not be written or reaches nobody.
        stuck = answer.why if answer.why.startswith(NEEDS_ATTENTION) else ""
        return Asked(wanted.invoice_id, wanted.number, stuck)

    return list(await asyncio.gather(*(one(wanted) for wanted in found)))


def _letter(one: Waiting, stage: Stage, now: datetime) -> Letter:
    why, step = one.why, None
    try:
        step = _step(one, stage, now)
    except (LawError, RateError) as error:
        why = str(error)
    return Letter(
        about=one.about,
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
