"""Cases, rules and outcomes for the tests of the procedure: one plain of each, and all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from domain import outcomes, requests
from domain.agency import AgencyService, CollectionStatus
from domain.calendar import FINLAND
from domain.case import AgencyFile, Case, Hold, Letter
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import next_step
from domain.rule import (
    CONSUMERS,
    CourtesyTerms,
    HandOver,
    LetterTerms,
    ReminderServiceTerms,
    Residual,
    Rule,
    Sending,
)
from domain.states import Channel, HoldKind, InvoiceState, LetterKind
from domain.steps import Step

DAY = timedelta(days=1)
DUE = date(2026, 10, 1)  # a Thursday

STATES = st.sampled_from(InvoiceState)
LIVE_STATES = st.sampled_from([state for state in InvoiceState if not state.final])


def noon(day: date) -> datetime:
    """The instant at which Finnish clocks show twelve."""
    return FINLAND.at(day, time(12))


def a_case(**changes: Any) -> Case:
    """A consumer's invoice of 100.00 EUR, sent on 10 September 2026 and due on 1 October."""
    plain: dict[str, Any] = {
        "invoice_id": 1,
        "company": "2345678-0",
        "number": "1042",
        "debtor": DebtorClass.CONSUMER,
        "due": DUE,
        "invoice_sent_on": date(2026, 9, 10),
        "original_cents": 10_000,
        "principal_cents": 10_000,
        "open_cents": 10_000,
    }
    return Case(**(plain | changes))


def a_letter(kind: LetterKind, on: date, **changes: Any) -> Letter:
    """A letter that has left by e-mail, free of charge unless said otherwise."""
    plain: dict[str, Any] = {
        "kind": kind,
        "round": 1 if kind is LetterKind.REMINDER else 2,
        "on": on,
        "due": on + timedelta(days=13),
        "fee_cents": 0,
        "channel": Channel.EMAIL,
        "notice_id": 1 if kind is LetterKind.REMINDER else 2,
        "sent": True,
    }
    return Letter(**(plain | changes))


def reminded(on: date = date(2026, 10, 16), **changes: Any) -> Case:
    """The plain case after its reminder."""
    letters = (a_letter(LetterKind.REMINDER, on, fee_cents=500),)
    return a_case(**({"state": InvoiceState.REMINDED, "letters": letters, "rounds": 1} | changes))


def notified(**changes: Any) -> Case:
    """The plain case after both letters."""
    letters = (
        a_letter(LetterKind.REMINDER, date(2026, 10, 16), fee_cents=500),
        a_letter(LetterKind.NOTICE, date(2026, 11, 2), due=date(2026, 11, 13), fee_cents=500),
    )
    return a_case(**({"state": InvoiceState.NOTIFIED, "letters": letters, "rounds": 2} | changes))


def at_agency(status: CollectionStatus | None = None, **changes: Any) -> Case:
    """The plain case at the agency, with the status that it last heard of."""
    file = AgencyFile(
        case_id=7,
        service=AgencyService.COLLECTION,
        since=date(2026, 11, 20),
        status=status,
        status_text=status.finnish if status else "",
    )
    return notified(**({"state": InvoiceState.IN_COLLECTION, "agency": file} | changes))


def a_hold(kind: HoldKind, until: date | None = None) -> Hold:
    return Hold(kind=kind, reason="as agreed", author="operator", until=until)


# ── asking the procedure ─────────────────────────────────────────────────────────────────────

OCT, NOV, DEC = 10, 11, 12


def day(month: int, number: int) -> date:
    """A day of 2026."""
    return date(2026, month, number)


def with_rule(**changes: Any) -> Rule:
    """The consumers' general rule, changed."""
    return CONSUMERS.model_copy(update=changes)


def step_of(case: Case, rule: Rule | None = CONSUMERS, at: datetime | None = None) -> Step:
    """The next step under Finnish law, seen at an instant (else noon on 2 October 2026)."""
    return next_step(case, rule, FINNISH_LAW, FINLAND, at or noon(day(OCT, 2)))


# ── everything that there can be ─────────────────────────────────────────────────────────────

DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2030, 12, 31))
INSTANTS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=6 * 365)).map(
    lambda since: datetime(2025, 1, 1, tzinfo=UTC) + since
)
CENTS = st.integers(min_value=0, max_value=2_000_000)
DEBTORS = st.sampled_from(DebtorClass)
TEXTS = st.sampled_from(["", "asked by telephone", "Perintäpäätös 12/2026"])

LETTER_TERMS = st.builds(
    LetterTerms,
    after_days=st.integers(min_value=0, max_value=60),
    # More than any law allows, too: the cap is for the procedure to keep.
    fee_cents=st.sampled_from([0, 1, 300, 500, 501, 1_000, 1_200, 5_000]),
)

RULES = st.builds(
    Rule,
    name=st.sampled_from(["Consumers", "Businesses", "Slow payers"]),
    version=st.integers(min_value=1, max_value=50),
    reminder=st.none() | LETTER_TERMS,
    notice=st.none() | LETTER_TERMS,
    courtesy=st.none() | st.builds(CourtesyTerms, days=st.integers(-15, 15).filter(bool)),
    minimum_cents=st.sampled_from([0, 1_000, 5_000]),
    sending=st.sampled_from(Sending),
    channels=st.lists(st.sampled_from(Channel), unique=True).map(tuple),
    hand_over=st.sampled_from(HandOver),
    hand_over_after_days=st.integers(min_value=0, max_value=60),
    reminder_service=st.none()
    | st.builds(
        ReminderServiceTerms,
        after_days=st.integers(min_value=0, max_value=60),
        on_approval=st.booleans(),
    ),
    residual=st.sampled_from(Residual),
)

LADDER = st.sampled_from([LetterKind.REMINDER, LetterKind.NOTICE])

LETTERS = st.builds(
    Letter,
    kind=LADDER,
    round=st.integers(min_value=1, max_value=9),
    on=DAYS,
    due=DAYS,
    fee_cents=st.sampled_from([0, 500, 1_200]),
    channel=st.none() | st.sampled_from(Channel),
    notice_id=st.none() | st.integers(min_value=1, max_value=9),
    sent=st.booleans(),
)

COURTESIES = LETTERS.map(
    lambda letter: letter.model_copy(update={"kind": LetterKind.COURTESY, "fee_cents": 0})
)

HOLDS = st.builds(
    Hold,
    kind=st.sampled_from(HoldKind),
    reason=TEXTS,
    author=st.just("operator"),
    until=st.none() | DAYS,
)

AGENCY_FILES = st.builds(
    AgencyFile,
    case_id=st.integers(min_value=1, max_value=9),
    service=st.sampled_from(AgencyService),
    since=DAYS,
    status=st.none() | st.sampled_from(CollectionStatus),
    status_text=TEXTS,
    status_at=st.none() | INSTANTS,
    open=st.booleans(),
)

CASES = st.builds(
    Case,
    invoice_id=st.just(1),
    company=st.just("2345678-0"),
    number=st.integers(min_value=1, max_value=10**6).map(str),
    debtor=DEBTORS,
    due=DAYS,
    invoice_sent_on=DAYS,
    original_cents=CENTS,
    principal_cents=st.integers(min_value=-100, max_value=2_000_000),
    open_cents=CENTS,
    paid_cents=CENTS,
    rounds=st.integers(min_value=0, max_value=9),
    state=STATES,
    letters=st.lists(LETTERS, max_size=3).map(tuple),
    courtesy=st.none() | COURTESIES,
    proposed=st.none() | st.sampled_from(LetterKind),
    holds=st.lists(HOLDS, max_size=3, unique_by=lambda hold: hold.kind).map(tuple),
    agency=st.none() | AGENCY_FILES,
    approved=st.booleans(),
    attention=st.none() | st.just("the customer cannot be reached"),
    awaits_agency=st.none() | st.just("the company has no contract with a collection agency"),
    awaits_agency_until=st.none() | DAYS,
    last_refusal=st.none() | st.just("send_now: too early"),
)

OUTCOMES: st.SearchStrategy[outcomes.Outcome] = st.one_of(
    st.builds(outcomes.BecameOverdue),
    st.builds(
        outcomes.LetterReleased,
        letter=LETTERS | COURTESIES,
        interest_cents=CENTS,
        service_cents=st.just(45),
    ),
    st.builds(outcomes.LetterProposed, letter=st.sampled_from(LetterKind)),
    st.builds(outcomes.LetterSent, notice_id=st.integers(1, 9), on=DAYS, due=DAYS),
    st.builds(
        outcomes.LetterRerouted,
        notice_id=st.integers(1, 9),
        channel=st.sampled_from(Channel),
        on=DAYS,
        due=DAYS,
        transaction_cents=st.integers(0, 500),
        reason=TEXTS,
    ),
    st.builds(
        outcomes.LetterWithdrawn, notice_id=st.integers(1, 9), reason=TEXTS, failed=st.booleans()
    ),
    st.builds(outcomes.HandedOver, file=AGENCY_FILES),
    st.builds(outcomes.AgencyAwaited, reason=TEXTS, until=st.none() | DAYS),
    st.builds(outcomes.AgencyReady),
    st.builds(outcomes.HandOverRefused, case_id=st.integers(1, 9), reason=TEXTS),
    st.builds(outcomes.AgencyMessageRefused, reason=TEXTS),
    st.builds(
        outcomes.AgencyStatusChanged,
        status=st.none() | st.sampled_from(CollectionStatus),
        status_text=TEXTS,
        occurred_at=INSTANTS,
        current=st.booleans(),
    ),
    st.builds(outcomes.WithdrawnFromAgency, reason=TEXTS),
    st.builds(outcomes.HoldPlaced, hold=HOLDS),
    st.builds(
        outcomes.HoldReleased,
        holds=st.lists(st.sampled_from(HoldKind), unique=True).map(tuple),
        reason=TEXTS,
    ),
    st.builds(
        outcomes.StateSet,
        to=STATES,
        letters=st.lists(LETTERS, max_size=2).map(tuple),
        reason=TEXTS,
    ),
    st.builds(outcomes.HandOverApproved),
    st.builds(
        outcomes.BalanceSeen,
        principal_cents=CENTS,
        open_cents=CENTS,
        paid_cents=CENTS,
        paid_on=st.none() | DAYS,
    ),
    st.builds(outcomes.AttentionNeeded, reason=TEXTS),
    st.builds(outcomes.RateAwaited, half_year=st.just("2027H1")),
    st.builds(outcomes.RatePublished, half_year=st.just("2027H1")),
    st.builds(outcomes.FeedAwaited, reason=TEXTS),
    st.builds(outcomes.FeedRead),
    st.builds(
        outcomes.RuleChanged,
        rule_version_id=st.none() | st.integers(1, 9),
        rule=st.just("Slow payers v2"),
    ),
    st.builds(
        outcomes.Reopened,
        state=st.sampled_from([InvoiceState.OVERDUE, InvoiceState.REMINDED, InvoiceState.NOTIFIED]),
        reason=TEXTS,
    ),
    st.builds(outcomes.RequestRefused, request=st.just("send_now"), reason=TEXTS),
    st.builds(
        outcomes.Closed,
        state=st.sampled_from([state for state in InvoiceState if state.final]),
        reason=TEXTS,
    ),
)

REQUESTS: st.SearchStrategy[requests.Request] = st.one_of(
    st.builds(
        requests.Hold,
        reason=TEXTS,
        hold=st.sampled_from(HoldKind),
        until=st.none() | DAYS,
    ),
    st.builds(requests.Release, hold=st.none() | st.sampled_from(HoldKind)),
    st.builds(requests.Cancel, reason=TEXTS),
    st.builds(requests.SetState, to=STATES),
    st.builds(requests.SendNow),
    st.builds(requests.HandOver),
    st.builds(requests.Withdraw, reason=TEXTS),
)
