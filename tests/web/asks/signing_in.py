"""Signing in and out."""

from domain.roles import Action
from tests.web.asks import Ask

ASKS = {
    ("GET", "/sign-in"): Ask(None),
    ("POST", "/sign-in"): Ask(None),
    ("POST", "/sign-out"): Ask(Action.SIGN_OUT),
    ("POST", "/language"): Ask(None, data={"language": "en"}),
    ("POST", "/colours"): Ask(None, data={"colours": "dark"}),
    ("GET", "/password"): Ask(Action.CHANGE_PASSWORD),
    ("POST", "/password"): Ask(Action.CHANGE_PASSWORD),
}
