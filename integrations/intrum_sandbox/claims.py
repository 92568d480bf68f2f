"""What is open on a claim, and what payments, credits and reversals do to it."""

from collections.abc import Sequence

from domain.agency import (
    Address,
    CreditNotice,
    Debtor,
    DirectPayment,
    PaymentReversal,
)
from integrations.intrum_sandbox.paths import digest
from integrations.intrum_sandbox.records import Amounts, Case

Told = DirectPayment | PaymentReversal | CreditNotice
"""What is said of money."""


def reckon(claim: Case, message: Told) -> None:
    """Take what the creditor says into what is open.

    A payment goes to interest, principal, costs (513/1999, 11 a §), a credit note to the principal
    first. What is more than everything open is let be: it is between the creditor and the debtor.
    """
    match message:
        case DirectPayment():
            claim.paid_directly_cents += message.amount_cents
            _reduce(claim, message.amount_cents, interest_first=True)
        case CreditNotice():
            claim.credited_cents += message.amount_cents
            _reduce(claim, message.amount_cents, interest_first=False)
        case PaymentReversal():
            claim.paid_directly_cents -= message.amount_cents
            _open_again(claim)


def reckon_all(claims: Sequence[Case], message: Told) -> None:
    """The same for a claim and those that stand together with it: what is more than everything open
    on the first goes to the others, since the creditor names the case and not the claim."""
    if isinstance(message, PaymentReversal):
        reckon(claims[0], message)
        return
    left = message.amount_cents
    shares = []
    for claim in claims:
        shares.append(min(left, claim.open_cents))
        left -= shares[-1]
    shares[0] += left
    for claim, share in zip(claims, shares, strict=True):
        if share:
            reckon(claim, message.model_copy(update={"amount_cents": share}))


def collect(claim: Case, cents: int) -> Amounts:
    """The debtor pays the agency so much of what is open on the claim; what of it went where."""
    before = _open_on(claim)
    _reduce(claim, cents, interest_first=True)
    paid = before + -_open_on(claim)
    claim.collected_cents += paid.total_cents
    return paid


def uncollect(claim: Case, paid: Amounts) -> None:
    """What the debtor had paid the agency is taken back: it is open again."""
    claim.principal_cents += paid.principal_cents
    claim.interest_cents += paid.interest_cents
    claim.fees_cents += paid.fees_cents
    claim.collected_cents -= paid.total_cents


def open_cents(claims: Sequence[Case]) -> int:
    """What is open on a case and the claims that go on under it."""
    return sum(claim.open_cents for claim in claims)


def key_of(debtor: Debtor) -> str:
    """The same for the same debtor: by business id, else by name and address."""
    if debtor.business_id:
        return digest(debtor.business_id)
    address: Address = debtor.address
    parts = (debtor.name, address.street, address.postal_code, address.city, address.country)
    return digest(*(" ".join(part.split()).casefold() for part in parts))


def _open_on(claim: Case) -> Amounts:
    return Amounts(claim.principal_cents, claim.interest_cents, claim.fees_cents)


def _open_again(claim: Case) -> None:
    """What the creditor's messages, and what the agency has collected itself, leave of the claim,
    the payment taken back not counted.

    One from before the assignment adds to the principal that was assigned.
    """
    claim.principal_cents = claim.assigned_principal_cents + max(0, -claim.paid_directly_cents)
    claim.interest_cents = claim.assigned_interest_cents
    claim.fees_cents = claim.assigned_fees_cents
    _reduce(claim, claim.credited_cents, interest_first=False)
    paid = max(0, claim.paid_directly_cents) + claim.collected_cents
    _reduce(claim, paid, interest_first=True)


def _reduce(claim: Case, cents: int, *, interest_first: bool) -> None:
    order = ["principal_cents", "interest_cents", "fees_cents"]
    if interest_first:
        order[:2] = reversed(order[:2])
    for part in order:
        taken = min(cents, getattr(claim, part))
        setattr(claim, part, getattr(claim, part) - taken)
        cents -= taken
