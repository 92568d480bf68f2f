"""Which invoice a payment belongs to, and what is suggested where the rules end."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain import references
from domain.ledger import Entry, EntryKind
from domain.matching import (
    BY_NUMBER,
    BY_REFERENCE,
    MOST_SUGGESTIONS,
    Candidate,
    Match,
    Payment,
    by_hand_already,
    likeness,
    match,
    names,
    near_references,
    possible_numbers,
    suggest,
)

REFERENCE = references.make(104_233)
FRIDAY, TUESDAY, NEXT_WEEK = date(2026, 3, 6), date(2026, 3, 10), date(2026, 3, 13)


def invoice(number: int = 1, **changes: Any) -> Candidate:
    plain: dict[str, Any] = {
        "invoice_id": number,
        "number": f"2026-{number:04d}",
        "reference": REFERENCE,
        "due": date(2026, 3, number),
        "invoiced_cents": 10_000,
        "principal_cents": 10_000,
        "open_cents": 10_500,
    }
    return Candidate(**(plain | changes))


def found(payment: Payment, *candidates: Candidate) -> Match:
    answer = match(payment, candidates)
    assert isinstance(answer, Match), answer
    return answer


def test_the_oldest_open_one_of_a_reference() -> None:
    covered = invoice(1, principal_cents=0, open_cents=0)
    ended = invoice(2, ended=True)
    paid = Payment(REFERENCE, 10_000)
    assert found(paid, invoice(5), covered, ended, invoice(4)) == Match(4, BY_REFERENCE)
    assert found(paid, covered, ended) == Match(2, BY_REFERENCE)
    assert isinstance(match(paid, [invoice(reference="1232")]), str)


def test_a_number_counts_only_with_an_exact_amount() -> None:
    one = invoice(7, reference="")
    for cents in (10_000, 10_500):
        assert found(Payment("", cents, "lasku 2026-0007."), one) == Match(7, BY_NUMBER)
    assert isinstance(match(Payment("", 10_001, "lasku 2026-0007."), [one]), str)
    assert isinstance(match(Payment("", 10_000, "lasku 12026-0007"), [one]), str)
    both = Payment("", 10_000, "2026-0007 and 2026-0008")
    assert isinstance(match(both, [one, invoice(8, reference="")]), str)


def test_the_reference_comes_before_the_message() -> None:
    one, other = invoice(1), invoice(2, reference="1232")
    assert found(Payment(REFERENCE, 10_000, "2026-0002"), one, other).invoice_id == 1


@given(
    number=st.from_regex(r"[0-9A-Z]{1,6}([-/.][0-9A-Z]{1,6}){0,2}", fullmatch=True).filter(
        lambda text: any(sign.isdigit() for sign in text)
    ),
    before=st.sampled_from(["", "Lasku ", "lasku:", "(", "#", "Inv. "]),
    after=st.sampled_from(["", " kiitos", ",", ".", ")", "!"]),
)
def test_a_number_in_a_message_is_looked_for(number: str, before: str, after: str) -> None:
    message = f"{before}{number}{after}"
    assert names(message, number)
    assert number in possible_numbers(message)
    assert not names(f"x1{number}", number)


def test_what_was_entered_by_hand() -> None:
    entered = Entry(EntryKind.PAYMENT, 10_000, FRIDAY, "payment/by telephone")
    assert by_hand_already([entered], 10_000, [TUESDAY]) is entered
    assert by_hand_already([entered], 10_001, [TUESDAY]) is None
    assert by_hand_already([entered], 10_000, [NEXT_WEEK]) is None
    assert by_hand_already([entered], 10_000, [date(2026, 3, 4)]) is entered
    taken_back = Entry(EntryKind.PAYMENT_REVERSED, 10_000, FRIDAY, "payment/back")
    assert by_hand_already([entered, taken_back], 10_000, [TUESDAY]) is None
    bank = Entry(EntryKind.PAYMENT, 10_000, FRIDAY, f"bank/{'0' * 64}/1")
    assert by_hand_already([bank], 10_000, [FRIDAY]) is None


# ── suggestions ──────────────────────────────────────────────────────────────────────────────


@given(base=st.integers(100, 10**15), data=st.data())
def test_slips_of_the_hand_are_seen(base: int, data: st.DataObject) -> None:
    reference = references.make(base)
    at = data.draw(st.integers(1, len(reference) - 2))
    digit = data.draw(st.sampled_from("0123456789"))
    mistyped = reference[:at] + digit + reference[at + 1 :]
    swapped = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
    for slip in {mistyped, swapped, reference[:-1]} - {reference}:
        assert reference in near_references(slip)


def test_the_likeliest_first_and_why() -> None:
    payment = Payment(REFERENCE[:-1], 10_500, "kiitos", "MALLIASIAKAS MATTI")
    right = invoice(9, customer="Matti Malliasiakas")
    same_amount = invoice(1, reference="1232", customer="Esimerkki Oy")
    nothing = invoice(2, reference="1245", open_cents=5, principal_cents=5, invoiced_cents=6)
    suggestions = suggest(payment, [same_amount, nothing, right])
    assert [one.invoice_id for one in suggestions] == [9, 1]
    assert all(word in suggestions[0].reason for word in ("check digit", "105.00 EUR", "name"))
    assert len(suggest(payment, [invoice(n) for n in range(1, 20)])) == MOST_SUGGESTIONS


def test_names_as_banks_cut_them() -> None:
    assert likeness("MALLIASIAKAS", "Malliasiakas Matti") > 0.8
    assert likeness("VIRTUAALINEN", "Virtuaalinen Esimerkki Oy") > 0.8
    assert likeness("MATTI MALLIASIAKAS", "Malliasiakas Matti") == 1.0
    assert likeness("KEKSITTY OY", "Matti Malliasiakas") < 0.6
    assert likeness("", "Matti Malliasiakas") == 0.0


@given(
    reference=st.text("0123456789RF ", max_size=25),
    message=st.text(max_size=60),
    payer=st.text(max_size=30),
    cents=st.integers(1, 10**12),
)
def test_nothing_in_a_file_stops_it(reference: str, message: str, payer: str, cents: int) -> None:
    payment = Payment(reference, cents, message, payer)
    candidates = [invoice(1, customer="Esimerkki Oy"), invoice(2, reference="")]
    assert match(payment, candidates)
    for one in suggest(payment, candidates):
        assert one.reason
