"""The states of an invoice, its holds, and the channels of its letters."""

from __future__ import annotations

from enum import StrEnum


class InvoiceState(StrEnum):
    """Where an invoice is in its procedure (laskun tila).

    The values are Karhu's own; `netvisor` gives the name of the same state in Netvisor's API.
    """

    OPEN = "open"  # avoin
    OVERDUE = "overdue"  # erääntynyt
    REMINDED = "reminded"  # muistutettu
    NOTIFIED = "notified"  # huomautettu
    IN_COLLECTION = "in_collection"  # perinnässä
    PAID = "paid"  # maksettu
    CREDITED = "credited"  # hyvitetty
    WRITTEN_OFF = "written_off"  # luottotappio
    CANCELLED = "cancelled"  # peruttu

    @property
    def final(self) -> bool:
        """Whether the procedure ends here."""
        return self in FINAL_STATES

    @property
    def finnish(self) -> str:
        return _FINNISH[self]

    @property
    def netvisor(self) -> str | None:
        """The state's name in Netvisor's API; None where Netvisor has no such state."""
        return _NETVISOR.get(self)


FINAL_STATES = frozenset(
    {
        InvoiceState.PAID,
        InvoiceState.CREDITED,
        InvoiceState.WRITTEN_OFF,
        InvoiceState.CANCELLED,
    }
)

_FINNISH = {
    InvoiceState.OPEN: "avoin",
    InvoiceState.OVERDUE: "erääntynyt",
    InvoiceState.REMINDED: "muistutettu",
    InvoiceState.NOTIFIED: "huomautettu",
    InvoiceState.IN_COLLECTION: "perinnässä",
    InvoiceState.PAID: "maksettu",
    InvoiceState.CREDITED: "hyvitetty",
    InvoiceState.WRITTEN_OFF: "luottotappio",
    InvoiceState.CANCELLED: "peruttu",
}

_NETVISOR = {
    InvoiceState.OPEN: "open",
    InvoiceState.OVERDUE: "overdue",
    InvoiceState.REMINDED: "reminded",
    InvoiceState.NOTIFIED: "requested",
    InvoiceState.IN_COLLECTION: "collected",
    InvoiceState.PAID: "paid",
    InvoiceState.WRITTEN_OFF: "creditloss",
}


class LetterKind(StrEnum):
    """The creditor's own letters: two rungs of the ladder, and a free word beside it."""

    COURTESY = "courtesy"  # ystävällinen muistutus
    REMINDER = "reminder"  # maksumuistutus
    NOTICE = "notice"  # maksukehotus

    @property
    def leads_to(self) -> InvoiceState | None:
        """The state that an invoice enters when this letter is released; None: it stays."""
        return _LEADS_TO.get(self)


_LEADS_TO = {
    LetterKind.REMINDER: InvoiceState.REMINDED,
    LetterKind.NOTICE: InvoiceState.NOTIFIED,
}


class Channel(StrEnum):
    """How a letter travels, in the order in which the general rules prefer it."""

    EINVOICE = "einvoice"  # verkkolasku
    EMAIL = "email"
    PAPER = "paper"


class HoldKind(StrEnum):
    """Why an invoice waits although its rule would go on."""

    DISPUTED = "disputed"  # riitautettu; Debt Collection Act 513/1999 4 b §
    SUSPENDED = "suspended"  # perinnän keskeytyspyyntö; 513/1999 4 c §
    PROMISE = "promise"  # maksulupaus
    EXTENSION = "extension"  # maksuajan pidennys
    COLLECTION_BAN = "collection_ban"  # perintäkielto: letters go on, the agency is barred
    MANUAL = "manual"

    @property
    def stops_letters(self) -> bool:
        return self is not HoldKind.COLLECTION_BAN


class Running(StrEnum):
    """What a changed rule, or a moved customer, means for the invoices that run already."""

    MOVE = "move"
    KEEP = "keep"
