# ruff: noqa: PLC0415 - imported when the command is called
"""The services one by one: what `karhu up` runs, and a lasting deployment starts by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from starter.cli.console import fail


def add_to(app: typer.Typer) -> None:
    app.command()(worker)
    app.command()(api)
    app.command("intrum-sandbox")(intrum_sandbox)
    app.command("smtp-catcher")(smtp_catcher)


def _log() -> None:
    import logging

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # One line a request is too many, and addresses may hold invoice numbers.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def worker(
    queues: Annotated[
        str | None,
        typer.Option(help="Task queues, with commas between; all of them if not given."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes; if one of them dies, all end.")
    ] = 1,
) -> None:
    """Work: take decisions, send letters, speak to the agency."""
    from starter.finding import find
    from starter.processes import run_several
    from worker import QUEUES, main

    settings = find()
    wanted = tuple(name.strip() for name in queues.split(",")) if queues else QUEUES
    if unknown := [name for name in wanted if name not in QUEUES]:
        fail(f"there is no task queue {', '.join(unknown)}; there are {', '.join(QUEUES)}")
    if processes > 1:
        raise typer.Exit(run_several(["worker", "--queues", ",".join(wanted)], processes))
    main(settings, wanted)


def api() -> None:
    """Serve the HTTP API: health, what the agency reports, and files handed in."""
    from starter.api import serve
    from starter.finding import find

    settings = find()
    _log()
    serve(settings)


def intrum_sandbox(
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8490,
    host: str = "127.0.0.1",
    database: Annotated[
        Path | None, typer.Option(help="SQLite file; not given, intrum.db in the data folder.")
    ] = None,
    callback_url: Annotated[
        str | None, typer.Option(help="Where statuses are posted; not given, they are polled.")
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(
            help="Send every case down this one path (paid, post_collection, ...);"
            " evenly: each path equally often."
        ),
    ] = None,
    seed: Annotated[str, typer.Option(help="Changes which case takes which path.")] = "",
    days_of_reminding: Annotated[float | None, typer.Option(min=0)] = None,
    days_to_letter: Annotated[float | None, typer.Option(min=0)] = None,
    days_to_outcome: Annotated[float | None, typer.Option(min=0)] = None,
    days_per_measure: Annotated[float | None, typer.Option(min=0)] = None,
    contract: Annotated[
        list[str] | None,
        typer.Option(help="A signed contract, e.g. 1234567-1=S-100:reminder,collection."),
    ] = None,
    open_contracts: Annotated[
        bool, typer.Option(help="Take every other contract number as signed too.")
    ] = False,
    settlement_days: Annotated[
        float, typer.Option(min=0.01, help="Business days from settlement to settlement.")
    ] = 7,
    commission: Annotated[
        float, typer.Option(min=0, max=1, help="The agency's share of what it remits.")
    ] = 0,
    settlement_folder: Annotated[
        Path | None, typer.Option(help="Where each settlement is written as a file too.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="A fault, e.g. failure_rate=0.1 (docs/agency-protocol.md lists them)."),
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(help="JSON or CSV: when which fault goes on.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Play the collection agency: take assignments, walk the cases, call back, settle.

    The key and the callbacks' secret are KARHU_INTRUM_API_KEY and KARHU_CALLBACK_SECRET, the
    business clock KARHU_CLOCK_ORIGIN, _ANCHOR and _SPEED.
    """
    from pydantic import ValidationError

    from integrations.intrum_sandbox import (
        Contract,
        Faults,
        Pace,
        SandboxSettings,
        Settling,
        read_script,
        run,
    )
    from starter.settings import load

    settings = load()
    if settings.intrum_api_key is None:
        fail("KARHU_INTRUM_API_KEY is not set: callers show it, so there must be one")
    paces = {
        "days_of_reminding": days_of_reminding,
        "days_to_letter": days_to_letter,
        "days_to_outcome": days_to_outcome,
        "days_per_measure": days_per_measure,
    }
    secret = settings.callback_secret
    if callback_url and secret is None:
        fail("KARHU_CALLBACK_SECRET is not set: callbacks are signed with it")
    database = database or settings.data_dir / "intrum.db"
    database.parent.mkdir(parents=True, exist_ok=True)
    try:
        sandbox = SandboxSettings(
            database=database,
            api_key=settings.intrum_api_key,
            host=host,
            port=port,
            callback_url=callback_url,
            **({"callback_secret": secret} if secret else {}),
            clock=settings.clock(),
            pace=Pace.model_validate({k: v for k, v in paces.items() if v is not None}),
            contracts=tuple(map(Contract.parse, contract or ())),
            open_contracts=open_contracts,
            settling=Settling(
                every_days=settlement_days, commission=commission, folder=settlement_folder
            ),
            faults=Faults.model_validate(_named(fault or ())),
            script=read_script(script) if script else (),
            seed=seed,
            path=path,
        )
    except ValidationError as invalid:
        raise typer.BadParameter(
            "; ".join(error["msg"] for error in invalid.errors(include_input=False))
        ) from None
    except ValueError as invalid:
        raise typer.BadParameter(str(invalid)) from None
    _log()
    run(sandbox)


def _named(values: Sequence[str]) -> dict[str, str]:
    """`name=value` by name."""
    return {name.replace("-", "_"): value for name, _, value in (v.partition("=") for v in values)}


def smtp_catcher(
    folder: Annotated[Path, typer.Option("--dir", help="Where the messages are kept.")],
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8425,
    host: str = "127.0.0.1",
    delay_ms: Annotated[int, typer.Option(min=0, help="Make every message this slow.")] = 0,
) -> None:
    """Take mail and keep it as files instead of delivering it."""
    import asyncio

    from integrations.smtp_catcher import serve

    asyncio.run(serve(host, port, folder, delay_ms / 1000))
