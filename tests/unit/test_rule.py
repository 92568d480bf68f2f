from datetime import date, timedelta

import pytest
from hypothesis import given
from pydantic import ValidationError

from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, DebtorClass, Topic
from domain.rule import BUSINESSES, CONSUMERS, HandOver, LetterTerms, Rule, general_rule
from domain.states import LetterKind
from tests.unit.strategies import DAYS, DEBTORS, RULES

TODAY = date(2026, 11, 22)
LAST_DAY_TO_PAY = date(2026, 10, 1)


@pytest.mark.parametrize("debtor", DebtorClass)
def test_the_general_rules_charge_what_the_law_allows(debtor: DebtorClass) -> None:
    rule = general_rule(debtor)
    for kind in (LetterKind.REMINDER, LetterKind.NOTICE):
        terms = rule.letter(kind)
        assert terms is not None
        assert (
            terms.fee_cents <= FINNISH_LAW.provision(Topic.REMINDER_FEE_CAP, debtor, TODAY).figure
        )


@pytest.mark.parametrize("debtor", DebtorClass)
def test_the_general_rules_never_need_the_law_to_slow_them(debtor: DebtorClass) -> None:
    rule = general_rule(debtor)
    assert rule.reminder is not None
    assert rule.notice is not None
    reminded_on = LAST_DAY_TO_PAY + timedelta(days=rule.reminder.after_days)
    sent_on = LAST_DAY_TO_PAY - timedelta(days=14)
    assert FINNISH_LAW.earliest_fee_date(
        debtor, LAST_DAY_TO_PAY, sent_on, None, TODAY, FINLAND
    ).allows(reminded_on)
    notified_on = reminded_on + timedelta(days=rule.notice.after_days)
    assert FINNISH_LAW.earliest_fee_date(
        debtor, LAST_DAY_TO_PAY, sent_on, reminded_on, TODAY, FINLAND
    ).allows(notified_on)


@pytest.mark.parametrize("debtor", DebtorClass)
def test_the_general_rules_fees_stay_within_the_total_cap(debtor: DebtorClass) -> None:
    rule = general_rule(debtor)
    fees = sum(terms.fee_cents for terms in (rule.reminder, rule.notice) if terms)
    assert fees <= FINNISH_LAW.provision(Topic.TOTAL_COST_CAP, debtor, TODAY, 1).figure


def test_consumers_have_their_own_general_rule() -> None:
    assert general_rule(DebtorClass.CONSUMER) is CONSUMERS
    assert general_rule(DebtorClass.BUSINESS) is BUSINESSES
    assert general_rule(DebtorClass.OTHER) is BUSINESSES


def test_the_general_rules_hand_over_by_themselves() -> None:
    assert CONSUMERS.hand_over is HandOver.AUTOMATIC
    assert BUSINESSES.hand_over is HandOver.AUTOMATIC


@given(RULES)
def test_a_rule_survives_being_stored(rule: Rule) -> None:
    assert Rule.model_validate(rule.model_dump(mode="json")) == rule


@given(RULES)
def test_each_letter_has_its_own_terms(rule: Rule) -> None:
    assert rule.letter(LetterKind.REMINDER) is rule.reminder
    assert rule.letter(LetterKind.NOTICE) is rule.notice


@pytest.mark.parametrize("terms", [{"after_days": -1}, {"after_days": 366}, {"fee_cents": -1}])
def test_nonsense_is_no_terms(terms: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        LetterTerms(**({"after_days": 14} | terms))


@given(DEBTORS, DAYS)
def test_the_general_rules_are_lawful_on_any_day_known(debtor: DebtorClass, on: date) -> None:
    rule = general_rule(debtor)
    for terms in (rule.reminder, rule.notice):
        assert terms is not None
        assert terms.fee_cents <= FINNISH_LAW.provision(Topic.REMINDER_FEE_CAP, debtor, on).figure
