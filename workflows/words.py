"""What the Temporal Web UI says of an invoice. Deterministic: it reads recorded facts alone.

No name of a person: these words are stored in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from temporalio.exceptions import ActivityError

from domain.case import Case
from domain.requests import Request
from workflows.contract import ImportProgress, Planned


def summary(number: str, company: str, amount_cents: int, due: date) -> str:
    """The one line of the list: "Invoice 1042, Esimerkki Oy, 1 088.36 EUR, due 1 Oct 2026"."""
    return f"Invoice {number}, {company}, {_eur(amount_cents)}, due {_day(due)}"


def replanning(kind: str, reason: str) -> str:
    """What running invoices are moved for: "the automation is switched off"."""
    return {
        "automation": f"the automation is switched {reason}",
        "rule": f"rule {reason}: running invoices go to its newest version",
        "customers": f"customers moved to {reason or 'no rule'}, with their running invoices",
    }.get(kind, kind)


def bulk(request: Mapping[str, Any]) -> str:
    """What many invoices are asked for at once: "mass action: send now (reminder)"."""
    which = next((request[name] for name in ("letter", "hold", "to") if request.get(name)), "")
    what = str(request["kind"]).replace("_", " ")
    return f"mass action: {what} ({which})" if which else f"mass action: {what}"


def timer(planned: Planned) -> str:
    """On the timer's bar: "reminder on 3 Dec 2026"."""
    step = planned.step
    when = f" on {_moment(step.when)}" if step.when else ""
    return f"{step.kind.words}{when}"


def deciding(planned: Planned, request: Request | None) -> str:
    if request is not None:
        return f"{request.kind} by {request.actor}"
    return f"decide: {planned.step.kind.words}"


def details(case: Case, planned: Planned, rule: str) -> str:
    """Current details, in Markdown: the state, what it waits for, until when, why."""
    step = planned.step
    lines = [
        f"**{case.state.value}** ({case.state.finnish}), "
        f"{_eur(case.open_cents)} open, rule {rule or 'none'}",
    ]
    if not case.closed:
        when = f" on **{_moment(step.when)}**" if step.when else ""
        lines.append(f"Next: **{step.kind.words}**{when}: {step.why}")
    if case.attention:
        lines.append(f"**Needs attention:** {case.attention}")
    lines += [
        f"- {letter.kind.value} {letter.round}: {_day(letter.on)}, due {_day(letter.due)},"
        f" fee {_eur(letter.fee_cents)}{'' if letter.sent else ', on its way'}"
        for letter in case.all_letters
    ]
    if case.agency is not None:
        status = case.agency.status.english if case.agency.status else case.agency.status_text
        state = "" if case.agency.open else " (ended)"
        since = f"{case.agency.name} since {_day(case.agency.since)}"
        lines.append(f"- {since}: {status or 'no status yet'}{state}")
    lines += [
        f"- held: {hold.kind.value}{f' until {_day(hold.until)}' if hold.until else ''}"
        f" by {hold.author}: {hold.reason}"
        for hold in case.holds
    ]
    if case.last_refusal:
        lines.append(f"Last request refused: {case.last_refusal}")
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])


def cause(error: ActivityError) -> str:
    """Why an errand failed in the end, in the words of what failed first."""
    inner: BaseException = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return str(inner)


# ── imports ──────────────────────────────────────────────────────────────────────────────────


def import_summary(import_id: int, kind: str, size_bytes: int) -> str:
    """The one line of the list: "Import 12: invoices, 3.2 MB". A file may be named for a person."""
    return f"Import {import_id}: {kind}, {_size(size_bytes)}"


def staging(kind: str) -> str:
    return f"read the file of {kind}"


def booking(progress: ImportProgress) -> str:
    return f"book, {progress.left} left"


def ending(problem: str) -> str:
    return "give it up" if problem else "end it, delete the file's bytes"


STOPPING = "stop between two chunks"


def import_reading(kind: str) -> str:
    return f"**reading** the file of {kind}"


def import_booking(kind: str, progress: ImportProgress, rate: float) -> str:
    """Current details while records are booked; `rate`: records a second."""
    lines = [f"**booking** {kind}: {_count(progress.left)} of {_count(progress.read)} left"]
    if rate > 0:
        seconds = round(progress.left / rate)
        lines.append(f"{rate:.0f} a second; {seconds // 60} min {seconds % 60} s to go")
    return "\n\n".join([*lines, _became(progress)])


def import_ended(kind: str, progress: ImportProgress, problem: str) -> str:
    state = "failed" if problem else "cancelled" if progress.cancelled else "done"
    lines = [f"**{state}**: {_count(progress.read)} records of {kind} read", _became(progress)]
    if problem:
        lines.append(f"**Problem:** {problem}")
    return "\n\n".join(lines)


def _became(progress: ImportProgress) -> str:
    counts = {
        "booked": progress.booked,
        "there already": progress.known,
        "set aside": progress.set_aside,
        "bad": progress.bad,
    }
    return "\n".join(f"- {_count(count)} {what}" for what, count in counts.items() if count)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _size(size_bytes: int) -> str:
    for unit, size in (("MB", 1_000_000), ("KB", 1_000)):
        if size_bytes >= size:
            return f"{size_bytes / size:.1f} {unit}"
    return f"{size_bytes} B"


def _eur(cents: int) -> str:
    """1088.36 as "1 088.36 EUR": plain spaces, for plain lists and searches."""
    euros, rest = divmod(cents, 100)
    return f"{euros:,}.{rest:02} EUR".replace(",", " ")


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _moment(instant: datetime) -> str:
    # UTC: a time zone's rules may change between a decision and its replay.
    return f"{_day(instant.date())} {instant:%H:%M} UTC"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
