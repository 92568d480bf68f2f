"""Reading the bounce mailbox: letters that came back are noted, and their workflows told."""

from __future__ import annotations

import asyncio
import logging

from temporalio.client import Client

from activities.starting import Drained, drain
from domain.clock import Clock
from integrations.bounces import BounceMailbox
from store import bounces
from store.bounces import Noted
from store.database import Database

log = logging.getLogger("karhu.bounces")


async def take_in(
    mailbox: BounceMailbox, *, database: Database, client: Client, clock: Clock
) -> Drained | None:
    """Take note of what came back since the last time; None if nothing did.

    A report is put away once it has been noted, so that a crash in between repeats it, which
    changes nothing. Raises OSError if the mailbox cannot be read.
    """
    found = await asyncio.to_thread(_note, mailbox, database)
    if not found:
        return None
    drained = await drain(client, database, clock, only=found)
    log.info("%d letters came back; %d workflows told", len(found), drained.told)
    return drained


def _note(mailbox: BounceMailbox, database: Database) -> list[int]:
    """The ids of the invoices that have news."""
    fresh = []
    for report in mailbox.reports():
        bounce = report.bounce
        noted, invoice_id = bounces.keep(database, bounce.message_id, bounce.reason)
        match noted:
            case Noted.NEW | Noted.KNOWN:
                mailbox.done(report)
            case Noted.STRANGER:
                mailbox.leave(report.path)
            case Noted.EARLY:
                pass
        if noted is Noted.NEW and invoice_id is not None:
            fresh.append(invoice_id)
    return fresh
