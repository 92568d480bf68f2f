"""Who did what is in the event log."""

from __future__ import annotations

from domain.actor_kinds import ActorKind
from domain.agency.contract import NAMES, name

AUTOMATION = "automation"
"""The actor of what Karhu does by itself."""

AGENCIES = frozenset(NAMES.values())
"""The actors of what the collection agencies report."""


def of_agency(agency: str) -> str:
    """The actor of what this agency reports: "Intrum"."""
    return name(agency)


def actor_kind(actor: str) -> ActorKind:
    """What kind of actor an event's is."""
    if actor == AUTOMATION:
        return ActorKind.AUTOMATION
    return ActorKind.AGENCY if actor in AGENCIES else ActorKind.PERSON
