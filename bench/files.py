"""The figures of files handed in: intake, payments, reading, and the memory that it all takes."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime
from pathlib import Path

from bench import invoices
from bench.crew import Crew, Peak, bare_at_work
from bench.figures import Bench, by_pairs, timed
from bench.parsing import parsing as read_documents
from bench.results import Figure, Round
from domain.states import Channel

# ── intake ───────────────────────────────────────────────────────────────────────────────────


def intake(bench: Bench) -> Figure:
    """A file handed in, up to every workflow's first timer, against bare starts up to theirs."""
    pairs = []
    with bench.karhu() as karhu, bare_at_work(bench.stack) as bare:
        for number in range(1, bench.size.pairs + 1):
            ours = _intake_karhu(bench, karhu, f"intake {number}, Karhu")
            other = _intake_bare(bench, bare, f"intake {number}, bare")
            pairs.append((ours, other))
    return by_pairs("intake", pairs, target=0.8)


def _intake_karhu(bench: Bench, crew: Crew, what: str) -> Round:
    due = datetime.now(UTC).date() + invoices.TERM
    numbers = list(itertools.islice(invoices.numbers(), bench.size.intake))
    path = invoices.file_of(
        bench.folder, (invoices.record(number, due, Channel.PAPER) for number in numbers)
    )

    async def put_in() -> int:
        return await invoices.hand_in(await bench.imports(), path, len(numbers))

    done = timed(bench, crew, what, len(numbers), len(numbers), put_in)
    bench.taken += numbers
    return done


def _intake_bare(bench: Bench, crew: Crew, what: str) -> Round:
    wake_at = [datetime.now(UTC) + invoices.TERM] * bench.size.intake

    async def put_in() -> int:
        bench.bare += await invoices.start_bare(await bench.client(), wake_at)
        return 0

    return timed(bench, crew, what, len(wake_at), len(wake_at), put_in)


# ── payments ─────────────────────────────────────────────────────────────────────────────────


def payments(bench: Bench) -> list[Figure]:
    """A bank's file handed in, until it is booked and every workflow signalled, against as many
    bare signals; and until every workflow has looked and sleeps again, against bare ones that do.
    """
    pairs = []
    size = bench.size.payments
    with bench.karhu() as karhu, bare_at_work(bench.stack) as bare:
        for number in range(bench.size.pairs):
            part = slice(number * size, (number + 1) * size)
            ours = _payments_karhu(bench, karhu, bench.taken[part], number)
            other = _payments_bare(bench, bare, bench.bare[part], number)
            pairs.append((ours, other))
    return [
        by_pairs(
            "payments booked and signalled",
            [(ours.asked, other.asked) for ours, other in pairs],
            target=0.8,
        ),
        by_pairs("payments looked at", pairs, target=None),
    ]


def _payments_karhu(bench: Bench, crew: Crew, numbers: list[str], turn: int) -> Round:
    path = invoices.bank_file(bench.folder, numbers, datetime.now(UTC).date())

    async def pay() -> int:
        return await invoices.hand_in(await bench.imports(), path, len(numbers))

    what = f"payments {turn + 1}, Karhu"
    return timed(bench, crew, what, len(numbers), len(numbers), pay)


def _payments_bare(bench: Bench, crew: Crew, ids: list[str], turn: int) -> Round:
    async def signal() -> int:
        await invoices.signal_all(await bench.client(), ids, "nudge")
        return 0

    return timed(bench, crew, f"payments {turn + 1}, bare", len(ids), len(ids), signal)


# ── files as such ───────────────────────────────────────────────────────────────────────────


def parsing(bench: Bench) -> Figure:
    """Finvoice documents read in this process."""
    with bench.screen.progress("documents read", bench.size.documents) as advance:
        return read_documents(bench.size.documents, advance)


REPEATED = 100
"""The files for memory hold the same invoices again and again: no workflow is started by them."""


def flat(bench: Bench) -> Figure:
    """The most memory of a worker that imports a file, and of one with a file ten times as long."""
    numbers = list(itertools.islice(invoices.numbers(), REPEATED))
    due = datetime.now(UTC).date() + invoices.TERM
    records = [invoices.record(number, due, Channel.PAPER) for number in numbers]

    async def put_in(path: Path, count: int, *, known: bool) -> None:
        await invoices.hand_in(await bench.imports(), path, count, known=known)

    with bench.karhu():
        asyncio.run(put_in(invoices.file_of(bench.folder, records), REPEATED, known=False))
    peaks = {}
    for count in (bench.size.file // 10, bench.size.file):
        path = invoices.file_of(bench.folder, itertools.islice(itertools.cycle(records), count))
        with bench.karhu() as crew, Peak(crew.process) as peak:
            asyncio.run(put_in(path, count, known=True))
        peaks[count] = peak.bytes / 2**20
        bench.screen.say(f"a file of {count} invoices: the worker had {peaks[count]:.0f} MB")
    short, long = peaks.values()
    return Figure(
        "worker's memory, file ten times as long",
        "MB more",
        long - short,
        None,
        target=25.0,
        detail={"peak (MB) by invoices in the file": {str(n): round(p) for n, p in peaks.items()}},
    )
