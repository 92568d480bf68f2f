"""The worker is killed ten times while invoices live: every letter once, every cent there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from integrations.smtp_catcher import read_deliveries

KILLS = 10
# The stack takes a service that dies sooner, five times in a row, for one that cannot live.
LIVES_SECONDS = 5.5


@pytest.mark.stack
@pytest.mark.timeout(420)
def test_a_worker_killed_ten_times_sends_every_letter_once(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    log = (tmp_path / "log").open("wb")
    with (
        log,
        subprocess.Popen(
            [
                *(sys.executable, "-m", "starter.cli", "demo", "--dir", str(folder)),
                *("--invoices", "100", "--days", "90", "--days-per-second", "0.9"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as demo,
    ):
        try:
            killed = _kill_again_and_again(folder / "karhu" / "stack.json", demo)
            code = demo.wait(300)
        finally:
            demo.terminate()
            demo.wait(60)
    assert code == 0, (tmp_path / "log").read_text()
    assert killed == KILLS

    summary = json.loads((folder / "summary.json").read_text())
    assert summary["invoices"] == 100
    assert summary["workflows_failed"] == 0
    assert summary["ledgers_unbalanced"] == 0
    assert summary["letters_unaccounted"] == 0
    assert summary["letters"]["total"] > 10

    mail = folder / "karhu" / "mail"
    deliveries = read_deliveries(mail)
    assert not any(delivery.conflict for delivery in deliveries)
    # A letter on the wire at the moment of a kill goes out again, word for word: one message.
    assert sum(delivery.repeat for delivery in deliveries) <= KILLS
    once = Counter(delivery.message_id for delivery in deliveries if not delivery.repeat)
    assert set(once.values()) == {1}
    assert len(list(mail.glob("*.eml"))) == len(once)


def _kill_again_and_again(stack_file: Path, demo: subprocess.Popen[bytes]) -> int:
    """SIGKILL the stack's worker each time it has lived for a while; how often."""
    killed = 0
    while killed < KILLS and demo.poll() is None:
        pid = _worker(stack_file)
        if pid is not None and _age(pid) > LIVES_SECONDS:
            os.kill(pid, signal.SIGKILL)
            killed += 1
        time.sleep(0.2)
    return killed


def _worker(stack_file: Path) -> int | None:
    """The worker's process id, once the whole stack is up."""
    try:
        stack = json.loads(stack_file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    pid = stack["pids"].get("worker") if stack["ready"] else None
    return pid if isinstance(pid, int) else None


def _age(pid: int) -> float:
    try:
        return time.time() - psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0
