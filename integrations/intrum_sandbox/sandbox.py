"""One running sandbox: its parts, and the two tasks that keep it going."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime

from integrations.intrum_sandbox.courier import Courier, wait
from integrations.intrum_sandbox.desk import Desk
from integrations.intrum_sandbox.faults import FaultBoard
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage

logger = logging.getLogger(__name__)


class Sandbox:
    """The agency itself; `real_now` reads the real time."""

    def __init__(self, settings: SandboxSettings, real_now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.real_now = real_now
        self.storage = Storage(settings.database)
        self.board = FaultBoard(
            settings.faults, settings.script, self.storage.notes, settings.clock
        )
        self.desk = Desk(settings, self.storage, self.board)
        self._changed = asyncio.Event()
        self._courier: Courier | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the database and go on where it was left."""
        self.storage.open()
        self.board.start(self.real_now())
        self.desk.contracts.start(self.real_now())
        if self.settings.callback_url:
            self._courier = Courier(
                self.settings, self.storage, self.settings.callback_url, self.real_now
            )
            self._keep_going(self._courier.run())
        self._keep_going(self._walk())

    async def stop(self) -> None:
        """Stop the tasks and close the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self.storage.close()

    def wake(self) -> None:
        """Something has been taken: there may be a status to tell and a step to wait for."""
        self._changed.set()
        if self._courier:
            self._courier.wake()

    @property
    def healthy(self) -> bool:
        """Whether cases are being walked and callbacks delivered."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def _keep_going(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(_report)
        self._tasks.append(task)

    async def _walk(self) -> None:
        while True:
            self._changed.clear()
            if self.desk.advance(self.real_now()) and self._courier:
                self._courier.wake()
            await wait(self._changed, self.desk.next_due(), self.real_now())


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.critical("the sandbox has stopped working; restart it", exc_info=error)
