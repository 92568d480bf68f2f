"""How agencies' answers over HTTP are read: what was taken, what was not, and what is not known."""

from collections.abc import Callable, Mapping

import httpx
from pydantic import ValidationError

from integrations.agency.errors import AgencyError, AgencyRefused, AgencyUnavailable, AgencyUnsure

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Before these the request was not sent, or not whole: the agency cannot have taken it."""

# With these the agency says that it took nothing. 401 and 403: our key, see AgencyUnavailable.
_NOT_TAKEN = frozenset({401, 403, 429, 503})

Refusal = Callable[[bytes], tuple[str, str] | None]
"""An agency's code and reason in a body, or None if the body is not in its words."""


def failure(subject: str, answer: httpx.Response, refusal: Refusal) -> AgencyError:
    """What an answer that is no success says of the message."""
    if answer.status_code in _NOT_TAKEN:
        return AgencyUnavailable(
            subject, f"HTTP {answer.status_code}", _seconds(answer.headers.get("Retry-After"))
        )
    if answer.is_client_error:
        said = refusal(answer.content)
        if said is None:
            # Not the agency's words but something's on the way: a proxy, a wrong address.
            return AgencyUnavailable(subject, f"HTTP {answer.status_code} without a reason")
        return AgencyRefused(subject, *said)
    return AgencyUnsure(subject, f"HTTP {answer.status_code}")


def named(error: httpx.HTTPError) -> str:
    """What went wrong on the way."""
    return f"{type(error).__name__}: {error}"


def unreadable(answer: httpx.Response, error: ValidationError) -> str:
    """Why an answer cannot be read."""
    return f"HTTP {answer.status_code} with an answer that cannot be read: {fields(error)}"


def fields(error: ValidationError) -> str:
    """Names of fields and rules only: the values may hold a person's name."""
    return "; ".join(
        f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['type']}"
        for detail in error.errors(include_input=False, include_url=False)
    )


def header(headers: Mapping[str, str], name: str) -> str:
    """A header of a callback, whatever case and characters its sender has put into it."""
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def _seconds(retry_after: str | None) -> float | None:
    # The header may also be a date (RFC 9110, 10.2.3); then our own backoff serves.
    return float(retry_after) if retry_after and retry_after.isdecimal() else None
