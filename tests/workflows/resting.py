"""Invoices that have come to rest in each of the states."""

from typing import Any

from domain.rule import CONSUMERS, HandOver, Rule
from store.tables import Invoice
from tests.house import House
from tests.looking import Handle

PRINCIPAL = 108_836


def rule(name: str, **changes: Any) -> Rule:
    return CONSUMERS.model_copy(update={"name": name, **changes})


ONE_LETTER = rule("One letter", notice=None)

# The rule under which an invoice comes to rest in a state, and how many days it then lies there;
# where a letter is next, long enough for the law to let it go.
RESTING: dict[str, tuple[Rule | None, float]] = {
    "open": (None, 0),
    "overdue": (rule("Large ones", minimum_cents=PRINCIPAL + 1), 20),
    "reminded": (ONE_LETTER, 20),
    "notified": (rule("No agency", hand_over=HandOver.NEVER), 1),
    "in_collection": (None, 0),
}


async def resting(house: House, state: str) -> tuple[Invoice, Handle]:
    """An invoice that has come to rest in a state."""
    terms, days = RESTING[state]
    invoice = house.register(rule=terms)
    handle = await house.start(invoice, still=state == "open")
    await house.until_state(state, invoice)
    if state in {"reminded", "notified"}:
        await house.until(lambda: {item.status for item in house.notices(invoice)} == {"sent"})
    if state == "in_collection":
        await house.until_at_agency(invoice)
    await house.at_rest(handle)
    if days:
        await house.pass_days(handle, days)
    return invoice, handle
