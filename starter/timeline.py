"""One invoice's story: what has happened to it, and what will unless it is paid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import assert_never

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from domain import outcomes
from domain.agency.contract import name
from domain.calendar import BankingCalendar
from domain.case import Case
from domain.folding import apply
from domain.forecast import forecast
from domain.interest import RateError
from domain.law import Law, LawError
from domain.ledger import Entry, EntryKind, settlement
from domain.money import format_eur
from domain.outcomes import BalanceSeen, Outcome
from domain.rule import Rule
from domain.steps import Step, StepKind
from store.queries import Dossier
from store.tables import Event, LedgerEntry, Notice, PaymentVerdict

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class Header(_Shown):
    """Who, how much, where. Amounts in cents."""

    number: str
    creditor: str
    creditor_business_id: str
    debtor: str
    debtor_class: str
    invoice_date: date
    due: date
    reference: str
    rule: str | None
    state: str
    agency: str | None
    """The agency that has it, or had it last: "Intrum"."""
    collection_status: str | None
    held: tuple[str, ...]
    attention: str | None
    principal_cents: int
    """As invoiced."""
    open_principal_cents: int
    """After interest, which the law puts first."""
    open_interest_cents: int
    open_fees_cents: int
    open_cents: int
    paid_cents: int
    overpaid_cents: int
    principal_covered: bool
    """What was paid comes to the principal: what is open is its interest and fees."""
    service_cents: int
    """What the creditor pays Karhu for it."""
    automation: bool
    """Whether the creditor's is on: if not, nothing leaves by itself."""


class Happened(_Shown):
    """One thing that happened. `kind`: event, money, letter or agency; `cents`: of money."""

    at: AwareDatetime
    kind: str
    what: str
    actor: str = ""
    why: str = ""
    cents: int | None = None


class Planned(_Shown):
    """One step to come, unless the invoice is paid. `at` None: when something happens."""

    at: AwareDatetime | None
    step: str
    what: str
    why: str
    fee_cents: int = 0


class Story(_Shown):
    """An invoice's header, past and future."""

    invoice: Header
    past: tuple[Happened, ...]
    future: tuple[Planned, ...]


def tell(dossier: Dossier, *, law: Law, calendar: BankingCalendar, now: datetime) -> Story:
    """The invoice's story at the business instant `now`, with its rule as it works now: nothing by
    itself while the company's automation is off."""
    rule = Rule.model_validate(dossier.rule.terms) if dossier.rule else None
    if rule is not None and not dossier.company.automation:
        rule = rule.switched_off
    case = _newest(dossier)
    past = [
        *(_event(row) for row in dossier.events if row.kind != "balance_seen"),
        *_money(dossier, calendar),
        *_letters(dossier.notices),
        *_messages(dossier),
    ]
    return Story(
        invoice=_header(dossier, case, rule, calendar.local_date(now)),
        # Sorted by time alone: of one instant, decisions stand before what they brought about.
        past=tuple(sorted(past, key=lambda happened: happened.at)),
        future=tuple(_future(case, rule, law, calendar, now)),
    )


def _newest(dossier: Dossier) -> Case:
    """The case as its procedure left it, with the ledger as it is now."""
    case = Case.model_validate(dossier.invoice.case_json)
    return apply(case, BalanceSeen.of(_entries(dossier)))


def _entries(dossier: Dossier) -> list[Entry]:
    return [Entry(EntryKind(r.kind), r.amount_cents, r.on, r.key) for r in dossier.entries]


def _header(dossier: Dossier, case: Case, rule: Rule | None, today: date) -> Header:
    invoice = dossier.invoice
    known = settlement(_entries(dossier))
    status = case.agency.status if case.agency else None
    return Header(
        number=invoice.number,
        creditor=dossier.company.name,
        creditor_business_id=dossier.company.business_id,
        debtor=dossier.customer.name,
        debtor_class=case.debtor.value,
        invoice_date=invoice.invoice_date,
        due=invoice.due,
        reference=invoice.reference,
        rule=f"{rule.name} v{rule.version}" if rule else None,
        state=case.state.value,
        agency=case.agency and case.agency.name,
        collection_status=status.english if status else (case.agency and case.agency.status_text),
        held=tuple(
            f"{hold.kind.value}{f' until {hold.until}' if hold.until else ''}"
            for hold in case.active_holds(today)
        ),
        attention=case.attention,
        principal_cents=invoice.principal_cents,
        open_principal_cents=known.balance.principal_cents,
        open_interest_cents=known.balance.interest_cents,
        open_fees_cents=known.balance.fees_cents,
        open_cents=known.balance.open_cents,
        paid_cents=known.paid_cents,
        overpaid_cents=known.balance.overpaid_cents,
        principal_covered=case.principal_cents == 0,
        service_cents=sum(charge.amount_cents for charge in dossier.charges),
        automation=dossier.company.automation,
    )


# ── the future ───────────────────────────────────────────────────────────────────────────────


def _future(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> Iterator[Planned]:
    if case.closed:
        return
    try:
        steps: list[Step] = forecast(case, rule, law, calendar, now)
    except (LawError, RateError) as error:
        yield Planned(at=None, step=StepKind.WAIT, what=StepKind.WAIT.words, why=str(error))
        return
    for step in steps:
        yield Planned(
            at=step.when,
            step=step.kind.value,
            what=step.kind.words,
            why=step.why,
            fee_cents=step.fee_cents,
        )
        if step.kind is StepKind.CLOSE:
            return


# ── the past ─────────────────────────────────────────────────────────────────────────────────


def _event(row: Event) -> Happened:
    return Happened(at=row.at, kind="event", what=said_of(row), actor=row.actor, why=row.reason)


def said_of(row: Event) -> str:
    """What an event tells, in words."""
    return said(_OUTCOME.validate_python(row.outcome))


def said(outcome: Outcome) -> str:
    """An outcome in words."""
    match outcome:
        case outcomes.BecameOverdue():
            return "became overdue"
        case outcomes.LetterReleased():
            letter = outcome.letter
            channel = f" by {letter.channel.value}" if letter.channel else ""
            fee = f", fee {format_eur(letter.fee_cents, 'en')}" if letter.fee_cents else ""
            return f"{letter.kind.value} {letter.round} released{channel}{fee}"
        case outcomes.LetterProposed():
            return f"the {outcome.letter.value} waits for approval"
        case outcomes.LetterSent():
            return f"letter left on {outcome.on}, new due date {outcome.due}"
        case outcomes.LetterRerouted():
            return f"letter goes by {outcome.channel.value} instead, new due date {outcome.due}"
        case outcomes.LetterWithdrawn():
            return f"letter taken back: {outcome.reason}"
        case outcomes.HandedOver():
            return f"handed over to {outcome.file.name} ({outcome.file.service.value})"
        case outcomes.HandOverRefused():
            return f"the agency did not take it: {outcome.reason}"
        case outcomes.AgencyMessageRefused():
            return f"the agency did not take a message: {outcome.reason}"
        case outcomes.AgencyStatusChanged():
            text = outcome.status.english if outcome.status else outcome.status_text
            return f"{name(outcome.agency)}: {text}{'' if outcome.current else ' (came late)'}"
        case outcomes.WithdrawnFromAgency():
            return "taken back from the agency"
        case outcomes.HoldPlaced():
            until = f" until {outcome.hold.until}" if outcome.hold.until else ""
            return f"held: {outcome.hold.kind.value}{until}"
        case outcomes.HoldReleased():
            which = ", ".join(kind.value for kind in outcome.holds) or "attention"
            return f"released: {which}"
        case outcomes.StateSet():
            return f"set to {outcome.to.value} by hand"
        case outcomes.HandOverApproved():
            return "hand-over approved"
        case outcomes.BalanceSeen():
            return f"{format_eur(outcome.open_cents, 'en')} open"
        case outcomes.AttentionNeeded():
            return f"needs attention: {outcome.reason}"
        case outcomes.RateAwaited():
            return f"waits for the reference rate of {outcome.half_year}"
        case outcomes.RatePublished():
            return f"the reference rate of {outcome.half_year} was added"
        case outcomes.FeedAwaited():
            return f"waits for a fresh file of the bank's: {outcome.reason}"
        case outcomes.FeedRead():
            return "the bank's word is fresh again"
        case outcomes.AgencyAwaited():
            return f"is not handed over: {outcome.reason}"
        case outcomes.AgencyReady():
            return "may be handed over to the agency"
        case outcomes.RuleChanged():
            return f"runs under {outcome.rule or 'no rule'} from here on"
        case outcomes.Reopened():
            return f"reopened as {outcome.state.value}: {outcome.reason}"
        case outcomes.RequestRefused():
            return f"{outcome.request} refused: {outcome.reason}"
        case outcomes.Closed():
            return f"closed: {outcome.state.value}"
        case _:
            assert_never(outcome)


_ENTRIES = {
    EntryKind.PRINCIPAL: "invoiced",
    EntryKind.INTEREST: "interest charged",
    EntryKind.FEE: "fee charged",
    EntryKind.PAYMENT: "payment",
    EntryKind.PAYMENT_REVERSED: "payment taken back",
    EntryKind.CREDIT: "credited",
    EntryKind.INTEREST_WAIVED: "interest waived",
    EntryKind.FEE_WAIVED: "fee waived",
    EntryKind.WRITE_OFF: "written off",
    EntryKind.OVERPAYMENT_REFUNDED: "overpayment refunded",
}


def _money(dossier: Dossier, calendar: BankingCalendar) -> Iterator[Happened]:
    """What was booked, whose the money counts as while an agency has the invoice, and why."""
    first = {row.entry_key: row for row in dossier.verdicts if row.serial == 1}
    for row in dossier.entries:
        yield _entry(row, calendar, first.get(row.key))
    for verdict in dossier.verdicts:
        if verdict.serial > 1:
            yield Happened(
                at=verdict.decided_at,
                kind="money",
                what=f"payment of {format_eur(abs(verdict.amount_cents), 'en')} counts as"
                f" {_whose(verdict)} from here on",
                actor=verdict.decided_by,
                why=verdict.why,
            )


def _entry(row: LedgerEntry, calendar: BankingCalendar, verdict: PaymentVerdict | None) -> Happened:
    what = _ENTRIES[EntryKind(row.kind)]
    if row.on != calendar.local_date(row.booked_at):
        what = f"{what}, as of {row.on}"
    why = row.note
    if verdict is not None:
        # What a person entered is known by the entry's name, should he tick otherwise.
        name = f" ({row.key})" if row.key.startswith("payment/") else ""
        why = f"{why}; {_whose(verdict)}: {verdict.why}{name}".removeprefix("; ")
    return Happened(at=row.booked_at, kind="money", what=what, why=why, cents=row.amount_cents)


def _whose(verdict: PaymentVerdict) -> str:
    return "the agency's settlement" if verdict.settlement else "a direct payment"


def _letters(notices: Sequence[Notice]) -> Iterator[Happened]:
    """Letters that are not simply gone: what is the matter with them."""
    for row in notices:
        if row.status in {"released", "sending"}:
            tried = f", tried {row.attempts} times" if row.attempts > 1 else ""
            what = f"{row.kind} {row.round} by {row.channel} is on its way{tried}"
            yield Happened(at=row.released_at, kind="letter", what=what, why=row.last_error)
        elif row.status in {"bounced", "returned"}:
            what = f"{row.kind} {row.round} by {row.channel} came back"
            yield Happened(
                at=row.sent_at or row.released_at, kind="letter", what=what, why=row.last_error
            )


def _messages(dossier: Dossier) -> Iterator[Happened]:
    """Messages to the agency, and those from it that no event tells of."""
    told = {
        (event.outcome["status_text"], event.outcome["occurred_at"])
        for event in dossier.events
        if event.kind == "agency_status_changed"
    }
    for row in dossier.messages:
        agency = name(dossier.agencies.get(row.agency_case_id, "the agency"))
        if row.direction == "out":
            what = f"told {agency}: {row.kind.replace('_', ' ')} ({row.status})"
        elif (row.body["status"], row.body["occurred_at"]) in told:
            continue
        else:
            what = f"{agency}: {row.body['status']} (the procedure did not look at it)"
        yield Happened(at=row.at, kind="agency", what=what, why=row.error)
