"""What kind of actor an event names. By itself, for commands that start quickly."""

from __future__ import annotations

from enum import StrEnum


class ActorKind(StrEnum):
    """What kind of actor an event names."""

    AUTOMATION = "automation"
    AGENCY = "agency"
    PERSON = "person"
