"""What the company pays Karhu for a letter: charged when it is released, reversed line by line."""

from __future__ import annotations

from sqlalchemy import insert
from sqlmodel import col, select

from activities.desk import Desk
from domain.states import Channel
from domain.tariff import prices
from store.tables import Notice, ServiceCharge

SERVICE = "service"
TRANSACTION = "transaction"


def charge(desk: Desk, notice_id: int, channel: Channel) -> int:
    """Charge for a letter that is released to a channel; the sum in cents."""
    tariff = prices(desk.today)
    return _add(
        desk,
        notice_id,
        channel,
        {SERVICE: tariff.service_cents, TRANSACTION: tariff.transaction_cents[channel]},
    )


def charge_transaction(desk: Desk, notice_id: int, channel: Channel) -> int:
    """Charge the channel's own price."""
    price = prices(desk.today).transaction_cents[channel]
    return _add(desk, notice_id, channel, {TRANSACTION: price})


def channels_tried(desk: Desk, notice: Notice) -> set[Channel]:
    """The channels that the letter has been released to; each has had its transaction charged."""
    return {Channel(row.channel) for row in _rows(desk, notice) if row.kind == TRANSACTION}


def reverse(desk: Desk, notice: Notice, *kinds: str) -> None:
    """Take back what was charged for the letter and has not been taken back yet."""
    rows = _rows(desk, notice)
    reversed_ = {(row.kind, row.channel) for row in rows if row.reversal}
    for row in rows:
        if row.kind in kinds and (row.kind, row.channel) not in reversed_:
            desk.session.add(
                ServiceCharge(
                    company_id=row.company_id,
                    notice_id=notice.id,
                    kind=row.kind,
                    channel=row.channel,
                    reversal=True,
                    amount_cents=-row.amount_cents,
                    charged_at=desk.now,
                )
            )


def _add(desk: Desk, notice_id: int, channel: Channel, cents: dict[str, int]) -> int:
    """Charge sums by kind, in one statement; what they make together."""
    desk.session.execute(
        insert(ServiceCharge),
        [
            {
                "company_id": desk.invoice.company_id,
                "notice_id": notice_id,
                "kind": kind,
                "channel": channel.value,
                "reversal": False,
                "amount_cents": amount,
                "charged_at": desk.now,
            }
            for kind, amount in cents.items()
        ],
    )
    return sum(cents.values())


def _rows(desk: Desk, notice: Notice) -> list[ServiceCharge]:
    return list(
        desk.session.exec(
            select(ServiceCharge)
            .where(ServiceCharge.notice_id == notice.id)
            .order_by(col(ServiceCharge.id))
        )
    )
