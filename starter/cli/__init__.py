"""The command line: `karhu`.

One module for each group of commands. They import what they need when they are called, so that
`karhu --help` and a mistyped option answer at once.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from starter.cli import (
    agency,
    agency_messages,
    agency_money,
    approvals,
    automation,
    bank_feed,
    bulk,
    by_hand,
    company,
    customer,
    database,
    demo,
    deployment,
    events,
    files,
    firm,
    hand_over,
    imports,
    invoice,
    netvisor_key,
    owner,
    payments,
    rates,
    reconcile,
    replan,
    rule,
    services,
    statement,
    token,
    up,
    user,
    webhook,
)
from starter.cli.console import errors
from starter.cli.explaining import explain

__all__ = ["app", "main"]


class Plain(TyperGroup):
    """Commands whose expected failures are said in a line, not shown as a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            if (words := explain(error)) is None:
                raise
            errors.print(words, style="red", markup=False, highlight=False)
            raise typer.Exit(1) from None


app = typer.Typer(
    name="karhu",
    cls=Plain,
    help="Invoice reminders and collection that run themselves, lawfully, on Temporal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def karhu(
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Folder of the stack to start or speak to (KARHU_DATA_DIR)."),
    ] = None,
) -> None:
    """Invoice reminders and collection that run themselves, lawfully, on Temporal."""
    if data_dir is not None:
        os.environ["KARHU_DATA_DIR"] = str(data_dir)


up.add_to(app)
services.add_to(app)
files.add_to(app)
imports.add_to(app)
invoice.add_to(app)
by_hand.add_to(invoice.group)
hand_over.add_to(invoice.group)
owner.add_to(invoice.group)
bulk.add_to(app)
approvals.add_to(app)
payments.add_to(app)
company.add_to(app)
customer.add_to(app)
rule.add_to(app)
automation.add_to(app)
replan.add_to(app)
rates.add_to(app)
reconcile.add_to(app)
bank_feed.add_to(app)
statement.add_to(app)
firm.add_to(app)
user.add_to(app)
token.add_to(app)
events.add_to(app)
webhook.add_to(app)
netvisor_key.add_to(app)
agency.add_to(app)
agency_messages.add_to(agency.group)
agency_money.add_to(agency.group, payments.group)
database.add_to(app)
deployment.add_to(app)
demo.add_to(app)


def main() -> None:
    """The console script `karhu`."""
    code: Any = 0
    try:
        app()
    except SystemExit as left:
        code = left.code
    if "temporalio" not in sys.modules:
        sys.exit(code)
    # The Temporal client's native threads now and then abort an interpreter that shuts down around
    # them, and the exit code with it. Everything of ours is closed by now.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)
