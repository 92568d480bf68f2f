"""A company's first day with Karhu, through the whole stack and on nothing but its pages.

Business time runs no faster than real time: how old the invoices are stands in the files that are
handed in, so whatever is due is due at once, and nothing hangs on how quick the machine is.
"""

from pathlib import Path

import pytest
from playwright.async_api import Page

from domain.roles import Role
from tests.browser import story, story_books
from tests.browser.camera import HEIGHT, WIDTH, Camera
from tests.browser.conftest import Visit
from tests.browser.karhu import Karhu, company_of
from tests.browser.reading import PATIENCE, invoice
from tests.browser.story_books import Files
from tests.browser.story_roles import only_its_own, only_looks
from tests.browser.story_tour import dark, firm, looks_around, phone

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1_800)]

WINDOW = {"width": WIDTH, "height": HEIGHT}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def karhu(karhu: Karhu) -> Karhu:
    """The company of the story, in the stack that is everybody's."""
    return company_of(karhu, story_books.BUSINESS_ID, story_books.NAME, story_books.MAIL)


async def test_a_company_s_first_day(visit: Visit, karhu: Karhu, tmp_path: Path) -> None:
    files, camera = Files.written(tmp_path), Camera.of(tmp_path)
    base = karhu.base

    async def signs_in(role: Role, **more: object) -> Page:
        page = await visit(role, **{"viewport": WINDOW, **more})
        page.set_default_timeout(PATIENCE * 1000)
        return page

    page = await signs_in(Role.MAIN)
    await story.activates(page, base, files, camera)
    await story.corrects_a_record(page, base, files, camera)
    await story.sees_a_letter_leave(page, base, files, camera, karhu.addresses.mail)
    rule = await story.edits_a_rule(page, base, camera)
    await story.moves_customers(page, base, rule, camera)
    await story.sets_states(page, base)
    await story.holds_and_releases(page, base)
    await story.hands_over(page, base)
    await story.records_money(page, base, files, camera)
    await story.withdraws(page, base)
    await looks_around(page, base, camera)
    await phone(await signs_in(Role.CLERK, viewport=PHONE), base, camera)
    await dark(await signs_in(Role.CLERK, color_scheme="dark"), base, camera)
    await firm(await signs_in(Role.TPK), karhu, camera)

    # The same for roles that may not.
    overdue = await invoice(page, base, story_books.REMINDED)
    other = await invoice(page, base, story_books.NOT_DUE)
    await only_looks(await signs_in(Role.READ_ONLY), base, overdue, other)
    await only_its_own(await signs_in(Role.OWN_ONLY), base, other)
