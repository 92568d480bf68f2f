"""Automatic reminders."""

from collections.abc import Mapping

from domain.roles import Action
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.asks import Ask

TERMS = {
    "debtors": ["consumer"],
    "reminder": "1",
    "reminder_days": "20",
    "channel_1": "email",
    "version": "1",
}


def _rule(world: World) -> Mapping[str, object]:
    return {"rule_id": api_books.own_rule(world).rule_id}


def _movement(world: World) -> Mapping[str, object]:
    with world.database.transaction() as session:
        row = api_books.asked_replanning(world)
        row.status = "done"
        row.ended_at = world.now()
        session.add(row)
        return {"replanning_id": row.id}


BASE = "/companies/{business_id}/automation"
RULE = f"{BASE}/rules/{{rule_id}}"
MOVEMENT = f"{BASE}/movements/{{replanning_id}}"

ASKS = {
    ("GET", BASE): Ask(Action.READ_RULES),
    ("POST", BASE): Ask(Action.ACTIVATE),
    ("GET", f"{BASE}/off"): Ask(Action.ACTIVATE),
    ("POST", f"{BASE}/off"): Ask(Action.ACTIVATE),
    ("GET", f"{BASE}/prevented"): Ask(Action.READ_RULES),
    ("GET", f"{BASE}/move"): Ask(Action.PLACE_CUSTOMERS),
    ("POST", f"{BASE}/move"): Ask(Action.PLACE_CUSTOMERS),
    ("GET", f"{BASE}/rules/new"): Ask(Action.EDIT_RULES),
    ("POST", f"{BASE}/rules/new"): Ask(Action.EDIT_RULES, data=TERMS),
    ("GET", RULE): Ask(Action.READ_RULES, _rule),
    ("POST", RULE): Ask(Action.EDIT_RULES, _rule, data=TERMS),
    ("GET", f"{RULE}/what-if"): Ask(Action.READ_RULES, _rule),
    ("POST", f"{RULE}/what-if"): Ask(Action.WHAT_IF, _rule, data=TERMS),
    ("GET", f"{RULE}/customers"): Ask(Action.READ_RULES, _rule),
    ("GET", f"{RULE}/events"): Ask(Action.READ_RULES, _rule),
    ("GET", f"{RULE}/events.csv"): Ask(Action.READ_RULES, _rule),
    ("GET", f"{MOVEMENT}/progress"): Ask(Action.READ_RULES, _movement),
    ("GET", f"{MOVEMENT}/cancel"): Ask(Action.MOVE_INVOICES, _movement),
    ("POST", f"{MOVEMENT}/cancel"): Ask(Action.MOVE_INVOICES, _movement),
}
