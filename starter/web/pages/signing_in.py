"""Signing in and out, one's password, and the language of the pages."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import StringConstraints
from starlette.responses import Response

from domain.roles import Action
from domain.sign_in import MAXIMUM_LENGTH, MINIMUM_LENGTH, WeakPassword
from starter import sign_in
from starter.sign_in import TooManyTries, WrongPassword
from starter.web import security
from starter.web.entry import OpenPage, anywhere
from starter.web.forms import Email, Form, FormModel
from starter.web.page import Page
from starter.web.words import known, mark
from store.tables import User

router = APIRouter()

Password = Annotated[str, StringConstraints(min_length=1, max_length=MAXIMUM_LENGTH)]


class SigningIn(FormModel):
    email: Email
    password: Password
    next: str = "/"


class NewPassword(FormModel):
    current: Password
    new: Password
    again: Password


@router.get("/sign-in")
def show_sign_in(page: OpenPage) -> Response:
    """The form; who has signed in already goes on."""
    goal = security.local_path(page.request.query_params.get("next")) or "/"
    if page.caller is not None:
        return page.redirect(goal)
    return page.render("signing_in/sign_in.html", form=Form.blank(page, {"next": goal}))


@router.post("/sign-in")
def do_sign_in(page: OpenPage, request: Request) -> Response:
    """Open a session, in a cookie that no script reads."""
    form = Form.read(page, SigningIn)
    if form.value is None:
        return page.render("signing_in/sign_in.html", form=form, status=422)
    try:
        opened = sign_in.sign_in(
            page.parts.database,
            email=form.value.email,
            password=form.value.password,
            address=request.client.host if request.client else "",
            request_key=page.form_key,
            now=page.parts.real_now(),
        )
    except WrongPassword:
        form.refuse(page.say(mark("The e-mail address or the password is wrong.")))
    except TooManyTries as error:
        form.refuse(
            page.say_n(
                "Too many wrong passwords: wait %(n)s second, and try again.",
                "Too many wrong passwords: wait %(n)s seconds, and try again.",
                error.seconds,
            )
        )
    if form.value is None:
        return page.render("signing_in/sign_in.html", form=form, status=422)
    response = page.redirect(security.local_path(form.value.next) or "/")
    security.set_cookie(page.request, page.parts, response, security.VISIT, "")
    security.set_cookie(page.request, page.parts, response, security.SESSION, opened.secret)
    return response


@router.post("/sign-out")
def do_sign_out(page: Annotated[Page, anywhere(Action.SIGN_OUT)]) -> Response:
    """End the session."""
    with page.transaction() as session:
        sign_in.sign_out(session, page.who, page.parts.real_now())
    response = page.redirect("/sign-in")
    security.set_cookie(page.request, page.parts, response, security.SESSION, "")
    return response


@router.post("/language")
def choose_language(page: OpenPage) -> Response:
    """Speak another language from now on, here and wherever this person signs in."""
    chosen = known(str(page.form.get("language", "")))
    response = page.redirect(security.local_path(str(page.form.get("next", ""))) or "/")
    if chosen is None:
        return response
    if page.caller is not None:
        with page.transaction() as session:
            session.get_one(User, page.caller.user_id).language = chosen
    security.set_cookie(
        page.request,
        page.parts,
        response,
        security.LANGUAGE,
        chosen,
        security.CHOICE_SECONDS,
    )
    return response


@router.post("/colours")
def choose_colours(page: OpenPage) -> Response:
    """Light or dark from now on, in this browser; or as it says itself."""
    chosen = str(page.form.get("colours", ""))
    response = page.redirect(security.local_path(str(page.form.get("next", ""))) or "/")
    security.set_cookie(
        page.request,
        page.parts,
        response,
        security.THEME,
        chosen if chosen in security.THEMES else "",
        security.CHOICE_SECONDS,
    )
    return response


@router.get("/password")
def show_password(page: Annotated[Page, anywhere(Action.CHANGE_PASSWORD)]) -> Response:
    """The form for a new password."""
    return _password(page, Form.blank(page))


@router.post("/password")
def change_password(page: Annotated[Page, anywhere(Action.CHANGE_PASSWORD)]) -> Response:
    """Change one's own password; all other sessions end."""
    form = Form.read(page, NewPassword)
    said = form.value
    if said is not None and said.new != said.again:
        form.refuse(page.say(mark("This is not the same as above.")), "again")
    if said is None or form.errors:
        return _password(page, form, 422)
    try:
        sign_in.change_password(
            page.parts.database,
            page.who,
            current=said.current,
            new=said.new,
            now=page.parts.real_now(),
        )
    except WrongPassword:
        form.refuse(page.say(mark("The current password is wrong.")), "current")
    except WeakPassword:
        form.refuse(
            page.say(
                mark(
                    "A password has at least %(least)s characters, and is no name or address of"
                    " yours: choose another one."
                ),
                least=MINIMUM_LENGTH,
            ),
            "new",
        )
    except TooManyTries as error:
        form.refuse(
            page.say_n(
                "Too many wrong passwords: wait %(n)s second, and try again.",
                "Too many wrong passwords: wait %(n)s seconds, and try again.",
                error.seconds,
            )
        )
    if form.errors:
        return _password(page, form, 422)
    done = page.say(mark("Your password was changed, and all your other sessions have ended."))
    return page.redirect("/", done)


def _password(page: Page, form: Form[NewPassword], status: int = 200) -> Response:
    return page.render("signing_in/password.html", form=form, least=MINIMUM_LENGTH, status=status)
