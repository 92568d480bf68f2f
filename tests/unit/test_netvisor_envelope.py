"""How answers of the Netvisor-compatible interface are written, and that none is left on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from starlette.requests import ClientDisconnect

from starter.netvisor import envelope

NOW = datetime(2026, 7, 1, 21, 5, 9, tzinfo=UTC)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """The files that lists are kept in."""
    made: list[IO[bytes]] = []
    real = tempfile.SpooledTemporaryFile

    def noted(max_size: int) -> IO[bytes]:
        made.append(real(max_size=max_size))
        return made[-1]

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", noted)
    return made


def test_dates_instants_and_amounts() -> None:
    assert envelope.finnish(date(2014, 2, 7)) == "7.2.2014"
    assert envelope.stamp(NOW) == "2.7.2026 00:05:09"
    assert [envelope.euros(cents) for cents in (0, 5, 123_456, -40)] == [
        *("0,00", "0,05", "1234,56", "-0,40"),
    ]


def test_what_xml_cannot_hold_is_left_out() -> None:
    made = envelope.element("Name", "a\x00b\ud800c\x0bd", of="e\x01f")
    assert etree.tostring(made) == b'<Name of="ef">abcd</Name>'


@given(st.text(), st.text())
def test_a_line_says_the_same_as_an_element(one: str, two: str) -> None:
    row = envelope.line(
        "Row", envelope.leaf("One", one), envelope.leaf("Two", two, ' format="ansi"')
    )
    made = envelope.group(
        "Row", envelope.element("One", one), envelope.element("Two", two, format="ansi")
    )
    read = etree.fromstring(row.encode())
    assert etree.tostring(read) == etree.tostring(made)


async def test_a_list_that_nobody_waits_for_is_gone(files: list[IO[bytes]]) -> None:
    answer = envelope.listed(NOW, "Customerlist", [envelope.line("Customer")])

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        raise OSError("the client is gone")

    with pytest.raises(ClientDisconnect):
        await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)
    assert [file.closed for file in files] == [True]


def test_a_list_that_breaks_off_is_gone(files: list[IO[bytes]]) -> None:
    def rows() -> Iterator[str]:
        yield envelope.line("Customer")
        raise ValueError("the database is away")

    with pytest.raises(ValueError, match="away"):
        envelope.listed(NOW, "Customerlist", rows())
    assert [file.closed for file in files] == [True]
