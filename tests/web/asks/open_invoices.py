"""Open invoices."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/companies/{business_id}/invoices"): Ask(Action.READ_INVOICES),
}
