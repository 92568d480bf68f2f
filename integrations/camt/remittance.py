"""What a payment is for: references and message of a transaction's RmtInf.

A transaction may carry several structured parts (Strd), each with a reference and an amount. Where
the amounts add up to the transaction, it is as many payments. Where they do not (credit notes are
taken off, or there are none), it is one payment without a reference, and the references stand in
its message for the person who assigns it.
"""

from typing import NamedTuple

from lxml import etree

from domain import references
from integrations import fields
from integrations.camt.said import Said
from integrations.fields import BadField

__all__ = ["Part", "Remittance", "remittance"]

_STRUCTURED = frozenset({"Strd"})
_LONGEST_MESSAGE = 1000


class Part(NamedTuple):
    """A share of a transaction, in cents, and the reference that it is for."""

    reference: str | None
    is_valid: bool
    cents: int


class Remittance(NamedTuple):
    parts: list[Part]
    message: str
    """Personal identity codes left out."""


def remittance(transaction: etree._Element, cents: int, otherwise: str = "") -> Remittance:
    """The parts of a transaction of `cents` and its message; `otherwise` is the message of one
    that has nothing to say."""
    info = transaction.find("{*}RmtInf")
    if info is None:
        return Remittance([Part(None, False, cents)], _message([otherwise]))
    words = Said(info, without=_STRUCTURED).texts("Ustrd")
    shares: dict[str, int | None] = {}
    wrong: set[str] = set()
    for structured in info.iterfind("{*}Strd"):
        said = Said(structured)
        given = said.text("CdtrRefInf/Ref")
        kind = said.text("CdtrRefInf/Tp/CdOrPrtry/Cd", "CdtrRefInf/Tp/CdOrPrtry/Prtry") or "SCOR"
        reference, is_valid = _plain(given) if kind == "SCOR" else (None, False)
        if reference is not None:
            if not is_valid:
                wrong.add(reference)
            shares[reference] = _sum(shares.get(reference, 0), _remitted(said))
        elif given:
            words.append(given)
        words += said.texts("RfrdDocInf/Nb") + said.texts("AddtlRmtInf")
    parts = _parts(shares, wrong, cents)
    if len(shares) > 1 and len(parts) == 1:
        words += shares
    if not shares:
        # Nothing else has two check digits, so these words can only be a reference
        creditor = next((word for word in words if _is_rf(word)), None)
        if creditor is not None:
            parts = [Part(references.normalise(creditor), True, cents)]
    if not words and not shares:
        words = [otherwise]
    return Remittance(parts, _message(words))


def _parts(shares: dict[str, int | None], wrong: set[str], cents: int) -> list[Part]:
    if not shares:
        return [Part(None, False, cents)]
    if len(shares) == 1:
        (reference,) = shares
        return [Part(reference, reference not in wrong, cents)]
    amounts = [share for share in shares.values() if share]
    if len(amounts) < len(shares) or sum(amounts) != cents:
        return [Part(None, False, cents)]
    return [
        Part(reference, reference not in wrong, share)
        for reference, share in zip(shares, amounts, strict=True)
    ]


def _plain(text: str) -> tuple[str | None, bool]:
    """The reference in the one form, as far as it has one, and whether its check digit holds."""
    try:
        return references.normalise(text), True
    except references.InvalidReferenceError:
        compact = fields.without_personal_codes(text).replace(" ", "").upper()
        return compact.lstrip("0")[:35] or None, False


def _is_rf(text: str) -> bool:
    return text.upper().startswith("RF") and references.is_valid(text)


def _remitted(said: Said) -> int | None:
    try:
        return said.cents("RfrdDocAmt/RmtdAmt", "RfrdDocAmt/RmtdAmtAndTp/Amt")
    except BadField:
        return None


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _message(words: list[str]) -> str:
    return fields.without_personal_codes(" ".join(words))[:_LONGEST_MESSAGE]
