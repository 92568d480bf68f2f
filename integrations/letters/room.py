"""Whether a letter's words have room at their usual size, so that Typst need not look for a size.

Typst measures a box by setting it, and a page whose boxes are all measured takes twice as long.
Here the lines are counted by widths that no letter of the typeface exceeds: what fits by them fits
on the page. The boxes are those of `letter.typ`.
"""

from collections.abc import Iterable
from typing import Any

ZERO_WIDTH_SPACE = "\u200b"
_LONGEST_WORD = 40  # characters

# Hundredths of an em, in Source Sans 3 Bold; what is not here is taken for a whole em.
_WIDTHS = {
    character: width
    for width, characters in (
        (0, ZERO_WIDTH_SPACE),
        (20, " \u00a0"),
        (31, "ijlI.,:;'·"),
        (40, "frt!()[]/-"),
        (58, "abcdeghknopqsuvxyzåäöéü0123456789AEFJLSTVXYZÅÄ+*=?_§€–"),
        (69, 'BCDGHKNOPQRUÖÜ&ß"'),
        (91, "mwMW%@"),
    )
    for character in characters
}
_EM = 100

_POINT = 25.4 / 72  # mm
_LINE = 1.18  # em from one base line to the next
_CAPITAL = 0.66  # em, the height of a line by itself


def breakable(text: str, longest: int = _LONGEST_WORD) -> str:
    """The text, with its overlong words made such as may be broken."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return " ".join(
        word
        if len(word) <= longest
        else ZERO_WIDTH_SPACE.join(word[at : at + half] for at in range(0, len(word), half))
        for word in text.split(" ")
    )


def roomy(page: dict[str, Any]) -> bool:
    """Whether every box of the page holds its words at the first of its sizes."""
    creditor, form = page["creditor"], page["form"]
    return (
        _height([creditor["name"]], 85, 16) <= 11
        and _height(creditor["contact"], 85, 8) <= 11
        and _height(page["debtor"], 80, 11) <= 26
        and _height([page["title"]], 75, 19) <= 11
        and sum(2.3 + _row(fact, (36, 39)) for fact in page["facts"]) <= 45
        and _body(page) <= 119
        and _height([form["account"][1]], 77, 12) <= 6
        and _height(form["recipient"][1], 77, 10) <= 14
        and _height(form["payer"][1], 77, 10) <= 19
        and _height([form["letter"][1]], 46, 9) <= 9
        and _height([form["reference"][1]], 66, 12) <= 7
    )


def _body(page: dict[str, Any]) -> float:
    """How high (mm) the text and the itemisation are at the most, at 10 points."""
    height = _height([page["intro"]], 170, 10) + 4
    height += 3 + _height([page["head"][0]], 130, 10) + 3 + _height([page["total"][0]], 120, 11.5)
    for label, note, _ in page["rows"]:
        height += 3 + _height([label, note] if note else [label], 130, 10)
    for title, text in page["sections"]:
        # The heading's own line, and the space above and below it.
        height += _height([title], 170, 10) + 1.75 * 10 * _POINT + _height([text], 170, 10)
    return height


def _row(cells: Iterable[str], widths: Iterable[float]) -> float:
    return max(_height([cell], width, 10) for cell, width in zip(cells, widths, strict=True))


def _height(texts: Iterable[str], width: float, size: float) -> float:
    """How high (mm) texts are at the most, each on lines of its own, in a box of a width (mm)."""
    em = size * _POINT
    lines = sum(_lines(text, width / em * _EM) for text in texts)
    return em * (_CAPITAL + _LINE * (lines - 1))


def _lines(text: str, width: float) -> float:
    """How many lines a text takes at the most; infinitely many if a word is wider than a line."""
    lines, used = 1, 0.0
    for word in text.replace(ZERO_WIDTH_SPACE, " ").split(" "):
        wide = sum(_WIDTHS.get(character, _EM) for character in word)
        if wide > width:
            return float("inf")
        if used and used + _WIDTHS[" "] + wide > width:
            lines, used = lines + 1, 0.0
        used += wide + (_WIDTHS[" "] if used else 0)
    return lines
