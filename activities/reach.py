"""How a customer can be reached: the channels of a letter, in order of preference."""

from __future__ import annotations

from collections.abc import Collection

from activities.desk import Desk
from domain.channels import in_order
from domain.rule import Rule
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
    """Whether a letter reaches the customer by post. Not every country has postal codes, so of one
    abroad none is asked for."""
    postcode = customer.postcode or customer.country != "FI"
    return all((customer.name, customer.street, postcode, customer.city))


def choose(
    desk: Desk, letter: LetterKind | None, tried: Collection[Channel] = ()
) -> Channel | None:
    """The first channel by preference that reaches the customer and was not tried yet."""
    return first(desk.customer, desk.rule, letter, tried)


def first(
    customer: Customer,
    rule: Rule | None,
    letter: LetterKind | None,
    tried: Collection[Channel] = (),
) -> Channel | None:
    """The same, without a desk."""
    own = None if customer.channels is None else [Channel(name) for name in customer.channels]
    return next(
        (
            channel
            for channel in in_order(own, rule, letter)
            if channel not in tried and reachable_by(customer, channel)
        ),
        None,
    )
