"""The collection agency: the contract, its cases, what is said, credit losses, its money."""

from fastapi import APIRouter

from starter.web.pages.intrum import cases, contract, lines, money, settling

router = APIRouter()
for _part in (contract, cases, lines, money, settling):
    router.include_router(_part.router)
