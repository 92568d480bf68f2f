"""What all pages stand on: forged requests, headers, failures, lists, forms, catalogues."""

import re

import pytest

from domain.roles import Role
from starter.web import messages, security
from starter.web.templating import TEMPLATES, environment
from starter.web.words import LANGUAGES, accepted, words
from tests.starter.api_world import World
from tests.web.conftest import Read

FORGED = {
    "another site's": {"Sec-Fetch-Site": "cross-site"},
    "another host's of this site": {"Sec-Fetch-Site": "same-site"},
    "an older browser's": {"Origin": "https://evil.example"},
    "nobody's": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_forged_request_does_nothing(read: Read, headers: dict[str, str]) -> None:
    reader = read()
    assert reader.post("/sign-out", headers=headers).status_code == 403
    assert reader.get("/password").status_code == 200


@pytest.mark.parametrize("token", ["", "x", security.token_for("another session")])
def test_a_form_without_its_token_does_nothing(read: Read, token: str) -> None:
    reader = read()
    assert reader.post("/sign-out", token=token).status_code == 403
    assert reader.get("/password").status_code == 200


def test_the_token_may_come_in_a_header(read: Read) -> None:
    reader = read()
    headers = {security.TOKEN_HEADER: reader.token, "HX-Request": "true"}
    answer = reader.client.post("/sign-out", headers=headers)
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_nor_is_signing_in_forged(world: World, read: Read) -> None:
    data = {"email": world.email(world.users["company", Role.CLERK])}
    assert read(None).post("/sign-in", data).status_code == 403


def test_an_api_token_opens_no_page(world: World, read: Read) -> None:
    reader = read(None)
    reader.client.cookies.set(security.SESSION, world.token(world.company, []))
    assert reader.get("./customers").status_code == 303


def test_a_cookie_opens_nothing_of_the_api(read: Read) -> None:
    assert read().get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/companies", "/nowhere", "./customers"])
def test_every_answer_carries_the_headers(read: Read, path: str) -> None:
    headers = read().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_static_files_are_kept_by_browsers_until_they_change(read: Read) -> None:
    reader = read(None)
    (sheet,) = re.findall(r"/static/karhu\.css\?v=\w+", reader.get("/sign-in").text)
    assert "immutable" in reader.get(sheet).headers["Cache-Control"]
    assert reader.get("/static/../app.py").status_code == 404


def test_no_page_has_a_script_or_a_style_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        said = path.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:", said), path
        assert not re.search(r"<script(?![^>]*\ssrc=)", said), path
        for form in re.findall(r"<form[^>]*method=.post.*?</form>", said, re.DOTALL):
            assert "page.hidden()" in form, path


def test_every_template_can_be_read_in_every_language() -> None:
    for language in LANGUAGES:
        made = environment(language)
        for name in made.list_templates():
            made.get_template(name)


@pytest.mark.parametrize("language", messages.TRANSLATED)
def test_nothing_is_left_untranslated(language: str) -> None:
    said = messages.said()
    missing = []
    seen: dict[str, tuple[str, object]] = {}
    for name, template in said.items():
        there = messages.read(language, name)  # type: ignore[arg-type] # one of them
        lacking = [text.id for text in template if text.id and text.id not in there]
        missing += [f"{name}.po: {text}" for text in (*lacking, *messages.untranslated(there))]
        for text in there:
            if not text.id:
                continue
            before = seen.setdefault(str(text.id), (name, text.string))
            assert before[1] == text.string, f"{text.id!r} differs in {before[0]}.po and {name}.po"
            assert text.id in template, f"{name}.po: nobody says {text.id!r} any more"
            wanted, given = _values(text.id), _values(text.string)
            assert given <= wanted, f"{name}.po: {text.id!r} has no {given - wanted}"
    assert not missing, "make messages, and translate them"


def _values(text: object) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", str(text)))


def test_amounts_days_and_numbers_are_written_as_the_language_does() -> None:
    def plain(text: str) -> str:
        return text.replace("\xa0", " ")

    finnish, english = words("fi"), words("en")
    assert plain(finnish.money(123_450)) == "1 234,50 €"
    assert english.money(123_450) == "€1,234.50"
    assert plain(words("sv").number(12_345)) == "12 345"
    for language in LANGUAGES:
        assert words(language).money(None) == ""


def test_which_language_a_browser_wants() -> None:
    assert accepted("") == "fi"
    assert accepted("de, ja") == "fi"
    assert accepted("en-GB,en;q=0.9,fi;q=0.8") == "en"
    assert accepted("fi;q=0.1, sv") == "sv"
    assert accepted("en;q=0, sv;q=bad, ;;;") == "fi"


def test_only_what_may_be_done_is_offered(read: Read) -> None:
    menu = read(Role.MAIN).see("./customers").menu
    assert f"{read().base}/customers" in menu
    own = read(Role.OWN_ONLY)
    assert own.get("./customers").status_code == 403
    assert f"{own.base}/customers" not in own.see("./customers").menu


def test_a_list_is_searched_and_htmx_is_given_its_part(read: Read) -> None:
    reader = read()
    part = reader.get("./customers", headers={"HX-Request": "true", "HX-Target": "list"})
    assert "<html" not in part.text
    assert reader.get("./customers?search=nobody+is+called+this").status_code == 200
    assert reader.get("./customers?cursor=of-another-list").status_code == 200
