"""The price list by the day, and months by Finnish clocks."""

from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest

from domain.statement import Month
from domain.states import Channel
from domain.tariff import PRICE_LIST, Prices, prices


def test_every_channel_has_its_price_every_day() -> None:
    for on in (date(2022, 5, 1), date(2026, 11, 22), date(2040, 1, 1)):
        row = prices(on)
        assert row.service_cents == 25
        assert set(row.transaction_cents) == set(Channel)
    with pytest.raises(LookupError):
        prices(date(2022, 4, 30))


def test_a_new_price_counts_from_its_day() -> None:
    dearer = Prices(date(2027, 1, 1), 30, MappingProxyType(dict.fromkeys(Channel, 99)))
    both = (dearer, *PRICE_LIST)
    assert prices(date(2026, 12, 31), both) is PRICE_LIST[0]
    assert prices(date(2027, 1, 1), both) is dearer


def test_a_month_is_finnish() -> None:
    october = Month.parse("2026-10")
    # Summer time until the 25th, winter time at its end.
    assert datetime(2026, 9, 30, 21, tzinfo=UTC) in october
    assert datetime(2026, 9, 30, 20, 59, tzinfo=UTC) not in october
    assert datetime(2026, 10, 31, 21, 59, tzinfo=UTC) in october
    assert datetime(2026, 10, 31, 22, tzinfo=UTC) not in october
    assert str(Month.parse("2026-12").following) == "2027-01"


@pytest.mark.parametrize("wrong", ["2026-13", "2026-1", "October", "", "2026-00"])
def test_what_is_no_month(wrong: str) -> None:
    with pytest.raises(ValueError, match="month"):
        Month.parse(wrong)
