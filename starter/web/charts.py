"""Charts: inline SVG made here, each with its figures as a table for those who cannot see it.

Sizes and places are attributes, colours are classes: a page has no inline style.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from starter.web.words import Words

_WIDTH = 440
_ROW = 30
_LABEL = 150
_VALUE = 92


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `shown`: its value in words; `note`: more of it, as a count. `kind`: a colour
    (`calm`, `low`, `mid`, `high`). `href`: where it leads."""

    label: str
    value: float
    shown: str
    note: str = ""
    kind: str = "calm"
    href: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a line. `label`: what stands under it, `shown`: its value in words. `value`
    None: there is none."""

    label: str
    value: float | None
    shown: str


class Drawer:
    """Draws for one language."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def bars(self, title: str, bars: Sequence[Bar], *, columns: tuple[str, str]) -> Markup:
        """Bars beneath each other. `columns`: headings of the table: of labels and of values."""
        most = max((bar.value for bar in bars), default=0) or 1
        room = _WIDTH - _LABEL - _VALUE
        drawn = []
        for place, bar in enumerate(bars):
            top, width = place * _ROW, max(bar.value / most * room, 1.5 if bar.value else 0)
            drawn.append(
                Markup(
                    '<text class="label" x="{}" y="{}" text-anchor="end">{}</text>'
                    '<rect class="bar {}" x="{}" y="{}" width="{:.1f}" height="{}" rx="3"/>'
                    '<text class="value" x="{:.1f}" y="{}">{}</text>'
                ).format(
                    *(_LABEL - 10, top + 20, bar.label, bar.kind, _LABEL, top + 5, width),
                    *(_ROW - 10, _LABEL + width + 8, top + 20, bar.shown),
                )
            )
        svg = _svg(_WIDTH, max(len(bars), 1) * _ROW, title, Markup("").join(drawn))
        return _figure(title, svg, self._table(bars, columns))

    def funnel(self, title: str, bars: Sequence[Bar], *, columns: tuple[str, str]) -> Markup:
        """Steps beneath each other, each as wide as its share of the first, in the middle."""
        most = max((bar.value for bar in bars), default=0) or 1
        room = _WIDTH - _LABEL - _VALUE / 2
        middle = _LABEL + room / 2
        drawn = []
        for place, bar in enumerate(bars):
            top = place * (_ROW + 4)
            width = max(bar.value / most * room, 3.0 if bar.value else 0)
            below = bars[place + 1].value if place + 1 < len(bars) else bar.value
            narrow = min(max(below / most * room, 3.0 if below else 0), width)
            left, right = middle - width / 2, middle + width / 2
            points = (
                f"{left:.1f},{top} {right:.1f},{top} {middle + narrow / 2:.1f},{top + _ROW}"
                f" {middle - narrow / 2:.1f},{top + _ROW}"
            )
            drawn.append(
                Markup(
                    '<polygon class="bar {}" points="{}"/>'
                    '<text class="label" x="0" y="{}">{}</text>'
                    '<text class="value" x="{}" y="{}" text-anchor="end">{}</text>'
                ).format(bar.kind, points, top + 20, bar.label, _WIDTH, top + 20, bar.shown)
            )
        svg = _svg(_WIDTH, max(len(bars), 1) * (_ROW + 4), title, Markup("").join(drawn))
        return _figure(title, svg, self._table(bars, columns))

    def line(
        self,
        title: str,
        points: Sequence[Point],
        *,
        columns: tuple[str, str],
    ) -> Markup:
        """Values over time."""
        width, height, left, under = _WIDTH, 200, 40, 26
        values = [point.value for point in points if point.value is not None]
        top = _round_up(max(values, default=0))
        step = (width - left - 20) / max(len(points) - 1, 1)
        drawn = []
        for part in range(5):
            y = 10 + (height - under - 10) * part / 4
            shown = self._words.number(top * (4 - part) / 4)
            drawn.append(
                Markup(
                    '<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>'
                    '<text class="tick" x="{}" y="{:.1f}" text-anchor="end">{}</text>'
                ).format(left, width, y, y, left - 6, y + 4, shown)
            )
        placed = [
            (left + place * step, 10 + (height - under - 10) * (1 - point.value / top))
            for place, point in enumerate(points)
            if point.value is not None
        ]
        path = " ".join(
            f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(placed)
        )
        drawn.append(Markup('<path class="line" d="{}"/>').format(path))
        drawn += [
            Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(*at)
            for at in placed
        ]
        every = max(1, -(-len(points) // 6))
        for place, point in enumerate(points):
            if place % every == 0:
                anchor = "start" if place == 0 else "middle"
                drawn.append(
                    Markup(
                        '<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}</text>'
                    ).format(left + place * step, height - 6, anchor, point.label)
                )
        svg = _svg(width, height, title, Markup("").join(drawn))
        rows = [Bar(point.label, point.value or 0, point.shown) for point in points]
        return _figure(title, svg, self._table(rows, columns))

    def _table(self, bars: Sequence[Bar], columns: tuple[str, str]) -> Markup:
        noted = any(bar.note for bar in bars)
        head = [*columns, *([self._words.say("Count")] if noted else [])]
        rows = Markup("").join(_row(bar, noted=noted) for bar in bars)
        headings = Markup("").join(Markup("<th scope=col>{}</th>").format(one) for one in head)
        return Markup(
            "<details class=figures><summary>{}</summary><table><thead><tr>{}</tr></thead>"
            "<tbody>{}</tbody></table></details>"
        ).format(self._words.say("Figures"), headings, rows)


def _row(bar: Bar, *, noted: bool) -> Markup:
    label = Markup('<a href="{}">{}</a>').format(bar.href, bar.label) if bar.href else bar.label
    note = Markup("<td class=num>{}</td>").format(bar.note) if noted else ""
    return Markup("<tr><th scope=row>{}</th><td class=num>{}</td>{}</tr>").format(
        label, bar.shown, note
    )


def _svg(width: int, height: int, title: str, inside: Markup) -> Markup:
    # What it says is in the table: a reader of the screen is told its name alone.
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(width, height, title, inside)


def _figure(title: str, svg: Markup, table: Markup) -> Markup:
    return Markup("<figure><figcaption>{}</figcaption>{}{}</figure>").format(
        escape(title), svg, table
    )


def _round_up(most: float) -> float:
    """A round number that is no less: 1, 2, 4 or 5 with zeros."""
    size = 1.0
    while size * 10 < most:
        size *= 10
    return next((size * part for part in (1, 2, 4, 5, 10) if size * part >= most), size * 10)
