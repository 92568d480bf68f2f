"""A company's contract (sopimus) with a collection agency, as handing over reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

from domain.agency.statuses import AgencyService
from domain.states import InvoiceState

INTRUM = "intrum"
ROPO = "ropo"

AGENCIES = {INTRUM: "Intrum Oy", ROPO: "Ropo One"}
"""The agencies that there are clients for, and their names as people write them."""

NAMES = {INTRUM: "Intrum", ROPO: "Ropo"}
"""The same in short: as sentences have them, and as the payer's name of their transfers begins."""

TAKEN_FROM = {
    InvoiceState.OVERDUE: AgencyService.REMINDER,
    InvoiceState.NOTIFIED: AgencyService.COLLECTION,
}
"""The states in which an invoice may go to an agency, and the service that takes it then."""


def title(agency: str) -> str:
    """An agency's name as people write it."""
    return AGENCIES.get(agency, agency)


def name(agency: str) -> str:
    """The same in short."""
    return NAMES.get(agency, agency)


def _taken_from(state: InvoiceState) -> InvoiceState:
    if state not in TAKEN_FROM:
        raise ValueError("invoices go to the agency from overdue or from notified on")
    return state


FromState = Annotated[InvoiceState, AfterValidator(_taken_from)]


@dataclass(frozen=True, slots=True)
class Bar:
    """Why the contract does not let an invoice go to the agency. `until`: the local date from which
    it does, if it is known."""

    why: str
    until: date | None = None


class Contract(BaseModel):
    """What a company has agreed on with one agency, and how it wants to use it.

    `in_force_from` to the day before `ended_on`. `from_state`: invoices may go from `overdue` on
    (to the reminder service, and to collection once they are notified), or from `notified` on.
    `automatic`: its rules hand invoices over by themselves; else somebody does it by hand.
    `default_contact`: the customer's default contact goes along.
    `switched_at`: when it was switched on or off last.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    agency: str
    number: str
    services: tuple[AgencyService, ...]
    in_force_from: date
    ended_on: date | None = None
    from_state: FromState = InvoiceState.NOTIFIED
    automatic: bool = True
    default_contact: bool = False
    switched_at: AwareDatetime

    @property
    def title(self) -> str:
        """The agency's name as people write it."""
        return title(self.agency)

    def in_force(self, on: date) -> bool:
        """Whether invoices may go to the agency on a day."""
        if not self.services or on < self.in_force_from:
            return False
        return self.ended_on is None or on < self.ended_on

    def takes(self, service: AgencyService, on: date) -> bool:
        """Whether the agency takes invoices into this service on a day."""
        return self.in_force(on) and service in self.services


def in_effect(contracts: Iterable[Contract], on: date) -> Contract | None:
    """The contract under which invoices go: of several in force, the one switched on last."""
    there = [one for one in contracts if one.in_force(on)]
    return max(there, key=lambda one: one.switched_at, default=None)


def bar(
    contracts: Iterable[Contract], service: AgencyService, on: date, *, by_itself: bool
) -> Bar | None:
    """Why no invoice may go into this service on a day, if so; `by_itself`: by its rule alone."""
    known = tuple(contracts)
    contract = in_effect(known, on)
    if contract is None:
        return _none_in_force(known, on)
    if service not in contract.services:
        return Bar(f"the contract with {contract.title} does not include the {_NAMES[service]}")
    if service is AgencyService.REMINDER and contract.from_state is not InvoiceState.OVERDUE:
        return Bar(
            "the agency settings let invoices go from notified on alone, and not while overdue"
        )
    if by_itself and not contract.automatic:
        return Bar("the agency settings leave handing over to somebody: hand it over by hand")
    return None


def _none_in_force(contracts: tuple[Contract, ...], on: date) -> Bar:
    ahead = [one.in_force_from for one in contracts if one.in_force(max(on, one.in_force_from))]
    if ahead:
        return Bar(f"the contract with the agency is in force from {min(ahead)}", min(ahead))
    ended = [one.ended_on for one in contracts if one.ended_on is not None]
    if ended:
        return Bar(f"the contract with the agency ended on {max(ended)}")
    return Bar("the company has no contract with a collection agency")


_NAMES = {
    AgencyService.REMINDER: "reminder service (huomautuspalvelu)",
    AgencyService.COLLECTION: "collection service (perintä)",
}
