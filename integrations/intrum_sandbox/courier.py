"""Calling back: each message is posted, signed, until it is answered with 2xx.

What has been delivered stands in the database, so a restart goes on where it was. At the worst, a
kill between an answer and its note, a message goes out once more: receivers tell by message_id.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from integrations.agency.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from integrations.intrum_sandbox.records import Callback
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage
from integrations.intrum_sandbox.telling import damaged

logger = logging.getLogger(__name__)

_AT_ONCE = 8
_TIMEOUT_SECONDS = 10.0
_GARBAGE = b'{"kind": "status", "message_id": 7, "status": null}'


class Courier:
    """Delivers the storage's callbacks to one address. `real_now` reads the real time."""

    def __init__(
        self,
        settings: SandboxSettings,
        storage: Storage,
        url: str,
        real_now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._storage = storage
        self._url = url
        self._real_now = real_now
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There may be something new to deliver."""
        self._news.set()

    async def run(self) -> None:
        """Deliver for ever."""
        self._storage.outbox.try_all_at(self._real_now())
        async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS) as http:
            while True:
                self._news.clear()
                if batch := self._storage.outbox.due(self._real_now(), _AT_ONCE):
                    await asyncio.gather(*(self._deliver(http, one) for one in batch))
                else:
                    await wait(self._news, self._storage.outbox.next_try(), self._real_now())

    async def _deliver(self, http: httpx.AsyncClient, callback: Callback) -> None:
        message = callback.message
        body = message.model_dump_json().encode()
        if callback.spoiled:
            await self._spoil(http, callback, body)
        problem = await self._post(http, body, body)
        if problem is None:
            self._storage.outbox.delivered(message.sequence)
            return
        seconds = min(
            self._settings.callback_retry_seconds * 2.0 ** min(callback.tries, 30),
            self._settings.callback_retry_max_seconds,
        )
        if callback.tries == 0:
            logger.warning(
                "callback %d (%s) not taken (%s); trying until it is",
                *(message.sequence, message.kind, problem),
            )
        again = self._real_now() + timedelta(seconds=seconds)
        self._storage.outbox.try_again(message.sequence, again)

    async def _spoil(self, http: httpx.AsyncClient, callback: Callback, body: bytes) -> None:
        """Send what nobody should believe, once; the true message follows whatever is answered."""
        sequence = callback.message.sequence
        if callback.spoiled == "garbage":
            problem = await self._post(http, _GARBAGE, _GARBAGE)
        else:
            problem = await self._post(http, body, damaged(body, callback.message.message_id))
        if problem is None:
            logger.warning("callback %d was %s, and was taken", sequence, callback.spoiled)
        self._storage.outbox.spoiled_sent(sequence)

    async def _post(self, http: httpx.AsyncClient, signed: bytes, sent: bytes) -> str | None:
        """What was wrong with the answer, if it was not 2xx."""
        timestamp = int(self._real_now().timestamp())
        secret = self._settings.callback_secret.get_secret_value()
        try:
            answer = await http.post(
                self._url,
                content=sent,
                headers={
                    "Content-Type": "application/json",
                    TIMESTAMP_HEADER: str(timestamp),
                    SIGNATURE_HEADER: sign(secret, timestamp, signed),
                },
            )
        except httpx.HTTPError as error:
            return type(error).__name__
        return None if answer.is_success else f"HTTP {answer.status_code}"


async def wait(news: asyncio.Event, until: datetime | None, now: datetime) -> None:
    """Return at the news, or at a real instant. A minute at most: the real clock may be set."""
    seconds = 60.0 if until is None else min(max((until - now).total_seconds(), 0.001), 60.0)
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        pass
