"""The debtor as the agency is told of it, when a claim is handed over and whenever it changes."""

from __future__ import annotations

from activities.desk import Desk
from domain.agency import Address, Debtor
from store import agency_contracts
from store.tables import Customer


def debtor(desk: Desk, agency: str) -> Debtor:
    """Who owes the invoice, and how he is reached now.

    His phone and e-mail go along if the company's settings for the agency say so: those of his
    default contact (oletusyhteyshenkilö), or his own if he has named none.
    """
    customer = desk.customer
    contract = agency_contracts.of_agency(desk.session, desk.invoice.company_id, agency)
    phone = email = ""
    if contract is not None and contract.default_contact:
        phone, email = _contact(customer)
    return Debtor(
        name=customer.name,
        debtor_class=desk.case.debtor,
        business_id=customer.business_id or None,
        address=Address(
            street=customer.street,
            postal_code=customer.postcode,
            city=customer.city,
            country=customer.country,
        ),
        phone=phone or None,
        email=email or None,
    )


def _contact(customer: Customer) -> tuple[str, str]:
    if customer.contact_name or customer.contact_phone or customer.contact_email:
        return customer.contact_phone, customer.contact_email
    return customer.phone, customer.email
