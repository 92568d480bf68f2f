"""What the company pays Karhu for a letter (transaktiomaksu), in cents without VAT."""

from __future__ import annotations

from domain.states import Channel

SERVICE_CENTS = 25
"""For each letter that the automation sends, on top of its channel's price."""

TRANSACTION_CENTS: dict[Channel, int] = {Channel.EMAIL: 20, Channel.PAPER: 130}
"""The channel's own price for carrying one letter."""
