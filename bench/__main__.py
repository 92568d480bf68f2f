"""python -m bench [--size small|normal|full] [--only FIGURE ...]

Prints Karhu's figures beside a bare workflow's, and writes `var/bench/results.json`. Exit code 0
when everything was measured, whether the targets are met or not; 1 when it could not run.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil
from rich.console import Console

from bench import changes, figures, files, invoices, lists, pages, report
from bench.crew import Peak
from bench.figures import Bench
from bench.results import SIZES, Figure
from bench.screen import Screen
from domain.states import Channel
from starter.settings import Settings
from starter.stack.embedded import embedded
from starter.stack.process import StackError
from store import migrations
from store.database import Database
from workflows import search_attributes

RESULTS = Path("var/bench/results.json")
INTERRUPTED = 130

# In this order: what sleeps after the intake is what is woken cold.
FIGURES: dict[str, Callable[[Bench], list[Figure]]] = {
    "parsing": lambda bench: [files.parsing(bench)],
    "intake": lambda bench: [files.intake(bench)],
    "payments": files.payments,
    "replan": lambda bench: [changes.replan(bench)],
    "flat": lambda bench: [files.flat(bench)],
    "cold": figures.cold,
    "wave": lambda bench: [figures.wave(bench, Channel.EMAIL, bench.size.waves)],
    "paper": lambda bench: [figures.wave(bench, Channel.PAPER, 1)],
    "pdf": lambda bench: [figures.rendering(bench)],
    "pages": lambda bench: [pages.every_page(bench)],
    "list": lists.lists,
    "whatif": lambda bench: [changes.what_if(bench)],
}


def run(size: str, only: list[str], screen: Screen) -> None:
    """Measure and report. Raises StackError and what the programs under it raise."""
    began = time.monotonic()
    measured: list[Figure] = []
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="karhu-bench-")))
        stack = closing.enter_context(
            embedded(
                folder,
                # Whatever the surroundings say, the servers are this run's own.
                Settings.model_construct(data_dir=folder),
                migrate=migrations.upgrade,
                search_attributes=search_attributes.ALL,
                usual_ports=False,
                report=screen.say,
            )
        )
        database = Database(stack.addresses.database_url)
        closing.callback(database.close)
        invoices.open_books(database)
        temporal = psutil.Process(stack.service("temporal").pid)
        peak = closing.enter_context(Peak(temporal))
        bench = Bench(stack, database, screen, SIZES[size])
        try:
            for name, measure in FIGURES.items():
                if name in only:
                    measured += measure(bench)
        finally:
            # A run that is broken off says what it has measured, too.
            peaks = {"worker": bench.peak_worker, "Temporal server": peak.bytes}
            seconds = time.monotonic() - began
            report.write(RESULTS, size, measured, peaks, seconds)
            screen.console.print(report.table(measured, peaks))
            if by_process := report.details(measured):
                screen.console.print(by_process)
            screen.say(f"{seconds:.0f} seconds; details in {RESULTS}")


def main() -> int:
    """The command; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="normal")
    parser.add_argument(
        "--only", nargs="+", choices=FIGURES, default=list(FIGURES), help="some figures alone"
    )
    given = parser.parse_args()
    if {"cold", "payments", "replan"} & set(given.only) and "intake" not in given.only:
        parser.error("cold, payments, replan wake what intake put to sleep: name intake as well")
    signal.signal(signal.SIGTERM, _interrupt)
    console = Console()
    try:
        run(given.size, given.only, Screen(console))
    except KeyboardInterrupt:
        console.print("interrupted; everything is stopped")
        return INTERRUPTED
    except (StackError, RuntimeError, OSError) as failure:
        console.print(f"it could not be measured: {failure}", style="red", markup=False)
        return 1
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is stopped. The SDK's own threads, when they outlast the interpreter's shutdown,
    # can abort the process after its work is done; the exit code is to say how the work went.
    os._exit(code)
