"""Several processes of one service, as one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType

from starter.stack.process import launched

_LOOK_SECONDS = 0.2


def run_several(arguments: Sequence[str], count: int) -> int:
    """Run `karhu` with the arguments `count` times over; the exit code.

    SIGTERM and Ctrl-C go on to all of them, and then it is 0. When one ends by itself the others
    are asked to end too, and it is 1: whoever supervises this process starts all of them again.
    """
    # Tied to this process: killed outright, it leaves nobody working unseen.
    command = (*launched(signal.SIGTERM, None), sys.executable, "-m", "starter.cli", *arguments)
    stopping = False

    def stop(_number: int = 0, _frame: FrameType | None = None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    children = [
        # A session of its own, or Ctrl-C would reach a child twice.
        subprocess.Popen(command, start_new_session=True)  # noqa: S603 - ourselves
        for _ in range(count)
    ]
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(_LOOK_SECONDS)
    asked = stopping
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        child.wait()
    return 0 if asked else 1
