"""Choosing a company."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/"): Ask(None),
    ("GET", "/companies"): Ask(Action.LIST_COMPANIES),
}
