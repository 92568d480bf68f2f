"""What waits for approval, refused in a browser: a letter in a dialog, others from the list."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain import references
from domain.calendar import FINLAND
from domain.roles import Role
from domain.rule import CONSUMERS, Sending
from integrations.intake import InvoiceRecord, Party
from starter.demo.files import write_csv
from store import rules
from store.tables import Company
from tests.browser.conftest import Visit
from tests.browser.karhu import BEGIN, CONSOLE, Karhu, company_of
from tests.browser.looking import assert_accessible, assert_no_sideways
from tests.browser.reading import comes, dialog, hand_in, send

pytestmark = pytest.mark.browser

BUSINESS_ID, NAME, MAIL = "2000020-0", "Koekauppa Oy", "koekauppa.example"
NUMBERS = ("3001", "3002", "3003")
PHONE = {"width": 360, "height": 740}


def late(number: str) -> InvoiceRecord:
    """A consumer's invoice, three weeks late."""
    due = FINLAND.local_date(BEGIN) - timedelta(days=21)
    home = {"street": "Keksitty katu 1", "postcode": "00100", "city": "Helsinki"}
    return InvoiceRecord(
        seller=Party(name=NAME, business_id=BUSINESS_ID, email=f"laskutus@{MAIL}", **home),
        buyer=Party(
            name="Matti Malliasiakas",
            customer_number="A-17",
            email="matti@malliasiakas.example",
            is_private=True,
            **home,
        ),
        number=number,
        invoice_date=due - timedelta(days=14),
        due_date=due,
        amount_cents=12_000,
        reference=references.make(number),
        iban=references.iban_from_account("12345600000215"),
        source="test",
        index=int(number),
        line=int(number),
    )


@pytest.fixture
def asked(karhu: Karhu) -> Karhu:
    """Another company, whose consumers' letters are on approval."""
    there = company_of(karhu, BUSINESS_ID, NAME, MAIL)
    with there.database.transaction() as session:
        company = session.get_one(Company, there.company.company_id)
        company.automation, company.bank_feed = True, "off"
        terms = CONSUMERS.model_copy(update={"sending": Sending.ON_APPROVAL})
        rules.save_rule(session, company.id, terms, BEGIN, CONSOLE, general_for="consumer")
    return there


async def test_letters_are_refused(visit: Visit, asked: Karhu, tmp_path: Path) -> None:
    file = tmp_path / "laskut.csv"
    write_csv(file, [late(number) for number in NUMBERS])
    page = await visit(Role.TPK, color_scheme="dark")
    await hand_in(page, asked.base, file)
    await page.goto(f"{asked.base}/invoices?approval=1")
    rows = page.locator("main tbody tr")
    await comes(page, rows.nth(len(NUMBERS) - 1))
    await assert_accessible(page)

    await rows.first.locator("th a").click()
    await assert_accessible(page)
    opened = await dialog(page, page.locator("main .heading a[href*='/approvals/refuse']"))
    await opened.locator("input[name=reason]").fill("Soitti")
    await assert_accessible(page)
    await send(page, opened.locator("button.danger"))
    assert await page.locator("main .heading a[href*='/approvals/refuse']").count() == 0
    assert await page.locator("main", has_text="Soitti").count()

    await page.goto(f"{asked.base}/approvals/refuse?all=1&approval=1")
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # a dict of the same shape
    await assert_no_sideways(page)
    await assert_accessible(page)
    await page.goto(f"{asked.base}/invoices?approval=1")
    await page.check("#picks input[name=all]")
    await page.click("#picks details.menu summary")
    await page.click("#picks button[formaction]")
    await send(page, page.locator("main form button.danger"))
    assert await rows.count() == 0
