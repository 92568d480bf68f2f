"""One invoice (lasku): its life past and to come, its letters, money and agency, and what is done
about it."""

from fastapi import APIRouter

from starter.web.pages.invoice import acting, letters, messages, money, show

router = APIRouter()
for _part in (show, acting, money, letters, messages):
    router.include_router(_part.router)
