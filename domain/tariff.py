"""What the company pays Karhu for a letter: a dated price list, in cents without VAT.

A new price is a new row. A letter is charged by the price of the day on which it is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from domain.states import Channel

VAT_PERCENT = 0
"""The service charge is without VAT (VAT 0 %)."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in force from a day on, until the next row's.

    `service_cents`: for each letter that the automation sends. `transaction_cents`: the channel's
    own price for carrying it, on top (transaktiomaksu).
    """

    in_force_from: date
    service_cents: int
    transaction_cents: Mapping[Channel, int]


PRICE_LIST: tuple[Prices, ...] = (
    Prices(
        in_force_from=date(2022, 5, 1),
        service_cents=25,
        transaction_cents=MappingProxyType(
            {Channel.EINVOICE: 35, Channel.EMAIL: 20, Channel.PAPER: 130}
        ),
    ),
)


def prices(on: date, price_list: tuple[Prices, ...] = PRICE_LIST) -> Prices:
    """The prices in force on a day. Raises LookupError before the first row."""
    in_force = [row for row in price_list if row.in_force_from <= on]
    if not in_force:
        raise LookupError(f"the price list begins after {on}: add a row to domain/tariff.py")
    return max(in_force, key=lambda row: row.in_force_from)
