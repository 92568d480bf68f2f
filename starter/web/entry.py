"""Who may come in: what every page declares exactly once, as every endpoint of the API does.

`in_company`, `in_firm` and `anywhere` take the page's one Action and give the `Page`; `open_page`
gives it to anybody. Whatever changes something must come from a form of ours (its token), or it is
refused before anything else is read.
"""
# Annotations are real here: FastAPI reads those of callable objects.

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from domain.roles import Action
from starter import access
from starter.api.parts import Parts
from starter.api.v1.fields import PathBusinessId
from starter.web import security
from starter.web.page import Page
from starter.web.words import accepted, known
from store import agency_contracts, people
from store.people import Place
from store.tables import User

_SAFE = {"GET", "HEAD", "OPTIONS"}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

Find = Callable[[Session], Place | None]


class NotSignedIn(Exception):  # noqa: N818 - reads as what happened
    """The page asks for somebody, and nobody has signed in, or the session is over."""


class Forged(Exception):  # noqa: N818 - reads as what happened
    """The request changes something, and was not sent by a form of ours."""


class NotHere(Exception):  # noqa: N818 - reads as what happened
    """What the address names is not there, or not for this reader."""


class Require:
    """A dependency that lets those in who may do one action. None: anybody."""

    def __init__(self, action: Action | None) -> None:
        self.action = action

    async def _enter(self, request: Request, find: Find | None) -> Page:
        page = await run_in_threadpool(_look, request, find)
        # For whatever goes wrong from here on: it is told in the reader's language.
        request.state.page = page
        if self.action is not None and page.caller is None:
            raise NotSignedIn
        if request.method not in _SAFE:
            await _from_us(page)
        if self.action is None or page.caller is None:
            return page
        if find is None:
            access.do_anywhere(page.caller, self.action)
            return page
        place = page.place
        if place is None or not page.caller.belongs_to(place):
            page.place = None
            raise NotHere
        page.scope = access.enter(page.caller, place, self.action)
        return page


class _InCompany(Require):
    async def __call__(self, request: Request, business_id: PathBusinessId) -> Page:
        return await self._enter(request, lambda found: people.company_place(found, business_id))


class _InFirm(Require):
    async def __call__(self, request: Request, business_id: PathBusinessId) -> Page:
        return await self._enter(request, lambda found: people.firm_place(found, business_id))


class _Anywhere(Require):
    async def __call__(self, request: Request) -> Page:
        return await self._enter(request, None)


def in_company(action: Action) -> Any:
    """For `/companies/{business_id}/...`."""
    return Depends(_InCompany(action))


def in_firm(action: Action) -> Any:
    """For `/firms/{business_id}/...`."""
    return Depends(_InFirm(action))


def anywhere(action: Action) -> Any:
    """For what concerns the reader alone."""
    return Depends(_Anywhere(action))


OpenPage = Annotated[Page, Depends(_Anywhere(None))]
"""A page that anybody may see; `caller` is None unless somebody has signed in."""


def bare_page(request: Request) -> Page:
    """A page for somebody of whom nothing is known but the request; the database is not asked."""
    parts: Parts = request.app.state.parts
    secret = security.cookie(request, parts, security.SESSION)
    visit = "" if secret else security.cookie(request, parts, security.VISIT)
    chosen = known(security.cookie(request, parts, security.LANGUAGE))
    return Page(
        request=request,
        parts=parts,
        language=chosen or accepted(request.headers.get("Accept-Language", "")),
        secret=secret or visit or security.new_visit(),
        new_visit=not secret and not visit,
    )


def _look(request: Request, find: Find | None) -> Page:
    """Who asks, and for which place, in one transaction."""
    page = bare_page(request)
    secret = security.cookie(request, page.parts, security.SESSION)
    if not secret and find is None:
        return page
    with page.transaction() as session:
        page.caller = _identify(session, page, secret)
        if page.caller is not None:
            page.user = session.get_one(User, page.caller.user_id)
            page.place = find(session) if find else None
            if page.place is not None and page.place.company_id is not None:
                chosen = agency_contracts.shown(session, page.place.company_id, page.today())
                page.agency = chosen.agency if chosen else page.agency
    if page.user is not None and not security.cookie(request, page.parts, security.LANGUAGE):
        page.language = known(page.user.language) or page.language
    if secret and page.caller is None:
        # The session is over: what comes next belongs to a visit.
        page.secret = security.cookie(request, page.parts, security.VISIT) or security.new_visit()
        page.new_visit = True
    return page


def _identify(session: Session, page: Page, secret: str) -> access.Caller | None:
    # An API token is for programs: in a cookie it is nobody's.
    if not secret.startswith(access.SESSION_PREFIX):
        return None
    return access.identify(session, secret, page.parts.real_now())


async def _from_us(page: Page) -> None:
    """Read what was posted. Raises `Forged`."""
    request = page.request
    if security.from_elsewhere(request, page.parts):
        raise Forged
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    token = request.headers.get(security.TOKEN_HEADER, "")
    if kind in _FORMS:
        page.form = await request.form()
        said = page.form.get(security.TOKEN_FIELD, "")
        token = token or (said if isinstance(said, str) else "")
    if not security.good_token(page.secret, token):
        raise Forged
