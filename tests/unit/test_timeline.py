"""An invoice's story: past and future in words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain import outcomes
from domain.agency import AgencyService, CollectionStatus
from domain.calendar import FINLAND
from domain.case import AgencyFile, Case, Hold, Letter
from domain.law import FINNISH_LAW, DebtorClass
from domain.outcomes import Outcome
from domain.rule import CONSUMERS
from domain.states import Channel, HoldKind, InvoiceState, LetterKind
from domain.steps import StepKind
from starter import timeline
from starter.timeline import Story
from store.queries import Dossier
from store.tables import (
    AgencyMessage,
    Company,
    Customer,
    Event,
    Invoice,
    LedgerEntry,
    Notice,
    RuleVersion,
)

NOW = datetime(2026, 3, 10, 7, tzinfo=UTC)
LETTER = Letter(
    kind=LetterKind.REMINDER,
    round=1,
    on=date(2026, 3, 31),
    due=date(2026, 4, 13),
    fee_cents=500,
    channel=Channel.EMAIL,
    notice_id=7,
)
FILE = AgencyFile(case_id=3, service=AgencyService.COLLECTION, since=date(2026, 5, 4))


def entry(kind: str, cents: int, on: date, at: datetime = NOW) -> LedgerEntry:
    return LedgerEntry(
        invoice_id=1, kind=kind, amount_cents=cents, on=on, booked_at=at, key=f"{kind}/{at}"
    )


def event(seq: int, outcome: Outcome, *, actor: str = "automation", reason: str = "") -> Event:
    return Event(
        company_id=1,
        invoice_id=1,
        seq=seq,
        kind=outcome.kind,
        at=NOW + timedelta(minutes=seq),
        actor=actor,
        reason=reason,
        outcome=outcome.model_dump(mode="json"),
    )


def story(
    *,
    case: dict[str, Any] | None = None,
    now: datetime = NOW,
    paid: int = 0,
    automation: bool = True,
    **rows: Any,
) -> Story:
    """The story of an invoice of 100 EUR, due on 16 March."""
    known = Case(
        invoice_id=1,
        company="1234567-1",
        number="1042",
        debtor=DebtorClass.CONSUMER,
        due=date(2026, 3, 16),
        invoice_sent_on=date(2026, 3, 2),
        original_cents=10_000,
        principal_cents=10_000,
        open_cents=10_000,
    ).model_copy(update=case or {})
    entries = [entry("principal", 10_000, date(2026, 3, 2))]
    if paid:
        entries.append(entry("payment", paid, date(2026, 3, 9)))
    dossier: dict[str, Any] = {
        "invoice": Invoice(
            company_id=1,
            customer_id=1,
            number="1042",
            invoice_date=date(2026, 3, 2),
            due=date(2026, 3, 16),
            principal_cents=10_000,
            registered_at=NOW,
            case_json=known.model_dump(mode="json"),
            state=known.state.value,
        ),
        "company": Company(business_id="1234567-1", name="Esimerkki Oy", automation=automation),
        "customer": Customer(
            company_id=1, key="A-1", name="Matti Malliasiakas", debtor_class="consumer"
        ),
        "rule": RuleVersion(
            rule_id=1,
            version=1,
            terms=CONSUMERS.model_dump(mode="json"),
            saved_at=NOW,
            saved_by="somebody",
        ),
        "entries": entries,
        **dict.fromkeys(("events", "notices", "charges", "messages", "payments"), ()),
        **rows,
    }
    return timeline.tell(Dossier(**dossier), law=FINNISH_LAW, calendar=FINLAND, now=now)


def test_the_future_of_a_new_invoice_is_the_whole_ladder() -> None:
    told = story()
    assert [step.step for step in told.future] == [
        *("become_overdue", "remind", "notify", "hand_over", "wait")
    ]
    days = [FINLAND.local_date(step.at) for step in told.future if step.at]
    assert days == sorted(days)
    assert days[:2] == [date(2026, 3, 17), date(2026, 3, 31)]
    assert [step.fee_cents for step in told.future] == [0, 500, 500, 0, 0]
    assert all(step.why for step in told.future)


def test_with_the_automation_off_it_becomes_overdue_and_nothing_leaves() -> None:
    told = story(automation=False)
    assert not told.invoice.automation
    assert [step.step for step in told.future] == ["become_overdue", "wait"]
    assert "switched off" in told.future[-1].why
    assert told.invoice.rule == story().invoice.rule
    # What somebody has approved goes, whatever the automation does.
    case = {"state": InvoiceState.OVERDUE, "approved": True}
    assert "hand_over" in [step.step for step in story(automation=False, case=case).future]


def test_a_payment_counts_before_the_procedure_has_heard_of_it() -> None:
    assert [step.step for step in story(paid=10_000).future] == ["close"]
    partly = story(paid=4_000)
    assert partly.invoice.open_cents == 6_000
    assert partly.invoice.paid_cents == 4_000
    assert partly.future[0].step == "become_overdue"


def test_a_closed_invoice_has_no_future() -> None:
    assert story(case={"state": InvoiceState.PAID}).future == ()


def test_what_holds_it_is_said() -> None:
    hold = Hold(kind=HoldKind.PROMISE, reason="pays in May", author="Essi", until=date(2026, 5, 4))
    told = story(case={"holds": (hold,)})
    assert told.invoice.held == ("promise until 2026-05-04",)
    assert told.future[0].step == "wait"
    assert told.future[1].step == "become_overdue"


def test_the_past_is_in_order_and_says_who() -> None:
    released = outcomes.LetterReleased(letter=LETTER, interest_cents=4, service_cents=45)
    told = story(
        events=[
            event(1, outcomes.BecameOverdue(), reason="the day after"),
            event(2, outcomes.BalanceSeen(principal_cents=1, open_cents=1, paid_cents=0)),
            event(3, released, actor="Essi", reason="sent by hand"),
        ],
        entries=[entry("payment", 100, date(2026, 3, 1), NOW + timedelta(minutes=2))],
        notices=[
            Notice(
                id=7,
                invoice_id=1,
                kind="reminder",
                round=1,
                channel="email",
                status="sending",
                fee_cents=500,
                interest_cents=4,
                released_at=NOW + timedelta(minutes=3),
                letter_date=LETTER.on,
                due=LETTER.due,
                message_id="m",
                attempts=3,
                last_error="451 not now",
            )
        ],
    )
    assert [(one.kind, one.actor) for one in told.past] == [
        ("event", "automation"),
        ("money", ""),
        ("event", "Essi"),
        ("letter", ""),
    ]
    payment, letter = told.past[1], told.past[3]
    assert (payment.cents, "2026-03-01" in payment.what) == (100, True)
    assert (letter.why, "3 times" in letter.what) == ("451 not now", True)


def test_a_message_from_the_agency_is_told_once() -> None:
    status = CollectionStatus.LETTER_COLLECTION
    heard = outcomes.AgencyStatusChanged(
        status=status, status_text=status.finnish, occurred_at=NOW, current=True
    )

    def message(text: str) -> AgencyMessage:
        return AgencyMessage(
            agency_case_id=3,
            direction="in",
            kind="status",
            key=text,
            body={
                "status": text,
                "occurred_at": heard.model_dump(mode="json")["occurred_at"],
            },
            status="folded",
            at=NOW,
        )

    told = story(events=[event(1, heard)], messages=[message(status.finnish), message("JOKIN")])
    said = [one for one in told.past if one.kind in {"agency", "event"}]
    assert [one.kind for one in said] == ["agency", "event"]
    assert "JOKIN" in said[0].what


@pytest.mark.parametrize(
    "outcome",
    [
        outcomes.BecameOverdue(),
        outcomes.LetterReleased(letter=LETTER, interest_cents=4, service_cents=45),
        outcomes.LetterSent(notice_id=7, on=LETTER.on, due=LETTER.due),
        outcomes.LetterRerouted(
            notice_id=7,
            channel=Channel.PAPER,
            on=LETTER.on,
            due=LETTER.due,
            transaction_cents=130,
            reason="no such box",
        ),
        outcomes.LetterWithdrawn(notice_id=7, reason="paid"),
        outcomes.HandedOver(file=FILE),
        outcomes.HandOverRefused(case_id=3, reason="no"),
        outcomes.AgencyMessageRefused(reason="no"),
        outcomes.AgencyStatusChanged(status=None, status_text="?", occurred_at=NOW, current=False),
        outcomes.WithdrawnFromAgency(reason="mistake"),
        outcomes.HoldPlaced(hold=Hold(kind=HoldKind.MANUAL, reason="", author="Essi")),
        outcomes.HoldReleased(holds=(), reason=""),
        outcomes.StateSet(to=InvoiceState.REMINDED, reason=""),
        outcomes.HandOverApproved(),
        outcomes.AttentionNeeded(reason="no address"),
        outcomes.RequestRefused(request="hold", reason="closed"),
        outcomes.Closed(state=InvoiceState.PAID, reason="paid"),
    ],
    ids=lambda outcome: outcome.kind,
)
def test_every_outcome_has_words(outcome: Any) -> None:
    (told,) = (one for one in story(events=[event(1, outcome)]).past if one.kind == "event")
    assert told.what


def test_every_step_has_words() -> None:
    assert all(step.words for step in StepKind)
