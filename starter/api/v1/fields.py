"""The fields that many requests and answers have."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

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

PathId = Annotated[int, Path(ge=1, le=MOST_ROWS)]


class Body(BaseModel):
    """What is sent to us: a name that we do not know is refused, not left out in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)
