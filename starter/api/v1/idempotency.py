"""`Idempotency-Key`: asking again, after an answer that was lost, does nothing twice.

Every POST takes a `TheOnce`. What happens in the database alone happens with its answer in one
transaction (`Once.transaction`), so there is nothing between. What reaches further, to Temporal
say, is noted before and after (`Once.reaching_out`); cut off in between, it is done again under the
same `Once.key`, which is for whatever it reaches to know a repeated request by.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from starter.access import Caller
from starter.api.parts import Parts
from starter.api.v1.callers import TheCaller, TheParts
from starter.api.v1.problems import Kind, Problem
from store import kept_answers
from store.kept_answers import AnotherRequest, Asked, UnderWay

REPLAYED = "Idempotency-Replayed"

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="The caller's own name for this request, such as a UUID. The same key with the"
        " same request gives the same answer for 24 hours.",
        examples=["7f4df1a0-5a8e-4a39-9f0e-3c2f6c9b1d11"],
    ),
]


def key_reused() -> Problem:
    """422: the key was used for something else."""
    return Problem(
        Kind.KEY_REUSED,
        "this Idempotency-Key stands for another request of yours",
        remedy="choose a new key for each request, and keep it for asking the same again",
    )


class Replayed(Exception):  # noqa: N818 - reads as what happened
    """The request was answered before; this is the answer."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"answered before with {status}")
        self.status = status
        self.body = body


@dataclass(frozen=True, slots=True)
class Once:
    """One request, to be answered once."""

    parts: Parts
    asked: Asked

    @property
    def key(self) -> str:
        """Names the request to whatever it reaches beyond the database."""
        return f"{self.asked.caller}/{self.asked.key[:32]}"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction for what is done and its answer, which `keep` makes in it.

        Raises `Replayed`, and the problems 409 and 422 of the key.
        """
        with self.parts.database.transaction() as session:
            self._begin(session)
            yield session

    def keep(
        self,
        session: Session,
        body: BaseModel,
        *,
        status: int = 201,
        shown_once: Collection[str] = (),
    ) -> JSONResponse:
        """The answer, kept to be given again. `shown_once`: secrets, which are not kept: null in
        every later answer."""
        said = body.model_dump(mode="json")
        self._keep(session, status, JSONResponse({**said, **dict.fromkeys(shown_once)}))
        return JSONResponse(said, status_code=status)

    @asynccontextmanager
    async def reaching_out(self) -> AsyncIterator[None]:
        """Note that the request is under way while something beyond the database is done for it;
        `settle` makes its answer. Whatever is raised lets the same key ask again."""

        def begin() -> None:
            with self.parts.database.transaction() as session:
                self._begin(session)
                kept_answers.keep(session, self.asked, self.parts.real_now())

        def forget() -> None:
            with self.parts.database.transaction() as session:
                kept_answers.forget(session, self.asked)

        await run_in_threadpool(begin)
        try:
            yield
        except Exception:
            await run_in_threadpool(forget)
            raise

    async def settle(self, body: BaseModel, *, status: int = 200) -> JSONResponse:
        """The answer to what has reached out, kept to be given again."""
        answer = JSONResponse(body.model_dump(mode="json"), status_code=status)

        def keep() -> None:
            with self.parts.database.transaction() as session:
                self._keep(session, status, answer)

        await run_in_threadpool(keep)
        return answer

    def _begin(self, session: Session) -> None:
        try:
            kept = kept_answers.kept(session, self.asked, self.parts.real_now())
        except UnderWay:
            raise Problem(
                Kind.UNDER_WAY,
                "a request with this Idempotency-Key is being answered now",
                remedy="ask again in a while with the same key, and you get its answer",
                headers={"Retry-After": "2"},
            ) from None
        except AnotherRequest:
            raise key_reused() from None
        if kept is not None:
            raise Replayed(*kept)

    def _keep(self, session: Session, status: int, answer: JSONResponse) -> None:
        said = bytes(answer.body).decode()
        kept_answers.keep(session, self.asked, self.parts.real_now(), status, said)


async def once(
    request: Request, caller: TheCaller, parts: TheParts, idempotency_key: IdempotencyKey
) -> Once:
    """The dependency."""
    return _once(request, caller, parts, idempotency_key, await request.body())


async def streamed_once(
    request: Request, caller: TheCaller, parts: TheParts, idempotency_key: IdempotencyKey
) -> Once:
    """The same where the body is too long to be held: it stays unread, and whoever reads it has to
    see to it that a request with a known key has the same one."""
    return _once(request, caller, parts, idempotency_key, b"")


def _once(request: Request, caller: Caller, parts: Parts, given: str, body: bytes) -> Once:
    said = hashlib.sha256()
    for part in (
        request.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        body,
    ):
        said.update(len(part).to_bytes(8) + part)
    key = hashlib.sha256(given.encode()).hexdigest()
    return Once(parts, Asked(caller.name, key, said.hexdigest()))


TheOnce = Annotated[Once, Depends(once)]
StreamedOnce = Annotated[Once, Depends(streamed_once)]


def add_to(app: FastAPI) -> None:
    """Have the app give answers again."""

    def again(_: Request, error: Exception) -> Response:
        assert isinstance(error, Replayed)  # noqa: S101 - what it is registered for
        return Response(
            error.body,
            status_code=error.status,
            headers={REPLAYED: "true"},
            media_type="application/json",
        )

    app.add_exception_handler(Replayed, again)
