"""The sections that open invoices are looked at in, as on Netvisor's page of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from domain.states import InvoiceState

if TYPE_CHECKING:
    # For a command that starts quickly: the agency's words need pydantic.
    from domain.agency import AgencyService


class Section(StrEnum):
    """A heading of the list of open invoices (avoimet myyntilaskut), in the procedure's order."""

    OPEN = "open"  # avoimet laskut
    OVERDUE = "overdue"  # erääntyneet saatavat
    REMINDED = "reminded"  # muistutetut laskut
    NOTIFIED = "notified"  # maksuhuomautetut laskut
    REMINDER_SERVICE = "reminder_service"  # Intrum Oy:n palvelussa: huomautuspalvelu
    COLLECTION = "collection"  # Intrum Oy:n palvelussa: perintä

    @classmethod
    def of(cls, state: InvoiceState, agency_service: str) -> Section | None:
        """The section of an invoice; None if it is at an end."""
        if state is not InvoiceState.IN_COLLECTION:
            return None if state.final else cls(state.value)
        return cls.REMINDER_SERVICE if agency_service == "reminder" else cls.COLLECTION

    @property
    def state(self) -> InvoiceState:
        """The state that its invoices are in."""
        return InvoiceState.IN_COLLECTION if self.at_agency else InvoiceState(self.value)

    @property
    def at_agency(self) -> bool:
        """Whether the agency has its invoices."""
        return self in {Section.REMINDER_SERVICE, Section.COLLECTION}

    @property
    def service(self) -> AgencyService | None:
        """The service that the agency has its invoices in."""
        from domain.agency import AgencyService  # noqa: PLC0415 - see above

        if not self.at_agency:
            return None
        return (
            AgencyService.REMINDER if self is Section.REMINDER_SERVICE else AgencyService.COLLECTION
        )
