"""What a row of the Netvisor-compatible list says is open, told without looking at every entry."""

from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.ledger import Entry, EntryKind, UnbalancedEntry, balance
from store.netvisor_lines import open_principal

AMOUNTS = st.integers(0, 1_000)
ENTRIES = st.lists(st.tuples(st.sampled_from(EntryKind), AMOUNTS), max_size=8)
PLAIN = st.lists(
    st.tuples(st.sampled_from([EntryKind.PRINCIPAL, EntryKind.PAYMENT]), AMOUNTS), max_size=6
)


@given(st.one_of(ENTRIES, PLAIN))
def test_it_is_what_the_ledger_says(said: list[tuple[EntryKind, int]]) -> None:
    entries = [
        Entry(kind, cents, date(2026, 3, 2), str(place)) for place, (kind, cents) in enumerate(said)
    ]
    try:
        whole = balance(entries)
    except UnbalancedEntry:
        assume(False)
    kinds, cents = [kind.value for kind, _ in said], [amount for _, amount in said]
    assert open_principal(kinds, cents) == whole.principal_cents
