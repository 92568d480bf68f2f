"""The sandbox as a process: it listens, except while it is told to refuse connections."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from integrations.intrum_sandbox.app import app_of, real_time
from integrations.intrum_sandbox.sandbox import Sandbox
from integrations.intrum_sandbox.settings import SandboxSettings

_LOOK_SECONDS = 0.05
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(settings: SandboxSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(Sandbox(settings, real_time)))


async def _serve(sandbox: Sandbox) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    await sandbox.start()
    try:
        while not stopping.is_set():
            if _refuses(sandbox):
                await asyncio.sleep(_LOOK_SECONDS)
            else:
                await _open_until(sandbox, stopping)
    finally:
        await sandbox.stop()


class _Server(uvicorn.Server):
    """One opening of the door; the process's own handlers keep the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _open_until(sandbox: Sandbox, stopping: asyncio.Event) -> None:
    """Listen until the end, or until connections are to be refused."""
    settings = sandbox.settings
    server = _Server(
        uvicorn.Config(
            app_of(sandbox),
            host=settings.host,
            port=settings.port,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
            timeout_graceful_shutdown=5,
        )
    )
    serving = asyncio.create_task(server.serve())
    while not (serving.done() or stopping.is_set() or _refuses(sandbox)):
        await asyncio.sleep(_LOOK_SECONDS)
    server.should_exit = True
    await serving


def _refuses(sandbox: Sandbox) -> bool:
    return sandbox.board.now(sandbox.real_now()).refuse
