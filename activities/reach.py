"""How a customer can be reached: the channels of a letter, in order of preference."""

from __future__ import annotations

from collections.abc import Collection

from activities.desk import Desk
from domain.channels import in_order
from domain.states import Channel, LetterKind
from store.tables import Customer

NOBODY = (
    "the customer cannot be reached: add an e-invoice address with its operator, an e-mail address"
    " or a complete postal address to the customer, then release"
)


def reachable_by(customer: Customer, channel: Channel) -> bool:
    """Whether the customer has the address that the channel needs."""
    match channel:
        case Channel.EINVOICE:
            return bool(customer.einvoice_address and customer.einvoice_operator)
        case Channel.EMAIL:
            return bool(customer.email)
        case Channel.PAPER:
            return has_postal_address(customer)


def has_postal_address(customer: Customer) -> bool:
    return all((customer.name, customer.street, customer.postcode, customer.city))


def choose(
    desk: Desk, letter: LetterKind | None, tried: Collection[Channel] = ()
) -> Channel | None:
    """The first channel by preference that reaches the customer and was not tried yet."""
    own = desk.customer.channels
    order = None if own is None else [Channel(name) for name in own]
    return next(
        (
            channel
            for channel in in_order(order, desk.rule, letter)
            if channel not in tried and reachable_by(desk.customer, channel)
        ),
        None,
    )
