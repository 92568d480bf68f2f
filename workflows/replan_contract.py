"""What the replanning workflow asks of its activity, and what that answers."""

from __future__ import annotations

from domain.case import Frozen

REPLAN_STRETCH = "replan_stretch"


def replan_workflow_id(replanning_id: int) -> str:
    """The id of a replanning's workflow: `replan/{its row}`."""
    return f"replan/{replanning_id}"


class StartReplanning(Frozen):
    """A replanning's workflow begins, or goes on in a new run. `what`: in words, without names."""

    replanning_id: int
    what: str


class Replanned(Frozen):
    """How far it has got: invoices told, of how many. `over`: nothing is left to do."""

    told: int
    total: int
    over: bool
    cancelled: bool = False
