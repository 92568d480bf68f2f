"""The readers of payments keep their promises for any file, and count every transaction."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.intake import BadRecord, Fault, FeedRecord, PaymentRecord
from tests.fuzz.payments_promises import hold, read
from tests.integrations.camt_support import Entry, Tx, camt

DATA = Path(__file__).parent.parent / "data"
CORPUS = Path(__file__).parent.parent / "fuzz" / "corpus" / "payments"
GOOD = [path.read_bytes() for path in sorted(DATA.glob("payments*"))]

quick = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

cuts = st.tuples(st.integers(0, 1 << 16), st.integers(0, 400), st.binary(max_size=40))


@quick
@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    hold(data)
    hold(b"<" + data)


@quick
@given(st.sampled_from(GOOD), st.lists(cuts, min_size=1, max_size=4))
def test_a_good_file_with_pieces_of_it_changed(
    data: bytes, changes: list[tuple[int, int, bytes]]
) -> None:
    for at, length, new in changes:
        start = at % (len(data) + 1)
        data = data[:start] + new + data[start + length :]
    hold(data)


@quick
@given(st.sampled_from(GOOD), st.integers(0, 1 << 16))
def test_a_file_that_is_cut_short_is_a_beginning_that_says_so(data: bytes, at: int) -> None:
    whole = [item for item in read(data) if isinstance(item, PaymentRecord)]
    cut = data[: at % len(data.rstrip())]
    items = read(cut)
    payments = [item for item in items if isinstance(item, PaymentRecord)]
    assert payments == [of_a_made_file(item) for item in whole[: len(payments)]]
    assert any(isinstance(item, BadRecord) for item in items)
    hold(cut)


def of_a_made_file(item: PaymentRecord) -> PaymentRecord:
    return item.model_copy(update={"source": "made"})


txs = st.builds(
    Tx,
    amount=st.sampled_from(["10.00", "0", "1.005", "x", "", "7"]),
    reference=st.sampled_from(["10427", "10428", "", "RF18539007547034"]),
    archive=st.sampled_from(["", "0915A1", "20260915A2", "X"]),
    indicator=st.sampled_from(["CRDT", "DBIT", ""]),
    currency=st.sampled_from(["EUR", "SEK", ""]),
    paid=st.sampled_from(["2026-09-14", "2026-02-30"]),
)
entries = st.builds(
    Entry,
    txs=st.lists(txs, max_size=3).map(tuple),
    amount=st.sampled_from(["30.00", "10.00", "0", "-1", "x"]),
    indicator=st.sampled_from(["CRDT", "DBIT", "", "BOTH"]),
    currency=st.sampled_from(["EUR", "EUR", "NOK"]),
    status=st.sampled_from(["BOOK", "BOOK", "PDNG", ""]),
    booked=st.sampled_from(["2026-09-15", "", "x"]),
    archive=st.sampled_from(["", "X"]),
    reversal=st.booleans(),
    family=st.sampled_from(["RCDT", "ICDT", "IDDT"]),
    sub_family=st.sampled_from(["ESCT", "RRTN", "CHRG"]),
    code=st.sampled_from(["", "705VIITESIIRTO", "730PALVELUMAKSU"]),
    count=st.sampled_from(["", "1", "3", "x"]),
)


@quick
@given(st.lists(entries, max_size=5), st.sampled_from(["053", "054"]), st.integers(2, 8))
def test_every_transaction_is_a_payment_or_bad_or_counted(
    made: list[Entry], message: str, version: int
) -> None:
    items = read(camt(*made, message=message, version=version))
    payments = sum(isinstance(item, PaymentRecord) for item in items)
    bad = sum(isinstance(item, BadRecord) and item.fault is not Fault.MISMATCH for item in items)
    sums = [item for item in items if isinstance(item, BadRecord)]
    assert len(sums) - bad <= len(made)
    (feed,) = (item for item in items if isinstance(item, FeedRecord))
    assert payments + bad + feed.passed == sum(max(1, len(entry.txs)) for entry in made)


def test_what_fuzzing_has_found_before() -> None:
    for path in sorted(CORPUS.iterdir()):
        hold(path.read_bytes())
