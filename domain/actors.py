"""Who did what is in the event log."""

from __future__ import annotations

from enum import StrEnum

AUTOMATION = "automation"
"""The actor of what Karhu does by itself."""

AGENCY = "Intrum"
"""The actor of what the collection agency reports."""


class ActorKind(StrEnum):
    """What kind of actor an event names."""

    AUTOMATION = "automation"
    AGENCY = "agency"
    PERSON = "person"


def actor_kind(actor: str) -> ActorKind:
    """What kind of actor an event's is."""
    if actor == AUTOMATION:
        return ActorKind.AUTOMATION
    return ActorKind.AGENCY if actor == AGENCY else ActorKind.PERSON
