"""The fields that many requests and answers have."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
)

from domain import personal_code, references

MOST_ROWS = 2**63 - 1

Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
    AfterValidator(personal_code.left_out),
]
"""A line of text that somebody wrote; a personal identity code is left out of it."""

MaybeLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    AfterValidator(personal_code.left_out),
]
"""The same, which may be empty."""

Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$",
    ),
]

Language = Literal["fi", "sv", "en"]

BusinessId = Annotated[str, AfterValidator(references.business_id)]
"""A Finnish business id (Y-tunnus), with its check digit."""

PathBusinessId = Annotated[
    str,
    Path(
        pattern=r"^[0-9]{7}-[0-9]$",
        description="Business id (Y-tunnus).",
        examples=["2000001-6"],
    ),
]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(said: object) -> object:
    """Nothing but a date: no instant, and no number of seconds."""
    if not isinstance(said, str) or not _DAY.fullmatch(said):
        raise ValueError("write a date as 2026-12-03")
    return said


def _truth(said: object) -> object:
    if said not in {"true", "false", True, False}:
        raise ValueError("write true or false")
    return said


Day = Annotated[date, BeforeValidator(_day), Field(examples=["2026-12-03"])]
"""A Finnish date."""

Flag = Annotated[bool, BeforeValidator(_truth)]
"""True or false, in a query or in JSON, and no other word for it."""

Cents = Annotated[StrictInt, Field(ge=1, le=100_000_000_000, examples=[108_836])]
"""An amount of money to be booked, in cents."""

PathId = Annotated[int, Path(ge=1, le=MOST_ROWS)]


class Body(BaseModel):
    """What is sent to us: a name that we do not know is refused, not left out in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)
