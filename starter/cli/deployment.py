# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu deployment`: which build of the workers gets the work."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.cli.console import fail, say

group = typer.Typer(help="Which build of the workers gets the work.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="deployment")


@group.callback()
def deployment() -> None:
    """Which build of the workers gets the work."""


@group.command("set-current")
def set_current(
    build_id: Annotated[
        str | None, typer.Option(help="The build; not given, this release (KARHU_BUILD_ID).")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a worker of the build to report.")
    ] = 120.0,
) -> None:
    """Give new and waiting invoices to a build, once one of its workers has reported; and see to
    it that what is done on schedule is."""
    import asyncio

    from starter import deployment as deployments
    from starter import schedules
    from starter.client import connect
    from starter.finding import find

    settings = find()
    build = build_id or settings.build_id

    async def make() -> bool:
        client = await connect()
        changed = await deployments.set_current(client, build, timeout)
        await schedules.keep_all(client, schedules.wanted(settings))
        return changed

    try:
        changed = asyncio.run(make())
    except deployments.NotReportedError as error:
        fail(str(error))
    say(f"build {build} is {'now' if changed else 'already'} the current one")
