"""Files handed in (tuodut aineistot): taken, followed, and what they were refused for corrected."""

from fastapi import APIRouter

from starter.web.pages.imports import correcting, handing_in, one

router = APIRouter()
for _part in (handing_in, one, correcting):
    router.include_router(_part.router)
