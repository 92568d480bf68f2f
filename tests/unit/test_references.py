"""References and identifiers: published vectors, and rules that hold for every number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import references
from domain.references import (
    IdentifierError,
    InvalidBusinessIdError,
    InvalidIbanError,
    InvalidReferenceError,
)

bases = st.from_regex(r"[1-9][0-9]{2,18}", fullmatch=True)


@pytest.mark.parametrize(
    ("base", "reference"), [("1111", "11112"), ("123456", "1234561"), ("100", "1009")]
)
def test_published_finnish_references(base: str, reference: str) -> None:
    assert references.make(base) == reference
    assert references.normalise(reference) == reference


@pytest.mark.parametrize(
    ("finnish", "rf"),
    [("11112", "RF9811112"), ("2348236", "RF332348236"), ("3012396", "RF063012396")],
)
def test_published_rf_references(finnish: str, rf: str) -> None:
    assert references.to_rf(finnish) == rf
    assert references.normalise(rf) == finnish


@pytest.mark.parametrize(
    "written", ["10690002", "00000000000010690002", "106 90002", "1069 0002\u00a0"]
)
def test_one_form_for_every_way_to_write_it(written: str) -> None:
    assert references.normalise(written) == "10690002"


def test_foreign_rf_keeps_its_form() -> None:
    assert references.normalise("rf18 5390 0754 7034") == "RF18539007547034"
    assert references.to_rf("RF18539007547034") == "RF18539007547034"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "   ",
        "0",
        "123",
        "1234562",
        "-1234561",
        "12345a",
        "１２３４５６１",
        "RF",
        "RF001234561",
        "RF06 3012397",
        "9" * 21,
        "1" * 5000,
        "RF" + "1" * 5000,
    ],
)
def test_wrong_references_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidReferenceError):
        references.normalise(wrong)
    assert not references.is_valid(wrong)


@pytest.mark.parametrize("base", ["", "12", "012", "12a", "1" * 20])
def test_no_reference_from_a_wrong_base(base: str) -> None:
    with pytest.raises(InvalidReferenceError):
        references.make(base)


@pytest.mark.parametrize(
    ("reference", "printed"),
    [
        ("1009", "1009"),
        ("11112", "11112"),
        ("1234561", "12 34561"),
        ("RF063012396", "RF06 3012 396"),
    ],
)
def test_grouping_as_printed(reference: str, printed: str) -> None:
    assert references.group(reference) == printed


@given(bases)
def test_every_reference_comes_back_from_every_form(base: str) -> None:
    reference = references.make(base)
    assert references.normalise(references.group(reference)) == reference
    assert references.normalise(reference.zfill(20)) == reference
    rf = references.to_rf(reference)
    assert references.normalise(rf) == reference
    assert references.normalise(references.group(rf)) == reference


@given(bases, st.data())
def test_a_mistyped_digit_is_noticed(base: str, data: st.DataObject) -> None:
    reference = references.make(base)
    at = data.draw(st.integers(0, len(reference) - 1))
    other = data.draw(st.sampled_from("123456789").filter(lambda digit: digit != reference[at]))
    assert not references.is_valid(reference[:at] + other + reference[at + 1 :])


@pytest.mark.parametrize("written", ["1234567-1", "12345671", "FI12345671", "fi 1234567-1"])
def test_business_id_in_its_forms(written: str) -> None:
    assert references.business_id(written) == "1234567-1"


@pytest.mark.parametrize("wrong", ["", "1234567-2", "131052-308T", "SE12345671", "1" * 5000])
def test_wrong_business_ids_are_refused(wrong: str) -> None:
    with pytest.raises(InvalidBusinessIdError):
        references.business_id(wrong)


def test_business_id_inside_an_ovt_code() -> None:
    assert references.business_id_from_ovt("003712345671") == "1234567-1"
    assert references.business_id_from_ovt("003712345671A1") == "1234567-1"
    with pytest.raises(InvalidBusinessIdError):
        references.business_id_from_ovt("003712345672")
    with pytest.raises(InvalidBusinessIdError):
        references.business_id_from_ovt("TE003712345671")


def test_ibans() -> None:
    assert references.iban("fi21 1234 5600 0007 85") == "FI2112345600000785"
    assert references.iban_from_account("12345600000785") == "FI2112345600000785"
    assert references.iban_from_account("15903000000776") == "FI3715903000000776"
    for wrong in ("", "FI2112345600000786", "FI21", "XX2112345600000785", "FI" + "2" * 5000):
        with pytest.raises(InvalidIbanError):
            references.iban(wrong)
    for wrong in ("", "123456-785", "1234560000078５"):
        with pytest.raises(InvalidIbanError):
            references.iban_from_account(wrong)


@given(st.text(max_size=40))
def test_no_text_breaks_the_checks(text: str) -> None:
    for check in (
        references.normalise,
        references.make,
        references.group,
        references.to_rf,
        references.business_id,
        references.business_id_from_ovt,
        references.iban,
        references.iban_from_account,
    ):
        try:
            check(text)
        except IdentifierError:
            continue
