"""Statements."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/companies/{business_id}/statement"): Ask(
        Action.READ_STATEMENTS, query={"month": "2026-03"}
    ),
    ("GET", "/companies/{business_id}/statement/file"): Ask(Action.READ_STATEMENTS),
}
