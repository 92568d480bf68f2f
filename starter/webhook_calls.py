"""Waking the workflows of webhooks when there are events for them.

One query over all endpoints every few seconds, and a signal for those that have something: an
endpoint at rest costs its workflow no timer and no history, and writing an event costs nothing. The
signal starts a workflow that is not there, so whatever was lost comes back by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from temporalio.client import Client
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from store import event_feed, webhook_calls
from store.database import Database
from store.webhook_calls import Call
from workflows import search_attributes
from workflows.contract import TASK_QUEUE
from workflows.webhook import WebhookWorkflow
from workflows.webhook_contract import CHANGED, LOOK, StartWebhook, webhook_workflow_id

log = logging.getLogger("karhu.webhooks")


async def make(client: Client, database: Database, now: datetime) -> int:
    """Tell the workflows that are to be told at the real instant `now`; how many heard it."""
    calls = await asyncio.to_thread(_due, database, now)
    done: list[Call] = []
    missed: list[Call] = []
    for call in calls:
        try:
            await _tell(client, call)
        except (RPCError, RuntimeError) as error:
            log.warning("webhook %d was not told: %s", call.endpoint_id, type(error).__name__)
            missed.append(call)
        else:
            done.append(call)
    if calls:
        await asyncio.to_thread(_note, database, done, missed)
    return len(done)


async def _tell(client: Client, call: Call) -> None:
    await client.start_workflow(
        WebhookWorkflow.run,
        StartWebhook(endpoint_id=call.endpoint_id, company=call.company),
        id=webhook_workflow_id(call.endpoint_id),
        task_queue=TASK_QUEUE,
        start_signal=CHANGED if call.changed else LOOK,
        static_summary=f"Webhook {call.endpoint_id} of {call.company}",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(search_attributes.COMPANY, call.company)]
        ),
        priority=Priority(fairness_key=call.company),
    )


def _due(database: Database, now: datetime) -> list[Call]:
    event_feed.advance(database)
    with database.transaction() as session:
        return webhook_calls.calls(session, now)


def _note(database: Database, done: Sequence[Call], missed: Sequence[Call]) -> None:
    with database.transaction() as session:
        webhook_calls.told(session, done)
        webhook_calls.not_told(session, missed)
