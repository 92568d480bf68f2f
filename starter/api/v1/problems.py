"""Every error of the API as RFC 9457 says it, application/problem+json, with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from starter.access import NotAllowed
from starter.people import NotDone, NotYours, Unknown
from starter.sign_in import TooManyTries, WrongPassword

MEDIA_TYPE = "application/problem+json"


class Kind(Enum):
    """What may be wrong: code, status, title."""

    UNAUTHENTICATED = ("unauthenticated", 401, "Not signed in")
    FORBIDDEN = ("forbidden", 403, "Not allowed")
    NOT_FOUND = ("not-found", 404, "Not found")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "Not done to this")
    CONFLICT = ("conflict", 409, "Not possible as things are")
    UNDER_WAY = ("under-way", 409, "The same request is under way")
    CHANGED = ("changed", 412, "Changed by somebody else")
    TOO_LARGE = ("too-large", 413, "Too large")
    INVALID = ("invalid", 422, "Not valid")
    KEY_REUSED = ("key-reused", 422, "Idempotency key used for another request")
    UNCONDITIONAL = ("unconditional", 428, "A condition is required")
    TOO_MANY_TRIES = ("too-many-tries", 429, "Too many tries")
    INTERNAL = ("internal", 500, "Our mistake")
    UNAVAILABLE = ("unavailable", 503, "Not available now")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]

    @property
    def title(self) -> str:
        return self.value[2]


_EXAMPLES: Mapping[Kind, tuple[str, str]] = {
    Kind.UNAUTHENTICATED: (
        "this session or token is over, revoked or unknown",
        "sign in by POST /api/v1/sessions",
    ),
    Kind.FORBIDDEN: (
        "none of your roles in company 2000003-2 may do this (users.manage); these may: tpk, kh",
        "ask somebody who may, or for another role or scope",
    ),
    Kind.NOT_FOUND: ("there is no company 2000004-0 here", "look for a mistyped character"),
    Kind.CONFLICT: (
        "user 14 belongs to company 2000003-2 already",
        "change the role of that user, or enable it again",
    ),
    Kind.UNDER_WAY: (
        "a request with this Idempotency-Key is being answered now",
        "ask again in a while with the same key, and you get its answer",
    ),
    Kind.CHANGED: ("rule VIP has changed since you read it", "GET it again, and change that"),
    Kind.TOO_LARGE: ("the request's body is too large", "send less at a time"),
    Kind.INVALID: (
        "query.limit: Input should be less than or equal to 200",
        "correct the fields that `errors` names",
    ),
    Kind.KEY_REUSED: (
        "this Idempotency-Key stands for another request of yours",
        "choose a new key for each request",
    ),
    Kind.UNCONDITIONAL: ("a change says which version it changes", "send its ETag as If-Match"),
    Kind.TOO_MANY_TRIES: (
        "too many wrong passwords; the next try may be made in 8 s",
        "wait, and try the right password",
    ),
    Kind.INTERNAL: ("something went wrong on our side", "ask again with the same key"),
    Kind.UNAVAILABLE: ("the database does not do its part now", "ask again in a while"),
}
"""What each kind may read like, for OpenAPI: detail and remedy."""


class FieldError(BaseModel):
    """What is wrong with one field of a request. `where`: "body.email", "query.limit"."""

    where: str
    what: str


class ProblemBody(BaseModel):
    """An error, as it is answered."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="What kind of error it is: the same for all of a kind.")
    title: str
    status: int
    detail: str = Field(description="What is wrong with this request.")
    record: str | None = Field(default=None, description="What it is about: `company 2000001-6`.")
    remedy: str = Field(description="What to do about it.")
    errors: list[FieldError] | None = Field(default=None, description="Each invalid field.")


class Problem(Exception):  # noqa: N818 - the standard's word
    """An error to be answered. `record`: what it is about; `remedy`: what to do."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        remedy: str,
        record: str | None = None,
        errors: Sequence[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.body = ProblemBody(
            type=f"urn:karhu:problem:{kind.code}",
            title=kind.title,
            status=kind.status,
            detail=detail,
            record=record,
            remedy=remedy,
            errors=list(errors) if errors else None,
        )
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(
            self.body.model_dump(exclude_none=True),
            status_code=self.kind.status,
            headers=self.headers,
            media_type=MEDIA_TYPE,
        )


_SIGN_IN = (
    "sign in by POST /api/v1/sessions, or make an API token, and send it as"
    " `Authorization: Bearer ...`"
)


def unauthenticated(detail: str, remedy: str = _SIGN_IN) -> Problem:
    """401: nobody that we know asks."""
    return Problem(
        Kind.UNAUTHENTICATED,
        detail,
        remedy=remedy,
        headers={"WWW-Authenticate": 'Bearer realm="karhu"'},
    )


def not_found(record: str) -> Problem:
    """404: it is not there, or not for the one who asks."""
    return Problem(
        Kind.NOT_FOUND,
        f"there is no {record} here",
        record=record,
        remedy="look for a mistyped character; GET /api/v1/companies lists what is there for you",
    )


def invalid(detail: str, where: str, remedy: str) -> Problem:
    """422: a field, such as "query.cursor", does not say anything usable."""
    return Problem(
        Kind.INVALID, detail, remedy=remedy, errors=[FieldError(where=where, what=detail)]
    )


def unavailable(what: str) -> Problem:
    """503: a part of ours does not do its part now."""
    return Problem(
        Kind.UNAVAILABLE,
        f"{what} does not do its part now",
        remedy="ask again in a while, with the same Idempotency-Key",
        headers={"Retry-After": "5"},
    )


def internal() -> Problem:
    """500: nothing of the cause is said; it stands in the log."""
    return Problem(
        Kind.INTERNAL,
        "something went wrong on our side",
        remedy="ask again with the same Idempotency-Key; if it stays, tell whoever runs this Karhu",
    )


def too_large() -> Problem:
    """413."""
    return Problem(Kind.TOO_LARGE, "the request's body is too large", remedy="send less at a time")


def documented(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: errors that an endpoint answers, each status with its examples.

    An endpoint says which are particular to it (`CONFLICT`); those that follow from what it takes
    are added by `errors_of`.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = found.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        detail, remedy = _EXAMPLES[kind]
        entry["content"][MEDIA_TYPE]["examples"][kind.code] = {
            "value": {
                "type": f"urn:karhu:problem:{kind.code}",
                "title": kind.title,
                "status": kind.status,
                "detail": detail,
                "remedy": remedy,
            }
        }
    return found


def errors_of(method: str, path: str, operation: Mapping[str, Any]) -> list[Kind]:
    """The errors that follow from what an operation of the OpenAPI document takes."""
    found = [Kind.INTERNAL, Kind.UNAVAILABLE]
    if "security" in operation:
        found += [Kind.UNAUTHENTICATED, Kind.FORBIDDEN]
    if "{" in path:
        found.append(Kind.NOT_FOUND)
    if "parameters" in operation or "requestBody" in operation:
        found.append(Kind.INVALID)
    if "requestBody" in operation:
        found.append(Kind.TOO_LARGE)
    if method == "post" and "security" in operation:
        found += [Kind.UNDER_WAY, Kind.KEY_REUSED]
    return found


def add_to(app: FastAPI) -> None:
    """Have the app answer its errors so."""

    def problem(_: Request, error: Exception) -> JSONResponse:
        return _as_problem(error).response()

    for kind in (
        *(Problem, RequestValidationError, HTTPException, NotAllowed, NotDone),
        *(WrongPassword, TooManyTries),
    ):
        app.add_exception_handler(kind, problem)


def _as_problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _validation(error)
        case HTTPException():
            return _http(error)
        case NotAllowed():
            remedy = "ask somebody who may, or for another role or scope"
            return Problem(Kind.FORBIDDEN, str(error), remedy=remedy)
        case Unknown():
            return Problem(Kind.NOT_FOUND, str(error), remedy=error.remedy)
        case NotYours():
            return Problem(Kind.FORBIDDEN, str(error), remedy=error.remedy)
        case NotDone():
            return Problem(Kind.CONFLICT, str(error), remedy=error.remedy)
        case WrongPassword():
            remedy = "look for a mistyped character; after some wrong ones each try has to wait"
            return unauthenticated(str(error), remedy)
        case TooManyTries():
            return Problem(
                Kind.TOO_MANY_TRIES,
                str(error),
                remedy="wait, and try the right password",
                headers={"Retry-After": str(error.seconds)},
            )
    return internal()


def _validation(error: RequestValidationError) -> Problem:
    # Never what was sent: it may be a password.
    found = [
        FieldError(where=".".join(str(part) for part in one["loc"]), what=str(one["msg"]))
        for one in error.errors()
    ]
    return Problem(
        Kind.INVALID,
        "; ".join(f"{one.where}: {one.what}" for one in found),
        remedy="correct the fields that `errors` names; /api/v1/openapi.json says what they take",
        errors=found,
    )


def _http(error: HTTPException) -> Problem:
    """What the framework itself refuses."""
    headers = dict(error.headers or {})
    if error.status_code == Kind.METHOD_NOT_ALLOWED.status:
        return Problem(
            Kind.METHOD_NOT_ALLOWED,
            "this address does not take this method",
            remedy=f"it takes {headers.get('Allow', 'others')}",
            headers=headers,
        )
    if error.status_code == Kind.TOO_LARGE.status:
        return too_large()
    if error.status_code == Kind.NOT_FOUND.status:
        return Problem(
            Kind.NOT_FOUND,
            "there is nothing at this address",
            remedy="look for a mistyped character; /api/v1/openapi.json lists what there is",
        )
    return Problem(
        Kind.INVALID,
        "the request cannot be read",
        remedy="send JSON as /api/v1/openapi.json says, with Content-Type: application/json",
    )
