"""The line in which messages to an agency wait: what may have become of each. Without pydantic, for
commands that start quickly."""

from __future__ import annotations

from enum import StrEnum


class LineStatus(StrEnum):
    """What has become of a message to the agency."""

    WAITING = "waiting"
    """In line: the agency certainly does not have it."""
    SENT = "sent"
    """On its way, or sent without a readable answer: the agency may have it. It is sent again,
    under the same key, until there is an answer."""
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """The agency read it and would not have it; the reason is kept."""
    GIVEN_UP = "given_up"
    """Tried for as long as the retries go on."""
    VOID = "void"
    """There is nobody to tell: the agency's case is over, or there never was one."""

    @property
    def in_line(self) -> bool:
        """Whether it is still to be said."""
        return self in IN_LINE

    @property
    def resendable(self) -> bool:
        """Whether a person may have it sent again, as it is."""
        return self in {LineStatus.REFUSED, LineStatus.GIVEN_UP}


IN_LINE = frozenset({LineStatus.WAITING, LineStatus.SENT})
