"""The ways a case can go at the agency, and which way a given case goes.

The draw is deterministic: the first eight bytes of SHA-256 over the seed and the case reference,
modulo 1000, fall into the shares below in their order. The same invoice therefore meets the same
fate in every run, whatever else runs beside it. The shares are made up to look like a portfolio
that mostly pays; they are not Intrum's figures.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.agency import AgencyService
from domain.agency import CollectionStatus as Status
from domain.law.terms import DebtorClass

EVERYBODY = frozenset(DebtorClass)
NON_CONSUMERS = EVERYBODY - {DebtorClass.CONSUMER}


class Doing(StrEnum):
    """What happens to a case between two statuses; its status is told again then, with what is left
    of the principal and what was collected."""

    INSTALMENT = "instalment"
    """The debtor pays a third of what is open (osasuoritus)."""
    TAKEN_BACK = "taken_back"
    """The last instalment turns out to be somebody else's: it is open again, and the next
    settlement takes it back from the creditor."""


@dataclass(frozen=True)
class Path:
    """One way to go: what comes after REGISTERED, in order."""

    name: str
    per_mille: int
    """Of a thousand cases drawn; 0 for a path that is only taken when asked for by name."""
    steps: tuple[Status | Doing, ...]
    debtors: frozenset[DebtorClass] = EVERYBODY

    @property
    def statuses(self) -> tuple[Status, ...]:
        """Its statuses alone."""
        return tuple(step for step in self.steps if isinstance(step, Status))


_LEGAL = (Status.LETTER_COLLECTION, Status.DISTRICT_COURT, Status.ENFORCEMENT)

_ALL = (
    Path("paid", 620, (Status.LETTER_COLLECTION, Status.PAID)),
    # A trade bill is never used against a consumer (Debt Collection Act 513/1999, 7 §).
    Path(
        "trade_bill",
        60,
        (Status.LETTER_COLLECTION, Status.TRADE_BILL, Status.PAID),
        NON_CONSUMERS,
    ),
    Path("paid_after_legal_action", 120, (*_LEGAL, Status.PAID_AFTER_LEGAL_ACTION)),
    Path("without_means", 70, (*_LEGAL, Status.ENDED_WITHOUT_MEANS)),
    Path(
        "post_collection",
        20,
        (*_LEGAL, Status.POST_COLLECTION, Status.PAID_AFTER_LEGAL_ACTION),
    ),
    Path("small_principal", 40, (Status.LETTER_COLLECTION, Status.ENDED_SMALL_PRINCIPAL)),
    Path(
        "investigation_fruitless",
        30,
        (Status.LETTER_COLLECTION, Status.ENDED_INVESTIGATION_FRUITLESS),
    ),
    Path(
        "bankruptcy",
        20,
        (
            Status.LETTER_COLLECTION,
            Status.BANKRUPTCY_OR_DEBT_ADJUSTMENT,
            Status.ENDED_BANKRUPTCY,
        ),
        NON_CONSUMERS,
    ),
    # Debt adjustment is for private individuals (Act 57/1993).
    Path(
        "debt_adjustment",
        10,
        (
            Status.LETTER_COLLECTION,
            Status.BANKRUPTCY_OR_DEBT_ADJUSTMENT,
            Status.ENDED_DEBT_ADJUSTMENT,
        ),
        frozenset({DebtorClass.CONSUMER}),
    ),
    Path(
        "billed",
        10,
        (Status.LETTER_COLLECTION, Status.LOCKED_FOR_BILLING, Status.ENDED_BILLED),
    ),
    Path(
        "instalments",
        0,
        (Status.LETTER_COLLECTION, Doing.INSTALMENT, Doing.INSTALMENT, Status.PAID),
    ),
    Path(
        "payment_taken_back",
        0,
        (
            *(Status.LETTER_COLLECTION, Doing.INSTALMENT, Doing.TAKEN_BACK, Doing.INSTALMENT),
            *(Status.DISTRICT_COURT, Status.PAID_AFTER_LEGAL_ACTION),
        ),
    ),
    Path("merged", 0, (Status.LETTER_COLLECTION, Status.ENDED_MERGED)),
    Path("other_reason", 0, (Status.LETTER_COLLECTION, Status.ENDED_OTHER_REASON)),
    Path("deleted", 0, (Status.DELETED,)),
)

EVENLY = "evenly"
"""In place of a path's name: each path is drawn as often as every other."""

PATHS: Mapping[str, Path] = {path.name: path for path in _ALL}


def draw(*parts: object) -> int:
    """A number from 0 to 999 that depends on the parts and on nothing else."""
    return int(digest(*parts)[:16], 16) % 1000


def digest(*parts: object) -> str:
    """SHA-256 over the parts, in hexadecimal."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def strikes(rate: float, *parts: object) -> bool:
    """Whether a fault of this rate strikes here."""
    return draw(*parts) < rate * 1000


def choose(
    seed: str, reference: str, debtor_class: DebtorClass, asked_for: str | None = None
) -> Path:
    """The path of a case. One drawn that is not for this class of debtor gives way to `paid`."""
    if asked_for == EVENLY:
        open_to = [path for path in _ALL if debtor_class in path.debtors]
        return open_to[draw(seed, reference, EVENLY) % len(open_to)]
    if asked_for is not None:
        return PATHS[asked_for]
    return _at(draw(seed, reference), _ALL, debtor_class)


def _at(drawn: int, paths: Iterable[Path], debtor_class: DebtorClass) -> Path:
    reached = 0
    for path in paths:
        reached += path.per_mille
        if drawn < reached:
            return path if debtor_class in path.debtors else PATHS["paid"]
    raise AssertionError(f"the shares of the paths end at {reached} of 1000")


def steps(path: Path, service: AgencyService) -> tuple[Status | Doing, ...]:
    """What the case goes through after REGISTERED.

    In the reminder service a debtor who pays does so on the reminders, before any collection.
    """
    if service is AgencyService.REMINDER and path.name == "paid":
        return (Status.PAID,)
    return path.steps
