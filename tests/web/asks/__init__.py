"""For every address of the pages: what one does there, and a minimal request. A module for each of
`starter.web.pages`; whoever adds a page adds one.

    ASKS = {
        ("GET", "/companies/{business_id}/customers"): Ask(Action.READ_CUSTOMERS),
        ("POST", "/companies/{business_id}/customers/{customer_id}"): Ask(
            Action.EDIT_CUSTOMERS, lambda world: {"customer_id": ...}, data={"name": "Oy"}
        ),
    }
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.roles import Action
from tests.starter.api_world import World


@dataclass(frozen=True)
class Ask:
    """`action` None: open to all. `path`: parts of the address besides the business id, made in
    the world; `data`: the form; `query`: the address's."""

    action: Action | None
    path: Callable[[World], Mapping[str, object]] = lambda _: {}
    data: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)


def all_asks() -> dict[tuple[str, str], Ask]:
    """Those of all modules here."""
    found: dict[tuple[str, str], Ask] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").ASKS
    return found
