"""The bank's transactions: those that wait for a person, where each went, how fresh its word is."""

from fastapi import APIRouter

from starter.web.pages.payments import assigning, bank_feed, settlement, waiting

router = APIRouter()
for _part in (bank_feed, waiting, assigning, settlement):
    router.include_router(_part.router)
