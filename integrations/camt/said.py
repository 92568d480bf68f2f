"""What an element of a camt message says: its leaves by path, cleaned."""

import datetime as dt
import re

from lxml import etree

from domain.calendar import HELSINKI
from integrations import fields
from integrations.fields import BadField
from integrations.intake import Fault
from integrations.xml.parsing import leaves

__all__ = ["Said"]

_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Said:
    """The texts, amounts and times of one element, by the path of local names below it."""

    def __init__(self, element: etree._Element, without: frozenset[str] = frozenset()) -> None:
        self._leaves = leaves(element, without=without)

    def __contains__(self, path: str) -> bool:
        return path in self._leaves

    def text(self, *paths: str) -> str:
        """The first of the places that says something; empty when none does."""
        for path in paths:
            for leaf in self._leaves.get(path, ()):
                if text := fields.clean(leaf.text):
                    return text
        return ""

    def texts(self, path: str) -> list[str]:
        found = (fields.clean(leaf.text) for leaf in self._leaves.get(path, ()))
        return [text for text in found if text]

    def begins(self, path: str) -> bool:
        """Whether anything stands at a path or below it."""
        below = f"{path}/"
        return any(known == path or known.startswith(below) for known in self._leaves)

    def cents(self, *paths: str) -> int:
        """The first amount that is in euros, as cents. BadField: none is there, none in EUR, or it
        is no amount above or at zero."""
        currency = None
        for path in paths:
            for leaf in self._leaves.get(path, ()):
                currency = leaf.get("Ccy", "")
                if currency == "EUR":
                    cents = fields.euro_cents(leaf.text, path, padded=True)
                    if cents < 0:
                        raise BadField(
                            path, "is negative; the direction is CdtDbtInd's to say: ask the bank"
                        )
                    return cents
        if currency is None:
            raise BadField(paths[0], "is missing; ask the bank", Fault.MISSING)
        raise BadField(
            paths[0],
            f"the currency is {fields.shown(currency)}, not EUR; book it by hand",
            Fault.UNSUPPORTED,
        )

    def day(self, path: str) -> dt.date | None:
        """The day of a date, or of a time in Finland; None where there is neither.

        `path` is the date's own element, or the choice of Dt and DtTm around it.
        """
        if text := self.text(f"{path}/Dt", path):
            if match := _DATE.fullmatch(text):
                return fields.date(match.group(1), path)
            return _instant(text, path).astimezone(HELSINKI).date()
        if text := self.text(f"{path}/DtTm"):
            return _instant(text, path).astimezone(HELSINKI).date()
        return None

    def instant(self, path: str) -> dt.datetime | None:
        """An aware instant in UTC; one without an offset is by the clock in Finland."""
        text = self.text(path)
        return _instant(text, path) if text else None


def _instant(text: str, element: str) -> dt.datetime:
    if _INSTANT.fullmatch(text):
        fields.date(text[:10], element)
        try:
            instant = dt.datetime.fromisoformat(text)
        except ValueError:  # 25 o'clock
            pass
        else:
            if instant.tzinfo is None:
                instant = instant.replace(tzinfo=HELSINKI)
            return instant.astimezone(dt.UTC)
    raise BadField(
        element, f"{fields.shown(text)} is not a time such as 2026-09-16T06:00:00; ask the bank"
    )
