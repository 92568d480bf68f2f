"""Signing in and out, sessions, guessing, languages: as a reader meets them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import delete

from domain.roles import Role
from domain.sign_in import ACCOUNT_TRIES, IDLE
from starter.web import security
from store.tables import LoginThrottle
from tests.starter.api_world import NEW_PASSWORD, PASSWORD, World
from tests.web.conftest import Read
from tests.web.reader import Reader, Said


@pytest.fixture(autouse=True)
def _no_tries_before(world: World) -> Iterator[None]:
    yield
    # The tests' address is one for all, and the clocks of other modules' worlds are behind.
    with world.database.transaction() as session:
        session.execute(delete(LoginThrottle))


def sign_in(reader: Reader, user_id: int, password: str = PASSWORD, **more: str) -> Said | str:
    """The page with what is wrong, or where it goes on."""
    reader.get("/sign-in")
    data = {"email": reader.world.email(user_id), "password": password, **more}
    answer = reader.post("/sign-in", data)
    return answer.headers["Location"] if answer.status_code == 303 else Said(answer)


def test_signing_in_and_out(world: World, read: Read) -> None:
    reader = read(None)
    asked = reader.get("./customers?search=oy")
    assert asked.status_code == 303
    form = Said(reader.get(asked.headers["Location"]))
    (goal,) = form.find("//main//input[@name='next']/@value")
    assert goal == f"{reader.base}/customers?search=oy"
    user_id = world.add(world.company, Role.CLERK)
    assert sign_in(reader, user_id, next=goal) == goal
    assert reader.get(goal).status_code == 200
    assert reader.post("/sign-out").headers["Location"] == "/sign-in"
    assert reader.get(goal).status_code == 303


def test_the_cookie_is_for_no_script_and_no_other_site(world: World, read: Read) -> None:
    reader = read(None)
    reader.get("/sign-in")
    data = {"email": world.email(world.users["company", Role.CLERK]), "password": PASSWORD}
    (cookie,) = [
        one
        for one in reader.post("/sign-in", data).headers.get_list("Set-Cookie")
        if one.startswith(security.SESSION)
    ]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age" not in cookie


def test_light_or_dark_is_chosen_and_kept(read: Read) -> None:
    reader = read()
    assert not reader.see("/password").find("//html[@data-theme]")
    there = reader.follow(reader.post("/colours", {"colours": "dark", "next": "/password"}))
    assert there.find("//html[@data-theme='dark']")
    assert there.find("//meta[@name='color-scheme' and @content='dark']")
    (chosen,) = there.find("//form[@action='/colours']//button[@aria-current]")
    assert chosen.get("value") == "dark"
    # As the browser says, again; and whatever is no choice is none.
    for said in ("", "neon"):
        there = reader.follow(reader.post("/colours", {"colours": said, "next": "/password"}))
        assert not there.find("//html[@data-theme]")
    assert reader.post("/colours", {"next": "//evil.example"}).headers["Location"] == "/"


def test_over_https_cookies_keep_to_it(world: World, read: Read) -> None:
    answer = read(None).get("/sign-in", headers={"X-Forwarded-Proto": "https"})
    (cookie,) = answer.headers.get_list("Set-Cookie")
    assert cookie.startswith(f"__Host-{security.VISIT}")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("goal", ["https://evil.example", "//evil.example", "/\\evil.example", ""])
def test_signing_in_leads_nowhere_else(world: World, read: Read, goal: str) -> None:
    assert sign_in(read(None), world.users["company", Role.CLERK], next=goal) == "/"


def test_a_wrong_password_is_said_beside_what_was_typed(world: World, read: Read) -> None:
    user_id = world.add(world.company, Role.CLERK)
    said = sign_in(read(None), user_id, "not the right one")
    assert isinstance(said, Said)
    assert said.status == 422
    assert "password is wrong" in said.text
    assert said.value("email") == world.email(user_id)
    assert said.value("password") == ""


def test_guessing_has_to_wait_and_is_told_so(world: World, read: Read) -> None:
    user_id, reader = world.add(world.company, Role.CLERK), read(None)
    for _ in range(ACCOUNT_TRIES + 1):
        said = sign_in(reader, user_id, "not the right one")
    assert isinstance(said, Said)
    assert "wait" in said.text


def test_a_session_that_is_over_leads_back_to_where_one_was(world: World, read: Read) -> None:
    reader = read()
    world.ahead += IDLE + timedelta(minutes=1)
    answer = reader.get("./customers")
    assert answer.headers["Location"].startswith("/sign-in?next=")
    # What was posted meanwhile was not done, which the next page says.
    again = read()
    world.ahead += IDLE + timedelta(minutes=1)
    answer = again.post("/password", headers={"Referer": "http://karhu.example/password"})
    assert answer.headers["Location"] == "/sign-in?next=%2Fpassword"
    assert "nothing was done" in again.follow(answer).text
    # htmx is told where to go, for it would put the sign-in page into a table.
    third = read()
    world.ahead += IDLE + timedelta(minutes=1)
    answer = third.get("./customers", headers={"HX-Request": "true", "HX-Target": "list"})
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


def test_changing_the_password(world: World, read: Read) -> None:
    user_id = world.add(world.company, Role.CLERK)
    with Reader(world, user_id) as reader, Reader(world, user_id) as other:
        data = {"current": PASSWORD, "new": NEW_PASSWORD, "again": "something else"}
        said = Said(reader.post("/password", data))
        assert said.mistake("again")
        said = Said(reader.post("/password", {**data, "new": "short", "again": "short"}))
        assert said.mistake("new")
        said = Said(reader.post("/password", {**data, "current": "wrong", "again": NEW_PASSWORD}))
        assert said.mistake("current")
        answer = reader.post("/password", {**data, "again": NEW_PASSWORD})
        assert answer.status_code == 303
        assert reader.get("/password").status_code == 200
        assert other.get("/password").status_code == 303
    assert sign_in(read(None), user_id, NEW_PASSWORD) == "/"


def test_the_language_is_the_readers(world: World, read: Read) -> None:
    nobody = Reader(world, None, language="")
    with nobody:
        assert nobody.see("/sign-in").language == "fi"
        asked = nobody.see("/sign-in", headers={"Accept-Language": "de, sv-FI;q=0.8, en;q=0.5"})
        assert asked.language == "sv"
        assert nobody.see("/nowhere", headers={"Accept-Language": "en"}).language == "en"
        nobody.post("/language", {"language": "en", "next": "/sign-in"})
        assert nobody.see("/sign-in", headers={"Accept-Language": "sv"}).language == "en"
    user_id = world.add(world.company, Role.CLERK)
    with Reader(world, user_id, language="") as reader:
        assert reader.see("./customers").language == "fi"
        reader.post("/language", {"language": "sv", "next": "/companies"})
    # And on every other machine.
    with Reader(world, user_id, language="") as elsewhere:
        assert elsewhere.see("./customers").language == "sv"
