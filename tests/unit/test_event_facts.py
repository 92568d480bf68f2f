"""What leaves the house unasked has nobody's words in it; the documents say what is so."""

from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from domain.actor_kinds import ActorKind
from domain.actors import actor_kind
from domain.case import Letter
from domain.event_facts import KINDS, amounts, facts, state_after
from domain.outcomes import BecameOverdue, LetterReleased, Outcome, RateAwaited
from domain.states import Channel, InvoiceState, LetterKind
from integrations.webhooks import signature
from starter.events import COLUMNS

ROOT = Path(__file__).parents[2]
WORDS = "Matti Malliasiakas"
OUTCOMES = get_args(get_args(Outcome)[0])


def full(kind: Any) -> Any:
    """A value of a type with every text in it somebody's words."""
    origin = get_origin(kind)
    if origin is Annotated:
        return full(get_args(kind)[0])
    if origin in {Union, UnionType}:
        return full(next(one for one in get_args(kind) if one is not type(None)))
    if origin is tuple:
        return (full(get_args(kind)[0]),)
    if issubclass(kind, BaseModel):
        return kind.model_validate(
            {
                name: full(field.annotation)
                if name != "kind" or not isinstance(field.default, str)
                else field.default
                for name, field in kind.model_fields.items()
            }
        )
    if issubclass(kind, Enum):
        return next(iter(kind))
    samples: dict[Any, Any] = {str: WORDS, bool: True, int: 7, date: date(2026, 3, 2)}
    return samples.get(kind, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize("kind", OUTCOMES, ids=lambda kind: kind.__name__)
def test_nobodys_words(kind: Any) -> None:
    outcome = full(kind)
    said = facts(outcome)
    # A half-year is ours, and the only text that is.
    said.pop("half_year", None)
    assert WORDS not in str(said)
    state_after(outcome)


def test_figures_are_there() -> None:
    letter = Letter(
        kind=LetterKind.REMINDER,
        round=1,
        on=date(2026, 3, 2),
        due=date(2026, 3, 16),
        fee_cents=500,
        channel=Channel.EMAIL,
        notice_id=3,
    )
    outcome = LetterReleased(letter=letter, interest_cents=31, service_cents=25)
    said = facts(outcome)
    assert said["letter"] == {
        "kind": "reminder",
        "round": 1,
        "on": "2026-03-02",
        "due": "2026-03-16",
        "fee_cents": 500,
        "channel": "email",
        "notice_id": 3,
        "sent": False,
    }
    assert amounts(said) == {"fee_cents": 500, "interest_cents": 31, "service_cents": 25}
    assert state_after(outcome) is InvoiceState.REMINDED
    assert facts(RateAwaited(half_year="2027H1")) == {"half_year": "2027H1"}
    assert (facts(BecameOverdue()), state_after(BecameOverdue())) == ({}, InvoiceState.OVERDUE)


def test_kinds_and_actors() -> None:
    assert len(set(KINDS)) == len(KINDS) == len(OUTCOMES)
    said = [actor_kind(one) for one in ("automation", "Intrum", "Ropo", "Essi", "user:12")]
    assert said == [
        *(ActorKind.AUTOMATION, ActorKind.AGENCY, ActorKind.AGENCY),
        *(ActorKind.PERSON, ActorKind.PERSON),
    ]


def test_the_documents_example_checks_signatures() -> None:
    text = (ROOT / "docs/webhooks.md").read_text()
    example = text.partition("```python\n")[2].partition("```")[0]
    there: dict[str, Any] = {}
    exec(example, there)  # noqa: S102 - it is our own document
    is_karhus = there["is_karhus"]
    body, at = b'{"id": 1}', 1_796_281_200
    header = signature(["newer", "older"], at, body)
    for secret in ("newer", "older"):
        assert is_karhus(header, body, secret, now=at + 10)
        assert not is_karhus(header, body + b" ", secret, now=at)
        assert not is_karhus(header, body, secret, now=at + 301)
        assert not is_karhus(header.replace(str(at), str(at + 1)), body, secret, now=at)
    assert not is_karhus(header, body, "another", now=at)
    assert not is_karhus("", body, "newer", now=at)


def test_the_document_names_every_column_of_the_file() -> None:
    text = (ROOT / "docs/events.md").read_text()
    assert [one for one in COLUMNS if f"`{one}`" not in text] == []
