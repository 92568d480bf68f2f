"""The personal identity code: published vectors, new century signs, and never a word of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import personal_code, references, requests
from domain.personal_code import InvalidPersonalCodeError

# The example of the Digital and Population Data Services Agency, and its codes for test systems:
# temporary numbers, with the century signs that came into use in 2023.
PUBLISHED = (
    "131052-308T",
    *("010594Y9032", "010594Y9021", "020594X903P", "020594X902N", "030594W903B", "030694W9024"),
    *("040594V9030", "040594V902Y", "050594U903M", "050594U902L", "010516B903X", "010516B902W"),
    *("020516C903K", "020516C902J", "030516D9037", "030516D9026", "010501E9032", "020502E902X"),
    *("020503F9037", "020504A902E", "020504B904H"),
)


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_codes(code: str) -> None:
    assert personal_code.validate(f" {code.lower()} ") == code
    assert personal_code.looks_like_one(code)


@pytest.mark.parametrize(
    "wrong",
    [
        "131052-308U",  # check character
        "310252-308Y",  # 31 February
        "131052-001D",  # there is no 001
        "131052G308T",  # no such century
        "131052308T",
        "1234567-1",
        "",
    ],
)
def test_what_is_no_code(wrong: str) -> None:
    assert not personal_code.is_valid(wrong)
    with pytest.raises(InvalidPersonalCodeError) as refused:
        personal_code.validate(wrong)
    assert not wrong or wrong not in str(refused.value)


@given(st.sampled_from(PUBLISHED), st.text(), st.text())
def test_it_is_left_out_of_any_text(code: str, before: str, after: str) -> None:
    assert code not in personal_code.left_out(f"{before} {code} {after}")


@given(st.text(alphabet="abcåö .,!?"))
def test_other_words_stay(words: str) -> None:
    assert personal_code.left_out(words) == words


@pytest.mark.parametrize("code", ["131052-308T", "131052-308U"])
def test_requests_keep_none(code: str) -> None:
    request = requests.Hold(reason=f"asked by {code.lower()} on the phone", actor=code)
    assert "308" not in request.model_dump_json()
    assert request.reason == "asked by on the phone"


@pytest.mark.parametrize("written", ["003712345671", "0037 1234 5671", "003712345671a01"])
def test_an_ovt_code_is_one_form(written: str) -> None:
    assert references.ovt(written) == written.replace(" ", "").upper()


@pytest.mark.parametrize("wrong", ["003712345672", "1234567-1", "0037123456710123456", ""])
def test_no_ovt_code(wrong: str) -> None:
    with pytest.raises(references.InvalidBusinessIdError):
        references.ovt(wrong)
