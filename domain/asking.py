"""What may be asked of many invoices at once, by name. Without pydantic, for commands that start
quickly."""

from __future__ import annotations

from enum import StrEnum


class Asking(StrEnum):
    """A mass action (erääntyneiden käsittely)."""

    REMIND = "remind"
    NOTIFY = "notify"
    HAND_OVER = "hand_over"
    """To the agency's reminder service or to collection, as each invoice's state allows."""
    HOLD = "hold"
    RELEASE = "release"
    SET_STATE = "set_state"
    WITHDRAW = "withdraw"
    CANCEL = "cancel"
