"""Cursors, and the condition of a change."""

import pytest

from starter.api.v1 import etags, pages
from starter.api.v1.etags import IfMatch
from starter.api.v1.pages import Paging
from starter.api.v1.problems import Kind, Problem


def test_a_cursor_is_for_one_list() -> None:
    one = pages.cursor("invoices", 7, "2026-03-02")
    assert Paging(one, 50).after("invoices", int, str) == (7, "2026-03-02")
    assert Paging(None, 50).after("invoices", int, str) is None
    for other in (
        pages.cursor("payments", 7, "2026-03-02"),
        pages.cursor("invoices", "7", "2026-03-02"),
        pages.cursor("invoices", -1, "2026-03-02"),
        pages.cursor("invoices", 2**63, "2026-03-02"),
        pages.cursor("invoices", 7, "\0"),
        pages.cursor("invoices", 7),
        "[" * 1000,
        "ä",
        "",
    ):
        with pytest.raises(Problem) as refused:
            Paging(other, 50).after("invoices", int, str)
        assert refused.value.kind is Kind.INVALID


def test_a_page_says_whether_there_is_another() -> None:
    paging = Paging(None, 2)
    rows = [3, 5, 8]
    assert paging.fetched == 3
    page = paging.page("numbers", rows, lambda row: (row,), str)
    assert page.items == ["3", "5"]
    assert Paging(page.next, 2).after_id("numbers") == 5
    assert paging.page("numbers", rows[:2], lambda row: (row,), str).next is None


@pytest.mark.parametrize(
    ("if_match", "kind"),
    [
        (None, Kind.UNCONDITIONAL),
        ('"2"', Kind.CHANGED),
        ('W/"3"', Kind.CHANGED),
        ('"3"', None),
        ('"2", "3"', None),
        ("*", None),
    ],
)
def test_a_change_is_made_to_what_was_read(if_match: IfMatch, kind: Kind | None) -> None:
    if kind is None:
        etags.demand(if_match, etags.etag(3), "rule VIP")
        return
    with pytest.raises(Problem) as refused:
        etags.demand(if_match, etags.etag(3), "rule VIP")
    assert refused.value.kind is kind
    assert refused.value.body.record == "rule VIP"
