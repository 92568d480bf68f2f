"""Requests as people type them: in the Temporal Web UI, or with Temporal's own command line."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from domain import requests
from workflows.contract import Unreadable

Wish = TypeVar(
    "Wish",
    requests.Hold,
    requests.Release,
    requests.Cancel,
    requests.SetState,
    requests.SendNow,
    requests.HandOver,
    requests.Withdraw,
)


def read(kind: type[Wish], said: Any) -> Wish | Unreadable:
    """The request that was meant. Nothing said is a request with nothing but its kind.

    Never raises: an exception in a handler would stop the invoice until somebody mends the code.
    """
    try:
        return kind.model_validate({} if said is None else said)
    except ValidationError as error:
        # Names of fields and rules alone: what was typed may hold a person's name.
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']) or 'input'}: {detail['msg']}"
            for detail in error.errors(include_input=False, include_url=False)
        )
        name: str = kind.model_fields["kind"].default
        return Unreadable(request=name, reason=f"cannot be read: {wrong}")
