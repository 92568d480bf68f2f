"""Events in the reader's words: what happened, and the particulars of it."""

from __future__ import annotations

from collections.abc import Iterator

from domain import outcomes
from starter.web import terms
from starter.web.words import Words, mark
from store.event_log import LoggedEvent

LABELS = {
    "became_overdue": mark("Fell overdue"),
    "letter_released": mark("Letter released"),
    "letter_proposed": mark("Letter put up for approval"),
    "letter_sent": mark("Letter left"),
    "letter_rerouted": mark("Letter goes by another channel"),
    "letter_withdrawn": mark("Letter taken back"),
    "handed_over": mark("Moved to Intrum"),
    "hand_over_refused": mark("Hand-over refused"),
    "agency_message_refused": mark("Message refused by Intrum"),
    "agency_status_changed": mark("Intrum's status"),
    "withdrawn_from_agency": mark("Taken back from Intrum"),
    "hold_placed": mark("Put on hold"),
    "hold_released": mark("Hold released"),
    "state_set": mark("State set by hand"),
    "hand_over_approved": mark("Hand-over approved"),
    "balance_seen": mark("Balance changed"),
    "attention_needed": mark("Attention needed"),
    "rate_awaited": mark("Waits for the reference rate"),
    "rate_published": mark("The reference rate came"),
    "feed_awaited": mark("Waits for the bank's word"),
    "feed_read": mark("The bank's word came"),
    "agency_awaited": mark("Waits for the contract with Intrum"),
    "agency_ready": mark("May be handed over to Intrum"),
    "rule_changed": mark("Rule changed"),
    "reopened": mark("Opened again"),
    "request_refused": mark("Request refused"),
    "closed": mark("Closed"),
}
"""By kind (`domain.event_facts.KINDS`), what it is called."""


def detail(words: Words, event: LoggedEvent) -> str:
    """What is particular: letter, channel, amount, day, state. Reasons are as they were given."""
    return " · ".join(part for part in _parts(words, event) if part)


def reason(event: LoggedEvent) -> str:
    """Why, as it was given; "" if the event's particulars have said it already."""
    outcome = event.outcome
    if isinstance(outcome, outcomes.AgencyStatusChanged) and event.reason == outcome.status_text:
        return ""
    return event.reason


def _parts(words: Words, event: LoggedEvent) -> Iterator[str]:
    outcome, letter = event.outcome, event.letter
    match outcome:
        case outcomes.LetterReleased():
            released = outcome.letter
            yield words.say(terms.LETTERS[released.kind])
            yield words.say(terms.CHANNELS[released.channel]) if released.channel else ""
            yield words.money(released.fee_cents) if released.fee_cents else ""
        case outcomes.LetterProposed():
            yield words.say(terms.LETTERS[outcome.letter])
        case outcomes.LetterSent():
            yield words.say(terms.LETTERS.get(letter.kind, letter.kind)) if letter else ""
            yield words.say(terms.CHANNELS.get(letter.channel, letter.channel)) if letter else ""
            yield words.say(mark("new due date %(day)s"), day=words.day(outcome.due))
        case outcomes.LetterRerouted():
            yield words.say(terms.CHANNELS[outcome.channel])
            yield words.say(mark("new due date %(day)s"), day=words.day(outcome.due))
        case outcomes.LetterWithdrawn():
            yield words.say(terms.LETTERS.get(letter.kind, letter.kind)) if letter else ""
        case outcomes.HandedOver():
            yield words.say(terms.SERVICES[outcome.file.service])
        case outcomes.AgencyStatusChanged():
            status = outcome.status.value if outcome.status else ""
            yield terms.collection_status(words, status) or outcome.status_text
        case outcomes.HoldPlaced():
            yield words.say(terms.HOLDS[outcome.hold.kind])
            yield words.day(outcome.hold.until)
        case outcomes.HoldReleased():
            yield ", ".join(words.say(terms.HOLDS[hold]) for hold in outcome.holds)
        case outcomes.StateSet():
            yield words.say(terms.STATES[outcome.to])
        case outcomes.BalanceSeen():
            yield words.say(mark("%(amount)s open"), amount=words.money(outcome.open_cents))
        case outcomes.RateAwaited() | outcomes.RatePublished():
            yield outcome.half_year
        case outcomes.RuleChanged():
            rule = terms.RULES.get(outcome.rule, outcome.rule)
            yield words.say(rule) or words.say(mark("no rule"))
        case outcomes.Reopened() | outcomes.Closed():
            yield words.say(terms.STATES[outcome.state])
        case _:
            pass
