"""All of Karhu on one machine: the embedded stack with Karhu's own services."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from starter import first_user, schedules
from starter.settings import DEPLOYMENT, Settings
from starter.stack.addresses import Addresses
from starter.stack.embedded import embedded
from starter.stack.health import http_answers, make_current, worker_registered
from starter.stack.process import Service
from starter.stack.stack import Stack
from starter.stack.temporal import NAMESPACE
from store.migrations import upgrade
from workflows import search_attributes

SECONDS_A_DAY = 86_400

CALLBACKS = "/agency/intrum/callbacks"
"""Where the API takes what the agency says."""

# A worker ends what it is sending; one attempt of that takes at most 40 seconds.
_WORKER_STOPS = 55.0


def full_stack(
    data_dir: Path,
    settings: Settings,
    *,
    days_per_second: float | None = None,
    clock_origin: datetime | None = None,
    workers: int = 1,
    sandbox_options: Sequence[str] = (),
    usual_ports: bool = True,
    postgres_settings: Mapping[str, str] | None = None,
    temporal_config: Mapping[str, str] | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> Stack:
    """Everything that `karhu up` runs, as one thing to start, supervise and stop.

    `days_per_second` runs the business clock faster, from `clock_origin` on (business time).
    The services are called `intrum`, `api`, and `worker` (with several `worker-1`, ...).
    `sandbox_options` are more arguments of `karhu intrum-sandbox`.
    """
    if clock_origin is not None:
        settings = settings.model_copy(update={"clock_origin": clock_origin})

    def services(placed: Addresses) -> list[Service]:
        return [
            _sandbox(placed, sandbox_options),
            _api(placed, settings),
            *_workers(placed, settings, workers, fast=days_per_second is not None),
        ]

    return embedded(
        data_dir,
        settings,
        migrate=upgrade,
        search_attributes=search_attributes.ALL,
        services=services,
        clock_speed=days_per_second and days_per_second * SECONDS_A_DAY,
        usual_ports=usual_ports,
        postgres_settings=postgres_settings,
        temporal_config=temporal_config,
        report=report,
    )


def _karhu(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "starter.cli", *arguments)


def _sandbox(placed: Addresses, options: Sequence[str]) -> Service:
    return Service(
        name="intrum",
        argv=_karhu(
            "intrum-sandbox",
            *("--port", str(placed.ports["intrum"])),
            *("--database", str(placed.data_dir / "intrum.db")),
            *("--callback-url", f"{placed.api_url}{CALLBACKS}"),
            # Companies come with the files that are imported; the agency has signed with them all.
            "--open-contracts",
            *options,
        ),
        ready=lambda: http_answers(f"{placed.intrum_url}/health"),
    )


def _api(placed: Addresses, settings: Settings) -> Service:
    # In a database of somebody else's, companies belong to whom they belong to.
    firm = settings.home_firm or ("" if settings.database_url else first_user.FIRM)
    return Service(
        name="api",
        argv=_karhu("api"),
        env={"KARHU_HOME_FIRM": firm} if firm else {},
        ready=lambda: http_answers(f"{placed.api_url}/health"),
    )


def _workers(placed: Addresses, settings: Settings, count: int, *, fast: bool) -> list[Service]:
    """The workers; this build is made current each time one of them has reported."""
    build_id = settings.build_id

    def go() -> None:
        make_current(placed.temporal, NAMESPACE, DEPLOYMENT, build_id)
        schedules.keep_at(placed.temporal, NAMESPACE, schedules.wanted(settings, fast=fast))

    return [
        Service(
            name="worker" if count == 1 else f"worker-{number}",
            argv=(sys.executable, "-m", "worker"),
            ready=lambda: worker_registered(placed.temporal, NAMESPACE, DEPLOYMENT, build_id),
            once_ready=go,
            stop_timeout=_WORKER_STOPS,
        )
        for number in range(1, count + 1)
    ]
