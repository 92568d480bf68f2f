"""The agency's services, and the twenty statuses of a case at Intrum Oy in Finland, with exactly
the Finnish text that users of invoicing software see there.
"""

from enum import StrEnum


class AgencyService(StrEnum):
    """What the agency is asked to do with an invoice."""

    REMINDER = "reminder"
    """Huomautuspalvelu: the agency sends the reminders; takes overdue invoices."""
    COLLECTION = "collection"
    """Perintä: the agency collects; takes invoices that have been reminded and given notice."""


class CollectionPhase(StrEnum):
    """How far a collection status leaves the case."""

    ACTIVE = "active"
    """The agency has the case; more statuses will come."""
    SETTLED = "settled"
    """The debtor has paid; the agency remits or has been told of the payment."""
    ENDED = "ended"
    """The agency has let go of the case without full payment."""


class CollectionStatus(StrEnum):
    """Perinnän tila: the twenty statuses of a case at Intrum.

    The value is a code of ours that never changes (it is stored and searched by); `finnish` is the
    agency's own text to the letter, `english` a translation for people, `phase` what it means for
    the invoice.
    """

    REGISTERED = "registered"
    LETTER_COLLECTION = "letter_collection"
    DISTRICT_COURT = "district_court"
    ENFORCEMENT = "enforcement"
    TRADE_BILL = "trade_bill"
    BANKRUPTCY_OR_DEBT_ADJUSTMENT = "bankruptcy_or_debt_adjustment"
    POST_COLLECTION = "post_collection"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    PAID_AFTER_LEGAL_ACTION = "paid_after_legal_action"
    ENDED_SMALL_PRINCIPAL = "ended_small_principal"
    ENDED_WITHOUT_MEANS = "ended_without_means"
    ENDED_BANKRUPTCY = "ended_bankruptcy"
    ENDED_INVESTIGATION_FRUITLESS = "ended_investigation_fruitless"
    ENDED_OTHER_REASON = "ended_other_reason"
    ENDED_DEBT_ADJUSTMENT = "ended_debt_adjustment"
    ENDED_MERGED = "ended_merged"
    LOCKED_FOR_BILLING = "locked_for_billing"
    ENDED_BILLED = "ended_billed"
    DELETED = "deleted"

    @property
    def finnish(self) -> str:
        """The agency's own text."""
        return _WORDS[self][0]

    @property
    def english(self) -> str:
        """A translation, for people."""
        return _WORDS[self][1]

    @property
    def phase(self) -> CollectionPhase:
        """Whether the agency goes on, has the money, or has let go."""
        return _WORDS[self][2]


_ACTIVE, _SETTLED, _ENDED = CollectionPhase

_WORDS: dict[CollectionStatus, tuple[str, str, CollectionPhase]] = {
    CollectionStatus.REGISTERED: ("REKISTERÖITY/VALVONNASSA", "Registered / under watch", _ACTIVE),
    CollectionStatus.LETTER_COLLECTION: ("KIRJEPERINTÄ", "Collection by letter", _ACTIVE),
    CollectionStatus.DISTRICT_COURT: ("KÄRÄJÄOIKEUS", "District court", _ACTIVE),
    CollectionStatus.ENFORCEMENT: ("ULOSOTTO", "Enforcement", _ACTIVE),
    CollectionStatus.TRADE_BILL: ("TRATTA", "Trade bill (published demand)", _ACTIVE),
    # The proceedings are running and the agency lodges the claim in them; how they end is a
    # status of its own below.
    CollectionStatus.BANKRUPTCY_OR_DEBT_ADJUSTMENT: (
        "KONKURSSI/VELKAJÄRJESTELY",
        "Bankruptcy / debt adjustment",
        _ACTIVE,
    ),
    # Still collected, only slowly: the debt is watched for years and may yet be paid.
    CollectionStatus.POST_COLLECTION: ("JÄLKIPERINTÄ", "Post-collection", _ACTIVE),
    CollectionStatus.PAID: ("MAKSETTU", "Paid", _SETTLED),
    # The creditor has taken the case back: the claim is the creditor's own to handle again.
    CollectionStatus.WITHDRAWN: ("PERUUTETTU", "Withdrawn", _ENDED),
    CollectionStatus.PAID_AFTER_LEGAL_ACTION: (
        "MAKSETTU OIKEUDELLISTEN TOIMENPITEIDEN JÄLKEEN",
        "Paid after legal action",
        _SETTLED,
    ),
    # From here on the agency has given up, each time for the reason named.
    CollectionStatus.ENDED_SMALL_PRINCIPAL: (
        "LOPETETTU - PIENI PÄÄOMA/EI MAKSUKYKYÄ",
        "Ended: small principal / no ability to pay",
        _ENDED,
    ),
    CollectionStatus.ENDED_WITHOUT_MEANS: (
        "LOPETETTU - ASIAKAS VARATON",
        "Ended: debtor without means",
        _ENDED,
    ),
    CollectionStatus.ENDED_BANKRUPTCY: ("LOPETETTU - KONKURSSI", "Ended: bankruptcy", _ENDED),
    CollectionStatus.ENDED_INVESTIGATION_FRUITLESS: (
        "LOPETETTU - TUTKIMUKSET TULOKSETTOMIA",
        "Ended: investigation without result",
        _ENDED,
    ),
    CollectionStatus.ENDED_OTHER_REASON: ("LOPETETTU - MUU SYY", "Ended: other reason", _ENDED),
    CollectionStatus.ENDED_DEBT_ADJUSTMENT: (
        "LOPETETTU - VELKAJÄRJESTELY",
        "Ended: debt adjustment",
        _ENDED,
    ),
    # This case is over; the claim goes on under the case that it was merged into.
    CollectionStatus.ENDED_MERGED: (
        "LOPETETTU - YHDISTETTY TOISEEN SAATAVAAN",
        "Ended: merged with another claim",
        _ENDED,
    ),
    # Collecting has stopped while the agency invoices its own costs, but the last word is still
    # to come (ENDED_BILLED or a payment), so nobody may act on the invoice yet.
    CollectionStatus.LOCKED_FOR_BILLING: (
        "LUKITTU LASKUTUSTA VARTEN",
        "Locked for billing",
        _ACTIVE,
    ),
    CollectionStatus.ENDED_BILLED: ("LOPETETTU/LASKUTETTU", "Ended / billed", _ENDED),
    # Removed from the agency's register, as after a mistaken assignment.
    CollectionStatus.DELETED: ("POISTETTU", "Deleted", _ENDED),
}


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


_BY_TEXT = {
    _folded(name): status for status in CollectionStatus for name in (status.value, status.finnish)
}


def parse_status(label_or_code: str) -> CollectionStatus | None:
    """The status that an agency's text means: the Finnish label or our code.

    Case and spacing are forgiven, spelling is not: an unknown status is None, never a guess, and
    the caller keeps the raw text to show.
    """
    return _BY_TEXT.get(_folded(label_or_code))
