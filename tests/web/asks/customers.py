"""Customers."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/companies/{business_id}/customers"): Ask(Action.READ_CUSTOMERS),
}
