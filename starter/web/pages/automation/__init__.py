"""Automatic reminders (automaattiset muistutukset): the switch, the rules, who is under them."""

from fastapi import APIRouter

from starter.web.pages.automation import customers, events, progress, rules, switch

router = APIRouter()
for _part in (switch, rules, customers, events, progress):
    router.include_router(_part.router)
