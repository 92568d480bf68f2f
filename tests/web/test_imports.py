"""Files handed in on the page, followed, and their rejected records corrected."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from pathlib import Path

import httpx
import pytest

from domain.roles import Role
from store.imports import ENDED
from store.tables import FileImport
from tests.starter import api_books
from tests.starter.api_world import World
from tests.starter.office import Office, csv_file
from tests.web.conftest import Read
from tests.web.reader import Reader, Said

pytestmark = pytest.mark.timeout(120)

CODE = "131052-308T"
"""A personal identity code; the one that is everybody's example."""


@pytest.fixture
def there(world: World, office: Office) -> Office:
    """The office, as the world's company has it."""
    return dataclasses.replace(office, business_id=world.company.business_id)


async def hand_in(reader: Reader, *files: tuple[str, bytes], columns: str = "") -> httpx.Response:
    sent = [("files", (name, content, "text/csv")) for name, content in files]
    return await asyncio.to_thread(reader.post, "./imports", {"columns": columns}, files=sent)


async def ended(office: Office, answer: httpx.Response) -> FileImport:
    assert answer.status_code == 303, answer.text
    (import_id,) = re.findall(r"/imports/(\d+)$", answer.headers["Location"])
    return await asyncio.wait_for(office.imports.ended(int(import_id)), 60)


async def test_a_file_is_taken_once_and_its_rejected_record_corrected(
    world: World, there: Office, read: Read, tmp_path: Path
) -> None:
    good, later = there.record(), there.record()
    content = csv_file(tmp_path, [good], f"this is no invoice;{CODE}").read_bytes()
    clerk = read()
    done = await ended(there, await hand_in(clerk, ("invoices.csv", content)))
    assert (done.booked, done.bad) == (1, 1)
    # The form sent twice is one import.
    assert (await ended(there, await hand_in(clerk, ("invoices.csv", content)))).id == done.id
    shown = await asyncio.to_thread(clerk.see, f"./imports/{done.id}")
    assert "invoices.csv" in shown.text
    assert "Maija Malliasiakas" in shown.text
    (link,) = shown.find("//td/a[contains(@href, '/records/')]/@href")
    record = await asyncio.to_thread(clerk.see, link)
    assert "this is no invoice" in record.value("text")
    # What the file held of this kind is nowhere.
    assert CODE not in record.answer.text + shown.answer.text

    refused = Said(await asyncio.to_thread(clerk.post, link, {"text": "\n\nnothing of ours"}))
    assert refused.status == 422
    assert refused.mistake("text")
    assert "nothing of ours" in refused.value("text")
    corrected = csv_file(tmp_path, [later]).read_text().replace("\n", "\r\n")
    mended = await ended(there, await asyncio.to_thread(clerk.post, link, {"text": corrected}))
    assert (mended.booked, mended.bad) == (1, 0)
    assert (await there.imports.look(done.id)).bad == 0
    listed = await asyncio.to_thread(clerk.see, "./imports")
    assert listed.text.count("invoices.csv") == 1


async def test_several_files_with_names_of_their_own(
    there: Office, read: Read, tmp_path: Path
) -> None:
    clerk = read()
    one = csv_file(tmp_path, [there.record()]).read_bytes().replace(b"customer_name", b"Asiakas")
    two = csv_file(tmp_path, [there.record()]).read_bytes().replace(b"customer_name", b"Asiakas")
    wrong = Said(await hand_in(clerk, ("one.csv", one), columns="customer=Asiakas"))
    assert wrong.mistake("columns")
    assert wrong.value("columns") == "customer=Asiakas"
    answer = await hand_in(
        clerk, ("one.csv", one), ("two.csv", two), columns="customer_name=Asiakas\r\n"
    )
    assert answer.headers["Location"].endswith("/imports")
    # What is under way is told until it is over.
    told = await asyncio.to_thread(clerk.get, "./imports/progress")
    assert "event: over" in told.text
    listed = await asyncio.to_thread(clerk.see, "./imports")
    assert len(listed.find("//tr[starts-with(th, 'one.csv') or starts-with(th, 'two.csv')]")) == 2
    assert not listed.find("//*[@data-stream]")
    assert listed.value("columns") == "customer_name=Asiakas"
    with there.database.transaction() as session:
        for link in listed.find("//th[starts-with(., 'one.csv') or starts-with(., 'two.csv')]/a"):
            row = session.get_one(FileImport, int(link.get("href").rpartition("/")[2]))
            assert (row.status in ENDED, row.booked, row.bad) == (True, 1, 0)


async def test_what_is_of_no_kind_is_refused_by_name(read: Read) -> None:
    clerk = read()
    said = Said(await hand_in(clerk, ("kuva.png", b"\x89PNG\r\n\x1a\n\0\0")))
    assert said.status == 422
    assert "kuva.png" in said.mistake("files")
    assert Said(await asyncio.to_thread(clerk.post, "./imports")).mistake("files")


def test_a_record_that_was_read_is_tried_again_or_shown_as_a_table(
    world: World, read: Read
) -> None:
    row = api_books.bad_import(world)
    clerk = read()
    page = clerk.see(f"./imports/{row.id}")
    assert "says nothing" in page.text
    (element,) = page.find("//table//tr[th='1']/td[3]")
    assert element.text_content() == "row"
    # Of this one nothing was read, so nothing can be tried again.
    assert not page.find("//form[contains(@action, '/retry')]")
    assert clerk.follow(clerk.post(f"./imports/{row.id}/retry")).find("//p[@role='alert']")
    assert clerk.follow(clerk.post(f"./imports/{row.id}/cancel")).find("//p[@role='alert']")
    assert clerk.get(f"./imports/{row.id}/records/99").status_code == 404


def test_who_may_only_look_is_offered_nothing_to_hand_in(world: World, read: Read) -> None:
    row = api_books.bad_import(world)
    looker = read(Role.READ_ONLY)
    for path in ("./imports", f"./imports/{row.id}", f"./imports/{row.id}/records/1"):
        assert not looker.see(path).find("//main//form[@method='post']")
