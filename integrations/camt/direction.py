"""Which way the money of a transaction went, and whether that undoes an earlier one.

Codes: ISO 20022 external code set for bank transactions (BkTxCd/Domn/Fmly), and the Finnish banks'
own codes with issuer FFFS (BkTxCd/Prtry), of which 705 is the reference payment (viitesiirto).
"""

from enum import Enum, auto

from integrations import fields
from integrations.camt.said import Said
from integrations.fields import BadField
from integrations.intake import Fault

__all__ = ["Direction", "direction", "is_reference_payment"]

_SENT = frozenset({"ICDT", "IRCT", "RDDT"})
"""Families of the company's own payments."""
_UNDONE = frozenset({"RRTN", "RPCR", "UPDD", "PRDD", "RCDD"})
"""Sub-families of reversals: returned or recalled payments, direct debits that came back."""
_REFERENCE_PAYMENT = "705"


class Direction(Enum):
    PAYMENT = auto()
    """Money from somebody else."""
    TAKEN_BACK = auto()
    """An earlier payment that the bank takes back (oikaisu, palautus)."""
    OWN = auto()
    """The company's own payment, charge or transfer."""
    OWN_RETURNED = auto()
    """The company's own payment that came back."""


def direction(entry: Said, transaction: Said | None, *, alone: bool) -> Direction:
    """The direction of a transaction within its entry, or of an entry that has none.

    `alone`: the transaction is the entry's only one, so that the entry speaks for both.
    Raises BadField where no side is named.
    """
    of_entry = _indicator(entry)
    own = "" if alone or transaction is None else transaction.text("CdtDbtInd")
    indicator = own or of_entry
    if indicator not in {"CRDT", "DBIT"}:
        raise BadField("CdtDbtInd", f"{fields.shown(indicator)} is neither CRDT nor DBIT")
    family, sub_family, is_reference = _codes(entry, transaction)
    is_undone = (
        entry.text("RvslInd").lower() in {"true", "1"}
        or (transaction is not None and transaction.begins("RtrInf"))
        or sub_family in _UNDONE
    )
    if indicator == "DBIT":
        if of_entry == "CRDT":  # among payments, in a sum that it lessens
            return Direction.TAKEN_BACK
        undoes = (is_undone and family not in _SENT) or is_reference
        return Direction.TAKEN_BACK if undoes else Direction.OWN
    if is_undone or family in _SENT:
        return Direction.OWN_RETURNED
    return Direction.PAYMENT


def is_reference_payment(said: Said) -> bool:
    """Whether the bank calls it a reference payment, or a sum of them, by the Finnish code."""
    code, issuer = said.text("BkTxCd/Prtry/Cd"), said.text("BkTxCd/Prtry/Issr")
    return code.startswith(_REFERENCE_PAYMENT) and issuer in {"", "FFFS"}


def _indicator(entry: Said) -> str:
    indicator = entry.text("CdtDbtInd")
    if not indicator:
        raise BadField("CdtDbtInd", "is missing; ask the bank", Fault.MISSING)
    return indicator


def _codes(entry: Said, transaction: Said | None) -> tuple[str, str, bool]:
    """Family, sub-family, and whether it is a Finnish reference payment."""
    said = transaction if transaction is not None and transaction.begins("BkTxCd") else entry
    family = said.text("BkTxCd/Domn/Fmly/Cd")
    return (family, said.text("BkTxCd/Domn/Fmly/SubFmlyCd"), is_reference_payment(said))
