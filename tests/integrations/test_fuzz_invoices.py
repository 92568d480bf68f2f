"""Files that nobody meant to write: the readers of invoices neither raise, nor hang, nor lose one.

`python -m tests.fuzz.invoices` looks for more of them, for as long as one likes.
"""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.intake import BadRecord, InvoiceRecord
from tests.fuzz.invoices_promises import GOOD, hold, read

CORPUS = Path(__file__).parent.parent / "fuzz" / "corpus" / "invoices"
NUMBERS = ["1001", "1002", "1003"]
DOCUMENTS = [GOOD.replace(b">1042<", f">{number}<".encode()) for number in NUMBERS]
MARKUP = st.sampled_from(
    b"<!-- --> ]]> <![CDATA[ <?xml?> <Finvoice> </Finvoice> <a\tb=' <Root> </Root> <SalesInvoice>"
    b" <!DOCTYPE\ta[ <!ENTITY\tx'y'> &x;".split(b" ")
)
SEEDS = sorted(CORPUS.iterdir())


def numbers(data: bytes) -> tuple[list[str], int]:
    """The numbers of the invoices that came out, and how many bad records."""
    items = read(data)
    good = [item.number for item in items if isinstance(item, InvoiceRecord)]
    return good, sum(isinstance(item, BadRecord) for item in items)


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    hold(data)


@pytest.mark.parametrize("half", [0, 1])
def test_every_file_of_the_corpus(half: int) -> None:
    for path in SEEDS[half::2]:
        hold(path.read_bytes())


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 8000), st.integers(0, 40), MARKUP | st.binary(max_size=8)),
        min_size=1,
        max_size=4,
    ),
)
def test_files_with_bytes_changed(path: Path, changes: list[tuple[int, int, bytes]]) -> None:
    data = path.read_bytes()
    for at, gone, put in changes:
        data = data[:at] + put + data[at + gone :]
    hold(data)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3 * len(GOOD)))
def test_a_file_that_breaks_off(at: int) -> None:
    data = b"".join(DOCUMENTS)
    whole = data[:at].count(b"</Finvoice>")
    good, wrong = numbers(data[:at])
    assert good == NUMBERS[:whole]
    unfinished = data[:at].rpartition(b"</Finvoice>")[2].strip()
    assert wrong == (1 if unfinished or not at else 0)


@settings(deadline=None, max_examples=100)
@example(37, b"/")  # a declaration that does not end
@example(40, b"?")  # a root that reads as one
@given(st.integers(0, len(GOOD)), st.binary(max_size=8).filter(lambda junk: b"<" not in junk))
def test_damage_to_one_document_is_counted_and_costs_no_other(at: int, junk: bytes) -> None:
    first, middle, last = DOCUMENTS
    good, wrong = numbers(first + middle[:at] + junk + middle[at:] + last)
    assert len(good) + wrong >= len(DOCUMENTS)
    assert {"1001", "1003"} <= set(good)
