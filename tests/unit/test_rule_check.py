"""What a rule may say, and what it is told when it says more.

The law's figures stand here once more, as numbers: what is checked must not be asked of itself.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import FINLAND
from domain.forecast import forecast
from domain.law import FINNISH_LAW, PROVISIONS, DebtorClass, Law, LawError, Topic
from domain.rule import BUSINESSES, CONSUMERS, HandOver, LetterTerms, Rule
from domain.rule_check import UnlawfulRule, all_breaches, breaches
from domain.states import Channel, LetterKind
from tests.unit.strategies import DEBTORS, RULES, a_case, noon

TODAY = date(2026, 11, 22)
CONSUMER, BUSINESS, OTHER = DebtorClass.CONSUMER, DebtorClass.BUSINESS, DebtorClass.OTHER
FEE_CAP = {CONSUMER: 500, BUSINESS: 1_200, OTHER: 1_200}


def terms_of(rule: Rule, debtor: DebtorClass = CONSUMER) -> dict[str, tuple[int, int]]:
    """Each breach: what the rule says and the limit, by its term."""
    found = breaches(rule, debtor, FINNISH_LAW, TODAY)
    return {breach.term: (breach.says, breach.limit) for breach in found}


@pytest.mark.parametrize("rule", [CONSUMERS, BUSINESSES])
def test_the_general_rules_are_lawful(rule: Rule) -> None:
    assert all_breaches(rule, FINNISH_LAW, TODAY) == []


@pytest.mark.parametrize("debtor", DebtorClass)
def test_a_fee_is_at_most_the_cap(debtor: DebtorClass) -> None:
    for letter in ("reminder", "notice"):
        for cents in (FEE_CAP[debtor], FEE_CAP[debtor] + 1):
            changed = CONSUMERS.model_copy(
                update={letter: LetterTerms(after_days=15, fee_cents=cents)}
            )
            said = terms_of(changed, debtor)
            assert (f"{letter}.fee_cents" in said) == (cents > FEE_CAP[debtor])


def test_the_refusal_names_figure_limit_and_section() -> None:
    rule = CONSUMERS.model_copy(update={"reminder": LetterTerms(after_days=15, fee_cents=800)})
    (breach,) = all_breaches(rule, FINNISH_LAW, TODAY)
    assert (breach.term, breach.says, breach.limit) == ("reminder.fee_cents", 800, 500)
    text = str(UnlawfulRule(rule.name, [breach])).replace("\u00a0", " ")
    for part in ("8.00 EUR", "5.00 EUR", "513/1999, 10 a §", rule.name):
        assert part in text


@pytest.mark.parametrize(
    ("debtor", "fee", "least"), [(CONSUMER, 500, 15), (CONSUMER, 0, 1), (BUSINESS, 500, 1)]
)
def test_a_reminder_is_not_too_soon(debtor: DebtorClass, fee: int, least: int) -> None:
    for days in (least - 1, least):
        terms = LetterTerms(after_days=days, fee_cents=fee)
        said = terms_of(CONSUMERS.model_copy(update={"reminder": terms}), debtor)
        assert said == ({"reminder.after_days": (days, least)} if days < least else {})


@pytest.mark.parametrize(("debtor", "least"), [(CONSUMER, 15), (BUSINESS, 11), (OTHER, 11)])
def test_a_notice_keeps_the_gap(debtor: DebtorClass, least: int) -> None:
    for days in (least - 1, least):
        terms = LetterTerms(after_days=days, fee_cents=500)
        said = terms_of(CONSUMERS.model_copy(update={"notice": terms}), debtor)
        assert said == ({"notice.after_days": (days, least)} if days < least else {})


@pytest.mark.parametrize(
    ("debtor", "channels", "least"),
    [
        (CONSUMER, (Channel.EMAIL, Channel.PAPER), 15),  # 14 full days between
        (BUSINESS, (Channel.EMAIL, Channel.PAPER), 12),  # a day for the mail, 10 to pay
        (OTHER, (Channel.PAPER,), 15),  # four days for the post, 10 to pay
    ],
)
def test_a_hand_over_waits_for_the_gate(
    debtor: DebtorClass, channels: tuple[Channel, ...], least: int
) -> None:
    for days in (least - 1, least):
        rule = CONSUMERS.model_copy(update={"hand_over_after_days": days, "channels": channels})
        assert bool(terms_of(rule, debtor)) == (days < least)
        never = rule.model_copy(update={"hand_over": HandOver.NEVER})
        assert terms_of(never, debtor) == {}


def test_a_consumer_is_reminded_before_the_agency() -> None:
    none = CONSUMERS.model_copy(update={"reminder": None, "notice": None})
    assert "hand_over" in terms_of(none)
    assert terms_of(none, BUSINESS) == {}


def test_letters_need_a_channel() -> None:
    assert "channels" in terms_of(CONSUMERS.model_copy(update={"channels": ()}))


def test_a_rule_for_everybody_must_be_lawful_for_each() -> None:
    everybody = BUSINESSES.model_copy(update={"debtors": tuple(DebtorClass)})
    found = all_breaches(everybody, FINNISH_LAW, TODAY)
    assert {breach.debtor_class for breach in found} == {CONSUMER}
    assert {breach.term for breach in found} == {
        *("reminder.fee_cents", "reminder.after_days", "notice.fee_cents", "notice.after_days"),
        "hand_over_after_days",
    }


def test_what_two_classes_share_is_said_once() -> None:
    dear = BUSINESSES.model_copy(update={"reminder": LetterTerms(after_days=7, fee_cents=1_201)})
    assert len(all_breaches(dear, FINNISH_LAW, TODAY)) == 1


def test_a_later_law_makes_a_rule_unlawful_and_its_fees_are_capped() -> None:
    """From 2028 a consumer's reminder costs 4.00 EUR, say."""
    change = date(2028, 1, 1)
    rows = []
    for row in PROVISIONS:
        if row.concerns(Topic.REMINDER_FEE_CAP, CONSUMER):
            rows.append(replace(row, in_force_to=change - timedelta(days=1)))
            rows.append(replace(row, in_force_from=change, figure=400, sentence="At most 4.00."))
        else:
            rows.append(row)
    law = Law(tuple(rows))
    assert breaches(CONSUMERS, CONSUMER, law, change - timedelta(days=1)) == []
    assert {breach.limit for breach in breaches(CONSUMERS, CONSUMER, law, change)} == {400}

    due = change + timedelta(days=30)
    case = a_case(due=due, invoice_sent_on=due - timedelta(days=14))
    letters = [
        step
        for step in forecast(case, CONSUMERS, law, FINLAND, noon(due))
        if step.kind.letter is not None
    ]
    assert [step.fee_cents for step in letters] == [400, 400]
    assert all("capped" in step.why and "5.00" in step.taken_off for step in letters)


@given(RULES, DEBTORS)
def test_what_is_found_lawful_needs_no_cap_and_no_delay_by_gap(
    rule: Rule, debtor: DebtorClass
) -> None:
    """A rule without a breach is charged and timed as it says, weekends and windows apart."""
    if breaches(rule, debtor, FINNISH_LAW, TODAY):
        return
    for kind in LetterKind:
        terms = rule.letter(kind)
        if terms is not None:
            assert terms.fee_cents <= FEE_CAP[debtor]
    due = date(2026, 10, 1)
    case = a_case(debtor=debtor, due=due, invoice_sent_on=due - timedelta(days=20))
    for step in forecast(case, rule, FINNISH_LAW, FINLAND, noon(due)):
        assert step.taken_off == ""


@given(RULES, DEBTORS, st.dates(date(2022, 5, 1), date(2040, 1, 1)))
def test_every_rule_is_judged_on_every_day_known(rule: Rule, debtor: DebtorClass, on: date) -> None:
    for breach in breaches(rule, debtor, FINNISH_LAW, on):
        assert breach.says != breach.limit
        assert breach.section in str(breach)


def test_a_day_without_law_is_not_judged() -> None:
    with pytest.raises(LawError):
        breaches(CONSUMERS, CONSUMER, FINNISH_LAW, date(2022, 4, 30))
