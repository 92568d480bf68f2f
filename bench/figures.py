"""The figures. Each runs Karhu and the bare workflow in turns, A B A B, on the same servers."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from bench import invoices
from bench.crew import BenchError, Crew, Peak, bare_at_work, come_to_rest, karhu_at_work, metered
from bench.letter import rendering_milliseconds
from bench.results import Figure, Round, Size
from bench.screen import Screen
from domain.clock import REAL_TIME, Clock
from domain.states import Channel
from starter.imports import Imports
from starter.stack.stack import Stack
from starter.stack.temporal import NAMESPACE
from store.database import Database
from store.sealing import Sealer
from workflows import contract

TASK_TIMEOUT = 60.0  # seconds for the workflow tasks of one round, and
SLOWEST = 20.0  # a second beyond that
WARM_UP = 60  # wake-ups before those that count

HEAD_START = 4.0
"""Seconds, besides those that the starts take, between putting in and the morning."""
STARTS_PER_SECOND = 20.0
"""What a busy machine starts, of bare workflows; invoices that also become overdue, half of it."""
WORKER_START = 5.0  # seconds
STRETCHES = (1.0, 2.0, 4.0)
"""Tries, each with a longer head start, when the machine was slower than that."""


@dataclass
class Bench:
    """What every figure needs."""

    stack: Stack
    database: Database
    screen: Screen
    size: Size
    taken: list[str] = field(default_factory=list)
    """Numbers of invoices that sleep."""
    bare: list[str] = field(default_factory=list)
    """Workflow ids of bare workflows that sleep."""
    peak_worker: int = 0

    @property
    def folder(self) -> Path:
        """Where files to hand in are put."""
        return self.stack.data_dir

    async def imports(self, clock: Clock = REAL_TIME) -> Imports:
        sealer = Sealer(self.stack.addresses.secrets["KARHU_FILE_KEY"])
        return Imports(self.database, await self.client(), clock, sealer)

    async def client(self) -> Client:
        return await Client.connect(
            self.stack.addresses.temporal,
            namespace=NAMESPACE,
            data_converter=pydantic_data_converter,
        )

    @contextmanager
    def karhu(self, clock: Clock = REAL_TIME) -> Iterator[Crew]:
        with karhu_at_work(self.stack, clock) as crew, Peak(crew.process) as peak:
            yield crew
        self.peak_worker = max(self.peak_worker, peak.bytes)


# ── wave ─────────────────────────────────────────────────────────────────────────────────────


def wave(bench: Bench, channel: Channel, waves: int) -> Figure:
    """From timers that fire together to the letter handed over and the next timer set."""
    pairs = []
    for number in range(1, waves + 1):
        ours = _asleep_in_time(
            _wave_karhu, bench, channel, f"wave by {channel.value} {number}, Karhu"
        )
        other = _asleep_in_time(
            _wave_bare, bench, channel, f"wave by {channel.value} {number}, bare"
        )
        pairs.append((ours, other))
    return by_pairs(f"wave of reminders, {channel.value}", pairs, target=0.6)


def _asleep_in_time(
    ride: Callable[[Bench, str, Channel, float], Round | None],
    bench: Bench,
    channel: Channel,
    what: str,
) -> Round:
    for stretch in STRETCHES:
        bench.screen.say(f"{what}: {bench.size.wave} are put in, and wait for the morning")
        done = ride(bench, what, channel, stretch)
        if done is not None:
            return done
        bench.screen.say(f"{what}: not all slept when the morning came; once more, with more time")
    raise BenchError(f"{what}: the machine is too busy, or too small, for this --size")


def _wave_karhu(bench: Bench, what: str, channel: Channel, stretch: float) -> Round | None:
    """None if the morning came too early."""
    size = bench.size.wave
    numbers = list(itertools.islice(invoices.early_numbers(), size))
    path = invoices.file_of(
        bench.folder,
        [invoices.record(number, invoices.reminder_due(), channel) for number in numbers],
    )
    worker_start = timedelta(seconds=WORKER_START)
    ahead = timedelta(seconds=HEAD_START + stretch * 2 * size / STARTS_PER_SECOND)
    fires = datetime.now(UTC) + worker_start + ahead
    clock = Clock(origin=invoices.opening(), anchor=fires, speed=invoices.SPEED)

    async def put_in() -> None:
        await invoices.hand_in(await bench.imports(clock), path, size)

    with bench.karhu(clock) as crew:
        asyncio.run(put_in())
        crew.wait_for_tasks(size, TASK_TIMEOUT)
        if datetime.now(UTC) > fires or invoices.count(bench.database, numbers, sent=False) < size:
            # Let them end, so that they do not disturb the next try.
            _until(lambda: invoices.count(bench.database, numbers, sent=True) == size)
            return None
        done = _wave(bench, crew, what, fires)
        if (sent := invoices.count(bench.database, numbers, sent=True)) != size:
            raise BenchError(f"{sent} of {size} letters of the wave were sent")
    return done


def _wave_bare(bench: Bench, what: str, _channel: Channel, stretch: float) -> Round | None:
    size = bench.size.wave

    async def put_in() -> None:
        await invoices.start_bare(await bench.client(), wake_at)

    with bare_at_work(bench.stack) as crew:
        fires = datetime.now(UTC) + timedelta(
            seconds=HEAD_START + stretch * size / STARTS_PER_SECOND
        )
        wake_at = [
            fires + timedelta(seconds=invoices.WAVE_SECONDS * place / size) for place in range(size)
        ]
        asyncio.run(put_in())
        crew.wait_for_tasks(size, TASK_TIMEOUT)
        if datetime.now(UTC) > fires:
            crew.wait_for_tasks(3 * size, TASK_TIMEOUT)
            return None
        return _wave(bench, crew, what, fires)


def _wave(bench: Bench, crew: Crew, what: str, fires: datetime) -> Round:
    """Two workflow tasks each: the timer's, and the one after the letter."""
    size = bench.size.wave
    tasks = crew.tasks_completed() + 2 * size
    time.sleep(max(0.0, (fires - datetime.now(UTC)).total_seconds()))

    async def nothing() -> int:
        """The timers do it."""
        return 0

    return timed(bench, crew, what, size, 2 * size, nothing, until=tasks)


# ── cold wake-ups, and memory ────────────────────────────────────────────────────────────────


def cold(bench: Bench) -> list[Figure]:
    """CPU of a fresh worker that replays sleeping workflows and decides once; what it then holds.

    A signal wakes them, as after a payment has been booked.
    """
    size = min(bench.size.cold, len(bench.taken) - WARM_UP)
    with bench.karhu() as crew:
        ids = [contract.workflow_id(invoices.BUSINESS_ID, number) for number in bench.taken]
        ours = _cold(bench, crew, "cold wake-ups, Karhu", ids, size, "payment")
    with bare_at_work(bench.stack) as crew:
        bare = _cold(bench, crew, "cold wake-ups, bare", bench.bare, size, "nudge")
    return [
        Figure(
            "worker CPU per cold wake-up",
            "ms",
            ours.cpu_ms,
            bare.cpu_ms,
            target=12.0,
            ratio=ours.cpu_ms / bare.cpu_ms,
            detail={"wake-ups": size, "by process (ms)": ours.by_process},
        ),
        Figure(
            "memory per cached workflow",
            "KB",
            ours.kilobytes,
            bare.kilobytes,
            target=100.0,
            ratio=ours.kilobytes / bare.kilobytes,
            detail={"workflows": size},
        ),
    ]


@dataclass(frozen=True)
class _Woken:
    cpu_ms: float
    kilobytes: float
    by_process: dict[str, float]


def _cold(bench: Bench, crew: Crew, what: str, ids: list[str], size: int, signal: str) -> _Woken:
    async def wake(some: list[str]) -> None:
        await invoices.signal_all(await bench.client(), some, signal)

    asyncio.run(wake(ids[:WARM_UP]))
    crew.wait_for_tasks(WARM_UP, TASK_TIMEOUT)
    time.sleep(1.0)
    rss = crew.process.memory_info().rss
    with bench.screen.progress(what, size) as advance, metered(bench.stack, crew) as usage:
        asyncio.run(wake(ids[WARM_UP : WARM_UP + size]))
        _watch(crew, WARM_UP + size, size, advance)
    grown = crew.process.memory_info().rss - rss
    each = usage.per(size)
    bench.screen.say(f"{what}: {each['worker']:.1f} ms, {grown / size / 1024:.0f} KB each")
    return _Woken(each["worker"], grown / size / 1024, each)


# ── letters ──────────────────────────────────────────────────────────────────────────────────


def rendering(bench: Bench) -> Figure:
    """CPU of one letter as PDF, in this process."""
    with bench.screen.progress("letters as PDF", bench.size.letters) as advance:
        each = rendering_milliseconds(bench.size.letters, advance)
    return Figure("CPU per letter as PDF", "ms", each, None, target=50.0)


# ── small parts ──────────────────────────────────────────────────────────────────────────────


def timed(
    bench: Bench,
    crew: Crew,
    what: str,
    count: int,
    tasks: int,
    do: Callable[[], Coroutine[Any, Any, int]],
    until: int | None = None,
) -> Round:
    """Do it, and wait until the worker has done so many workflow tasks more (or `until`), besides
    those that doing it took itself, which it answers."""
    come_to_rest(bench.stack)
    before = crew.tasks_completed()
    goal = before + tasks if until is None else until
    with bench.screen.progress(what, count) as advance, metered(bench.stack, crew) as usage:
        began = time.monotonic()
        goal += asyncio.run(do())
        asked = time.monotonic() - began
        _watch(crew, goal, count, advance, tasks)
        seconds = time.monotonic() - began
    done = Round(count / seconds, count / asked, usage.per(count))
    bench.screen.say(
        f"{what}: {count} asked for in {asked:.1f} s, done in {seconds:.1f} s,"
        f" {done.per_second:.1f} a second"
    )
    return done


def _watch(
    crew: Crew, goal: int, count: int, advance: Callable[[int], None], tasks: int | None = None
) -> None:
    """Wait for the goal, and show how far it is."""
    tasks = count if tasks is None else tasks
    deadline = time.monotonic() + TASK_TIMEOUT + count / SLOWEST
    while True:
        done = crew.tasks_completed()
        advance(max(0, math.floor(count - (goal - done) * count / tasks)))
        if done >= goal:
            return
        crew.wait_for_tasks(min(goal, done + max(1, tasks // 20)), deadline - time.monotonic())


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TASK_TIMEOUT
    while not true():
        if time.monotonic() > deadline:
            raise BenchError("invoices that came too late for their wave do not come to an end")
        time.sleep(0.5)


def by_pairs(name: str, pairs: list[tuple[Round, Round]], *, target: float | None) -> Figure:
    return Figure(
        name,
        "a second",
        median(ours.per_second for ours, _ in pairs),
        median(bare.per_second for _, bare in pairs),
        target=target,
        at_least=True,
        by_ratio=True,
        ratio=median(ours.per_second / bare.per_second for ours, bare in pairs),
        detail={
            "pairs (Karhu, bare; a second)": [
                [round(ours.per_second, 1), round(bare.per_second, 1)] for ours, bare in pairs
            ],
            "CPU ms each, Karhu": _median_each([ours for ours, _ in pairs]),
            "CPU ms each, bare": _median_each([bare for _, bare in pairs]),
        },
    )


def _median_each(rounds: list[Round]) -> dict[str, float]:
    return {name: median(each.cpu_ms[name] for each in rounds) for name in rounds[0].cpu_ms}
