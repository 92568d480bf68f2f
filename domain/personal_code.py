"""The Finnish personal identity code (henkilötunnus): recognised, so that it is kept nowhere.

Debt collection may use the code, and must not print it without need (Data Protection Act 1050/2018
29 §). Karhu has no need of it: what reads like one is left out wherever text comes in. Its check is
python-stdnum's, with the century signs of 2023 (Government Decree 128/2010 as amended) and the
temporary numbers 900 to 999, which are given where there is no other, and to test systems.
"""

from __future__ import annotations

import re

from stdnum.fi import hetu

from domain.references import IdentifierError

# ddmmyy, century sign, nnn, check: shape only, so that a mistyped code is recognised as well
_SHAPE = re.compile(
    r"(?<![0-9A-Za-z])[0-3][0-9][01][0-9]{3}[-+A-FU-Ya-fu-y][0-9]{3}[0-9A-Ya-y](?![0-9A-Za-z])"
)


class InvalidPersonalCodeError(IdentifierError):
    """Not a Finnish personal identity code. The text never repeats what was given."""


def validate(text: str) -> str:
    """The code in capitals, without spaces around it.

    Raises InvalidPersonalCodeError for another shape, a day that is in no calendar, an individual
    number below 002 or a wrong check character.
    """
    if not is_valid(text):
        raise InvalidPersonalCodeError(
            "a personal identity code reads ddmmyy, a century sign, three digits and a check"
            " character; this one does not hold: look for a mistyped character"
        )
    return str(hetu.compact(text))


def is_valid(text: str) -> bool:
    """Whether `validate` takes it."""
    return looks_like_one(text) and bool(hetu.is_valid(text, allow_temporary=True))


def looks_like_one(text: str) -> bool:
    """Whether it has the shape of a code, right or mistyped."""
    return _SHAPE.fullmatch(text.strip()) is not None


def left_out(text: str) -> str:
    """The text without the personal identity codes that somebody wrote into it."""
    if _SHAPE.search(text) is None:
        return text
    return " ".join(_SHAPE.sub(" ", text).split())


def cut_out(text: str) -> str:
    """As `left_out`, with every other character as it was: for a piece of a file."""
    return _SHAPE.sub("", text)


def blanked(text: str) -> str:
    """As `left_out`, but with a space for each of their characters: columns stay where they are."""
    return _SHAPE.sub(lambda code: " " * len(code.group()), text)
