"""Whose money it is, and how a settlement is shared out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agency import Settlement, SettlementLine
from domain.agency_money import (
    Awaited,
    Expected,
    Judgement,
    Received,
    Unclaimed,
    agency_named,
    claims_beyond,
    covering,
    judge,
    misfit,
    transfer_of,
    withheld,
)
from domain.ledger import Balance

DAY = date(2026, 4, 1)
ACCOUNT = "FI3715903000000776"
AGENCYS = "FI2112345600000785"
KNOWN = Expected(
    agency="intrum",
    debtor="Matti Malliasiakas",
    accounts=frozenset({AGENCYS}),
    references={"1009": "T-17"},
    amounts={50_000: "what the agency's status of 2026-03-31 says that it has collected"},
)


@pytest.mark.parametrize(
    ("received", "settlement"),
    [
        (Received(1, reference="1009"), True),
        (Received(1, message="TILITYS T-17"), True),
        (Received(1, payer_account=AGENCYS), True),
        (Received(1, payer="INTRUM OY"), True),
        (Received(1, payer="Ropo Capital Oy"), True),
        (Received(50_000), True),
        (Received(50_000, payer="Esimerkki Asiakasvarat"), True),
        # The debtor may pay just what the agency has collected, or write its name.
        (Received(50_000, payer="MALLIASIAKAS MATTI"), False),
        (Received(1, payer="MALLIASIAKAS MATTI", message="Intrum, lasku 1042"), False),
        (Received(1, payer="INTRUMENTTI OY"), False),
        (Received(1, payer="ROPONEN MAIJA"), False),
        (Received(1, payer="OY INTRUM"), False),
        (Received(1, reference="1012"), False),
        (Received(49_999), False),
        (Received(1), False),
    ],
)
def test_whose_money_it_is(received: Received, settlement: bool) -> None:
    judgement = judge(received, KNOWN)
    assert judgement.settlement is settlement
    assert judgement.why
    assert "alliasiakas" not in judgement.why.casefold()


@given(
    cents=st.integers(1, 10**9),
    payer=st.text(max_size=30),
    message=st.text(max_size=60),
    reference=st.sampled_from(["", "1009", "1012"]),
)
def test_whose_it_is_is_always_said(cents: int, payer: str, message: str, reference: str) -> None:
    judgement = judge(Received(cents, payer, "", reference, message), KNOWN)
    assert isinstance(judgement, Judgement)
    assert judgement.why
    # Of what nothing is known it is the debtor's, and the agency is told.
    unknown = judge(Received(cents, payer, "", reference, message), Expected("intrum"))
    assert unknown.settlement == (agency_named(payer) is not None)


# ── transfers ────────────────────────────────────────────────────────────────────────────────

AWAITED = (
    Awaited(1, "T-17", "1009", 90_000),
    Awaited(2, "T-18", "1012", 40_000),
    Awaited(3, "T-19", "", 40_000, iban=ACCOUNT),
)


def found(received: Received, *, on_invoice: bool = False) -> Awaited | str | None:
    agencys = agency_named(received.payer) is not None
    return transfer_of(received, ACCOUNT, AWAITED, from_agency=agencys, on_invoice=on_invoice)


def test_the_transfer_of_a_settlement() -> None:
    assert found(Received(90_000, "INTRUM OY", reference="1009")) is AWAITED[0]
    assert found(Received(90_000, reference="1009")) is AWAITED[0]
    assert found(Received(90_000, "INTRUM OY", message="T-17")) is AWAITED[0]
    assert found(Received(40_000, "INTRUM OY", message="tilitys T-18")) is AWAITED[1]
    assert found(Received(40_000, "INTRUM OY", reference="1025")) is AWAITED[2]


def test_what_waits_for_a_person_or_for_the_settlement() -> None:
    assert isinstance(found(Received(89_999, "INTRUM OY", reference="1009")), str)
    assert isinstance(found(Received(40_000, "INTRUM OY")), str)
    assert isinstance(found(Received(1, "INTRUM OY", reference="1038")), str)
    spoilt = (Awaited(1, "T-17", "1009", 90_000, wrong="it does not add up"),)
    said = transfer_of(
        Received(90_000, reference="1009"), ACCOUNT, spoilt, from_agency=True, on_invoice=False
    )
    assert isinstance(said, str)
    assert "does not add up" in said


def test_what_is_no_settlements_transfer() -> None:
    # A debtor's payment that happens to have the amount, and the agency's for one case alone.
    assert found(Received(90_000, "MALLIASIAKAS")) is None
    assert found(Received(90_000, "INTRUM OY", reference="1041"), on_invoice=True) is None
    assert found(Received(90_000, "MALLIASIAKAS", reference="1009"), on_invoice=True) is None
    other = (Awaited(1, "T-17", "1009", 90_000, iban=AGENCYS),)
    received = Received(90_000, reference="1009")
    assert transfer_of(received, ACCOUNT, other, from_agency=False, on_invoice=False) is None


# ── sums ─────────────────────────────────────────────────────────────────────────────────────


@given(lines=st.lists(st.integers(-(10**6), 10**7), max_size=12), commission=st.integers(0, 10**8))
def test_what_is_kept_back_adds_up(lines: list[int], commission: int) -> None:
    parts = withheld(lines, commission)
    paid = sum(cents for cents in lines if cents > 0)
    assert sum(parts) == min(commission, paid)
    for cents, part in zip(lines, parts, strict=True):
        assert 0 <= part <= max(cents, 0)


@given(
    lines=st.lists(st.integers(-(10**6), 10**7), max_size=6),
    commission=st.integers(0, 10**6),
    transferred=st.integers(0, 10**7),
)
def test_what_does_not_add_up_is_said(lines: list[int], commission: int, transferred: int) -> None:
    made = Settlement(
        settlement_id="T-17",
        business_id="1234567-1",
        contract_number="S-100",
        settled_on=DAY,
        lines=tuple(
            SettlementLine(
                case_reference=f"1234567-1/{at}",
                agency_case_id=str(at),
                principal_cents=cents,
                interest_cents=0,
                fees_cents=0,
                paid_on=DAY,
            )
            for at, cents in enumerate(lines)
        ),
        commission_cents=commission,
        transferred_cents=transferred,
    )
    assert (misfit(made) == "") is (sum(lines) - commission == transferred)


@given(
    interest=st.integers(0, 10**6),
    fees=st.integers(0, 10**6),
    open_interest=st.integers(0, 10**6),
    open_fees=st.integers(0, 10**6),
    overpaid=st.integers(0, 10**6),
)
def test_a_settlement_never_makes_a_debtor_owe(
    interest: int, fees: int, open_interest: int, open_fees: int, overpaid: int
) -> None:
    before = Balance(0, open_interest, open_fees)
    more, costs = claims_beyond(interest, fees, before, overpaid)
    assert 0 <= more <= max(0, interest - open_interest)
    assert 0 <= costs <= max(0, fees - open_fees)
    assert more + costs <= overpaid


def test_the_money_that_a_line_speaks_of() -> None:
    gross = Unclaimed("bank/a/1", 50_000, DAY)
    net = Unclaimed("payment/b", 45_000, DAY)
    assert covering(50_000, 5_000, [net, gross]) is gross
    assert covering(50_000, 5_000, [net]) is net
    assert covering(45_000, 0, [net]) is net
    assert covering(-45_000, 0, [net]) is None
    assert covering(0, 0, [net]) is None
