"""An invoice's life in the reader's words: what has happened, and what will unless it is paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from activities import reach
from domain.agency import CollectionStatus, LineStatus, MessageKind
from domain.calendar import FINLAND
from domain.forecast import forecast
from domain.interest import RateError
from domain.law import FINNISH_LAW, LawError
from domain.ledger import EntryKind
from domain.outcomes import Outcome
from domain.steps import StepKind
from starter.web import terms
from starter.web.agency_sayings import message_error
from starter.web.page import Page
from starter.web.pages.automation.happened import LABELS, detail, reason
from starter.web.pages.invoice import whys
from starter.web.pages.invoice.known import Known
from starter.web.pages.invoice.letters import readable
from starter.web.sayings import NOTHING, Said
from starter.web.words import Words, mark
from starter.web.words import words as words_of
from store.event_log import LoggedEvent
from store.tables import AgencyMessage, Event, LedgerEntry, Notice, PaymentVerdict

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)

ENTRIES: Mapping[str, str] = {
    EntryKind.PRINCIPAL: mark("Invoiced"),
    EntryKind.INTEREST: mark("Late interest charged"),
    EntryKind.FEE: mark("Fee charged"),
    EntryKind.PAYMENT: mark("Payment"),
    EntryKind.PAYMENT_REVERSED: mark("Payment taken back"),
    EntryKind.CREDIT: mark("Credit note"),
    EntryKind.INTEREST_WAIVED: mark("Late interest waived"),
    EntryKind.FEE_WAIVED: mark("Fee waived"),
    EntryKind.WRITE_OFF: mark("Written off"),
    EntryKind.OVERPAYMENT_REFUNDED: mark("Overpayment refunded"),
}
MESSAGES: Mapping[str, str] = {
    "assignment": mark("Assignment"),
    "withdrawal": mark("Withdrawal"),
    "direct_payment": mark("Payment past the agency"),
    "payment_reversal": mark("Payment taken back"),
    "credit_notice": mark("Credit note"),
    "dispute": mark("Dispute"),
    "contact_change": mark("Changed contact details"),
    "status": mark("Status"),
    "contract": mark("Contract"),
}
MESSAGE_STATUSES: Mapping[str, tuple[str, str]] = {
    LineStatus.WAITING: (mark("In line"), "calm"),
    LineStatus.SENT: (mark("Sent, not answered yet"), "low"),
    LineStatus.ACKNOWLEDGED: (mark("Acknowledged"), "good"),
    LineStatus.REFUSED: (mark("Refused by the agency"), "high"),
    LineStatus.GIVEN_UP: (mark("Given up"), "high"),
    LineStatus.VOID: (mark("Nobody to tell"), "calm"),
    "received": (mark("Received"), "low"),
    "folded": (mark("Taken note of"), "good"),
}
"""With how they stand out."""
LETTER_STATUSES: Mapping[str, tuple[str, str]] = {
    "released": (mark("Waits to leave"), "calm"),
    "sending": (mark("On its way"), "low"),
    "sent": (mark("Sent"), "good"),
    "bounced": (mark("Came back"), "high"),
    "returned": (mark("Came back"), "high"),
    "withdrawn": (mark("Taken back"), "calm"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened. `cents`: of money. `letter`: the row of one that can be read."""

    at: datetime
    what: str
    detail: str = ""
    who: str = ""
    why: Said = NOTHING
    cents: int | None = None
    letter: int | None = None
    kind: str = "event"


@dataclass(frozen=True, slots=True)
class Coming:
    """One step to come. `at` None: when something happens. `by`: the channel it goes by at first,
    as its rule has it; "" if it is no letter."""

    at: datetime | None
    what: str
    why: Said
    fee_cents: int = 0
    by: str = ""


def past(page: Page, known: Known, names: Mapping[str, str]) -> list[Happened]:
    """What has happened, in order. `names`: of those who did it."""
    letters = {row.id: row for row in known.dossier.notices}
    found = [
        *(
            _event(page.words, row, letters, names)
            for row in known.dossier.events
            if row.kind != "balance_seen"
        ),
        *_money(page.words, known, names),
        *_troubles(page.words, known.dossier.notices),
        *_unfolded(page.words, known),
    ]
    # By time alone: of one instant, decisions stand before what they brought about.
    return sorted(found, key=lambda one: one.at)


def future(page: Page, known: Known) -> list[Coming]:
    """What comes unless the invoice is paid."""
    case, rule = known.case, known.rule
    if case.closed:
        return []
    words = page.words
    try:
        steps = forecast(case, rule, FINNISH_LAW, FINLAND, page.now())
    except (LawError, RateError) as error:
        return [Coming(None, words.say(terms.STEPS[StepKind.WAIT]), whys.say(words, str(error)))]
    found = []
    for step in steps:
        letter = step.kind.letter
        what = words.say(terms.STEPS[step.kind])
        if step.letter is not None:
            what = f"{what}: {words.say(terms.LETTERS[step.letter])}"
        if step.close_as is not None:
            what = f"{what}: {words.say(terms.STATES[step.close_as])}"
        channel = reach.first(known.dossier.customer, rule, letter) if letter else None
        by = words.say(terms.CHANNELS[channel]) if channel else ""
        found.append(Coming(step.when, what, whys.say(words, step.why), step.fee_cents, by))
        if step.kind is StepKind.CLOSE:
            break
    return found


def of_its_agency(words: Words, known: Known, row: AgencyMessage) -> Words:
    """The reader's words, of the agency that a message is to or from."""
    return words_of(words.language, known.dossier.agencies.get(row.agency_case_id, words.agency))


def message_way(words: Words, row: AgencyMessage) -> str:
    """To whom it is, or from whom."""
    return words.say(mark("From Intrum") if row.direction == "in" else mark("To Intrum"))


def message_kind(words: Words, row: AgencyMessage) -> str:
    """What a message is about."""
    return words.say(MESSAGES.get(row.kind, row.kind.replace("_", " ")))


def message_says(words: Words, row: AgencyMessage) -> str:
    """Of one from the agency its status; of one to it the amount, if it is about one."""
    if row.direction == "in":
        return status_said(words, str(row.body.get("status", "")))
    cents = row.body.get("amount_cents")
    return words.money(cents) if isinstance(cents, int) else ""


def status_said(words: Words, said: str) -> str:
    """A status by the agency's own text, in the reader's language."""
    status = next((one for one in CollectionStatus if one.finnish == said), None)
    return terms.collection_status(words, status.value) if status else said


def resendable(row: AgencyMessage) -> bool:
    """Whether a person may have it sent again. An assignment that was refused is none: the invoice
    is handed over anew."""
    if row.direction != "out" or not LineStatus(row.status).resendable:
        return False
    return row.kind != MessageKind.ASSIGNMENT or row.status != LineStatus.REFUSED


def whose(words: Words, verdict: PaymentVerdict) -> str:
    """What a payment counts as while an agency has the invoice."""
    if verdict.settlement:
        return words.say(mark("The agency's settlement"))
    return words.say(mark("Direct payment, past the agency"))


# ── the past's kinds ─────────────────────────────────────────────────────────────────────────


def _event(
    words: Words, row: Event, letters: Mapping[int, Notice], names: Mapping[str, str]
) -> Happened:
    outcome = _OUTCOME.validate_python(row.outcome)
    letter = letters.get(_letter_of(row.outcome) or 0)
    logged = LoggedEvent(
        id=row.id,
        serial=row.seq,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        reason=row.reason,
        outcome=outcome,
        invoice="",
        customer="",
        rule_id=None,
        rule=None,
        rule_version=None,
        letter=letter,
    )
    why = reason(logged) or str(getattr(outcome, "reason", ""))
    return Happened(
        at=row.at,
        what=words.say(LABELS.get(row.kind, row.kind)),
        detail=detail(words, logged),
        who=names.get(row.actor, row.actor),
        why=whys.say_noted(words, why),
        letter=letter.id if letter and readable(letter) else None,
    )


def _letter_of(outcome: Mapping[str, object]) -> int | None:
    letter = outcome.get("letter")
    found = letter.get("notice_id") if isinstance(letter, dict) else outcome.get("notice_id")
    return found if isinstance(found, int) else None


def _money(words: Words, known: Known, names: Mapping[str, str]) -> Iterator[Happened]:
    verdicts = known.dossier.verdicts
    first = {row.entry_key: row for row in verdicts if row.serial == 1}
    for row in known.dossier.entries:
        yield _entry(words, row, first.get(row.key))
    for verdict in verdicts:
        if verdict.serial > 1:
            yield Happened(
                at=verdict.decided_at,
                what=words.say(mark("Payment judged anew")),
                detail=whose(words, verdict),
                who=names.get(verdict.decided_by, verdict.decided_by),
                cents=abs(verdict.amount_cents),
                kind="money",
            )


def _entry(words: Words, row: LedgerEntry, verdict: PaymentVerdict | None) -> Happened:
    parts = []
    if row.on != FINLAND.local_date(row.booked_at):
        parts.append(words.say(mark("as of %(day)s"), day=words.day(row.on)))
    if verdict is not None:
        parts.append(whose(words, verdict))
    return Happened(
        at=row.booked_at,
        what=words.say(ENTRIES[row.kind]),
        detail=" · ".join(parts),
        cents=row.amount_cents,
        kind="money",
    )


def _troubles(words: Words, notices: Sequence[Notice]) -> Iterator[Happened]:
    """Letters that are not simply gone: what is the matter with them."""
    for row in notices:
        if row.status not in {"released", "sending", "bounced", "returned"}:
            continue
        came_back = row.status in {"bounced", "returned"}
        label, _ = LETTER_STATUSES[row.status]
        letter = words.say(terms.LETTERS.get(row.kind, row.kind))
        channel = words.say(terms.CHANNELS.get(row.channel, row.channel))
        yield Happened(
            at=(row.sent_at if came_back else None) or row.released_at,
            what=f"{letter}: {words.say(label)}",
            detail=channel,
            why=Said(row.last_error),
            kind="letter",
        )


def _unfolded(words: Words, known: Known) -> Iterator[Happened]:
    """Messages to the agency, and those from it that no event tells of."""
    told = {
        (event.outcome["status_text"], event.outcome["occurred_at"])
        for event in known.dossier.events
        if event.kind == "agency_status_changed"
    }
    for row in known.dossier.messages:
        words = of_its_agency(words, known, row)
        label, _ = MESSAGE_STATUSES.get(row.status, (row.status, "calm"))
        if row.direction == "out":
            what = words.say(mark("Told Intrum: %(what)s"), what=message_kind(words, row))
        elif (row.body.get("status"), row.body.get("occurred_at")) in told:
            continue
        else:
            what = words.say(mark("Intrum says: %(what)s"), what=message_says(words, row))
        yield Happened(
            at=row.at,
            what=what,
            detail=words.say(label),
            why=message_error(words, row.error),
            kind="agency",
        )
