"""What waits for a person's approval, and where a letter for approval has got to."""

from __future__ import annotations

from enum import StrEnum


class Awaiting(StrEnum):
    """What waits for somebody's approval."""

    LETTER = "letter"
    HAND_OVER = "hand_over"
    """To the agency's reminder service, or to collection."""


class Stage(StrEnum):
    """Where what is on approval is. A hand-over is to do at once, and then at the agency."""

    DRAFTED = "drafted"
    """Its time has not come (luonnos)."""
    TO_DO = "to_do"
    """It waits for somebody (tehtävä)."""
    SENT = "sent"
    """Somebody approved it, and it is on its way or has left (lähetetty)."""
