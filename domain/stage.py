"""Where a letter for approval has got to."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a letter for approval is."""

    DRAFTED = "drafted"
    """Its time has not come (luonnos)."""
    TO_DO = "to_do"
    """It waits for somebody (tehtävä)."""
    SENT = "sent"
    """Somebody approved it, and it is on its way or has left (lähetetty)."""
