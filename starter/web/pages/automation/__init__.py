"""Automatic reminders (automaattiset muistutukset): the switch, the rules, who is under them."""

from fastapi import APIRouter

from starter.web.pages.automation.customers import router as customers
from starter.web.pages.automation.events import router as events
from starter.web.pages.automation.progress import router as progress
from starter.web.pages.automation.rules import router as rules
from starter.web.pages.automation.switch import router as switch

router = APIRouter()
for _part in (switch, rules, customers, events, progress):
    router.include_router(_part)
