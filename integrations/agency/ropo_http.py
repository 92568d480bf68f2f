"""Ropo One over HTTP: the token, and what each answer says of the request."""

import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from integrations.agency.answers import NOT_SENT, failure, named, unreadable
from integrations.agency.errors import AgencyUnavailable, AgencyUnsure
from integrations.agency.ropo_words import StatusUpdate, updates

SETTLING_SECONDS = 600.0
"""A request whose answer was lost may still be at work there: before it is done, asking whether the
job is there tells nothing."""

ASKING_SECONDS = 5.0
"""Time-out of the token and of looking for a job. With sending these stay within one attempt of the
errand: an attempt that is taken for dead must not send after the next has looked."""

LISTING_SECONDS = 60.0
"""Time-out of a list of a thousand statuses."""

_STATUS_UPDATES = "/jobs/statusupdates"
_NOTHING: Mapping[str, str] = MappingProxyType({})


class _Token(BaseModel):
    token: str


class _AuthError(BaseModel):
    error_id: Annotated[int, Field(alias="errorId")]
    error_text: Annotated[str, Field(alias="errorText")]


class _Changes(BaseModel):
    status: list[Any]


class _Updates(BaseModel):
    # Not in the documentation that could be read: so a public client of the API reads it.
    result: _Changes


class _Problem(BaseModel):
    """HttpApiProblem (RFC 9457)."""

    status: int
    title: str = ""
    detail: str = ""


class RopoHttp:
    """Requests with a token, which is fetched when there is none and once more on 401.

    Safe to share between threads. `timeout` is of sending, in real seconds.
    """

    def __init__(self, base_url: str, cid: str, apicode: str, timeout: float) -> None:
        self._login = {"cid": cid, "apicode": apicode}
        self._token = ""
        self._lock = threading.Lock()
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/rest",
            timeout=timeout,
            headers={"Accept": "application/json"},
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(
        self,
        subject: str,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str] = _NOTHING,
    ) -> httpx.Response:
        """POST; the answer of success. Raises AgencyUnavailable, AgencyUnsure or AgencyRefused."""
        try:
            answer = self._ask(subject, "POST", path, json=body, headers=headers)
        except NOT_SENT as error:
            raise AgencyUnavailable(subject, named(error)) from error
        except httpx.HTTPError as error:
            raise AgencyUnsure(subject, named(error), SETTLING_SECONDS) from error
        # The one answer of success that the documentation knows. Another is somebody else's.
        if answer.status_code == httpx.codes.CREATED:
            return answer
        failed = failure(subject, answer, _refusal)
        if isinstance(failed, AgencyUnsure):
            raise AgencyUnsure(subject, failed.reason, SETTLING_SECONDS)
        raise failed

    def updates(
        self, subject: str, timeout: float, params: Mapping[str, str] = _NOTHING
    ) -> list[StatusUpdate]:
        """Changes of jobs' statuses. Raises AgencyUnavailable or AgencyRefused."""
        try:
            answer = self._ask(subject, "GET", _STATUS_UPDATES, params=params, timeout=timeout)
        except httpx.HTTPError as error:
            raise AgencyUnavailable(subject, named(error)) from error
        if answer.status_code == httpx.codes.NO_CONTENT:
            return []
        if not answer.is_success:
            failed = failure(subject, answer, _refusal)
            if isinstance(failed, AgencyUnsure):
                raise AgencyUnavailable(subject, failed.reason)
            raise failed
        try:
            return updates(_Updates.model_validate_json(answer.content).result.status)
        except ValidationError as error:
            raise AgencyUnavailable(subject, unreadable(answer, error)) from error

    def _ask(self, subject: str, method: str, path: str, **what: Any) -> httpx.Response:
        """One request; with a new token once more, if the old one has expired."""
        headers = {**what.pop("headers", {})}
        token = self._bearer(subject, "")
        headers["Authorization"] = f"Bearer {token}"
        answer = self._http.request(method, path, headers=headers, **what)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            headers["Authorization"] = f"Bearer {self._bearer(subject, token)}"
            answer = self._http.request(method, path, headers=headers, **what)
        return answer

    def _bearer(self, subject: str, expired: str) -> str:
        """The token; a new one if there is none other than `expired`."""
        with self._lock:
            if self._token == expired:
                self._token = self._new_token(subject)
            return self._token

    def _new_token(self, subject: str) -> str:
        # Whatever goes wrong here, the message was not sent.
        try:
            answer = self._http.post("/token", json=self._login, timeout=ASKING_SECONDS)
        except httpx.HTTPError as error:
            raise AgencyUnavailable(subject, f"no token: {named(error)}") from error
        if not answer.is_success:
            raise AgencyUnavailable(
                subject,
                f"no token for the customer number and API code ({_denial(answer)}); see"
                " KARHU_ROPO_CID and KARHU_ROPO_APICODE",
            )
        try:
            return _Token.model_validate_json(answer.content).token
        except ValidationError as error:
            raise AgencyUnavailable(subject, unreadable(answer, error)) from error


def _denial(answer: httpx.Response) -> str:
    try:
        said = _AuthError.model_validate_json(answer.content)
    except ValidationError:
        return f"HTTP {answer.status_code}"
    return f"HTTP {answer.status_code}, {said.error_id}: {said.error_text}"


def _refusal(body: bytes) -> tuple[str, str] | None:
    try:
        problem = _Problem.model_validate_json(body)
    except ValidationError:
        return None
    return f"http_{problem.status}", problem.detail or problem.title or "no reason was given"
