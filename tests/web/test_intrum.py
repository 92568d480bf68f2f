"""The collection agency's pages."""

from domain.agency import CollectionStatus, StatusMessage
from domain.roles import Role
from store import hearing
from tests.books import MONDAY
from tests.starter import api_books, api_settlements
from tests.starter.api_world import World
from tests.web.conftest import Read
from tests.web.reader import Said

TERMS = {"agency": "intrum", "number": "S-7", "services": "both", "from_state": "overdue"}


def test_a_contract_is_written_down_changed_and_ended(read: Read) -> None:
    main = read(Role.MAIN)
    version = main.see("./intrum/contract").find("//input[@name='version']")[0].get("value")
    page = main.follow(main.post("./intrum/contract", {**TERMS, "version": version}))
    assert "S-7" in page.text
    assert "The service is on" in page.text
    assert "by hand alone" in page.text
    # Who has not seen that change does not undo it.
    late = main.post("./intrum/contract", {**TERMS, "number": "S-8", "version": version})
    assert late.status_code == 422
    again = main.see("./intrum/contract")
    assert again.value("number") == "S-7"
    version = again.find("//input[@name='version']")[0].get("value")
    ended = main.follow(main.post("./intrum/end", {"agency": "intrum", "version": version}))
    assert "The service is off" in ended.text


def test_what_is_wrong_is_said_beside_its_field(read: Read) -> None:
    main = read(Role.MAIN)
    version = main.see("./intrum/contract").find("//input[@name='version']")[0].get("value")
    days = {"in_force_from": "2026-03-02", "ended_on": "2026-03-01", "version": version}
    said = Said(main.post("./intrum/contract", {**TERMS, **days}))
    assert said.status == 422
    assert said.mistake("ended_on")
    assert said.value("number") == "S-7"
    assert Said(main.post("./intrum/contract", {**TERMS, "number": ""})).mistake("number")


def test_who_may_not_set_it_is_offered_nothing(read: Read) -> None:
    page = read(Role.CLERK).see("./intrum")
    assert not page.find("//main//a[contains(@href, '/intrum/contract')]")
    assert page.status == 200


def test_cases_are_counted_by_status_and_told(world: World, read: Read) -> None:
    row = api_settlements.at_the_agency(world)
    status = CollectionStatus.ENFORCEMENT
    api_books.change(world, row, collection_status=status.value)
    clerk = read()
    page = clerk.see("./intrum/cases")
    (counted,) = page.find("//section//a[contains(@href, 'status=enforcement')]/../../td[2]")
    assert counted.text_content() == "1"
    listed = clerk.see("./intrum/cases?status=enforcement")
    assert row.number in listed.text
    (link,) = listed.find("//div[@id='list']//th/a")
    assert row.number in clerk.see(link.get("href")).text
    assert row.number not in clerk.see("./intrum/cases?status=none").text
    finnish = read(language="fi").see("./intrum/cases")
    assert status.finnish in finnish.text


def test_a_refused_message_says_why_and_is_sent_again(world: World, read: Read) -> None:
    message = api_books.refused_message(world)
    page = read().see("./intrum/messages")
    assert message.error in page.text
    links = page.find(f"//a[contains(@href, '/messages/{message.id}/resend')]")
    assert len(links) == 1
    assert read().see(links[0].get("href")).status == 200
    reader = read(Role.READ_ONLY).see("./intrum/messages")
    assert message.error in reader.text
    assert not reader.find("//a[contains(@href, '/resend')]")
    assert message.error not in read().see("./intrum/messages?of=waiting").text


def test_reports_on_cases_that_nobody_knows_are_shown(world: World, read: Read) -> None:
    assert not read().see("./intrum").find("//section[@aria-labelledby='unknown']")
    ours, others = world.company.business_id, "2345678-2"
    reports = [
        StatusMessage(
            message_id=f"shown-{reference}",
            case_reference=reference,
            agency_case_id=f"INT-{number}",
            status=CollectionStatus.ENFORCEMENT.finnish,
            occurred_at=MONDAY,
            sequence=1,
        )
        for number, reference in enumerate(
            [f"{ours}/none-{n}" for n in range(51)] + [f"{others}/1"]
        )
    ]
    hearing.keep_page(world.database, "intrum", reports, "1", MONDAY)
    listed = "//section[@aria-labelledby='unknown']//tbody/tr"
    for role in (Role.CLERK, Role.READ_ONLY):
        page = read(role).see("./intrum")
        assert len(page.find(listed)) == 50
        assert f"{ours}/none-50" in page.text
        assert "Enforcement" in page.text
        assert others not in page.text
        rest = Said(read(role).get(page.find("//a[@rel='next']/@href")[0]))
        assert [row.xpath("string(th)") for row in rest.find(listed)] == [f"{ours}/none-0"]
    assert not read(Role.OWN_ONLY).see("./intrum").find(listed)


def test_a_credit_loss_is_accepted_or_declined(world: World, read: Read) -> None:
    row = api_settlements.at_the_agency(world)
    file = {"open": True, "status_at": MONDAY.isoformat()}
    status = CollectionStatus.ENDED_WITHOUT_MEANS
    api_books.change(
        world,
        row,
        state="in_collection",
        collection_status=status.value,
        case_json={**row.case_json, "agency": file},
    )
    page = read().see("./intrum/proposals")
    assert row.number in page.text
    there = f"/invoices/{row.id}"
    assert page.find(f"//a[contains(@href, '{there}/state?to=written_off')]")
    assert page.find(f"//a[contains(@href, '{there}/withdraw')]")
    reader = read(Role.READ_ONLY).see("./intrum/proposals")
    assert not reader.find(f"//a[contains(@href, '{there}/withdraw')]")
    api_books.change(world, row, state="cancelled", case_json=row.case_json)


def test_settlements_and_their_cases(world: World, read: Read) -> None:
    settled = api_settlements.settlement(world, settled=True)
    awaited = api_settlements.settlement(world)
    clerk = read()
    every = clerk.see("./intrum/settlements").text
    assert settled.name in every
    assert awaited.name in every
    unsettled = clerk.see("./intrum/settlements?unsettled=1").text
    assert settled.name not in unsettled.split()
    assert awaited.name in unsettled
    one = clerk.see(f"./intrum/settlements/{settled.id}")
    assert settled.name in one.text
    assert "€100.00" in one.text
    assert clerk.get("./intrum/settlements/999999").status_code == 404


def test_what_differs_from_the_agencys_books(world: World, read: Read) -> None:
    report = api_settlements.drifted(world)
    clerk = read()
    assert "compare them" in clerk.see("./intrum/drift").text
    assert "compare them" in clerk.see(f"./intrum/drift?on={report.on}").text
    assert "compare them" not in clerk.see("./intrum/drift?on=2020-01-01").text
    assert clerk.see("./intrum/drift?on=nonsense").status == 200
    assert read(Role.OWN_ONLY).get("./intrum/drift").status_code == 403


def test_a_settlement_is_taken_off_its_invoices_tried_again_and_set_aside(
    world: World, read: Read
) -> None:
    settled = api_settlements.settlement(world, settled=True)
    clerk, there = read(), f"./intrum/settlements/{settled.id}"
    offered = clerk.see(there).find("//div[@class='actions']//a/@href")
    assert [one.rpartition("/")[2] for one in offered] == ["release"]
    assert clerk.see(f"{there}/release").find("//div[@class='consequence']")
    # What does not fit its standing is neither offered nor done.
    assert not clerk.see(f"{there}/set-aside").find("//main//form")
    refused = clerk.follow(clerk.post(f"{there}/set-aside", {"reason": "elsewhere"}))
    assert refused.find("//p[contains(@class, 'wrong')]")

    freed = clerk.follow(clerk.post(f"{there}/release"))
    assert freed.find("//p[@role='status']")
    assert "Waits for you" in freed.text
    assert freed.find("//a[contains(@href, '/payments?waiting=1')]")
    assert "released by" not in read(language="fi").see(there).text
    assert clerk.see("./payments").text.count(settled.name) >= 1

    again = clerk.follow(clerk.post(f"{there}/retry"))
    assert again.find("//p[@role='status']")
    if "Waits for you" not in again.text:
        clerk.post(f"{there}/release")
    without = Said(clerk.post(f"{there}/set-aside", {"reason": " "}))
    assert without.status == 422
    assert without.mistake("reason")
    aside = clerk.follow(clerk.post(f"{there}/set-aside", {"reason": "booked by hand"}))
    assert "Seen to by hand" in aside.text
    assert "booked by hand" in aside.text
    assert "user:" not in aside.text
    assert clerk.get("./intrum/settlements/999999/release").status_code == 404


def test_nobody_who_may_not_book_does_anything_about_a_settlement(world: World, read: Read) -> None:
    settled = api_settlements.settlement(world, settled=True)
    there = f"./intrum/settlements/{settled.id}"
    reader = read(Role.READ_ONLY)
    assert not reader.see(there).find("//div[@class='actions']//a")
    assert reader.post(f"{there}/release").status_code == 403


def test_the_agency_s_pages_are_finnish_for_a_finn(world: World, read: Read) -> None:
    awaited = api_settlements.settlement(world)
    finnish = read(language="fi")
    for path in ("settlements", "messages", f"settlements/{awaited.id}", "cases", "proposals"):
        page = finnish.see(f"./intrum/{path}")
        assert not page.find("//main//*[@lang='en']"), path


def test_a_company_of_another_agency_s_reads_its_name(world: World, read: Read) -> None:
    main = read(Role.MAIN)
    version = main.see("./intrum/contract").find("//input[@name='version']")[0].get("value")
    ropo = {**TERMS, "agency": "ropo", "version": version}
    main.follow(main.post("./intrum/contract", ropo))
    try:
        page = read(language="fi").see("./invoices")
        assert page.find("//nav[@class='side']//a[contains(., 'Ropo')]")
        assert "Ropo One" in page.text
        assert "Intrum" not in page.text
        # An invoice that Intrum has is Intrum's, whoever the company's agency is now.
        row = api_settlements.at_the_agency(world)
        file = {"case_id": 1, "service": "collection", "since": "2026-03-02", "agency": "intrum"}
        case = {**row.case_json, "agency": file, "state": "in_collection"}
        api_books.change(world, row, state="in_collection", case_json=case)
        assert "Intrum Oy" in read().see(f"./invoices/{row.id}").text
    finally:
        version = main.see("./intrum/end?agency=ropo").find("//input[@name='version']")[0]
        main.post("./intrum/end", {"agency": "ropo", "version": version.get("value")})
