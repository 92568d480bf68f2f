"""What becomes of cases at the sandbox: disputes, contacts, mergers, settlements, balances."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain import references
from domain.agency import (
    Assignment,
    CaseBalance,
    CollectionStatus,
    ContactChange,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    PaymentReversal,
    Settlement,
    Withdrawal,
)
from integrations.intrum_sandbox import Contract, Settling
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.claims import reckon
from integrations.intrum_sandbox.reading import balance_of
from starter.stack.ports import choose
from tests.integrations.agency_support import (
    API_KEY,
    START,
    Office,
    assignment,
    fast,
    open_office,
    receiving,
    serving,
    strict,
    until,
)

FIRST, SECOND = "INT-000001", "INT-000002"
ON = date(2026, 10, 1)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(strict(tmp_path, path="paid")) as opened:
        yield opened


def dispute(disputed: bool, key: str) -> DisputeNotice:
    return DisputeNotice(
        idempotency_key=key,
        case_reference="7/1042",
        disputed=disputed,
        reason="The goods were broken" if disputed else "",
        on=ON,
    )


def paid(cents: int, key: str, number: str = "1042") -> DirectPayment:
    return DirectPayment(
        idempotency_key=key,
        case_reference=f"7/{number}",
        amount_cents=cents,
        paid_on=ON,
        identifier=key,
    )


def statuses(office: Office) -> list[str]:
    return [message.status for message in office.told()]


def balances(office: Office) -> dict[str, CaseBalance]:
    cases = office.storage.cases.after(0, 100)
    return {case.reference: balance_of(case) for case in cases}


def settlements(office: Office) -> list[Settlement]:
    return [settlement for _, settlement in office.storage.money.settlements_after(0, 100)]


def test_a_disputed_case_stands_still_until_the_dispute_is_lifted(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    office.desk.hear(FIRST, dispute(True, "d1"), office.after(3))
    assert office.desk.hear(FIRST, dispute(True, "d1"), office.after(3))[1] is True
    assert office.desk.advance(office.after(40)) == 0
    # Money is taken note of meanwhile.
    office.desk.hear(FIRST, paid(5_000, "p1"), office.after(40))
    office.desk.hear(FIRST, dispute(False, "d2"), office.after(50))
    # Four days were left.
    assert office.desk.advance(office.after(53.9)) == 0
    assert office.desk.advance(office.after(54.1)) == 1
    assert office.desk.advance(office.after(100)) == 1
    assert office.told()[-1].known_status is CollectionStatus.PAID


def test_a_changed_contact_replaces_the_debtor(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    debtor = assignment().debtor.model_copy(update={"email": "uusi@malliasiakas.example"})
    message = ContactChange(idempotency_key="c1", case_reference="7/1042", debtor=debtor)
    office.desk.hear(FIRST, message, office.real())
    assert office.storage.cases.of_number(1).debtor == debtor


def test_a_status_by_hand_moves_the_case_and_an_unknown_one_does_not(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    office.desk.say(FIRST, "ULOSOTTO", office.after(1))
    office.desk.say(FIRST, "TUNTEMATON", office.after(1))
    assert statuses(office)[1:] == ["ULOSOTTO", "TUNTEMATON"]
    case = office.storage.cases.of_number(1)
    assert case.status is CollectionStatus.ENFORCEMENT
    office.desk.say(FIRST, "MAKSETTU", office.after(2))
    with pytest.raises(Refusal, match="already MAKSETTU"):
        office.desk.say(FIRST, "ULOSOTTO", office.after(2))


def two_cases(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    office.desk.assign(assignment("1043", principal_cents=20_000), office.after(1))


def test_a_merged_claim_goes_on_under_another_and_keeps_its_own_money(office: Office) -> None:
    two_cases(office)
    office.desk.merge(FIRST, SECOND, office.after(2))
    merged = office.told()[-1]
    assert merged.known_status is CollectionStatus.ENDED_MERGED
    assert merged.merged_into == "7/1043"
    # A payment on the merged claim is taken under either case.
    office.desk.hear(SECOND, paid(10_000, "p1"), office.after(2))
    office.desk.hear(FIRST, paid(10_000, "p2"), office.after(2))
    reversal = PaymentReversal(
        idempotency_key="r1",
        case_reference="7/1042",
        amount_cents=10_000,
        reversed_on=ON,
        identifier="r1",
    )
    office.desk.hear(FIRST, reversal, office.after(2))
    assert balances(office)["7/1042"].paid_directly_cents == 10_000
    with pytest.raises(Refusal, match="merged into"):
        office.desk.hear(FIRST, dispute(True, "d1"), office.after(2))
    with pytest.raises(Refusal, match="merged into"):
        office.desk.assign(assignment(idempotency_key="again"), office.after(2))
    office.desk.advance(office.after(60))
    last = office.told()[-1]
    assert (last.case_reference, last.known_status) == ("7/1043", CollectionStatus.PAID)
    (settled,) = settlements(office)
    by_reference = {line.case_reference: line for line in settled.lines}
    assert by_reference["7/1042"].total_cents == assignment().total_cents - 10_000
    assert {line.agency_case_id for line in settled.lines} == {SECOND}
    assert balances(office)["7/1042"].settled_cents == by_reference["7/1042"].total_cents


def test_the_case_is_over_when_nothing_is_open_on_both_claims(office: Office) -> None:
    two_cases(office)
    office.desk.merge(FIRST, SECOND, office.after(2))
    first, second = balances(office).values()
    whole = second.principal_cents + second.interest_cents + second.fees_cents
    taken, _ = office.desk.hear(SECOND, paid(whole, "p1", "1043"), office.after(2))
    assert taken.status == "REKISTERÖITY/VALVONNASSA"
    withdrawal = Withdrawal(idempotency_key="w", case_reference="7/1042", reason="Agreed")
    office.desk.hear(FIRST, withdrawal, office.after(2))
    assert statuses(office)[-2:] == ["PERUUTETTU", "MAKSETTU"]
    assert first.collected_cents == 0


def test_what_is_said_of_the_case_goes_to_the_claims_under_it_too(office: Office) -> None:
    two_cases(office)
    office.desk.merge(FIRST, SECOND, office.after(2))
    first, second = balances(office).values()
    whole = second.principal_cents + second.interest_cents + second.fees_cents
    office.desk.hear(SECOND, paid(whole + 30_000, "p1", "1043"), office.after(2))
    left = assignment().total_cents - 30_000
    after = balances(office)["7/1042"]
    assert after.principal_cents + after.interest_cents + after.fees_cents == left
    assert after.paid_directly_cents == 30_000
    taken, _ = office.desk.hear(SECOND, paid(left, "p2", "1043"), office.after(2))
    assert taken.status == "MAKSETTU"
    assert first.paid_directly_cents == 0


def test_a_case_is_disputed_for_each_claim_under_it(office: Office) -> None:
    two_cases(office)
    office.desk.hear(FIRST, dispute(True, "d1"), office.after(2))
    office.desk.merge(FIRST, SECOND, office.after(2))
    about = {"case_reference": "7/1043"}
    office.desk.hear(SECOND, dispute(True, "d2").model_copy(update=about), office.after(3))
    office.desk.hear(SECOND, dispute(False, "d3").model_copy(update=about), office.after(4))
    assert office.desk.advance(office.after(50)) == 0
    office.desk.hear(SECOND, dispute(False, "d4").model_copy(update=about), office.after(50))
    with pytest.raises(Refusal, match="not disputed"):
        office.desk.hear(SECOND, dispute(False, "d5").model_copy(update=about), office.after(50))
    assert office.desk.advance(office.after(90)) == 2


def test_two_cases_of_other_creditors_are_not_merged(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    other = assignment().creditor.model_copy(update={"business_id": "7654321-2"})
    office.desk.assign(assignment("1043", creditor=other), office.real())
    for into in (SECOND, FIRST):
        with pytest.raises(Refusal) as refused:
            office.desk.merge(FIRST, into, office.real())
        assert refused.value.code == "cannot_merge"


def test_the_merging_path_needs_another_case_of_the_debtor(tmp_path: Path) -> None:
    with open_office(strict(tmp_path, path="merged")) as office:
        two_cases(office)
        office.desk.advance(office.after(200))
        ends = [message for message in office.told() if "YHDISTETTY" in message.status]
        assert [message.merged_into for message in ends] == ["7/1043", None]


def test_collected_money_is_remitted_on_settlement_days(tmp_path: Path) -> None:
    folder = tmp_path / "tilitykset"
    chosen = strict(
        tmp_path,
        path="paid",
        contracts=(),
        settling=Settling(every_days=10, commission=0.1, folder=folder),
    )
    with open_office(chosen) as office:
        iban = "FI3715903000000776"
        contract = Contract.parse("1234567-1=S-100:collection").model_copy(update={"iban": iban})
        office.desk.contracts.sign(contract, office.real())
        office.desk.advance(office.real())
        office.desk.assign(assignment(), office.real())
        other = assignment().creditor.model_copy(update={"business_id": "7654321-2"})
        office.desk.assign(assignment("1043", creditor=other), office.real())
        # Paid after 28 days; the settlement days are the 10th, 20th, 30th.
        office.desk.advance(office.after(29))
        assert settlements(office) == []
        assert balances(office)["7/1042"].collected_cents == assignment().total_cents
        assert office.desk.next_due() == office.after(30)
        office.desk.advance(office.after(95))
        first, second = settlements(office)
    assert first.business_id == "1234567-1"
    assert second.business_id == "7654321-2"
    assert (first.iban, second.iban) == (iban, "")
    assert references.is_valid(first.reference)
    assert first.reference != second.reference
    assert (first.settled_on - START.date()).days == 30
    (line,) = first.lines
    assert (line.paid_on - START.date()).days == 28
    assert line.principal_cents == 108_836
    assert first.lines_cents == assignment().total_cents
    assert first.commission_cents == 11_025
    assert first.transferred_cents == first.lines_cents - first.commission_cents
    files = sorted(folder.iterdir())
    assert [Settlement.model_validate_json(file.read_text()) for file in files] == [first, second]
    assert json.loads(files[0].read_text())["settlement_id"] == first.settlement_id


def test_what_is_written_into_the_folder_survives_a_kill_before_it(tmp_path: Path) -> None:
    folder = tmp_path / "tilitykset"
    with open_office(strict(tmp_path, path="paid")) as office:
        office.desk.assign(assignment(), office.real())
        office.desk.advance(office.after(40))
        assert len(settlements(office)) == 1
    with open_office(strict(tmp_path, settling=Settling(folder=folder))) as office:
        office.desk.advance(office.after(41))
        assert len(list(folder.iterdir())) == 1


def test_settlements_and_balances_are_read_over_http(tmp_path: Path) -> None:
    chosen = strict(tmp_path, path="paid", clock=fast(50))
    with receiving() as receiver, serving(chosen) as agency:
        agency.assign(assignment())
        until(lambda: agency.settlements_since("").settlements)
        page = agency.settlements_since("")
        assert page.settlements[0].lines[0].case_reference == "7/1042"
        assert agency.settlements_since(page.cursor).settlements == ()
        books = agency.balances_since("")
        assert books.cases[0].settled_cents == assignment().total_cents
        assert books.cases[0].principal_cents == 0
        assert agency.balances_since(books.cursor).cases == ()
        assert receiver.got == []


def test_a_person_moves_merges_and_settles_cases(tmp_path: Path) -> None:
    chosen = strict(tmp_path, port=choose(), settling=Settling(folder=tmp_path / "files"))
    key = {"Authorization": f"Bearer {API_KEY}"}
    base = f"http://127.0.0.1:{chosen.port}/admin"
    with serving(chosen) as agency, httpx.Client(base_url=base, headers=key) as http:
        agency.assign(assignment())
        agency.assign(assignment("1043"))
        assert http.post(f"/cases/{FIRST}/merge", json={"into": SECOND}).is_success
        answer = http.post(f"/cases/{SECOND}/status", json={"status": "MAKSETTU"})
        assert answer.json() == {"case_id": SECOND, "status": "MAKSETTU", "open_cents": 0}
        assert http.post("/cases/INT-000009/status", json={"status": "X"}).status_code == 404
        assert http.post("/settlements").json() == {"made": 1}
        (settlement,) = agency.settlements_since("").settlements
        assert settlement.lines_cents == 2 * assignment().total_cents
        assert len(list((tmp_path / "files").iterdir())) == 1


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["pay", "credit", "reverse"]), st.integers(1, 200_000)),
        max_size=8,
    )
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_open_is_what_was_assigned_less_what_was_said(
    moves: list[tuple[str, int]], office: Office
) -> None:
    message: Assignment = assignment()
    office.desk.assign(message, office.real())
    claim = office.storage.cases.of_number(1)
    for number, (kind, cents) in enumerate(moves):
        about: dict[str, Any] = {
            "idempotency_key": str(number),
            "case_reference": "7/1042",
            "amount_cents": cents,
            "identifier": str(number),
        }
        if kind == "pay":
            reckon(claim, DirectPayment(paid_on=ON, **about))
        elif kind == "credit":
            reckon(claim, CreditNotice(credited_on=ON, **about))
        else:
            reckon(claim, PaymentReversal(reversed_on=ON, **about))
        parts = (claim.principal_cents, claim.interest_cents, claim.fees_cents)
        assert min(parts) >= 0
    back = sum(cents for kind, cents in moves if kind == "reverse")
    given_up = sum(cents for kind, cents in moves if kind != "reverse")
    assert claim.open_cents >= message.total_cents - given_up
    assert claim.open_cents <= message.total_cents + back
