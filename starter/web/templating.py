"""Templates: one environment for each language, all over the same files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from domain.agency.contract import INTRUM
from domain.money import Language
from domain.roles import Action
from starter.web import charts, terms
from starter.web.words import LANGUAGES, NAMES, words

STATIC = Path(__file__).with_name("static")
TEMPLATES = Path(__file__).with_name("templates")


@cache
def asset(name: str) -> str:
    """The address of a file in `static`, which changes when the file does."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{quote(name)}?v={digest}"


@cache
def environment(language: Language, agency: str = INTRUM) -> Environment:
    """The templates as they speak this language, of this agency."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    said = words(language, agency)
    made.install_gettext_translations(said.translations, newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(said.filters())
    made.filters.update(terms.filters(said))
    made.globals.update(
        language=language,
        languages={one: NAMES[one] for one in LANGUAGES},
        Action=Action,
        asset=asset,
        chart=charts.Drawer(said),
    )
    # For every template, and for a block that is rendered alone, whose imports would not be.
    for name in ("forms", "lists", "parts"):
        made.globals[name] = made.get_template(f"macros/{name}.html").module
    return made
