from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import FINLAND
from domain.law import (
    DELIVERY_BANKING_DAYS,
    FINNISH_LAW,
    DebtorClass,
    Law,
    LawError,
    NoLawInForce,
    Provision,
    Topic,
)
from domain.states import Channel

CONSUMER, BUSINESS, OTHER = DebtorClass.CONSUMER, DebtorClass.BUSINESS, DebtorClass.OTHER
DAY = timedelta(days=1)
TODAY = date(2026, 11, 22)
REFORM = date(2022, 5, 1)

DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2035, 12, 31))
CLASSES = st.sampled_from(DebtorClass)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


@given(
    st.sampled_from(Topic),
    CLASSES,
    st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 1, 1)),
    st.integers(min_value=0, max_value=10**9),
)
def test_at_most_one_row_answers_a_question(
    topic: Topic, debtor: DebtorClass, on: date, principal_cents: int
) -> None:
    rows = [
        row
        for row in FINNISH_LAW.provisions
        if row.concerns(topic, debtor) and row.in_force(on) and row.covers(principal_cents)
    ]
    assert len(rows) <= 1


def test_every_row_names_its_section_and_says_itself() -> None:
    for row in FINNISH_LAW.provisions:
        assert row.section
        assert row.sentence.endswith(".")
        assert row.in_force_to is None or row.in_force_from <= row.in_force_to
        assert row.debtor_classes


def test_before_the_first_row_nothing_is_judged() -> None:
    eve = REFORM - DAY
    with pytest.raises(NoLawInForce) as caught:
        FINNISH_LAW.provision(Topic.REMINDER_FEE_CAP, CONSUMER, eve)
    assert caught.value.on == eve
    assert caught.value.known_from == REFORM
    assert isinstance(caught.value, LawError)
    assert FINNISH_LAW.provision(Topic.REMINDER_FEE_CAP, CONSUMER, REFORM).figure == 500


def test_a_new_statute_is_a_new_row() -> None:
    change = date(2030, 1, 1)
    old = FINNISH_LAW.provision(Topic.REMINDER_FEE_CAP, CONSUMER, TODAY)
    ended = Provision(
        topic=old.topic,
        debtor_classes=old.debtor_classes,
        figure=old.figure,
        section=old.section,
        in_force_from=old.in_force_from,
        in_force_to=change - DAY,
        sentence=old.sentence,
    )
    begun = Provision(
        topic=old.topic,
        debtor_classes=old.debtor_classes,
        figure=700,
        section="An imagined act, 1 §",
        in_force_from=change,
        sentence="A written reminder to a consumer may cost at most 7.00 EUR.",
    )
    others = tuple(row for row in FINNISH_LAW.provisions if row is not old)
    law = Law((*others, ended, begun))
    assert law.provision(Topic.REMINDER_FEE_CAP, CONSUMER, change - DAY).figure == 500
    assert law.provision(Topic.REMINDER_FEE_CAP, CONSUMER, change).figure == 700


# ── figures ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("debtor", "cap"), [(CONSUMER, 500), (BUSINESS, 1200), (OTHER, 1200)])
def test_a_reminder_has_its_cap(debtor: DebtorClass, cap: int) -> None:
    assert FINNISH_LAW.provision(Topic.REMINDER_FEE_CAP, debtor, TODAY).figure == cap


@pytest.mark.parametrize(
    ("debtor", "principal_cents", "cap"),
    [
        (CONSUMER, 0, 6000),
        (CONSUMER, 100_00, 6000),
        (CONSUMER, 100_01, 12000),
        (CONSUMER, 1000_00, 12000),
        (CONSUMER, 1000_01, 21000),
        (BUSINESS, 500_00, 25000),
        (BUSINESS, 500_01, 47000),
        (OTHER, 2500_00, 47000),
        (OTHER, 2500_01, 55000),
        (BUSINESS, 10_000_00, 55000),
        (BUSINESS, 10_000_01, 62000),
        (BUSINESS, 10**12, 62000),
    ],
)
def test_total_costs_are_capped_by_principal(
    debtor: DebtorClass, principal_cents: int, cap: int
) -> None:
    assert FINNISH_LAW.provision(Topic.TOTAL_COST_CAP, debtor, TODAY, principal_cents).figure == cap


def test_only_a_trader_owes_the_flat_compensation() -> None:
    assert FINNISH_LAW.flat_compensation_cents(BUSINESS, TODAY) == 4000
    assert FINNISH_LAW.flat_compensation_cents(CONSUMER, TODAY) == 0
    assert FINNISH_LAW.flat_compensation_cents(OTHER, TODAY) == 0
    # The same 40 EUR stood in another section until the reform.
    row = FINNISH_LAW.provision(Topic.FLAT_COMPENSATION, BUSINESS, REFORM - DAY)
    assert row.figure == 4000
    assert row.section != FINNISH_LAW.provision(Topic.FLAT_COMPENSATION, BUSINESS, REFORM).section


def test_the_flat_compensation_absorbs_reminder_fees() -> None:
    absorbed = FINNISH_LAW.fee_absorbed_by_flat_compensation
    assert absorbed(BUSINESS, 1200, TODAY)
    assert absorbed(BUSINESS, 4000, TODAY)
    assert not absorbed(BUSINESS, 4001, TODAY)
    assert not absorbed(BUSINESS, 0, TODAY)
    assert not absorbed(OTHER, 1200, TODAY)


def test_at_most_two_letters_carry_a_fee() -> None:
    assert {
        FINNISH_LAW.provision(Topic.MAX_FEE_LETTERS, debtor, TODAY).figure for debtor in DebtorClass
    } == {2}


# ── letters ──────────────────────────────────────────────────────────────────────────────────

DUE = date(2026, 10, 1)  # a Thursday
IN_TIME = DUE - 14 * DAY


def test_a_consumers_fee_waits_fourteen_full_days_after_the_due_date() -> None:
    verdict = FINNISH_LAW.earliest_fee_date(CONSUMER, DUE, IN_TIME, None, TODAY)
    assert verdict.allowed_from == DUE + 15 * DAY
    assert "10 b §" in verdict.section
    assert not verdict.allows(DUE + 14 * DAY)
    assert verdict.allows(DUE + 15 * DAY)


def test_the_wait_begins_on_the_banking_day_that_the_due_date_moves_to() -> None:
    christmas_eve = date(2026, 12, 24)
    verdict = FINNISH_LAW.earliest_fee_date(
        CONSUMER, christmas_eve, christmas_eve - 14 * DAY, None, TODAY
    )
    assert verdict.allowed_from == date(2026, 12, 28) + 15 * DAY


@pytest.mark.parametrize("debtor", [BUSINESS, OTHER])
def test_a_non_consumers_fee_may_follow_the_due_date(debtor: DebtorClass) -> None:
    verdict = FINNISH_LAW.earliest_fee_date(debtor, DUE, None, None, TODAY)
    assert verdict.allowed_from == DUE + DAY


@pytest.mark.parametrize(("debtor", "gap"), [(CONSUMER, 14), (BUSINESS, 10), (OTHER, 10)])
def test_letters_keep_their_distance(debtor: DebtorClass, gap: int) -> None:
    previous = DUE + 20 * DAY
    assert FINNISH_LAW.provision(Topic.LETTER_GAP, debtor, TODAY).figure == gap
    free = FINNISH_LAW.earliest_letter_date(debtor, DUE, previous, TODAY)
    charged = FINNISH_LAW.earliest_fee_date(debtor, DUE, IN_TIME, previous, TODAY)
    assert free.allowed_from == charged.allowed_from == previous + (gap + 1) * DAY
    assert free.section == charged.section


def test_a_free_letter_may_leave_the_day_after_the_last_day_to_pay() -> None:
    may_day = date(2026, 5, 1)
    verdict = FINNISH_LAW.earliest_letter_date(CONSUMER, may_day, None, TODAY)
    assert verdict.allowed_from == date(2026, 5, 5)


def test_a_free_reminder_delays_a_consumers_first_fee() -> None:
    # Sent on the 10th day, it allows the next letter on the 25th; the due date alone, on the 15th.
    free_on = DUE + 10 * DAY
    verdict = FINNISH_LAW.earliest_fee_date(CONSUMER, DUE, IN_TIME, free_on, TODAY)
    assert verdict.allowed_from == DUE + 25 * DAY
    # One sent the day before it was due changes nothing.
    verdict = FINNISH_LAW.earliest_fee_date(CONSUMER, DUE, IN_TIME, DUE - DAY, TODAY)
    assert verdict.allowed_from == DUE + 15 * DAY


@pytest.mark.parametrize("sent_on", [DUE - 13 * DAY, DUE, None])
def test_an_invoice_sent_late_never_costs_a_consumer_a_reminder_fee(sent_on: date | None) -> None:
    verdict = FINNISH_LAW.earliest_fee_date(CONSUMER, DUE, sent_on, None, TODAY)
    assert verdict.allowed_from is None
    assert "10 b §" in verdict.section
    assert not verdict.allows(DUE + 400 * DAY)
    # The letter itself may go.
    assert FINNISH_LAW.earliest_letter_date(CONSUMER, DUE, None, TODAY).allowed_from == DUE + DAY


def test_the_notice_condition_counts_to_the_printed_due_date() -> None:
    # 12 December to 24 December is 12 days, although one may pay until 28 December.
    christmas_eve = date(2026, 12, 24)
    verdict = FINNISH_LAW.earliest_fee_date(
        CONSUMER, christmas_eve, christmas_eve - 12 * DAY, None, TODAY
    )
    assert verdict.allowed_from is None


@given(CLASSES, DAYS, st.integers(0, 60), st.none() | st.integers(-30, 90), DAYS)
def test_no_letter_is_ever_too_soon(
    debtor: DebtorClass, due: date, notice_days: int, previous: int | None, on: date
) -> None:
    previous_on = None if previous is None else due + previous * DAY
    free = FINNISH_LAW.earliest_letter_date(debtor, due, previous_on, on)
    charged = FINNISH_LAW.earliest_fee_date(debtor, due, due - notice_days * DAY, previous_on, on)
    last_day = FINLAND.shifted_due(due)
    gap = FINNISH_LAW.provision(Topic.LETTER_GAP, debtor, on).figure
    assert free.allowed_from > last_day
    assert previous_on is None or (free.allowed_from - previous_on).days > gap
    assert (charged.allowed_from is None) == (debtor is CONSUMER and notice_days < 14)
    if charged.allowed_from is not None:
        assert charged.allowed_from >= free.allowed_from
        assert debtor is not CONSUMER or (charged.allowed_from - last_day).days > 14


# ── payment time ─────────────────────────────────────────────────────────────────────────────


def test_every_channel_has_a_delivery_time() -> None:
    assert set(DELIVERY_BANKING_DAYS) == set(Channel)


@pytest.mark.parametrize(
    ("sent_on", "channel", "due"),
    [
        # Monday by e-mail: there on Tuesday 24 November, ten days later is Friday.
        (date(2026, 11, 23), Channel.EMAIL, date(2026, 12, 4)),
        # Friday by e-mail: there on Monday 30 November, ten days later is Thursday.
        (date(2026, 11, 27), Channel.EMAIL, date(2026, 12, 10)),
        # Thursday by post: there on Wednesday 2 December, ten days later a Saturday, so Monday.
        (date(2026, 11, 26), Channel.PAPER, date(2026, 12, 14)),
        # Just before Christmas by post: 23, 28, 29, 30 December; ten days later is 9 January, a
        # Saturday, so Monday.
        (date(2026, 12, 22), Channel.PAPER, date(2027, 1, 11)),
    ],
)
def test_a_letter_gives_ten_days_from_its_arrival(
    sent_on: date, channel: Channel, due: date
) -> None:
    assert FINNISH_LAW.new_due_date(sent_on, channel) == due


@given(DAYS, st.sampled_from(Channel))
def test_a_new_due_date_is_a_banking_day_and_never_short(sent_on: date, channel: Channel) -> None:
    due = FINNISH_LAW.new_due_date(sent_on, channel, FINLAND)
    assert FINLAND.is_banking_day(due)
    assert (due - sent_on).days >= FINNISH_LAW.payment_time_days(channel, sent_on) >= 11


# ── the agency ───────────────────────────────────────────────────────────────────────────────


def gate(
    debtor: DebtorClass = CONSUMER,
    *,
    letter: date | None = DUE + 30 * DAY,
    letter_due: date | None = None,
    disputed: bool = False,
    suspended: bool = False,
) -> tuple[date | None, str]:
    verdict = FINNISH_LAW.agency_gate(
        debtor,
        due=DUE,
        last_letter_on=letter,
        last_letter_due=letter_due,
        disputed=disputed,
        suspended=suspended,
        on=TODAY,
    )
    assert verdict.allows(date(2040, 1, 1)) == (verdict.allowed_from is not None)
    assert not verdict.allows(DUE)
    return verdict.allowed_from, verdict.section


def test_a_consumer_must_be_reminded_after_the_due_date_first() -> None:
    assert gate(letter=None)[0] is None
    assert gate(letter=DUE)[0] is None
    assert "5 §" in gate(letter=None)[1]
    assert gate(letter=DUE + DAY)[0] == DUE + 16 * DAY


def test_a_consumers_letter_is_waited_out() -> None:
    letter = date(2026, 10, 5)
    assert gate(letter=letter)[0] == date(2026, 10, 20)
    # Its payment time runs longer: Friday 30 October.
    assert gate(letter=letter, letter_due=date(2026, 10, 30))[0] == date(2026, 10, 31)
    # Ends on a Saturday, so the debtor may pay on Monday 2 November.
    assert gate(letter=letter, letter_due=date(2026, 10, 31))[0] == date(2026, 11, 3)


def test_a_non_consumer_need_not_be_reminded() -> None:
    for debtor in (BUSINESS, OTHER):
        assert gate(debtor, letter=None)[0] == DUE + DAY
        assert gate(debtor, letter=date(2026, 10, 5))[0] == date(2026, 10, 16)
        assert gate(debtor, letter_due=date(2026, 11, 30))[0] == date(2026, 12, 1)


@pytest.mark.parametrize("debtor", DebtorClass)
def test_a_disputed_or_suspended_claim_is_not_handed_over(debtor: DebtorClass) -> None:
    assert gate(debtor, disputed=True)[0] is None
    assert "4 b §" in gate(debtor, disputed=True)[1]
    assert gate(debtor, suspended=True)[0] is None
    assert "4 c §" in gate(debtor, suspended=True)[1]


# ── limitation ───────────────────────────────────────────────────────────────────────────────


def test_a_debt_lives_three_years_from_its_due_date_or_last_interruption() -> None:
    assert FINNISH_LAW.limitation_date(DUE) == date(2029, 10, 1)
    # A letter before the due date changes nothing; a later one begins the period anew.
    assert FINNISH_LAW.limitation_date(DUE, [DUE - DAY]) == date(2029, 10, 1)
    interruptions = [date(2029, 10, 1), date(2026, 12, 1)]
    assert FINNISH_LAW.limitation_date(DUE, interruptions) == date(2032, 10, 1)
    # One day late, and nothing revives the debt.
    assert FINNISH_LAW.limitation_date(DUE, [date(2029, 10, 2)]) == date(2029, 10, 1)
    # There is no 29 February 2031.
    assert FINNISH_LAW.limitation_date(date(2028, 2, 29)) == date(2031, 2, 28)


def test_late_interest_points_by_class() -> None:
    points = {debtor: FINNISH_LAW.late_interest_points(debtor, TODAY) for debtor in DebtorClass}
    assert points == {CONSUMER: 7, BUSINESS: 8, OTHER: 7}
