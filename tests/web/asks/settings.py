"""A company's own page."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/companies/{business_id}/settings"): Ask(Action.READ_COMPANY),
    ("POST", "/companies/{business_id}/settings"): Ask(
        Action.EDIT_COMPANY, data={"city": "Helsinki"}
    ),
    ("GET", "/companies/{business_id}/settings/log"): Ask(Action.READ_AUDIT),
}
