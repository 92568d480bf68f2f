"""What an endpoint's workflow asks of its activities, and what they answer."""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy

from domain.case import Frozen

WEBHOOK = "Webhook"
"""The workflow's type."""

WEBHOOK_QUEUE = "karhu-webhook"
"""The activities that go out to the receivers; the workflows themselves are on `TASK_QUEUE`."""

DELIVER_EVENTS = "deliver_events"
PAUSE_WEBHOOK = "pause_webhook"

LOOK = "look"
CHANGED = "changed"
"""The signals."""


def webhook_workflow_id(endpoint_id: int) -> str:
    """The id of an endpoint's workflow: `webhook/{its row}`."""
    return f"webhook/{endpoint_id}"


class StartWebhook(Frozen):
    """An endpoint's workflow begins, or goes on in a new run. `company`: the business id.

    `look`: there may be something to deliver.
    """

    endpoint_id: int
    company: str
    look: bool = True


class Delivered(Frozen):
    """What one attempt came to. `more`: not everything is delivered yet.

    `paused`: nothing leaves until somebody resumes it; `gone`: the endpoint is deleted.
    """

    events: int = 0
    more: bool = False
    paused: bool = False
    gone: bool = False


class Pause(Frozen):
    """Let nothing leave until somebody resumes the endpoint. `reason`: in words."""

    endpoint_id: int
    reason: str


DELIVER_TIMEOUT = timedelta(seconds=60)
"""One attempt; it ends itself after half of that."""
DELIVER_DEADLINE = timedelta(days=3)
"""All attempts at the same event; then the endpoint is paused."""
DELIVER_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=30),
)
PAUSE_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
