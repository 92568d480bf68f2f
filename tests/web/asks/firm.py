"""An accounting firm's front page."""

from domain.roles import Action
from tests.starter.office import new_business_id
from tests.web.asks import Ask

_NEW = {"company": new_business_id(), "name": "Uusi Esimerkki Oy"}

ASKS = {
    ("GET", "/firms/{business_id}"): Ask(Action.READ_FIRM),
    ("GET", "/firms/{business_id}/companies/new"): Ask(Action.ADD_COMPANY),
    ("POST", "/firms/{business_id}/companies"): Ask(Action.ADD_COMPANY, data=_NEW),
}
