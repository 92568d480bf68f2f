"""Taking invoices in."""

from sqlmodel import func, select

from activities.file_import.invoices import customer_key
from domain.law import DebtorClass
from integrations.intake import BadRecord, Fault
from store.tables import Company, Customer, Invoice, LedgerEntry
from tests.starter.office import Office
from workflows import search_attributes


async def test_an_invoice_gets_its_rows_and_its_workflow(office: Office) -> None:
    one = office.record()
    intake = await office.take_in(one)
    assert (intake.registered, intake.started, intake.waiting, intake.bad) == (1, 1, 0, [])
    row = office.row(one.number)
    assert not row.start_pending
    assert row.next_step == "become_overdue"
    story = office.story(one.number)
    assert story.customer.debtor_class == DebtorClass.CONSUMER
    described = await office.handle(one.number).describe()
    summary = await described.static_summary() or ""
    assert one.number in summary
    assert "100.00" in summary
    assert "Malliasiakas" not in summary
    shown = described.typed_search_attributes
    assert shown[search_attributes.COMPANY] == story.company.business_id
    assert shown[search_attributes.STATE] == "open"


async def test_the_same_again_changes_nothing(office: Office) -> None:
    records = [office.record(customer=f"B-{place}") for place in range(3)]
    note = office.record("n-1", amount_cents=1_000, credits_number=records[0].number)
    first = await office.take_in(*records, note)
    assert (first.registered, first.credited, first.known) == (3, 1, 0)
    tables = (Company, Customer, Invoice, LedgerEntry)
    counts = [select(func.count()).select_from(table) for table in tables]
    with office.database.transaction() as session:
        before = [session.exec(count).one() for count in counts]
    second = await office.take_in(*records, note)
    assert (second.registered, second.credited, second.known, second.bad) == (0, 0, 4, [])
    with office.database.transaction() as session:
        assert [session.exec(count).one() for count in counts] == before


async def test_a_bad_record_is_named_and_the_rest_goes_in(office: Office) -> None:
    good, changed = office.record(), office.record()
    bad = BadRecord(
        source="invoices.csv", line=3, element="amount", reason="is not one", fault=Fault.INVALID
    )
    # NUL: the database takes no such text, and its own words would repeat the row.
    broken = office.record().model_copy(update={"bic": "\x00"})
    await office.take_in(changed)
    intake = await office.take_in(bad, changed.model_copy(update={"amount_cents": 1}), broken, good)
    assert intake.registered == 1
    assert (intake.bad[0].line, intake.bad[0].element) == (3, "amount")
    assert [one.number for one in intake.bad[1:]] == [changed.number, broken.number]
    assert "amount" in intake.bad[1].reason
    assert not any("Malliasiakas" in one.reason for one in intake.bad)
    assert office.row(good.number).state == "open"
    assert office.row(changed.number).principal_cents == changed.amount_cents


async def test_a_credit_note_may_stand_before_its_invoice(office: Office) -> None:
    one = office.record()
    whole = office.record("n-2", amount_cents=one.amount_cents, credits_number=one.number)
    astray = office.record("n-3", credits_number="none such")
    intake = await office.take_in(whole, astray, one)
    assert (intake.registered, intake.credited) == (1, 1)
    assert [bad.number for bad in intake.bad] == ["n-3"]
    await office.until(one.number, lambda row: row.state == "credited")


def test_a_customer_without_a_number_is_known_by_a_digest(office: Office) -> None:
    one = office.record(customer=None).buyer
    spelled = one.model_copy(update={"name": " matti  MALLIASIAKAS"})
    assert customer_key(one) == customer_key(spelled)
    assert customer_key(one) != customer_key(one.model_copy(update={"postcode": "33100"}))
    assert "malliasiakas" not in customer_key(one).casefold()
    assert customer_key(office.record(customer="A-1").buyer) == "A-1"


async def test_e_invoice_addresses_of_both_sides_are_kept(office: Office) -> None:
    record = office.record()
    way = {"einvoice_address": "003712345671", "einvoice_operator": "TESTOP"}
    electronic = record.model_copy(
        update={
            "seller": record.seller.model_copy(update=way | {"einvoice_address": "003776543212"}),
            "buyer": record.buyer.model_copy(update=way),
        }
    )
    await office.take_in(electronic)
    # A later invoice that came another way takes nothing from them.
    await office.take_in(office.record())
    story = office.story(record.number)
    assert (story.company.einvoice_address, story.company.einvoice_operator) == (
        "003776543212",
        "TESTOP",
    )
    assert (story.customer.einvoice_address, story.customer.einvoice_operator) == tuple(
        way.values()
    )
