"""What the books say in English is said in the reader's language."""

from collections.abc import Callable

import pytest

from domain.agency.contract import AGENCIES
from domain.money import Language
from starter.web import agency_sayings, messages
from starter.web.pages.imports.reasons import reason
from starter.web.pages.invoice import whys
from starter.web.pages.payments import reasons
from starter.web.sayings import Said, Sayings
from starter.web.words import IN_PLACE_OF_INTRUM, LANGUAGES, Words, words
from tests.web.said_in_code import arguments, sentences


def unknown(say: Callable[[Words, str], Said], sentence: list[str]) -> bool:
    """Whether it stands in English, in whichever way its holes are filled."""
    told = words("fi")
    return all(say(told, way).lang == "en" for way in sentence)


@pytest.mark.parametrize("folder", ["integrations", "activities/file_import"])
def test_every_reason_for_leaving_a_record_out_is_known(folder: str) -> None:
    found = [
        *arguments(folder, "BadField", place=1),
        *arguments(folder, "BadRecord", name="reason", place=9),
        *arguments(folder, "bad", place=1),
    ]
    assert found
    lacking = [one[0] for one in found if unknown(reason, one) and one[0] not in LEFT]
    assert not lacking, "give pages/imports/*sentences.py these"


LEFT = {
    # What a library says of the values, and of the operating system.
    "7; correct it at the sender",
    "cannot be read: 7; check the path and the rights",
}


@pytest.mark.parametrize("file", ["domain/by_hand.py", "domain/agency/contract.py"])
def test_every_refusal_of_the_domain_is_known(file: str) -> None:
    found = [*arguments(file, "Refused"), *arguments(file, "Bar")]
    assert found
    assert not [one for one in found if unknown(_refusal, one) and "cannot be set" not in one[0]]


_STANDS_THERE = (
    *("7", "overdue", "2026-03-02", "reminder", "MAKSETTU", "manual, promise"),
    *("nothing holds it", "reminder service (huomautuspalvelu)"),
)


def _refusal(told: Words, why: str) -> Said:
    # Holes of these refusals hold states, days and statuses, not what the helper puts there.
    told_so = [whys.say(told, why.replace("7", one)) for one in _STANDS_THERE]
    return next((one for one in told_so if not one.lang), told_so[0])


def test_all_that_a_comparison_says_is_known() -> None:
    found = set(sentences("domain/drift.py"))
    assert len(found) > 20
    told = words("fi")
    assert not [one for one in found if agency_sayings.drift(told, one).lang]


def test_every_judgement_of_a_payment_is_known() -> None:
    found = [*arguments("domain/agency_money.py", "Judgement", place=1)]
    assert len(found) > 5
    assert not [one for one in found if unknown(_verdict, one)]
    for way in ("user:3 says that it is Ropo's settlement", "settlement T-1 names it"):
        assert not agency_sayings.whose(words("sv"), way).lang


def _verdict(told: Words, why: str) -> Said:
    for amount in ("12.50 EUR is what settlement T-1 says of the case", "its reference 7"):
        if why.startswith("7 is 7"):
            return agency_sayings.whose(told, amount)
    return agency_sayings.whose(told, why)


@pytest.mark.parametrize("language", messages.TRANSLATED)
def test_why_a_settlement_waits_and_its_transfer_with_it(language: Language) -> None:
    told = words(language)
    line = "line 2: case 1234567-1/8 is not known here"
    said = agency_sayings.settlement_problem(told, f"{line}; {line.replace('line 2', 'line 3')}")
    assert not said.lang
    assert said.text.count("1234567-1/8") == 2
    waits = reasons.problem(
        told, f"it is the transfer of settlement T-1, which waits for a person: {line}"
    )
    assert not waits.lang
    assert "T-1" in waits.text
    assert "1234567-1/8" in waits.text
    amount = reasons.problem(
        told,
        "it has the reference of settlement T-1, which is 1,234.50\xa0EUR and not 12.00 EUR: ask"
        " the agency, or assign it by hand",
    )
    assert told.money(123_450) in amount.text
    assert not reasons.cannot(told, "payment 7: nothing of it waits").startswith("payment")


def test_what_a_side_of_a_comparison_says_is_written_as_the_language_does() -> None:
    assert agency_sayings.drift_value(words("fi"), "1,234.50 EUR") == words("fi").money(123_450)
    assert agency_sayings.drift_value(words("fi"), "not there") == "ei ole"
    assert agency_sayings.drift_value(words("en"), "MAKSETTU") == "Paid"
    assert agency_sayings.drift_value(words("sv"), "something else") == "something else"


def test_what_an_agency_has_said_stands_as_it_was_said() -> None:
    assert agency_sayings.message_error(words("fi"), "the debtor is not known").text == (
        "the debtor is not known"
    )
    ours = agency_sayings.message_error(words("fi"), "it could not be reached: HTTP 503")
    assert ours.text.endswith("HTTP 503")
    assert "reached" not in ours.text


def test_a_sentence_is_read_back_with_its_values() -> None:
    table = Sayings(("%(n)s of %(euros)s", ("kept so", "said so")))
    assert table.find(words("en"), "3 of 1,000.00 EUR") == "3 of €1,000.00"
    assert table.find(words("en"), "kept so") == "said so"
    assert table.find(words("en"), "3 of much EUR") is None
    assert table.say(words("fi"), "kept so; 3 of 1.00 EUR").lang == ""
    assert table.say(words("fi"), "kept so; and more").lang == "en"


@pytest.mark.parametrize("agency", AGENCIES)
def test_texts_speak_of_the_company_s_agency(agency: str) -> None:
    assert agency in IN_PLACE_OF_INTRUM
    for language in LANGUAGES:
        told = words(language, agency)
        for catalogue in messages.said().values():
            for message in catalogue:
                texts = (message.id,) if isinstance(message.id, str) else message.id
                for text in texts or ():
                    assert ("Intrum" in told.say(text)) <= (agency == "intrum")
    assert words("fi", "ropo").say("Move to the service of Intrum Oy") == (
        "Siirrä Ropo Onen palveluun"
    )
