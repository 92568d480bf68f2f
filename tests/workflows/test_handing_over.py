"""An overdue invoice to the agency's reminder service, once the company has signed."""

from datetime import date

from domain import requests
from domain.rule import CONSUMERS, ReminderServiceTerms
from domain.states import InvoiceState
from domain.waits import WINDOW
from store.tables import Company
from tests.contracts import BOTH, put_contract
from tests.house import House
from tests.starter.office import new_business_id

SERVED = CONSUMERS.model_copy(
    update={"name": "Served", "reminder_service": ReminderServiceTerms(after_days=7)}
)


async def test_it_waits_for_the_contract_goes_over_and_comes_back(house: House) -> None:
    invoice = house.register(rule=SERVED, business_id=new_business_id(), contract="")
    handle = await house.start(invoice)
    await house.until(lambda: house.log(invoice)[-1:] == ["agency_awaited"])
    await house.at_rest(handle)
    row = house.invoice(invoice.id)
    assert (row.state, row.attention, row.next_step_at) == ("overdue", "", None)
    assert "no contract with a collection agency" in await house.current_details(handle)
    length = len(await house.story(handle))

    now = await house.now_of(handle)
    with house.database.transaction() as session:
        company = session.get_one(Company, invoice.company_id)
        waited = put_contract(
            session, company, now, number="S-100", services=BOTH, from_state="overdue"
        )
    assert waited == (invoice.id,)
    await handle.signal("agency_contract")
    await house.until(lambda: bool(house.files(invoice)))
    await house.until(lambda: house.messages(invoice, "out")[0].status == "acknowledged")
    assert WINDOW.contains(await house.now_of(handle))
    (file,) = house.files(invoice)
    assert (file.service, bool(file.agency_case_id)) == ("reminder", True)
    assert house.invoice(invoice.id).state == InvoiceState.IN_COLLECTION
    assert len(await house.story(handle)) - length <= 14

    await house.heard(handle, invoice, "REKISTERÖITY/VALVONNASSA", 1)
    answer = await house.ask(handle, requests.Withdraw(key="back", reason="paid to us"))
    assert answer.state == InvoiceState.OVERDUE
    # Its own letters follow, and the reminder service is not asked again.
    released = await house.ask(handle, requests.Release(key="go"))
    assert released.next_step == "remind"


async def test_a_contract_to_come_wakes_it_on_its_day(house: House) -> None:
    comes = date(2026, 4, 13)  # a Monday
    invoice = house.register(
        rule=SERVED,
        business_id=new_business_id(),
        agency={"services": BOTH, "from_state": "overdue", "in_force_from": comes},
    )
    handle = await house.start(invoice)
    await house.until(lambda: bool(house.files(invoice)))
    assert house.log(invoice)[:4] == [
        *("became_overdue", "agency_awaited", "agency_ready", "handed_over"),
    ]
    assert (await house.now_of(handle)).date() == comes
