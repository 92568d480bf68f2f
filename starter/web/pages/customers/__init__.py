"""A company's customers: the list, a customer's card, moving them, the collection ban."""

from fastapi import APIRouter

from starter.web.pages.customers import ban, card, listing, moving

router = APIRouter()
for _part in (listing, moving, ban, card):
    router.include_router(_part.router)
