"""What debtors pay the sandbox in parts, and what of it is taken back."""

from pathlib import Path

import pytest

from domain.agency import PaymentReversal
from integrations.intrum_sandbox import Faults, Settling
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.records import Case
from tests.integrations.agency_support import Office, assignment, open_office, strict
from tests.integrations.test_intrum_cases import FIRST, ON, balances, office, paid, settlements

__all__ = ["office"]


def test_a_debtor_pays_in_instalments(tmp_path: Path) -> None:
    whole = assignment().total_cents
    with open_office(strict(tmp_path, path="instalments", settling=Settling(every_days=30))) as one:
        one.desk.assign(assignment(), one.real())
        part = whole // 3
        one.desk.advance(one.after(200))
        told = one.told()
        made = settlements(one)
        (balance,) = balances(one).values()
    # Its status is told again with each, what is left and all that has come so far.
    assert [message.status for message in told] == [
        "REKISTERÖITY/VALVONNASSA",
        *["KIRJEPERINTÄ"] * 3,
        "MAKSETTU",
    ]
    left = [message.principal_cents for message in told]
    assert left == sorted(left, key=lambda cents: -(cents or 0))
    collected = [message.collected.total_cents for message in told if message.collected]
    assert collected[0] == part
    assert collected[-1] == balance.collected_cents == balance.settled_cents == whole
    assert sum(settlement.lines_cents for settlement in made) == whole
    assert len(made) >= 2


def test_a_payment_that_is_taken_back_is_a_negative_line(tmp_path: Path) -> None:
    whole = assignment().total_cents
    chosen = strict(tmp_path, path="payment_taken_back", settling=Settling(every_days=5))
    with open_office(chosen) as office:
        office.desk.assign(assignment(), office.real())
        # Instalment after 28 days, taken back 30 days later, another 30 days after that.
        office.desk.advance(office.after(57))
        assert [one.lines_cents for one in settlements(office)] == [whole // 3]
        office.desk.advance(office.after(80))
        assert balances(office)["7/1042"].principal_cents == assignment().principal_cents
        assert balances(office)["7/1042"].collected_cents == 0
        # Nothing came meanwhile that it could be kept back of.
        assert len(settlements(office)) == 1
        office.desk.advance(office.after(365))
        made = settlements(office)
        balance = balances(office)["7/1042"]
    assert [line.total_cents < 0 for line in made[1].lines] == [True, False]
    assert sum(settlement.lines_cents for settlement in made) == whole == balance.settled_cents
    assert all(settlement.transferred_cents >= 0 for settlement in made)


def test_faults_of_payments_strike_by_their_rates(tmp_path: Path) -> None:
    faults = Faults(part_payments=1, payments_taken_back=1)
    with open_office(strict(tmp_path, path="paid", faults=faults)) as office:
        office.desk.assign(assignment(), office.real())
        office.desk.advance(office.after(100))
        signs = [one.total_cents > 0 for one in office.storage.money.of_claim(_first(office))]
        assert signs == [True, False, True, False, True]
        assert balances(office)["7/1042"].collected_cents == assignment().total_cents


def test_what_the_creditor_takes_back_leaves_what_was_collected(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    office.desk.hear(FIRST, paid(5_000, "p1"), office.real())
    office.desk.pay(FIRST, 20_000, office.real())
    back = PaymentReversal(
        idempotency_key="r1",
        case_reference="7/1042",
        amount_cents=5_000,
        reversed_on=ON,
        identifier="r1",
    )
    office.desk.hear(FIRST, back, office.real())
    assert _first(office).open_cents == assignment().total_cents - 20_000
    for cents in (0, assignment().total_cents):
        with pytest.raises(Refusal, match="a part is less"):
            office.desk.pay(FIRST, cents, office.real())
    office.desk.take_back(FIRST, office.real())
    with pytest.raises(Refusal, match="nothing"):
        office.desk.take_back(FIRST, office.real())


def _first(office: Office) -> Case:
    return office.storage.cases.of_number(1)
