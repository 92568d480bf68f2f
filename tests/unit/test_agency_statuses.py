"""The twenty collection statuses and the messages between a company and its agency."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.agency import (
    AgencyService,
    CollectionPhase,
    CollectionStatus,
    CreditNotice,
    DirectPayment,
    MessageKind,
    OutgoingMessage,
    StatusMessage,
    Withdrawal,
    case_reference,
    parse_status,
)

# As the users of the invoicing software read them, to the letter and in that order.
LABELS = [
    "REKISTERÖITY/VALVONNASSA",
    "KIRJEPERINTÄ",
    "KÄRÄJÄOIKEUS",
    "ULOSOTTO",
    "TRATTA",
    "KONKURSSI/VELKAJÄRJESTELY",
    "JÄLKIPERINTÄ",
    "MAKSETTU",
    "PERUUTETTU",
    "MAKSETTU OIKEUDELLISTEN TOIMENPITEIDEN JÄLKEEN",
    "LOPETETTU - PIENI PÄÄOMA/EI MAKSUKYKYÄ",
    "LOPETETTU - ASIAKAS VARATON",
    "LOPETETTU - KONKURSSI",
    "LOPETETTU - TUTKIMUKSET TULOKSETTOMIA",
    "LOPETETTU - MUU SYY",
    "LOPETETTU - VELKAJÄRJESTELY",
    "LOPETETTU - YHDISTETTY TOISEEN SAATAVAAN",
    "LUKITTU LASKUTUSTA VARTEN",
    "LOPETETTU/LASKUTETTU",
    "POISTETTU",
]

MESSAGE = {
    "message_id": "m-1",
    "case_reference": "1/1042",
    "agency_case_id": "INT-000001",
    "status": "KIRJEPERINTÄ",
    "occurred_at": "2026-10-08T12:00:00+03:00",
    "sequence": 2,
}


def test_the_twenty_labels_are_the_agencys_own() -> None:
    assert [status.finnish for status in CollectionStatus] == LABELS


def test_every_status_has_words_and_a_phase() -> None:
    english = {status.english for status in CollectionStatus}
    assert len(english) == 20
    assert all(english)
    settled = {s for s in CollectionStatus if s.phase is CollectionPhase.SETTLED}
    assert settled == {CollectionStatus.PAID, CollectionStatus.PAID_AFTER_LEGAL_ACTION}
    active = [s.finnish for s in CollectionStatus if s.phase is CollectionPhase.ACTIVE]
    assert active == [*LABELS[:7], "LUKITTU LASKUTUSTA VARTEN"]


@given(
    status=st.sampled_from(list(CollectionStatus)),
    by_label=st.booleans(),
    lower=st.booleans(),
    before=st.text(" \t\n\u00a0", max_size=3),
    after=st.text(" \t\n\u00a0", max_size=3),
)
def test_a_status_is_read_by_label_or_code_whatever_the_case_and_spacing(
    status: CollectionStatus, by_label: bool, lower: bool, before: str, after: str
) -> None:
    text = status.finnish if by_label else status.value
    text = before + (text.lower() if lower else text.upper()) + after
    assert parse_status(text) is status


@pytest.mark.parametrize("text", ["", "UUSI TILA", "MAKSETTU?", "LOPETETTU", "KIRJEPERINTA"])
def test_an_unknown_status_is_never_guessed(text: str) -> None:
    assert parse_status(text) is None


@given(st.text(max_size=60))
def test_reading_any_text_never_fails(text: str) -> None:
    status = parse_status(text)
    assert status is None or parse_status(status.finnish) is status


def test_an_unknown_status_is_kept_as_it_came() -> None:
    message = StatusMessage.model_validate(MESSAGE | {"status": "SAATAVA MYYTY", "new_field": 1})
    assert message.status == "SAATAVA MYYTY"
    assert message.known_status is None


def test_a_status_message_says_when_in_utc() -> None:
    message = StatusMessage.model_validate(MESSAGE)
    assert message.known_status is CollectionStatus.LETTER_COLLECTION
    assert message.occurred_at == datetime(2026, 10, 8, 9, tzinfo=UTC)
    assert message.occurred_at.utcoffset() == timedelta(0)
    other = datetime(2026, 10, 8, 11, tzinfo=timezone(timedelta(hours=2)))
    assert StatusMessage.model_validate(MESSAGE | {"occurred_at": other}) == message


@pytest.mark.parametrize(
    "wrong",
    [
        {"occurred_at": "2026-10-08T12:00:00"},
        {"sequence": 0},
        {"message_id": " "},
        {"principal_cents": -1},
        {"principal_cents": 10.5},
    ],
)
def test_a_status_message_that_makes_no_sense_is_not_read(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        StatusMessage.model_validate(MESSAGE | wrong)


def test_an_amount_told_is_whole_positive_cents() -> None:
    for amount in (0, -5, 12.0, "12"):
        with pytest.raises(ValidationError):
            DirectPayment.model_validate(
                {
                    "idempotency_key": "k",
                    "case_reference": "1/1042",
                    "amount_cents": amount,
                    "paid_on": "2026-10-08",
                    "identifier": "261008",
                }
            )


@pytest.mark.parametrize(
    "message",
    [
        Withdrawal(idempotency_key="a", case_reference="1/1042", reason="Paid in cash"),
        DirectPayment(
            idempotency_key="b",
            case_reference="1/1042",
            amount_cents=100,
            paid_on=date(2026, 10, 8),
            identifier="261008",
        ),
        CreditNotice(
            idempotency_key="c",
            case_reference="1/1042",
            amount_cents=100,
            credited_on=date(2026, 10, 8),
            identifier="1043",
        ),
    ],
)
def test_a_stored_message_is_read_back_as_what_it_was(message: OutgoingMessage) -> None:
    read = TypeAdapter(OutgoingMessage).validate_json(message.model_dump_json())
    assert read == message
    assert type(read) is type(message)
    assert read.kind in MessageKind


def test_a_case_is_named_by_company_and_invoice() -> None:
    assert case_reference(7, "2026-15") == "7/2026-15"
    assert [service.value for service in AgencyService] == ["reminder", "collection"]
