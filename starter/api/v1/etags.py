"""Changing what was read: an ETag names a version, If-Match says which one is being changed."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from starter.api.v1.problems import Kind, Problem

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of what was read.", examples=['"3"']),
]


def etag(version: object) -> str:
    """The strong ETag of a version (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def etag_of(shown: BaseModel) -> str:
    """The ETag of what is shown, where no number says which version it is."""
    return etag(hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:32])


def demand(if_match: str | None, current: str, record: str) -> None:
    """See that the caller changes what is there now. `current`: its ETag.

    Raises the problem 428 without If-Match, and 412 when somebody has changed it meanwhile.
    """
    if if_match is None:
        raise Problem(
            Kind.UNCONDITIONAL,
            "a change says which version it changes",
            record=record,
            remedy="GET it, and send its ETag as If-Match",
        )
    said = {one.strip() for one in if_match.split(",")}
    if "*" not in said and current not in said:
        raise Problem(
            Kind.CHANGED,
            f"{record} has changed since you read it",
            record=record,
            remedy="GET it again, and make your change to what it says now",
            headers={"ETag": current},
        )
