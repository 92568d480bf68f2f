"""Invoices that began under an earlier release go on under this one: their histories replay.

`python -m tests.record_histories` records them.
"""

import base64
import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.record_histories import FOLDER, SCENARIOS
from workflows.invoice import InvoiceWorkflow
from workflows.reconcile import ReconcileWorkflow
from workflows.replan import ReplanWorkflow
from workflows.webhook import WebhookWorkflow

FILES = sorted(FOLDER.rglob("*.json"))
LARGEST_BYTES = 64 * 1024


def _name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


def test_every_scenario_is_recorded() -> None:
    recorded = {path.stem for path in FILES if path.parent == FOLDER}
    assert {scenario.__name__ for scenario in SCENARIOS} <= recorded


@pytest.mark.parametrize("path", FILES, ids=_name)
async def test_it_replays(path: Path) -> None:
    history = WorkflowHistory.from_json(f"invoice/{path.stem}", path.read_text(encoding="utf-8"))
    replayer = Replayer(
        workflows=[InvoiceWorkflow, ReplanWorkflow, WebhookWorkflow, ReconcileWorkflow],
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(history)


async def test_another_command_would_be_noticed() -> None:
    """The gate closes: a history in which something else was done does not replay."""
    text = (FOLDER / "full_ladder.json").read_text(encoding="utf-8")
    other = text.replace('{"name":"deliver_letter"}', '{"name":"deliver_parcel"}')
    assert other != text
    replayer = Replayer(workflows=[InvoiceWorkflow], data_converter=pydantic_data_converter)
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(WorkflowHistory.from_json("invoice/other", other))


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_it_is_small_and_says_nothing_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < LARGEST_BYTES
    said = text + "".join(
        base64.b64decode(data).decode("utf-8", "replace")
        for data in re.findall(r'"data":"([^"]+)"', text)
    )
    # Source files of a stack trace, pid@host, addresses.
    assert not re.search(r"\.py\b|\b\d+@|\b127\.0\.0\.1\b|localhost", said)
    assert "dentity" not in text
