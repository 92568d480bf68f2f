"""What an event says in figures: ids, amounts, states, kinds and days, never anybody's words.

What goes out of the house unasked, to a webhook, is made of these alone. A text that is not one of
ours to choose from (a reason, a name, a message of the agency's) is left out by its type, so that a
new outcome cannot bring one along.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import get_args

from pydantic import BaseModel

from domain import outcomes
from domain.outcomes import Outcome
from domain.states import InvoiceState

Fact = bool | int | str | list["Fact"] | dict[str, "Fact"]

KINDS: tuple[str, ...] = tuple(
    one.model_fields["kind"].default for one in get_args(get_args(Outcome)[0])
)
"""Every kind of event, in the order in which the outcomes are declared."""

_OUR_WORDS = frozenset({"half_year"})
"""Texts that are ours although their type does not say so: "2027H1"."""


def facts(outcome: Outcome) -> dict[str, Fact]:
    """An outcome's facts by name; amounts end in `_cents`, what is not known is left out."""
    found = _facts(outcome)
    del found["kind"]
    return found


def state_after(outcome: Outcome) -> InvoiceState | None:
    """The state that the outcome itself puts the invoice in; None: it says nothing of it."""
    match outcome:
        case outcomes.BecameOverdue():
            return InvoiceState.OVERDUE
        case outcomes.LetterReleased():
            return outcome.letter.kind.leads_to
        case outcomes.HandedOver():
            return InvoiceState.IN_COLLECTION
        case outcomes.StateSet():
            return outcome.to
        case outcomes.Closed() | outcomes.Reopened():
            return outcome.state
        case _:
            return None


def amounts(found: Mapping[str, Fact]) -> dict[str, int]:
    """Every amount among the facts, in cents, by name: those of a letter too."""
    flat: dict[str, int] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat |= amounts(value)
        elif name.endswith("_cents") and isinstance(value, int):
            flat[name] = value
    return flat


def _facts(model: BaseModel) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for name in type(model).model_fields:
        fact = _fact(getattr(model, name), ours=name in _OUR_WORDS or name == "kind")
        if fact is not None:
            found[name] = fact
    return found


def _fact(value: object, *, ours: bool = False) -> Fact | None:
    match value:
        case Enum():
            return str(value.value)
        case bool() | int():
            return value
        case datetime() | date():
            return value.isoformat()
        case str():
            return value if ours else None
        case BaseModel():
            return _facts(value)
        case tuple():
            return [fact for one in value if (fact := _fact(one)) is not None]
        case _:
            return None
