"""What a test puts into a Karhu's database, in the ways in which it comes in."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import col, select

from domain import references
from domain.agency import StatusMessage
from domain.calendar import FINLAND
from domain.case import Case
from domain.clock import Clock
from domain.law import FINNISH_LAW, DebtorClass
from domain.rule import Rule
from domain.steps import Step, StepKind
from store import booking, parties, registration, rules
from store.tables import AgencyCase, AgencyMessage, Customer, Invoice
from tests.contracts import put_contract
from tests.looking import BUSINESS_ID, Looking
from workflows.contract import Planned

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""The business instant at which every test begins."""

_numbers = itertools.count(1)


@dataclass
class Books(Looking):
    """A company's books: invoices, payments, what the agency says."""

    clock: Clock

    def now(self) -> datetime:
        """Business time outside any workflow."""
        return self.clock.now(datetime.now(UTC))

    def register(
        self,
        *,
        due_in: int = 14,
        net: int = 14,
        amount_cents: int = 108_836,
        debtor: DebtorClass = DebtorClass.CONSUMER,
        rule: Rule | None = None,
        email: str = "matti@malliasiakas.example",
        street: str = "Mallikatu 1",
        now: datetime | None = None,
        contract: str = "S-100",
        agency: dict[str, Any] | None = None,
        business_id: str = BUSINESS_ID,
        bank_feed: str = "off",
        automation: bool = True,
        iban: str = "FI3715903000000776",
    ) -> Invoice:
        """A new invoice of a new customer, due in some days from now. Its company's letters wait
        for no file of the bank's unless said otherwise: such a company is another one. `agency`:
        what is particular about its contract."""
        now = now or self.now()
        serial = next(_numbers)
        due = FINLAND.local_date(now) + timedelta(days=due_in)
        with self.database.transaction() as session:
            creditor = parties.NewCompany(
                business_id=business_id,
                name="Esimerkki Oy",
                street="Esimerkkitie 2",
                postcode="00100",
                city="Helsinki",
                email="laskutus@esimerkki.example",
                iban=iban,
            )
            company = parties.ensure_companies(session, [creditor], now)[creditor]
            if contract:
                put_contract(session, company, now, number=contract, **(agency or {}))
            company.bank_feed = bank_feed
            company.automation = automation
            debtor_of_it = parties.NewCustomer(
                key=f"c{serial}",
                name="Matti Malliasiakas",
                debtor_class=debtor,
                street=street,
                postcode="00200",
                city="Helsinki",
                email=email,
            )
            (placed,) = parties.ensure_customers(session, [(company, debtor_of_it)])
            customer = placed.customer
            if rule is not None:
                version = rules.save_rule(
                    session,
                    company.id,
                    rule.model_copy(update={"name": f"{rule.name} {serial}"}),
                    now,
                    "test",
                )
                customer.rule_id, customer.placed_by = version.rule_id, "test"
            new = registration.NewInvoice(
                number=str(1000 + serial),
                invoice_date=due - timedelta(days=net),
                due=due,
                amount_cents=amount_cents,
                reference=references.make(1000 + serial),
                iban=iban,
            )
            (done,) = registration.register(
                session,
                [registration.Entering(company, customer, new)],
                law=FINNISH_LAW,
                calendar=FINLAND,
                now=now,
            )
        assert isinstance(done, registration.Registered)
        return self.invoice(done.invoice_id)

    def planned(self, invoice: Invoice) -> tuple[Case, Planned]:
        """The invoice's case, and the step that is planned for it."""
        step = Step(
            kind=StepKind(invoice.next_step),
            when=invoice.next_step_at,
            why=invoice.next_step_why,
        )
        case = Case.model_validate(invoice.case_json)
        return case, Planned(step=step, wake_at=step.when and self.clock.real(step.when))

    def pay(
        self,
        invoice: Invoice,
        cents: int,
        *,
        settlement: bool | None = False,
        on: date | None = None,
        key: str = "p1",
    ) -> None:
        """Book a payment. The workflow is not told."""
        now = self.now()
        with self.database.transaction() as session:
            booking.pay(
                session,
                booking.lock(session, invoice.id),
                cents,
                on or FINLAND.local_date(now),
                key=key,
                now=now,
                settlement=settlement,
            )

    def change_customer(self, invoice: Invoice, **fields: Any) -> None:
        with self.database.transaction() as session:
            customer = session.get_one(Customer, invoice.customer_id)
            for name, value in fields.items():
                setattr(customer, name, value)
            session.add(customer)

    def agency_says(self, invoice: Invoice, status: str, sequence: int, at: datetime) -> None:
        """A status message comes in, as the callback stores it."""
        with self.database.transaction() as session:
            file = session.exec(
                select(AgencyCase)
                .where(AgencyCase.invoice_id == invoice.id)
                .order_by(col(AgencyCase.id).desc())
            ).first()
            assert file is not None
            message = StatusMessage(
                message_id=f"{file.reference}-{sequence}",
                case_reference=file.reference,
                agency_case_id=file.agency_case_id or "unknown",
                status=status,
                occurred_at=at,
                sequence=sequence,
            )
            session.add(
                AgencyMessage(
                    agency_case_id=file.id,
                    direction="in",
                    kind="status",
                    key=message.message_id,
                    body=message.model_dump(mode="json"),
                    status="received",
                    at=at,
                )
            )
