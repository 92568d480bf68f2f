"""Karhu's worker process, as it is, with metrics: `python -m bench.karhu_worker METRICS_PORT`."""

from __future__ import annotations

import asyncio
import sys

import worker
from bench.telemetry import show_metrics
from starter.settings import load
from workflows.contract import RATES

UNLIMITED = 10_000.0  # activities a second

if __name__ == "__main__":
    # The rates spare the other side; the question here is what Karhu itself can do.
    RATES.update(dict.fromkeys(RATES, UNLIMITED))
    show_metrics(int(sys.argv[1]))
    asyncio.run(worker.serve(load()))
