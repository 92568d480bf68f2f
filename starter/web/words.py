"""What a page says, in the reader's language: texts, amounts, dates, numbers.

Texts are written in English in templates and modules; `locale/{fi,sv}/*.po` have the others, which
are read when they are first needed, so nothing is built. `python -m starter.web.messages` keeps
them (docs/web.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import NullTranslations
from babel.support import Translations as Catalogue

from domain.agency.contract import INTRUM, ROPO
from domain.calendar import HELSINKI
from domain.money import Language, to_decimal

LOCALE = Path(__file__).with_name("locale")

LANGUAGES: tuple[Language, ...] = get_args(Language)
"""The first is the default."""

NAMES: dict[Language, str] = {"fi": "Suomi", "sv": "Svenska", "en": "English"}

_LOCALES: dict[Language, str] = {"fi": "fi", "sv": "sv_FI", "en": "en_GB"}
_DAYS: dict[Language, str] = {"fi": "d.M.y", "sv": "d.M.y", "en": "d MMM y"}
_MONTHS: dict[Language, str] = {"fi": "M/yy", "sv": "M/yy", "en": "MMM yy"}
_CLOCK: dict[Language, str] = {"fi": "H.mm", "sv": "H.mm", "en": "HH:mm"}
_MOMENTS: dict[Language, str] = {one: f"{_DAYS[one]} {_CLOCK[one]}" for one in LANGUAGES}

IN_PLACE_OF_INTRUM: Mapping[str, tuple[tuple[str, str], ...]] = {
    INTRUM: (),
    ROPO: (
        *(("Intrum Oy:n", "Ropo Onen"), ("Intrum Oy:s", "Ropo Ones"), ("Intrum Oy", "Ropo One")),
        *(("Intrumille", "Ropolle"), ("Intrumilta", "Ropolta"), ("Intrumin", "Ropon")),
        *(("Intrums", "Ropos"), ("Intrum", "Ropo")),
    ),
}
"""Texts speak of Intrum, as Netvisor does. For a company of another agency's its name stands in
their place, in the forms that the languages give it: the longer ones first."""


def mark(text: str) -> str:
    """The text itself, marked to be translated where it is said."""
    return text


def known(language: str | None) -> Language | None:
    """The language of this code, if we speak it."""
    return next((one for one in LANGUAGES if one == language), None)


def accepted(header: str) -> Language:
    """The language that a browser would rather read (Accept-Language, RFC 9110 12.5.4)."""
    wishes: list[tuple[float, int, str]] = []
    for place, wish in enumerate(header[:500].split(",")):
        tag, _, weight = wish.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, tag.partition("-")[0].strip().lower()))
        except ValueError:
            continue
    for negative, _, tag in sorted(wishes):
        found = known(tag)
        if found is not None and negative < 0:
            return found
    return LANGUAGES[0]


class Translations:
    """The catalogues of a language, as a company of this agency's reads them."""

    def __init__(self, language: Language, agency: str) -> None:
        self._read = _catalogues_of(language)
        self._instead = IN_PLACE_OF_INTRUM.get(agency, ())

    def gettext(self, text: str) -> str:
        return self._named(self._read.gettext(text))

    def ngettext(self, one: str, many: str, n: int) -> str:
        return self._named(self._read.ngettext(one, many, n))

    def _named(self, said: str) -> str:
        for intrum, other in self._instead:
            said = said.replace(intrum, other)
        return said


class Words:
    """One language, for a company of one agency's. `translations` is what templates are given."""

    def __init__(self, language: Language, agency: str = INTRUM) -> None:
        self.language = language
        self.agency = agency
        self.translations = Translations(language, agency)
        self._locale = _LOCALES[language]

    def say(self, text: str, **values: object) -> str:
        """The text, with `%(name)s` filled in. Texts that take values write a plain % as %%."""
        said: str = self.translations.gettext(text) if text else ""
        return said % values if values else said

    def say_n(self, one: str, many: str, n: int, **values: object) -> str:
        """The text for this many; `%(n)s` is the number itself."""
        said: str = self.translations.ngettext(one, many, n)
        return said % {"n": self.number(n), **values}

    def money(self, cents: int | None) -> str:
        """`1 234,50 €`; nothing for None."""
        if cents is None:
            return ""
        return format_currency(to_decimal(cents), "EUR", locale=self._locale)

    def amount(self, cents: int | None) -> str:
        """The same without the currency, for a column or a field that names it."""
        if cents is None:
            return ""
        return format_decimal(to_decimal(cents), "#,##0.00", locale=self._locale)

    def number(self, number: int | float | Decimal) -> str:
        """`12 345`."""
        return format_decimal(number, locale=self._locale)

    def percent(self, part: float | Decimal) -> str:
        """`12,5 %` of 0.125."""
        return format_percent(part, "#,##0.# %", locale=self._locale)

    def day(self, day: date | None) -> str:
        """`3.12.2026`; nothing for None. Of an instant, the day in Helsinki."""
        if day is None:
            return ""
        if isinstance(day, datetime):
            day = day.astimezone(HELSINKI).date()
        return format_date(day, _DAYS[self.language], locale=self._locale)

    def month(self, day: date) -> str:
        """`12/26`."""
        return format_date(day, _MONTHS[self.language], locale=self._locale)

    def moment(self, instant: datetime | None) -> str:
        """`3.12.2026 9.05`, in Helsinki; nothing for None."""
        return self._instant(instant, _MOMENTS[self.language])

    def clock(self, instant: datetime | None) -> str:
        """`9.05`, in Helsinki."""
        return self._instant(instant, _CLOCK[self.language])

    def _instant(self, instant: datetime | None, form: str) -> str:
        if instant is None:
            return ""
        return format_datetime(instant, form, tzinfo=HELSINKI, locale=self._locale)

    def filters(self) -> dict[str, Any]:
        """What templates write after a bar: `{{ row.open_cents|money }}`."""
        names = ("money", "amount", "number", "percent", "day", "month", "moment", "clock")
        return {name: getattr(self, name) for name in names}


@cache
def words(language: Language, agency: str = INTRUM) -> Words:
    """The words of a language, read once. `agency`: of whom texts speak."""
    return Words(language, agency if agency in IN_PLACE_OF_INTRUM else INTRUM)


def catalogues(language: Language) -> list[Path]:
    """A language's catalogues: `base.po` and one for each page. English is what texts are in."""
    return sorted((LOCALE / language).glob("*.po"))


@cache
def _catalogues_of(language: Language) -> NullTranslations:
    merged: Catalogue | None = None
    for path in catalogues(language):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        one = Catalogue(compiled)
        merged = one if merged is None else merged.merge(one)
    return merged or NullTranslations()
