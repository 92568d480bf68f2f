"""Keeps the catalogues: `python -m starter.web.messages [page ...]` (`make messages` for all).

Each page has a catalogue of its own, `locale/{fi,sv}/NAME.po`, for what `pages/NAME.py` (or the
folder `pages/NAME/`) and `templates/NAME/` say; all the rest is in `base.po`. What `base` has, no
other catalogue repeats. Translations that are there are kept, new texts are added untranslated,
texts that nobody says any more are dropped.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from domain.money import Language
from starter.web.words import LANGUAGES, LOCALE

_WEB = Path(__file__).parent
_BASE = "base"
_WORDS = {
    **dict.fromkeys(("_", "gettext", "mark", "say")),
    **dict.fromkeys(("ngettext", "say_n"), (1, 2)),
}
TRANSLATED: tuple[Language, ...] = tuple(one for one in LANGUAGES if one != "en")
"""English is what the texts are written in."""


def said() -> dict[str, Catalog]:
    """What the pages say, by catalogue."""
    found: dict[str, Catalog] = defaultdict(_catalogue)
    for path in sorted([*_WEB.rglob("*.py"), *_WEB.rglob("*.html")]):
        method = "python" if path.suffix == ".py" else "jinja2"
        options = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
        for line, message, comments, context in extract_from_file(
            method, path, keywords=_WORDS, options=options if method == "jinja2" else None
        ):
            where = (path.relative_to(_WEB).as_posix(), line)
            found[_catalogue_of(path)].add(
                message, locations=[where], auto_comments=comments, context=context
            )
    base = found[_BASE]
    for name, catalogue in found.items():
        if name != _BASE:
            for text in [one for one in catalogue if one.id and one.id in base]:
                catalogue.delete(text.id, text.context)
    return {name: found[name] for name in sorted(found) if len(found[name])}


def update(names: Iterable[str] = ()) -> list[str]:
    """Bring catalogues up to date, all or those named; what is not translated yet."""
    missing = []
    chosen = set(names)
    for name, template in said().items():
        if chosen and name not in chosen:
            continue
        for language in TRANSLATED:
            catalogue = read(language, name)
            catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
            catalogue.obsolete.clear()
            _write(language, name, catalogue)
            missing += [f"{language}/{name}.po: {text}" for text in untranslated(catalogue)]
    return missing


def read(language: Language, name: str) -> Catalog:
    """A catalogue as it is; an empty one if it is not there yet."""
    path = LOCALE / language / f"{name}.po"
    if not path.exists():
        return Catalog(locale=language, project="Karhu", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def untranslated(catalogue: Catalog) -> list[str]:
    """Texts of a catalogue that have no translation, or a doubtful one."""
    return [
        str(message.id if isinstance(message.id, str) else message.id[0])
        for message in catalogue
        if message.id and (message.fuzzy or not _whole(message.string))
    ]


def _whole(said_there: object) -> bool:
    forms = said_there if isinstance(said_there, tuple | list) else (said_there,)
    return all(forms) and bool(forms)


def _catalogue() -> Catalog:
    return Catalog(project="Karhu", fuzzy=False)


def _catalogue_of(path: Path) -> str:
    parts = path.relative_to(_WEB).parts
    if len(parts) < 2 or parts[0] not in {"pages", "templates"} or parts[1] == "macros":
        return _BASE
    name = parts[1].partition(".")[0]
    return _BASE if name in {"__init__", "base", "failure"} else name


def _write(language: Language, name: str, catalogue: Catalog) -> None:
    # No dates and no line numbers: a catalogue changes when its texts do.
    made = BytesIO()
    write_po(made, catalogue, width=100, no_location=True, omit_header=True, sort_output=True)
    head = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {language}\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    path = LOCALE / language / f"{name}.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head.encode() + made.getvalue().strip() + b"\n")


if __name__ == "__main__":
    left = update(sys.argv[1:])
    sys.stdout.write("".join(f"{line}\n" for line in left))
    sys.stdout.write(f"{len(left)} texts to translate\n")
