"""An agency that has invoices of a company's, collects and settles."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select

from domain import references
from domain.agency import Settlement, SettlementLine, StatusMessage, case_reference
from domain.agency.types import Collected
from domain.ledger import settlement
from store import ledger, releasing, settlements
from store.payments import Transaction
from store.settlements import Taken
from store.tables import (
    AgencyCase,
    AgencyMessage,
    AgencySettlement,
    AgencySettlementLine,
    Company,
    Invoice,
    PaymentVerdict,
)
from tests.books import MONDAY
from tests.store.bank import IBAN, Bank, transaction

PAID_ON = date(2026, 3, 5)
_serial = itertools.count(1)


@dataclass
class Agency:
    """Intrum, as far as money goes."""

    bank: Bank

    def case(self, invoice: Invoice, *, ended: bool = False, agency: str = "intrum") -> AgencyCase:
        """It has the invoice from now on."""
        with self.bank.database.transaction() as session:
            company = session.get_one(Company, invoice.company_id)
            row = AgencyCase(
                invoice_id=invoice.id,
                agency=agency,
                service="collection",
                reference=case_reference(company.business_id, invoice.number),
                agency_case_id=f"A-{invoice.number}",
                assigned_at=MONDAY,
                accepted_at=MONDAY,
                ended_at=MONDAY if ended else None,
            )
            session.add(row)
            session.flush()
            return row

    def settlement(self, *lines: SettlementLine, commission: int = 0, **changes: Any) -> Settlement:
        """One that adds up, unless `changes` say otherwise."""
        number = next(_serial)
        values: dict[str, Any] = {
            "settlement_id": f"T-{number}",
            "business_id": self.business_id(),
            "contract_number": "S-100",
            "settled_on": date(2026, 3, 9),
            "reference": references.make(900_000 + number),
            "lines": lines,
            "commission_cents": commission,
            "transferred_cents": sum(line.total_cents for line in lines) - commission,
        }
        return Settlement(**(values | changes))

    def business_id(self) -> str:
        with self.bank.database.transaction() as session:
            return session.exec(select(Company.business_id)).first() or ""

    def line(
        self, case: AgencyCase | str, principal: int, interest: int = 0, fees: int = 0
    ) -> SettlementLine:
        reference = case if isinstance(case, str) else case.reference
        return SettlementLine(
            case_reference=reference,
            agency_case_id=f"A-{reference}",
            principal_cents=principal,
            interest_cents=interest,
            fees_cents=fees,
            paid_on=PAID_ON,
        )

    def transfer(self, of: Settlement, **changes: Any) -> Transaction:
        """The settlement's money at the bank."""
        values = {"payer": "INTRUM OY", "account": IBAN} | changes
        return transaction(of.reference, of.transferred_cents, **values)

    def collected(self, case: AgencyCase, cents: int, at: datetime = MONDAY) -> None:
        """Its status says that it has collected so much."""
        with self.bank.database.transaction() as session:
            message = StatusMessage(
                message_id=f"{case.reference}-{next(_serial)}",
                case_reference=case.reference,
                agency_case_id=case.agency_case_id,
                status="MAKSETTU",
                occurred_at=at,
                sequence=next(_serial),
                collected=Collected(principal_cents=cents, interest_cents=0, fees_cents=0),
            )
            session.add(
                AgencyMessage(
                    agency_case_id=case.id,
                    direction="in",
                    kind="status",
                    key=message.message_id,
                    body=message.model_dump(mode="json"),
                    status="folded",
                    at=at,
                )
            )

    def take(self, settlement: Settlement) -> Taken:
        with self.bank.database.transaction() as session:
            return settlements.take(
                session, settlement, by_agency="intrum", source="test", now=MONDAY
            )

    def release(self, taken: Taken) -> Taken:
        with self.bank.database.transaction() as session:
            return releasing.release(session, taken.id, by="Maija", now=MONDAY)

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    def read(self, name: str) -> AgencySettlement:
        with self.bank.database.transaction() as session:
            return session.exec(select(AgencySettlement).where(AgencySettlement.name == name)).one()

    def lines_of(self, name: str) -> list[AgencySettlementLine]:
        with self.bank.database.transaction() as session:
            return list(
                session.exec(
                    select(AgencySettlementLine)
                    .join(
                        AgencySettlement,
                        col(AgencySettlement.id) == AgencySettlementLine.settlement_id,
                    )
                    .where(AgencySettlement.name == name)
                    .order_by(col(AgencySettlementLine.serial))
                )
            )

    def told(self, invoice: Invoice) -> list[tuple[str, int]]:
        """What it was told of money, in order."""
        with self.bank.database.transaction() as session:
            rows = session.exec(
                select(AgencyMessage)
                .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
                .where(AgencyCase.invoice_id == invoice.id, AgencyMessage.direction == "out")
                .order_by(col(AgencyMessage.id))
            )
            return [(row.kind, row.body["amount_cents"]) for row in rows]

    def verdicts(self, invoice: Invoice) -> list[PaymentVerdict]:
        with self.bank.database.transaction() as session:
            return list(
                session.exec(
                    select(PaymentVerdict)
                    .where(PaymentVerdict.invoice_id == invoice.id)
                    .order_by(col(PaymentVerdict.id))
                )
            )

    def paid(self, invoice: Invoice) -> int:
        """All the money that the invoice's ledger has, in cents."""
        with self.bank.database.transaction() as session:
            known = settlement(ledger.entries(session, invoice.id))
        return known.paid_cents + known.balance.overpaid_cents
