"""Handing many invoices over to the agency at once, each asked of its own procedure."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.client import Client

from domain import requests
from domain.requests import Refused
from starter import by_hand
from store.hand_overs import Found

MOST = 500
"""Invoices handed over in one request."""

_TOGETHER = 20
"""Procedures asked at once."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one. `state`: where it is now; `refused`: why it was not done, else ""."""

    invoice_id: int
    number: str
    state: str = ""
    why: str = ""
    """What comes next."""
    refused: str = ""


async def hand_over(
    client: Client, found: Sequence[Found], *, actor: str, reason: str, key: str
) -> list[Asked]:
    """Hand invoices over, or approve hand-overs that wait: an answer for each, in their order.

    `key`: names the request; asking again under it does nothing twice.
    """
    turns, silent = asyncio.Semaphore(_TOGETHER), asyncio.Event()

    async def one(wanted: Found) -> Asked:
        request = requests.HandOver(actor=actor, reason=reason, key=f"{key}/{wanted.invoice_id}")

        def refused(why: str) -> Asked:
            return Asked(wanted.invoice_id, wanted.number, refused=why)

        async with turns:
            if silent.is_set():
                return refused("not asked: nobody answers now")
            try:
                answer = await by_hand.ask(client, wanted.company, wanted.number, request)
            except Refused as no:
                return refused(str(no))
            except by_hand.FinishedError:
                return refused("its procedure is over")
            except by_hand.NoAnswerError:
                silent.set()
                return refused("its procedure has not answered; it may be handed over yet")
        return Asked(wanted.invoice_id, wanted.number, answer.state, answer.why)

    return list(await asyncio.gather(*(one(wanted) for wanted in found)))
