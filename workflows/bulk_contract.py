"""What the workflow of a mass action asks of its activity, and what that answers."""

from __future__ import annotations

from domain.case import Frozen

BULK_STRETCH = "bulk_stretch"


def bulk_workflow_id(action_id: int) -> str:
    """The id of a mass action's workflow: `bulk/{its row}`."""
    return f"bulk/{action_id}"


class StartBulk(Frozen):
    """A mass action's workflow begins, or goes on in a new run. `what`: in words, without names."""

    action_id: int
    what: str


class BulkProgress(Frozen):
    """How far it has got: of how many invoices it was done and refused, of how many in all.

    `over`: nothing is left to do. `silent`: nobody answered in the whole stretch.
    """

    done: int
    refused: int
    total: int
    over: bool
    cancelled: bool = False
    silent: bool = False
