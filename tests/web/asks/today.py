"""A company's first page."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/companies/{business_id}"): Ask(Action.READ_INVOICES),
}
