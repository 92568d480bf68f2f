"""Finnish law on late invoices, as dated data and the judgements that follow from it.

`statutes` holds the rows (a new statute is a new row), `judgement` the questions that the rest of
Karhu asks of them, `terms` the words of question and answer. Nothing of the law stands elsewhere,
but for the reference rates (`domain.interest`) and the banking days (`domain.calendar`).
"""

from domain.law.judgement import DELIVERY_BANKING_DAYS, FINNISH_LAW, Law
from domain.law.statutes import PROVISIONS, Provision, Topic
from domain.law.terms import (
    DebtorClass,
    FeeVerdict,
    GateVerdict,
    LawError,
    LetterVerdict,
    NoLawInForce,
)

__all__ = [
    "DELIVERY_BANKING_DAYS",
    "FINNISH_LAW",
    "PROVISIONS",
    "DebtorClass",
    "FeeVerdict",
    "GateVerdict",
    "Law",
    "LawError",
    "LetterVerdict",
    "NoLawInForce",
    "Provision",
    "Topic",
]
