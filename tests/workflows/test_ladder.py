"""The ladder on the real server: open, overdue, reminded, notified, Intrum, paid."""

import asyncio
import csv
from datetime import date

from domain.agency import CollectionPhase, CollectionStatus
from domain.law import DebtorClass
from domain.rule import CONSUMERS, HandOver
from tests.house import House

PRINCIPAL = 108_836
# 9.5 % a year for the 15 days up to each letter.
INTEREST = 425
FEE = 500

EMAIL_LETTER = [("service", 25), ("transaction", 20)]
PAPER_LETTER = [("service", 25), ("transaction", 130)]

REMIND_ONLY = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})
NO_AGENCY = CONSUMERS.model_copy(update={"name": "Two letters", "hand_over": HandOver.NEVER})


def status(wanted: CollectionStatus) -> str:
    """What the agency says, in its own Finnish words."""
    return wanted.finnish


async def test_an_invoice_paid_in_time_is_never_reminded(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await house.paid(handle, invoice, PRINCIPAL)
    assert await handle.result() == "paid"
    assert house.state(invoice) == "paid"
    assert house.notices(invoice) == []
    assert house.charges(invoice) == []
    assert house.ledger(invoice) == [("principal", PRINCIPAL), ("payment", PRINCIPAL)]
    assert len(await house.story(handle)) <= 12


async def test_a_part_payment_costs_no_timer_and_the_one_that_runs_still_wakes_it(
    house: House,
) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    for number in range(3):
        await house.paid(handle, invoice, 1_000, key=f"part {number}")
        await house.at_rest(handle)
    assert house.log(invoice) == ["balance_seen"] * 3
    told = await house.story(handle)
    assert told.count("TIMER_STARTED") == 1
    assert "TIMER_CANCELED" not in told
    await house.pass_days(handle, 20)
    await house.until(lambda: house.state(invoice) == "overdue")


async def test_the_whole_ladder_through_the_agency_to_payment(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice)
    await house.until_state("in_collection", invoice)

    reminder, notice = house.notices(invoice)
    assert (reminder.kind, reminder.letter_date, reminder.due, reminder.status) == (
        "reminder",
        date(2026, 3, 31),  # 15 days after the due date 16 March
        date(2026, 4, 13),
        "sent",
    )
    assert (notice.kind, notice.letter_date, notice.due, notice.status) == (
        "notice",
        date(2026, 4, 15),
        date(2026, 4, 27),
        "sent",
    )
    assert house.ledger(invoice) == [
        ("principal", PRINCIPAL),
        *[("interest", INTEREST), ("fee", FEE)] * 2,
    ]
    assert house.charges(invoice) == EMAIL_LETTER * 2
    claimed = PRINCIPAL + 2 * (INTEREST + FEE)
    assert house.open_cents(invoice) == claimed

    mails = house.mails(invoice)
    assert [mail["Message-ID"].split("-")[0] for mail in mails] == ["<reminder", "<notice"]
    assert [item.repeat or item.conflict for item in house.deliveries(invoice)] == [False, False]
    for mail in mails:
        (pdf,) = mail.iter_attachments()
        assert pdf.get_content_type() == "application/pdf"
        assert pdf.get_content().startswith(b"%PDF-")

    await house.until(lambda: house.messages(invoice)[0].status == "acknowledged")
    (file,) = house.files(invoice)
    (assignment,) = house.messages(invoice)
    # 18 days after the notice, 3 May, is a Sunday.
    assert file.assigned_at.date() == date(2026, 5, 4)
    assert file.agency_case_id
    assert file.accepted_at is not None
    body = assignment.body
    assert (body["principal_cents"], body["fees_cents"], body["interest_cents"]) == (
        PRINCIPAL,
        2 * FEE,
        2 * INTEREST,
    )
    assert [sent["sent_on"] for sent in body["sent"]] == ["2026-03-02", "2026-03-31", "2026-04-15"]

    for sequence, reported in enumerate(
        (
            CollectionStatus.LETTER_COLLECTION,
            CollectionStatus.ENFORCEMENT,
            CollectionStatus.PAID_AFTER_LEGAL_ACTION,
        ),
        start=1,
    ):
        await house.heard(handle, invoice, status(reported), sequence)
        row = house.invoice(invoice.id)
        assert (row.state, row.collection_status) == ("in_collection", reported.value)
        # A settled case is closed by its money, not by the word for it.
        assert row.next_step == "wait"

    await house.paid(handle, invoice, claimed, settlement=True)
    assert await handle.result() == "paid"
    assert house.open_cents(invoice) == 0
    assert [message.kind for message in house.messages(invoice)] == ["assignment"]
    assert house.log(invoice) == [
        "became_overdue",
        *["letter_released", "balance_seen", "letter_sent"] * 2,
        "handed_over",
        *["agency_status_changed"] * 3,
        "balance_seen",
        "closed",
    ]
    assert len(await house.story(handle)) <= 75


async def test_each_letter_costs_fourteen_events(house: House) -> None:
    waiting = CONSUMERS.model_copy(update={"name": "No letter", "reminder": None})
    none, one, two = (house.register(rule=rule) for rule in (waiting, REMIND_ONLY, NO_AGENCY))
    handles = await asyncio.gather(*(house.start(invoice) for invoice in (none, one, two)))
    await house.until_state("overdue", none)
    await house.until_sent(one, 1)
    await house.until_sent(two, 2)
    await asyncio.gather(*(house.at_rest(handle) for handle in handles))
    lengths = [len(await house.story(handle)) for handle in handles]
    assert lengths[1] - lengths[0] <= 14
    assert lengths[2] - lengths[1] <= 14


async def test_payments_and_credits_on_the_way(house: House) -> None:
    async def paid_after_the_reminder() -> None:
        invoice = house.register(rule=REMIND_ONLY)
        handle = await house.start(invoice)
        await house.until_sent(invoice)
        await house.paid(handle, invoice, PRINCIPAL + INTEREST + FEE)
        assert await handle.result() == "paid"
        assert house.open_cents(invoice) == 0
        assert len(house.mails(invoice)) == 1

    async def principal_paid_and_the_rest_forgiven() -> None:
        invoice = house.register(rule=REMIND_ONLY)
        handle = await house.start(invoice)
        await house.until_sent(invoice)
        # Interest comes first, so the fee alone is left.
        await house.paid(handle, invoice, PRINCIPAL + INTEREST)
        assert await handle.result() == "paid"
        assert house.open_cents(invoice) == 0
        assert ("fee_waived", FEE) in house.ledger(invoice)

    async def paid_in_part() -> None:
        invoice = house.register(rule=REMIND_ONLY)
        handle = await house.start(invoice, still=True)
        await house.pass_days(handle, 5)
        await house.paid(handle, invoice, 8_836)
        await house.pass_days(handle, 40)
        await house.until_sent(invoice)
        (notice,) = house.notices(invoice)
        assert notice.content is not None
        assert notice.content["paid_cents"] == 8_836
        # Interest runs on what is left alone: 1 000 EUR for 15 days at 9.5 %.
        assert notice.content["total_cents"] == 100_000 + 390 + FEE
        await house.paid(handle, invoice, 100_890, key="p2")
        assert await handle.result() == "paid"

    async def credited_in_full() -> None:
        invoice = house.register()
        handle = await house.start(invoice, still=True)
        await house.credited(handle, invoice, PRINCIPAL, "H1")
        assert await handle.result() == "credited"
        assert house.notices(invoice) == []

    await asyncio.gather(
        paid_after_the_reminder(),
        principal_paid_and_the_rest_forgiven(),
        paid_in_part(),
        credited_in_full(),
    )


async def test_who_is_reminded_and_how(house: House) -> None:
    async def too_small() -> None:
        invoice = house.register(amount_cents=999)
        handle = await house.start(invoice)
        await house.until_state("overdue", invoice)
        await house.at_rest(handle)
        row = house.invoice(invoice.id)
        assert (row.next_step, row.next_step_at) == ("wait", None)
        assert "minimum" in row.next_step_why
        assert house.notices(invoice) == []

    async def business() -> None:
        invoice = house.register(debtor=DebtorClass.BUSINESS)
        handle = await house.start(invoice)
        await house.until_state("in_collection", invoice)
        reminder, notice = house.notices(invoice)
        # The general rule for businesses: 7 days, then 14, 10 EUR each.
        assert (reminder.letter_date, reminder.fee_cents) == (date(2026, 3, 23), 1_000)
        # 14 days later is Easter Monday, which makes the reminder due on 7 April.
        assert (notice.letter_date, notice.fee_cents) == (date(2026, 4, 8), 1_000)
        await house.paid(handle, invoice, house.open_cents(invoice), settlement=True)
        assert await handle.result() == "paid"

    async def on_paper() -> None:
        invoice = house.register(email="", rule=REMIND_ONLY)
        await house.start(invoice)
        await house.until_sent(invoice)
        (notice,) = house.notices(invoice)
        assert notice.channel == "paper"
        assert house.mails(invoice) == []
        assert house.charges(invoice) == PAPER_LETTER
        day = house.folder / "outbox" / notice.letter_date.isoformat()
        assert (day / f"{notice.message_id}.pdf").read_bytes().startswith(b"%PDF-")
        with (day / "manifest.csv").open(encoding="utf-8", newline="") as manifest:
            lines = [row for row in csv.DictReader(manifest) if row["name"] == notice.message_id]
        assert [line["invoice"] for line in lines] == [invoice.number]

    async def out_of_reach() -> None:
        invoice = house.register(email="", street="", rule=REMIND_ONLY)
        handle = await house.start(invoice)
        await house.until(lambda: house.invoice(invoice.id).attention != "")
        assert house.notices(invoice) == []
        assert house.charges(invoice) == []
        house.change_customer(invoice, email="maija@malliasiakas.example")
        await handle.signal("release", {})
        await house.until_sent(invoice)
        assert len(house.mails(invoice)) == 1

    await asyncio.gather(too_small(), business(), on_paper(), out_of_reach())


async def test_a_letter_that_is_refused_goes_another_way(house: House) -> None:
    async def refused_at_once() -> None:
        invoice = house.register(email="matti@x.bounce.example", rule=REMIND_ONLY)
        handle = await house.start(invoice)
        await house.until_sent(invoice)
        (notice,) = house.notices(invoice)
        # Paper takes longer: the debtor has more time.
        assert (notice.channel, notice.due) == ("paper", date(2026, 4, 20))
        assert house.log(invoice)[-2:] == ["letter_rerouted", "letter_sent"]
        assert house.ledger(invoice)[1:] == [("interest", INTEREST), ("fee", FEE)]
        assert sum(cents for _, cents in house.charges(invoice)) == 25 + 130
        await house.paid(handle, invoice, PRINCIPAL + INTEREST + FEE)
        assert await handle.result() == "paid"

    async def given_back_later() -> None:
        invoice = house.register(email="matti@x.later-bounce.example", rule=NO_AGENCY)
        handle = await house.start(invoice, still=True)
        await house.pass_days(handle, 31)
        await house.until_sent(invoice)
        await house.at_rest(handle)
        await house.pass_days(handle, 2)
        await house.read_bounces(handle)
        await house.until(lambda: house.log(invoice).count("letter_sent") == 2)
        (reminder,) = house.notices(invoice)
        assert (reminder.channel, reminder.letter_date) == ("paper", date(2026, 4, 4))
        await house.at_rest(handle)
        # The notice is counted from the reminder that can have arrived.
        await house.pass_days(handle, 40)
        await house.until_sent(invoice, 2)
        _, notice = house.notices(invoice)
        assert notice.letter_date > reminder.due
        assert (notice.letter_date - reminder.letter_date).days > 14
        assert notice.fee_cents == FEE

    async def by_einvoice() -> None:
        invoice = house.register(rule=REMIND_ONLY)
        house.change_customer(
            invoice, einvoice_address="003712345671", einvoice_operator="TESTOPER"
        )
        await house.start(invoice)
        await house.until_sent(invoice)
        (notice,) = house.notices(invoice)
        assert notice.channel == "einvoice"
        day = house.folder / "einvoices" / notice.letter_date.isoformat()
        assert b">INV08<" in (day / f"{notice.message_id}.xml").read_bytes()

    await asyncio.gather(refused_at_once(), given_back_later(), by_einvoice())


async def test_a_letter_that_is_refused_for_good_costs_nobody_anything(house: House) -> None:
    invoice = house.register(email="matti@x.bounce.example", street="", rule=REMIND_ONLY)
    handle = await house.start(invoice)
    await house.until(lambda: house.invoice(invoice.id).attention != "")
    await house.at_rest(handle)
    assert "550" in house.invoice(invoice.id).attention
    assert house.state(invoice) == "overdue"
    assert [item.status for item in house.notices(invoice)] == ["withdrawn"]
    assert house.open_cents(invoice) == PRINCIPAL
    assert sum(cents for _, cents in house.charges(invoice)) == 0
    description = await handle.describe()
    assert description.status is not None
    assert description.status.name == "RUNNING"

    house.change_customer(invoice, email="matti@malliasiakas.example")
    await handle.signal("release", {})
    await house.until_sent(invoice)
    first, second = house.notices(invoice)
    assert (first.round, second.round) == (1, 2)
    assert (second.kind, second.fee_cents) == ("reminder", FEE)
    assert len(house.mails(invoice)) == 1
    assert house.charges(invoice)[-2:] == EMAIL_LETTER
    await house.paid(handle, invoice, house.open_cents(invoice))
    assert await handle.result() == "paid"


async def test_what_the_agency_says_and_is_told(house: House) -> None:
    async def direct_payment() -> None:
        invoice = house.register()
        handle = await house.start(invoice)
        await house.until_at_agency(invoice)
        await house.paid(handle, invoice, house.open_cents(invoice))
        assert await handle.result() == "paid"
        told = house.messages(invoice)
        assert [(item.kind, item.status) for item in told] == [
            ("assignment", "acknowledged"),
            ("direct_payment", "acknowledged"),
        ]

    async def ended() -> None:
        invoice = house.register()
        handle = await house.start(invoice)
        await house.until_at_agency(invoice)
        ending = CollectionStatus.ENDED_WITHOUT_MEANS
        assert ending.phase is CollectionPhase.ENDED
        await house.heard(handle, invoice, status(ending), 1)
        row = house.invoice(invoice.id)
        assert (row.state, row.collection_status) == ("in_collection", ending.value)
        assert (row.next_step, row.next_step_at) == ("wait", None)
        await handle.signal("set_state", {"to": "written_off"})
        assert await handle.result() == "written_off"
        assert house.open_cents(invoice) == 0

    async def unknown_late_and_repeated() -> None:
        invoice = house.register()
        handle = await house.start(invoice)
        await house.until_at_agency(invoice)
        await house.heard(handle, invoice, "TUNTEMATON VAIHE", 3)
        row = house.invoice(invoice.id)
        assert "TUNTEMATON VAIHE" in row.attention
        assert row.case_json["agency"]["status_text"] == "TUNTEMATON VAIHE"
        assert row.state == "in_collection"
        now = await house.now_of(handle)
        house.agency_says(invoice, "ULOSOTTO", 4, now)
        await handle.signal("agency_status")
        await house.until(lambda: house.invoice(invoice.id).collection_status == "enforcement")
        # What happened earlier and comes later is history.
        house.agency_says(invoice, "KIRJEPERINTÄ", 2, now.replace(year=2025))
        await handle.signal("agency_status")
        await house.until(lambda: house.log(invoice).count("agency_status_changed") == 3)
        assert house.invoice(invoice.id).collection_status == "enforcement"

    await asyncio.gather(direct_payment(), ended(), unknown_late_and_repeated())
