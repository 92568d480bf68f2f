"""`karhu agency`: what was said to the agencies, sent again, proposed, and unheard of."""

import asyncio

from typer.testing import CliRunner, Result

from domain.agency import StatusMessage
from starter.cli import app
from store import hearing
from store.tables import AgencyCase, AgencyMessage
from tests.books import MONDAY
from tests.starter.office import Office


async def karhu(office: Office, *arguments: str) -> Result:
    return await asyncio.to_thread(
        CliRunner().invoke,
        app,
        ["agency", *arguments],
        env=office.environment,
        catch_exceptions=False,
    )


async def refused(office: Office) -> tuple[str, int]:
    """A message that the agency would not have: its invoice's number, its own id."""
    one = office.record()
    await office.take_in(one)
    row = office.row(one.number)
    with office.database.transaction() as session:
        file = AgencyCase(
            invoice_id=row.id,
            agency="intrum",
            service="collection",
            reference=f"{office.business_id}/{one.number}",
            agency_case_id="INT-1",
            assigned_at=MONDAY,
        )
        session.add(file)
        session.flush()
        message = AgencyMessage(
            agency_case_id=file.id,
            direction="out",
            kind="credit_note",
            key=f"{file.reference}/credit/H-1",
            body={},
            status="refused",
            error="larger than the claim",
            at=MONDAY,
        )
        session.add(message)
    return one.number, message.id


async def test_a_refused_message_is_listed_and_sent_again(office: Office) -> None:
    number, message = await refused(office)
    company = ("--company", office.business_id)
    listed = await karhu(office, "messages", "--status", "refused", *company)
    assert number in listed.stdout
    assert "larger than the claim" in listed.stdout
    again = await karhu(office, "resend", str(message), *company)
    assert (again.exit_code, "in line again" in again.stdout) == (0, True)
    with office.database.transaction() as session:
        assert session.get_one(AgencyMessage, message).status == "waiting"
    assert number not in (await karhu(office, "messages", "--status", "refused", *company)).stdout
    once_more = await karhu(office, "resend", str(message), *company)
    assert once_more.exit_code == 1
    assert (await karhu(office, "proposals", *company)).exit_code == 0


async def test_what_is_nobodys_is_listed(office: Office) -> None:
    message = StatusMessage(
        message_id="m-of-nobody",
        case_reference="9999999-9/1",
        agency_case_id="INT-9",
        status="ULOSOTTO",
        occurred_at=MONDAY,
        sequence=1,
    )
    hearing.keep_page(office.database, "intrum", [message], "1", MONDAY)
    listed = await karhu(office, "unheard-of")
    assert "9999999-9/1" in listed.stdout
    assert "ULOSOTTO" in listed.stdout
