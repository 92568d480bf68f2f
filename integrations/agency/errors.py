"""What can go wrong between us and a collection agency.

    AgencyError
    ├── AgencyUnavailable   not taken; try again later
    ├── AgencyUnsure        perhaps taken; find out, then try again with the same idempotency key
    ├── AgencyRefused       read and refused; the same message will be refused again
    └── CallbackRefused     what came in is not (or not provably, or not now) from the agency

The first two are worth retrying for days, AgencyRefused needs a person, CallbackRefused is answered
to the sender. Messages name the case and never a person.
"""

from typing import ClassVar


class AgencyError(Exception):
    """Anything that went wrong with an agency."""

    retryable: ClassVar[bool] = False


class AgencyUnavailable(AgencyError):  # noqa: N818
    """The agency did not take the message: unreachable, overloaded, or our key is not accepted.

    A key that is not accepted counts here, because somebody mends it and the message is then
    still good.
    """

    retryable = True

    def __init__(self, subject: str, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{subject}: the agency is not available ({reason}); try again later")
        self.subject = subject
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        """Real seconds that the agency asked us to wait, if it did."""


class AgencyUnsure(AgencyError):  # noqa: N818
    """The message went out and no readable answer came: the agency may or may not have taken it.

    Before it is sent again, `AgencyClient.said_before` is asked.
    """

    retryable = True

    def __init__(self, subject: str, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(
            f"{subject}: it is not known whether the agency took the message ({reason})"
        )
        self.subject = subject
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        """Real seconds after which the agency can tell, if it can't at once."""


class AgencyRefused(AgencyError):  # noqa: N818
    """The agency read the message and refuses it; `code` is for programs, `reason` for people.

    Codes of our own, said by a client without asking: `not_supported` for what the agency can't be
    told in this way, `unsure` for what it may have been told and can't be asked about. Both need a
    person, and `reason` says what to do.
    """

    def __init__(self, subject: str, code: str, reason: str) -> None:
        super().__init__(f"{subject}: refused by the agency ({code}): {reason}")
        self.subject = subject
        self.code = code
        self.reason = reason


class CallbackRefused(AgencyError):  # noqa: N818
    """A callback not to be believed: `code` is bad_signature, stale, too_large, malformed, or
    no_secret where there is nothing to check it against."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"callback refused ({code}): {reason}")
        self.code = code
        self.reason = reason
