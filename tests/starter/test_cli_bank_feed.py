"""`karhu bank-feed`: what is demanded, how fresh the bank is, and a person's word in its place."""

import json
from datetime import UTC, date, datetime
from itertools import count

from domain.calendar import FINLAND
from domain.case import Case
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import next_step
from domain.rule import CONSUMERS
from domain.states import InvoiceState
from integrations.intake import InvoiceRecord
from store import bank_feed
from store.database import Database
from store.tables import Company
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]


def demanded(database: Database, company: str) -> str:
    with database.transaction() as session:
        return str(bank_feed.watched(session, company)[0].feed.demand)


def test_a_new_company_demands_one_banking_day() -> None:
    assert Company(business_id="1234567-1", name="Esimerkki Oy").bank_feed == "banking_day"


async def test_it_is_shown_set_and_confirmed(karhu: Karhu, office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    mine = ("--company", office.business_id)
    await karhu("bank-feed", "set", "banking_day", *mine)

    async def shown() -> dict[str, object]:
        listed = json.loads((await karhu("bank-feed", "show", *mine, "--json")).stdout)
        (row,) = listed["accounts"]
        assert isinstance(row, dict)
        return row

    row = await shown()
    assert (row["demand"], row["newest_file"], row["waiting"]) == ("banking_day", "", 0)
    assert "..0785" in str(row["stale"])

    done = await karhu("bank-feed", "confirm", *mine, "--actor", "Essi")
    assert (done.exit_code, "Essi" in done.stdout) == (0, True)
    row = await shown()
    assert (row["stale"], row["confirmed_by"]) == (None, "Essi")
    plain = (await karhu("bank-feed", "show", *mine)).stdout
    assert ("fresh" in plain, "confirmed by Essi" in plain) == (True, True)

    for words in ("hours:24", "off", "banking_day"):
        assert (await karhu("bank-feed", "set", words, *mine)).exit_code == 0
        assert demanded(office.database, office.business_id) == words
    for arguments, word in (
        (("set", "hours:900", *mine), "168"),
        (("set", "sometimes", *mine), "banking_day"),
        (("set", "off", "--company", "0000000-0"), "no company"),
        (("show", "--company", "0000000-0"), "no company"),
        (("confirm", *mine, "--account", "FI00"), "IBAN"),
        (("confirm", *mine, "--account", "FI4950009420028730"), "bank-feed show"),
    ):
        refused = await karhu("bank-feed", *arguments)
        assert (refused.exit_code, word in refused.stderr) == (1, True), refused.stderr


def leaves_at_once(office: Office, record: InvoiceRecord) -> bool:
    """Whether its own place in the morning's sending has come already."""
    case = Case(
        invoice_id=1,
        company=office.business_id,
        number=record.number,
        debtor=DebtorClass.CONSUMER,
        due=record.due_date,
        invoice_sent_on=record.invoice_date,
        original_cents=record.amount_cents,
        principal_cents=record.amount_cents,
        open_cents=record.amount_cents,
        state=InvoiceState.OVERDUE,
    )
    now = office.clock.now(datetime.now(UTC))
    return next_step(case, CONSUMERS, FINNISH_LAW, FINLAND, now).due(now)


async def test_what_waited_is_told(karhu: Karhu, office: Office) -> None:
    """Overdue for long: its reminder is due at once, and no file has been read."""
    dates = {"invoice_date": date(2026, 1, 1), "due_date": date(2026, 1, 15)}
    records = (office.record().model_copy(update=dates) for _ in count())
    one = next(record for record in records if leaves_at_once(office, record))
    mine = ("--company", office.business_id)
    await karhu("bank-feed", "set", "banking_day", *mine)
    await office.take_in(one)
    row = await office.until(one.number, lambda row: "waits for the bank" in row.next_step_why)
    assert row.state == "overdue"
    shown = await karhu("invoice", "show", one.number, *mine)
    assert "no file of the bank's has been read yet for account ..0785" in shown.stdout
    done = await karhu("bank-feed", "confirm", *mine, "--actor", "Essi")
    assert "1 invoice waited" in done.stdout
    await office.until(one.number, lambda row: "waits for the bank" not in row.next_step_why)
