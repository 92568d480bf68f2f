"""Forms: what was typed is read into a model, and what is wrong is answered beside its field.

    class Contact(FormModel):
        email: Email
        limit: Euros = 0

    form = Form.read(page, Contact)
    if form.value is None:
        return page.render("customers/contact.html", form=form, status=422)

In the template: `{{ forms.text(form, "email", _("E-mail")) }}` (`macros/forms.html`).
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from domain import money, personal_code, references
from starter.web.page import Page
from starter.web.words import Words, mark

Model = TypeVar("Model", bound="FormModel")

WHOLE = ""
"""The name under which a mistake of the whole form stands."""


class FormModel(BaseModel):
    """A form's fields. Those that the page does not know are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# ── fields ───────────────────────────────────────────────────────────────────────────────────


def wrong(message: str, **values: Any) -> PydanticCustomError:
    """A mistake for a validator to raise, said in the reader's language. `message`: in `mark`."""
    return PydanticCustomError("said", message, values)


def _cents(said: object) -> object:
    if not isinstance(said, str):
        return said
    try:
        return money.parse_eur(said)
    except money.NotAnAmount:
        raise wrong(mark("Write the amount as 1234,50, with at most two decimals.")) from None


def _day(said: object) -> object:
    if not isinstance(said, str):
        return said
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(said.strip(), form).date()  # noqa: DTZ007 - a date
        except ValueError:
            continue
    raise wrong(mark("Write the date as 3.12.2026."))


def _business_id(said: str) -> str:
    try:
        return references.business_id(said)
    except ValueError:
        raise wrong(mark("This is no business id: look for a mistyped digit.")) from None


Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
    AfterValidator(personal_code.left_out),
]
"""A line of text; a personal identity code is left out of it."""

MaybeLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
    AfterValidator(personal_code.left_out),
]
"""The same, which may be empty: give it the default ""."""

Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]
Euros = Annotated[int, BeforeValidator(_cents)]
"""Cents, of "1 234,50"."""
Day = Annotated[date, BeforeValidator(_day)]
"""A date, of "3.12.2026" or what a date field sends."""
BusinessId = Annotated[str, AfterValidator(_business_id)]
Flag = bool
"""A box to tick: give it the default False, because one that is not ticked is not sent."""


# ── forms ────────────────────────────────────────────────────────────────────────────────────


class Form(Generic[Model]):
    """A form as it is shown, and what became of it. `value`: None unless all of it is right."""

    def __init__(self, page: Page, said: Mapping[str, list[str]]) -> None:
        self._page = page
        self._said = said
        self.value: Model | None = None
        self.errors: dict[str, str] = {}
        """By field; already in the reader's language. Of the whole form under `WHOLE`."""

    @classmethod
    def blank(cls, page: Page, start: BaseModel | Mapping[str, Any] | None = None) -> Form[Model]:
        """A form to be filled in, with what its fields show at first."""
        given = start.model_dump() if isinstance(start, BaseModel) else start or {}
        return cls(page, {name: _shown(page.words, value) for name, value in given.items()})

    @classmethod
    def read(cls, page: Page, model: type[Model]) -> Form[Model]:
        """What was posted, looked at. An empty field is one that was left out."""
        posted: dict[str, list[str]] = {}
        for name, value in page.form.multi_items():
            if isinstance(value, str):
                posted.setdefault(name, []).append(value)
        form = cls(page, posted)
        given: dict[str, Any] = {}
        for name, field in model.model_fields.items():
            values = [one for one in posted.get(name, []) if one.strip()]
            if _many(field.annotation):
                given[name] = values
            elif values:
                given[name] = values[-1]
        try:
            form.value = model.model_validate(given)
        except ValidationError as invalid:
            for error in invalid.errors(include_url=False, include_input=False):
                name = str(error["loc"][0]) if error["loc"] else WHOLE
                form.errors.setdefault(name, explain(page.words, error))
        return form

    def refuse(self, message: str, field: str = WHOLE) -> None:
        """Note what is wrong with a field, or the whole, beyond what its model says."""
        self.errors.setdefault(field, message)
        self.value = None

    def text(self, name: str) -> str:
        """What the field shows: what was typed, as it was typed."""
        return next(iter(self._said.get(name, [])), "")

    def has(self, name: str, value: object) -> bool:
        """Whether this box is ticked, or this choice chosen."""
        return str(value) in self._said.get(name, [])

    def error(self, name: str) -> str:
        """What is wrong with the field; "" if nothing."""
        return self.errors.get(name, "")

    @property
    def whole(self) -> str:
        """What is wrong with the whole."""
        return self.errors.get(WHOLE, "")


_LIST = (list, tuple, set, frozenset)


def _many(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        return any(_many(one) for one in typing.get_args(annotation))
    return origin in _LIST or annotation in _LIST


def _shown(words: Words, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    if value is True:
        return ["1"]
    if isinstance(value, _LIST):
        return [one for item in value for one in _shown(words, item)]
    if isinstance(value, date):
        return [value.isoformat()]
    return [str(value)]


_MESSAGES = {
    "missing": mark("Fill this in."),
    "string_too_short": mark("Fill this in."),
    "string_too_long": mark("At most %(max_length)s characters."),
    "string_pattern_mismatch": mark("This is not written as it should be."),
    "int_parsing": mark("Write a whole number."),
    "int_from_float": mark("Write a whole number."),
    "int_type": mark("Write a whole number."),
    "greater_than_equal": mark("At least %(ge)s."),
    "greater_than": mark("More than %(gt)s."),
    "less_than_equal": mark("At most %(le)s."),
    "less_than": mark("Less than %(lt)s."),
    "literal_error": mark("Choose one of these."),
    "enum": mark("Choose one of these."),
    "bool_parsing": mark("Choose one of these."),
    "too_short": mark("Choose at least %(min_length)s."),
    "too_long": mark("Choose at most %(max_length)s."),
}


def explain(words: Words, error: ErrorDetails) -> str:
    """What is wrong with a value, in the reader's language."""
    values = error.get("ctx", {})
    if error["type"] == "said":
        # The message as it was marked; pydantic has filled nothing in that is not in braces.
        message = error["msg"]
        return words.say(message, **values)
    if error["type"] == "value_error":
        return words.say(str(values["error"]))
    usual = _MESSAGES.get(error["type"], mark("This will not do."))
    return words.say(usual, **{name: str(value) for name, value in values.items()})
