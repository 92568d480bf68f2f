"""What no callback brought is read from the agency's own list, once, and told."""

import httpx
import pytest
from temporalio.client import WorkflowFailureError

import workflows.agency_poll_contract as contract
from store import agency_contracts, hearing
from tests.house import House
from tests.integrations import agency_support
from tests.starter.office import new_business_id
from workflows.agency_poll_contract import Polled
from workflows.contract import TASK_QUEUE

_RUNS = iter(range(100))


async def poll(house: House) -> Polled:
    done: Polled = await house.still.execute_workflow(
        contract.AGENCY_POLL,
        id=f"poll-{next(_RUNS)}",
        task_queue=TASK_QUEUE,
        result_type=Polled,
    )
    return done


async def test_what_no_callback_brought_is_read_and_told(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice)
    await house.until_at_agency(invoice)
    assert house.messages(invoice, "in") == []
    (first,) = (await poll(house)).agencies
    assert first.problem == ""
    assert first.read >= first.new >= 1
    await house.until(lambda: house.invoice(invoice.id).collection_status == "registered")
    # All that was read stays read; what comes in later is read from there on.
    (again,) = (await poll(house)).agencies
    assert (again.read, again.new) == (0, 0)
    assert len(house.messages(invoice, "in")) == 1
    await handle.signal("cancel", {})
    await handle.result()
    await house.until(lambda: house.messages(invoice)[-1].status == "acknowledged")
    (last,) = (await poll(house)).agencies
    assert last.new == 1
    assert [row.body["status"] for row in house.messages(invoice, "in")][-1] == "PERUUTETTU"
    # Read from its beginning, as after a backup was restored, it says nothing new.
    with house.database.transaction() as session:
        hearing.go_on(session, "intrum", hearing.STATUSES, "", house.now())
    (anew,) = (await poll(house)).agencies
    assert anew.read >= 2
    assert anew.new == 0


async def test_a_contract_that_no_callback_announced_switches_the_service_on(house: House) -> None:
    owner = new_business_id()
    invoice = house.register(business_id=owner, contract="")
    key = {"Authorization": f"Bearer {agency_support.API_KEY}"}
    url = f"{house.settings.intrum_url}/admin/contracts/{owner}/S-777"
    async with httpx.AsyncClient(headers=key) as http:
        signed = await http.put(url, json={"services": ["reminder", "collection"]})
        assert signed.is_success
    # Of a company that is not here yet, it is heard later.
    async with httpx.AsyncClient(headers=key) as http:
        later = new_business_id()
        await http.put(url.replace(owner, later), json={"services": ["collection"]})
    (polled,) = (await poll(house)).agencies
    assert (polled.problem, polled.contracts) == ("", 1)

    def contracts(company_id: int) -> list[str]:
        with house.database.transaction() as session:
            return [one.number for one in agency_contracts.of(session, company_id)]

    assert contracts(invoice.company_id) == ["S-777"]
    other = house.register(business_id=later, contract="")
    assert [one.contracts for one in (await poll(house)).agencies] == [1]
    assert contracts(other.company_id) == ["S-777"]
    assert [one.contracts for one in (await poll(house)).agencies] == [0]


async def test_an_agency_that_cannot_be_read_is_seen(house: House) -> None:
    with house.database.transaction() as session:
        before = hearing.cursor(session, "intrum", hearing.STATUSES)
        hearing.go_on(session, "intrum", hearing.STATUSES, "nonsense", house.now())
    with pytest.raises(WorkflowFailureError) as failed:
        await poll(house)
    assert "intrum" in str(failed.value.cause)
    with house.database.transaction() as session:
        assert hearing.cursor(session, "intrum", hearing.STATUSES) == "nonsense"
        hearing.go_on(session, "intrum", hearing.STATUSES, before, house.now())
