"""A rule as a form: its fields, what they show of a rule, and the rule that was typed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from domain.law import DebtorClass
from domain.rule import (
    CourtesyTerms,
    HandOver,
    LetterTerms,
    ReminderServiceTerms,
    Residual,
    Rule,
    Sending,
)
from domain.rule_check import Breach
from domain.states import Channel, Running
from starter.web.forms import Euros, Flag, Form, FormModel, Line
from starter.web.page import Page
from starter.web.pages.automation import limits
from starter.web.words import mark

Days = Annotated[int, Field(ge=0, le=365)]
Amount = Annotated[Euros, Field(ge=0, le=100_000_000)]
Way = Literal["", "einvoice", "email", "paper"]


class Terms(FormModel):
    """What a rule says, as it is typed. What belongs to a letter that is not sent may be empty."""

    debtors: Annotated[list[DebtorClass], Field(min_length=1)]
    courtesy: Literal["never", "before", "after"] = "never"
    courtesy_days: Annotated[int, Field(ge=1, le=30)] | None = None
    reminder: Flag = False
    reminder_days: Days | None = None
    reminder_fee: Amount = 0
    notice: Flag = False
    notice_days: Days | None = None
    notice_fee: Amount = 0
    interest: Flag = False
    minimum: Amount = 0
    channel_1: Way = ""
    channel_2: Way = ""
    channel_3: Way = ""
    sending: Literal["automatic", "on_approval"] = "automatic"
    reminder_service: Literal["never", "automatic", "on_approval"] = "never"
    reminder_service_days: Days | None = None
    hand_over: HandOver = HandOver.NEVER
    hand_over_days: Days | None = None
    residual: Residual = Residual.FORGIVE


class NewTerms(Terms):
    """A rule that is to be made."""

    name: Annotated[Line, Field(max_length=100)]


class Edited(Terms):
    """A rule that is to be changed. `version`: the one that was looked at; `running`: what becomes
    of the invoices that run under it, once that was asked."""

    version: Annotated[int, Field(ge=1)]
    running: Running | None = None


LABELS = {
    "name": mark("Name"),
    "debtors": mark("For whom"),
    "courtesy": mark("Send a friendly reminder"),
    "courtesy_days": mark("Friendly reminder: days before or after the due date"),
    "reminder": mark("Send a reminder"),
    "reminder_days": mark("Reminder: days after the due date"),
    "reminder_fee": mark("Reminder: fee"),
    "notice": mark("Send a notice"),
    "notice_days": mark("Notice: days after the reminder"),
    "notice_fee": mark("Notice: fee"),
    "interest": mark("Charge late interest"),
    "minimum": mark("Smallest sum that is reminded"),
    "channel_1": mark("First channel"),
    "channel_2": mark("Second channel"),
    "channel_3": mark("Third channel"),
    "sending": mark("How letters leave"),
    "reminder_service": mark("Hand over to Intrum's reminder service"),
    "reminder_service_days": mark("Reminder service: days after the due date"),
    "hand_over": mark("Hand over to Intrum's collection"),
    "hand_over_days": mark("Collection: days after the notice"),
    "residual": mark("If the principal alone is paid"),
}
"""What each field is called."""

_FIELDS = {
    "reminder.fee_cents": "reminder_fee",
    "notice.fee_cents": "notice_fee",
    "fee_cents": "notice_fee",
    "reminder.after_days": "reminder_days",
    "notice.after_days": "notice_days",
    "reminder_service.after_days": "reminder_service_days",
    "hand_over": "hand_over",
    "hand_over_after_days": "hand_over_days",
    "channels": "channel_1",
    "sending": "sending",
}
"""Where a term of a rule stands in the form."""


def start(page: Page, rule: Rule, **more: Any) -> dict[str, Any]:
    """What the fields show of a rule."""
    amount = page.words.amount
    courtesy = rule.courtesy.days if rule.courtesy else 0
    service = rule.reminder_service
    ways = {
        f"channel_{place}": channel.value for place, channel in enumerate(rule.channels, start=1)
    }
    letters: dict[str, Any] = {}
    for name, letter in (("reminder", rule.reminder), ("notice", rule.notice)):
        letters[name] = letter is not None
        letters[f"{name}_days"] = letter.after_days if letter else None
        letters[f"{name}_fee"] = amount(letter.fee_cents if letter else 0)
    return {
        "debtors": list(rule.debtors),
        "courtesy": "never" if not courtesy else "after" if courtesy > 0 else "before",
        "courtesy_days": abs(courtesy) or None,
        **letters,
        "interest": rule.interest,
        "minimum": amount(rule.minimum_cents),
        **ways,
        "sending": rule.sending.value,
        "reminder_service": _service_word(service),
        "reminder_service_days": service.after_days if service else None,
        "hand_over": rule.hand_over.value,
        "hand_over_days": rule.hand_over_after_days,
        "residual": rule.residual.value,
        **more,
    }


def _service_word(service: ReminderServiceTerms | None) -> str:
    if service is None:
        return "never"
    return "on_approval" if service.on_approval else "automatic"


def rule_of(page: Page, form: Form[Any], name: str) -> Rule | None:
    """The rule that was typed; None: a mistake, which the form now says beside its field."""
    said: Terms | None = form.value
    if said is None:
        return None
    needed = {
        "courtesy_days": said.courtesy != "never",
        "reminder_days": said.reminder,
        "notice_days": said.notice,
        "reminder_service_days": said.reminder_service != "never",
        "hand_over_days": said.hand_over is not HandOver.NEVER,
    }
    for field, is_needed in needed.items():
        if is_needed and getattr(said, field) is None:
            form.refuse(page.say(mark("Fill this in.")), field)
    ways: list[str] = []
    for field in ("channel_1", "channel_2", "channel_3"):
        way = getattr(said, field)
        if way in ways:
            form.refuse(page.say(mark("This channel is chosen already.")), field)
        elif way:
            ways.append(way)
    return None if form.value is None else _rule(said, name, tuple(Channel(one) for one in ways))


def _rule(said: Terms, name: str, channels: tuple[Channel, ...]) -> Rule:
    courtesy = None
    if said.courtesy != "never":
        days = said.courtesy_days or 1
        courtesy = CourtesyTerms(days=days if said.courtesy == "after" else -days)
    service = None
    if said.reminder_service != "never":
        service = ReminderServiceTerms(
            after_days=said.reminder_service_days or 0,
            on_approval=said.reminder_service == "on_approval",
        )
    usual: int = Rule.model_fields["hand_over_after_days"].default
    return Rule(
        name=name,
        debtors=tuple(one for one in DebtorClass if one in said.debtors),
        courtesy=courtesy,
        reminder=_letter(said.reminder, said.reminder_days, said.reminder_fee),
        notice=_letter(said.notice, said.notice_days, said.notice_fee),
        interest=said.interest,
        minimum_cents=said.minimum,
        channels=channels,
        sending=Sending(said.sending),
        hand_over=said.hand_over,
        hand_over_after_days=usual if said.hand_over_days is None else said.hand_over_days,
        reminder_service=service,
        residual=said.residual,
    )


def _letter(sent: bool, days: int | None, fee: int) -> LetterTerms | None:
    return LetterTerms(after_days=days or 0, fee_cents=fee) if sent else None


def refuse(page: Page, form: Form[Any], breaches: tuple[Breach, ...]) -> None:
    """Say beside each field what the law has against it."""
    for breach in breaches:
        form.refuse(limits.said(page.words, breach), _FIELDS.get(breach.term, ""))


def differing(page: Page, one: Rule, other: Rule) -> list[str]:
    """The names of the fields that two versions say differently."""
    first, second = start(page, one), start(page, other)
    return [
        page.say(label) for field, label in LABELS.items() if first.get(field) != second.get(field)
    ]
