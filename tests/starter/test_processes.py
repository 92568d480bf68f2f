"""Several worker processes as one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.starter.office import Office


@pytest.fixture
def crew(office: Office) -> Iterator[tuple[subprocess.Popen[bytes], list[psutil.Process]]]:
    """`karhu worker --processes 2`, and its two workers."""
    command = [sys.executable, "-m", "starter.cli", "worker", "--processes", "2"]
    with subprocess.Popen(
        [*command, "--queues", "karhu-paper"],
        env={**os.environ, **office.environment},
        stderr=subprocess.DEVNULL,
    ) as leader:
        deadline = time.monotonic() + 60
        # Once it has several threads, a worker is past its start.
        while (
            len(workers := psutil.Process(leader.pid).children()) < 2
            or min(one.num_threads() for one in workers) < 3
        ):
            assert leader.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        try:
            yield leader, workers
        finally:
            leader.kill()


def test_all_end_when_asked(
    crew: tuple[subprocess.Popen[bytes], list[psutil.Process]],
) -> None:
    leader, workers = crew
    leader.send_signal(signal.SIGTERM)
    assert leader.wait(timeout=60) == 0
    assert not any(one.is_running() for one in workers)


def test_all_end_when_one_dies(
    crew: tuple[subprocess.Popen[bytes], list[psutil.Process]],
) -> None:
    leader, workers = crew
    workers[0].kill()
    assert leader.wait(timeout=60) == 1
    assert not any(one.is_running() for one in workers)
