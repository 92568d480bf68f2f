"""An agency of whose work there are only its books: settlements and balances, in pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

from domain.agency import CaseBalance, ContractMessage, Settlement, StatusMessage
from integrations.agency import (
    AgencyRefused,
    AgencyUnavailable,
    BalancePage,
    CallbackRefused,
    ContractPage,
    SettlementPage,
    StatusPage,
)


@dataclass
class AgencyBooks:
    """It takes nothing and says nothing but what is written here, two to a page. `away_after`: so
    many pages are given, and then it cannot be reached."""

    settlements: list[Settlement] = field(default_factory=list)
    balances: list[CaseBalance] = field(default_factory=list)
    away_after: int | None = None
    callback_limit_bytes: int = 0

    def close(self) -> None:
        pass

    def said_before(self, agency_case_id: str, message: Any) -> None:
        self._refuse(message)

    def assign(self, message: Any) -> NoReturn:
        self._refuse(message)

    def withdraw(self, agency_case_id: str, message: Any) -> NoReturn:
        self._refuse(message)

    def direct_payment(self, agency_case_id: str, message: Any) -> NoReturn:
        self._refuse(message)

    def payment_reversal(self, agency_case_id: str, message: Any) -> NoReturn:
        self._refuse(message)

    def credit(self, agency_case_id: str, message: Any) -> NoReturn:
        self._refuse(message)

    def dispute(self, agency_case_id: str, message: Any) -> NoReturn:
        self._refuse(message)

    def change_contact(self, agency_case_id: str, message: Any) -> NoReturn:
        self._refuse(message)

    def statuses_since(self, cursor: str) -> StatusPage:
        return StatusPage((), cursor)

    def contracts_since(self, cursor: str) -> ContractPage:
        return ContractPage((), cursor)

    def settlements_since(self, cursor: str) -> SettlementPage:
        at = self._page(cursor)
        part = tuple(self.settlements[at : at + 2])
        return SettlementPage(part, str(at + len(part)))

    def balances_since(self, cursor: str) -> BalancePage:
        at = self._page(cursor)
        part = tuple(self.balances[at : at + 2])
        return BalancePage(part, str(at + len(part)))

    def read_callback(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Sequence[StatusMessage | ContractMessage]:
        raise CallbackRefused("malformed", "it calls nobody")

    def _page(self, cursor: str) -> int:
        if self.away_after is not None:
            self.away_after -= 1
            if self.away_after < 0:
                raise AgencyUnavailable("its books", "it is away")
        return int(cursor or 0)

    def _refuse(self, message: Any) -> NoReturn:
        raise AgencyRefused(f"{message.kind}", "not_supported", "it takes nothing")
