"""What each of the twenty collection statuses brings about for the invoice."""

from __future__ import annotations

from enum import StrEnum

from domain.agency.statuses import CollectionStatus


class Consequence(StrEnum):
    """What becomes of an invoice whose case has come to a status."""

    NOTHING = "nothing"
    """The agency goes on, or has the money: the settlement closes the invoice."""
    LOCKED = "locked"
    """Nobody acts on the invoice until the agency says how it ended."""
    CREDIT_LOSS = "credit_loss"
    """Luottotappioehdotus: a person writes the invoice off, or takes it back."""
    RETURNED = "returned"
    """The invoice is the creditor's own to handle again."""
    FOLLOWED = "followed"
    """The claim goes on in the case that this one was merged into."""


_OF = {
    CollectionStatus.REGISTERED: Consequence.NOTHING,
    CollectionStatus.LETTER_COLLECTION: Consequence.NOTHING,
    CollectionStatus.DISTRICT_COURT: Consequence.NOTHING,
    CollectionStatus.ENFORCEMENT: Consequence.NOTHING,
    CollectionStatus.TRADE_BILL: Consequence.NOTHING,
    CollectionStatus.BANKRUPTCY_OR_DEBT_ADJUSTMENT: Consequence.NOTHING,
    CollectionStatus.POST_COLLECTION: Consequence.NOTHING,
    CollectionStatus.PAID: Consequence.NOTHING,
    CollectionStatus.PAID_AFTER_LEGAL_ACTION: Consequence.NOTHING,
    CollectionStatus.LOCKED_FOR_BILLING: Consequence.LOCKED,
    CollectionStatus.ENDED_SMALL_PRINCIPAL: Consequence.CREDIT_LOSS,
    CollectionStatus.ENDED_WITHOUT_MEANS: Consequence.CREDIT_LOSS,
    CollectionStatus.ENDED_BANKRUPTCY: Consequence.CREDIT_LOSS,
    CollectionStatus.ENDED_INVESTIGATION_FRUITLESS: Consequence.CREDIT_LOSS,
    CollectionStatus.ENDED_DEBT_ADJUSTMENT: Consequence.CREDIT_LOSS,
    # The agency has ended the case and billed its costs to the creditor: nothing more will come.
    CollectionStatus.ENDED_BILLED: Consequence.CREDIT_LOSS,
    CollectionStatus.WITHDRAWN: Consequence.RETURNED,
    CollectionStatus.DELETED: Consequence.RETURNED,
    CollectionStatus.ENDED_OTHER_REASON: Consequence.RETURNED,
    CollectionStatus.ENDED_MERGED: Consequence.FOLLOWED,
}


def consequence(status: CollectionStatus | None) -> Consequence:
    """The consequence of a status; one that is not among the twenty has none."""
    return Consequence.NOTHING if status is None else _OF[status]


CREDIT_LOSSES = frozenset(
    status for status, brings in _OF.items() if brings is Consequence.CREDIT_LOSS
)
