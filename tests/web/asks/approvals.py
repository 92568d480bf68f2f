"""Refusing what waits for approval."""

from domain.roles import Action
from tests.web.asks import Ask

_REFUSE = "/companies/{business_id}/approvals/refuse"

ASKS = {
    ("GET", _REFUSE): Ask(Action.APPROVE_LETTERS, query={"all": "1"}),
    # Looked at, and not asked of any procedure.
    ("POST", _REFUSE): Ask(Action.APPROVE_LETTERS, data={"all": "1", "until": "whenever"}),
}
