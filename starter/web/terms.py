"""The field's words for Karhu's own values: states, letters, channels, roles, steps.

The Finnish ones are those that Netvisor's users know (`locale/fi/base.po`). Whatever value comes
that has no word here is shown as it is, never hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from domain.agency import AgencyService, CollectionStatus
from domain.law import DebtorClass
from domain.roles import Role
from domain.rule import BUSINESSES, CONSUMERS
from domain.sections import Section
from domain.states import Channel, HoldKind, InvoiceState, LetterKind
from domain.steps import StepKind
from starter.web.words import Words, mark

STATES: Mapping[str, str] = {
    InvoiceState.OPEN: mark("Open"),
    InvoiceState.OVERDUE: mark("Overdue"),
    InvoiceState.REMINDED: mark("Reminded"),
    InvoiceState.NOTIFIED: mark("Notice sent"),
    InvoiceState.IN_COLLECTION: mark("In Intrum's service"),
    InvoiceState.PAID: mark("Paid"),
    InvoiceState.CREDITED: mark("Credited"),
    InvoiceState.WRITTEN_OFF: mark("Written off"),
    InvoiceState.CANCELLED: mark("Cancelled"),
}
SECTIONS: Mapping[str, str] = {
    InvoiceState.OPEN: mark("Open invoices"),
    InvoiceState.OVERDUE: mark("Overdue receivables"),
    InvoiceState.REMINDED: mark("Reminded invoices"),
    InvoiceState.NOTIFIED: mark("Invoices with a notice"),
    InvoiceState.IN_COLLECTION: mark("In the service of Intrum Oy"),
}
"""Headings of the open invoices, by the state of those under them."""
SECTION_NAMES: Mapping[str, str] = {
    **SECTIONS,
    Section.REMINDER_SERVICE: mark("Intrum's reminder service"),
    Section.COLLECTION: mark("Intrum's collection"),
}
RULES: Mapping[str, str] = {
    CONSUMERS.name: mark("General rule: private customers"),
    BUSINESSES.name: mark("General rule: business customers"),
}
"""The names of the two rules that every company begins with; all others are people's own."""
SERVICES: Mapping[str, str] = {
    AgencyService.REMINDER: mark("Reminder service"),
    AgencyService.COLLECTION: mark("Collection"),
}
"""The agency's."""
LETTERS: Mapping[str, str] = {
    LetterKind.COURTESY: mark("Friendly reminder"),
    LetterKind.REMINDER: mark("Reminder"),
    LetterKind.NOTICE: mark("Notice"),
}
CHANNELS: Mapping[str, str] = {
    Channel.EINVOICE: mark("E-invoice"),
    Channel.EMAIL: mark("E-mail"),
    Channel.PAPER: mark("Paper"),
}
HOLDS: Mapping[str, str] = {
    HoldKind.DISPUTED: mark("Disputed"),
    HoldKind.SUSPENDED: mark("Collection suspended on request"),
    HoldKind.PROMISE: mark("Promise to pay"),
    HoldKind.EXTENSION: mark("More time to pay"),
    HoldKind.COLLECTION_BAN: mark("Collection ban"),
    HoldKind.MANUAL: mark("Held by hand"),
}
STEPS: Mapping[str, str] = {
    StepKind.BECOME_OVERDUE: mark("Becomes overdue"),
    StepKind.COURTESY: mark("Friendly reminder"),
    StepKind.REMIND: mark("Reminder"),
    StepKind.NOTIFY: mark("Notice"),
    StepKind.HAND_OVER: mark("Hand-over to Intrum"),
    StepKind.CLOSE: mark("Closes"),
    StepKind.PROPOSE: mark("Letter for approval"),
    StepKind.APPROVE: mark("Waits for approval"),
    StepKind.WAIT: mark("Waits"),
}
ROLES: Mapping[str, str] = {
    Role.TPK: mark("Accounting firm's main user"),
    Role.KH: mark("User administrator"),
    Role.MAIN: mark("Company's main user"),
    Role.CLERK: mark("Clerk"),
    Role.READ_ONLY: mark("Reader"),
    Role.OWN_ONLY: mark("Own invoices only"),
}
DEBTORS: Mapping[str, str] = {
    DebtorClass.CONSUMER: mark("Private customer"),
    DebtorClass.BUSINESS: mark("Business customer"),
}

_FILTERS = {
    "state": STATES,
    "section": SECTION_NAMES,
    "rule": RULES,
    "service": SERVICES,
    "letter": LETTERS,
    "channel": CHANNELS,
    "hold": HOLDS,
    "step": STEPS,
    "role": ROLES,
    "debtor": DEBTORS,
}


def collection_status(words: Words, value: str) -> str:
    """The agency's status: its own text in Finnish, a translation elsewhere."""
    try:
        status = CollectionStatus(value)
    except ValueError:
        return value
    return status.finnish if words.language == "fi" else words.say(status.english)


def filters(words: Words) -> dict[str, Any]:
    """What templates write after a bar: `{{ row.state|state }}`."""

    def of(table: Mapping[str, str]) -> Callable[[str | None], str]:
        return lambda value: words.say(table.get(value or "", value or ""))

    made: dict[str, Any] = {name: of(table) for name, table in _FILTERS.items()}
    made["collection_status"] = lambda value: collection_status(words, value or "")
    return made
