"""What a letter says, read from the desk."""

from __future__ import annotations

from activities.desk import Desk
from activities.letters import interest_to_date
from domain.agency import AgencyService
from domain.agency.contract import in_effect
from domain.interest import InterestPeriod
from domain.ledger import EntryKind
from domain.money import Language
from domain.states import LetterKind
from integrations.letters import LetterContent, LetterCreditor, LetterDebtor
from store import agency_contracts
from store.tables import Company, Customer, Notice

_LANGUAGES: dict[str, Language] = {"fi": "fi", "sv": "sv", "en": "en"}
_HOME = "FI"


def content_of(desk: Desk, notice: Notice) -> LetterContent:
    """The letter as the ledger stands now. Raises ValueError if something it needs is missing."""
    balance = desk.settlement().balance
    invoice, company, customer = desk.invoice, desk.company, desk.customer
    fee = min(notice.fee_cents, balance.fees_cents)
    return LetterContent(
        kind=LetterKind(notice.kind),
        language=_LANGUAGES.get(customer.language, "fi"),
        letter_id=notice.message_id,
        debtor_class=desk.case.debtor,
        creditor=LetterCreditor(
            name=company.name,
            business_id=company.business_id,
            address_lines=_address(company),
            email=company.email or None,
            phone=company.phone or None,
        ),
        debtor=LetterDebtor(name=customer.name, address_lines=_address(customer)),
        invoice_number=invoice.number,
        invoice_date=invoice.invoice_date,
        original_due_date=invoice.due,
        letter_date=notice.letter_date,
        due_date=notice.due,
        principal_cents=invoice.principal_cents,
        paid_cents=invoice.principal_cents - balance.principal_cents,
        interest_cents=balance.interest_cents,
        interest_periods=_interest_periods(desk) if balance.interest_cents else (),
        earlier_fees_cents=balance.fees_cents - fee,
        fee_cents=fee,
        total_cents=balance.open_cents,
        iban=invoice.iban,
        bic=invoice.bic or None,
        reference=invoice.reference,
        agency_name=_agency(desk),
    )


def _interest_periods(desk: Desk) -> tuple[InterestPeriod, ...]:
    """What the interest claimed so far was computed from; a letter that leaves later claims no
    more than when it was released."""
    claimed = [entry.on for entry in desk.entries() if entry.kind is EntryKind.INTEREST]
    return interest_to_date(desk, max(claimed)).periods


def _agency(desk: Desk) -> str | None:
    """Whom the letter says that the claim goes to if it stays unpaid; None: to nobody."""
    contract = in_effect(
        agency_contracts.of(desk.session, desk.invoice.company_id),
        desk.today,
    )
    if contract is None or AgencyService.COLLECTION not in contract.services:
        return None
    return contract.title


def _address(party: Company | Customer) -> tuple[str, ...]:
    town = f"{party.postcode} {party.city}".strip()
    lines = (party.street, town, party.country if party.country != _HOME else "")
    return tuple(line for line in lines if line)
