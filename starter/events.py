"""Events as they are shown, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from domain.actor_kinds import ActorKind
from domain.actors import actor_kind
from domain.event_facts import Fact, amounts, facts, state_after
from domain.states import InvoiceState
from starter.timeline import said
from store import event_log
from store.database import Database
from store.event_log import LoggedEvent, Wanted
from store.scope import Scope

_ROWS = 1_000
"""Read at a time for a file."""

COLUMNS = (
    *("id", "serial", "at", "invoice", "customer", "kind", "what", "actor_kind", "actor"),
    *("reason", "state", "rule", "rule_version", "letter", "letter_round", "channel"),
    *("fee_eur", "interest_eur", "service_eur", "open_eur", "paid_eur"),
)
"""Of the file (docs/events.md)."""

_AMOUNTS = {
    "fee_eur": ("fee_cents",),
    "interest_eur": ("interest_cents",),
    "service_eur": ("service_cents", "transaction_cents"),
    "open_eur": ("open_cents",),
    "paid_eur": ("paid_cents",),
}

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


@dataclass(frozen=True, slots=True)
class Shown:
    """An event in words and figures. `state`: that it put the invoice in, if it did."""

    event: LoggedEvent
    what: str
    actor_kind: ActorKind
    state: InvoiceState | None
    facts: dict[str, Fact]


def shown(event: LoggedEvent) -> Shown:
    """An event as it is shown."""
    outcome = event.outcome
    return Shown(
        event, said(outcome), actor_kind(event.actor), state_after(outcome), facts(outcome)
    )


def as_csv(database: Database, scope: Scope, wanted: Wanted) -> Iterator[str]:
    """The lines of a file, the oldest event first; read and given a piece at a time."""
    yield "\ufeff" + _line(COLUMNS)
    start = 0
    while True:
        with database.transaction() as session:
            rows = event_log.page(
                session, scope, wanted, oldest_first=True, start=start, limit=_ROWS
            )
        yield "".join(_line(_cells(shown(row))) for row in rows)
        if len(rows) < _ROWS:
            return
        start = rows[-1].id


def _cells(one: Shown) -> tuple[str, ...]:
    event, letter = one.event, one.event.letter
    found = amounts(one.facts)
    return (
        str(event.id),
        str(event.serial),
        event.at.isoformat(timespec="seconds"),
        safe(event.invoice),
        safe(event.customer),
        event.kind,
        safe(one.what),
        one.actor_kind.value,
        safe(event.actor),
        safe(event.reason),
        one.state.value if one.state else "",
        safe(event.rule or ""),
        str(event.rule_version or ""),
        letter.kind if letter else "",
        str(letter.round) if letter else "",
        letter.channel if letter else "",
        *(_eur(found, names) for names in _AMOUNTS.values()),
    )


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what would be one."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text[:1] == "'" else text


def _eur(found: dict[str, int], names: tuple[str, ...]) -> str:
    cents = [found[name] for name in names if name in found]
    if not cents:
        return ""
    sign, total = ("-" if sum(cents) < 0 else ""), abs(sum(cents))
    return f"{sign}{total // 100}.{total % 100:02}"


def _line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
