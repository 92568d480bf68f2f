"""Settlements read, and books compared, by workflows that a schedule starts."""

from typing import TypeVar

import pytest
from sqlmodel import select
from temporalio.client import WorkflowFailureError

import workflows.settlements_contract as contract
from activities.settlements import FEED
from store import hearing
from store.tables import DriftReport
from tests.house import House
from workflows.contract import TASK_QUEUE
from workflows.settlements_contract import DriftFound, SettlementsRead

_RUNS = iter(range(100))
Found = TypeVar("Found")


async def run(house: House, workflow: str, result: type[Found]) -> Found:
    done: Found = await house.still.execute_workflow(
        workflow, id=f"{workflow}-{next(_RUNS)}", task_queue=TASK_QUEUE, result_type=result
    )
    return done


async def test_books_are_compared_case_by_case(house: House) -> None:
    invoice = house.register()
    await house.start(invoice)
    await house.until_at_agency(invoice)
    await house.until(lambda: house.messages(invoice)[0].status == "acknowledged")
    (found,) = (await run(house, contract.DRIFT, DriftFound)).agencies
    assert (found.problem, found.cases >= 1, found.companies >= 1) == ("", True, True)
    with house.database.transaction() as session:
        assert session.exec(
            select(DriftReport).where(DriftReport.company_id == invoice.company_id)
        ).one()


async def test_settlements_are_read_and_what_cannot_be_is_seen(house: House) -> None:
    (read,) = (await run(house, contract.READING, SettlementsRead)).agencies
    assert read.problem == ""
    with house.database.transaction() as session:
        before = hearing.cursor(session, "intrum", FEED)
        hearing.go_on(session, "intrum", FEED, "nonsense", house.now())
    with pytest.raises(WorkflowFailureError) as failed:
        await run(house, contract.READING, SettlementsRead)
    assert "intrum" in str(failed.value.cause)
    with house.database.transaction() as session:
        assert hearing.cursor(session, "intrum", FEED) == "nonsense"
        hearing.go_on(session, "intrum", FEED, before, house.now())
