"""A company's own page."""

from domain.roles import Role
from tests.web.conftest import Read
from tests.web.reader import Said


def test_details_are_saved_and_stand_in_the_log(read: Read) -> None:
    main = read(Role.MAIN)
    said = {"street": "Esimerkkitie 4", "city": "Turku", "email": "laskut@esimerkki.example"}
    page = main.follow(main.post("./settings", said))
    assert page.value("street") == "Esimerkkitie 4"
    log = main.see("./settings/log")
    assert "Company's details changed" in log.text


def test_what_is_wrong_is_said_beside_its_field(read: Read) -> None:
    main = read(Role.MAIN)
    said = Said(main.post("./settings", {"street": "x" * 300, "city": "Turku"}))
    assert said.mistake("street")
    assert said.value("city") == "Turku"


def test_who_may_not_change_them_is_offered_no_form(read: Read) -> None:
    assert not read(Role.READ_ONLY).see("./settings").find("//main//form")
