"""By which channels a letter goes: the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from domain.rule import Rule
from domain.states import Channel, LetterKind


def in_order(
    own: Sequence[Channel] | None, rule: Rule | None, letter: LetterKind | None
) -> tuple[Channel, ...]:
    """The customer's own order of channels, else the rule's, else Karhu's.

    A friendly reminder goes as an e-invoice only if there is nothing else: in the customer's bank
    it would look like a second invoice, and be paid twice.
    """
    channels = own if own is not None else rule.channels if rule else tuple(Channel)
    if letter is LetterKind.COURTESY:
        channels = sorted(channels, key=lambda channel: channel is Channel.EINVOICE)
    return tuple(channels)
