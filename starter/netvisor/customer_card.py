"""A customer's card as Netvisor has it, over the columns that Karhu has.

Netvisor knows two address lines and two e-mail addresses where Karhu has one column each. What the
two said is kept beside (`NetvisorCustomer`), as long as nobody has changed the column since.
"""

from __future__ import annotations

from lxml import etree
from sqlmodel import Session, select

from domain.law import DebtorClass
from starter.netvisor import books
from starter.netvisor.envelope import element, group
from store.tables import Customer, NetvisorCustomer, Rule


def code_of(key: str, business_id: str) -> str:
    """The own number of a customer that the books know by this key; "" if that is something
    else."""
    return "" if key.startswith(books.OWN_KEY) or key == business_id else key


_LANGUAGES = {"fi": "FI", "sv": "SE", "en": "EN"}
"""Netvisor names a language by its country."""


_DELIVERY = ("DeliveryName", "DeliveryStreetAddress", "DeliveryCity", "DeliveryPostNumber")


def _empty(tag: str, names: tuple[str, ...]) -> etree._Element:
    """A group of what is not kept: clients stumble over one that is empty itself."""
    return group(tag, *(element(name) for name in names))


class Card:
    """What the elements say that share a column."""

    def __init__(self, customer: Customer, kept: NetvisorCustomer | None) -> None:
        self._customer = customer
        self._kept = kept
        self._said: dict[str, str] = dict(kept.said) if kept else {}
        if self._street() != customer.street:
            self._said |= {"streetaddress": customer.street, "additionaladdressline": ""}
        if self._email() != customer.email:
            self._said |= {"email": customer.email, "emailinvoicingaddress": ""}

    @classmethod
    def of(cls, session: Session, customer: Customer) -> Card:
        """The card of a customer, new or known."""
        if customer.id is None:
            return cls(customer, None)
        kept = session.exec(
            select(NetvisorCustomer).where(NetvisorCustomer.customer_id == customer.id)
        ).first()
        return cls(customer, kept)

    def say(self, name: str, text: str | None) -> None:
        """The element says so; None: it is not there, and what it said stays."""
        if text is not None:
            self._said[name] = text

    def settle(self) -> None:
        """Write the columns."""
        self._customer.street = self._street()
        self._customer.email = self._email()

    def keep(self, session: Session, customer: Customer) -> None:
        """Keep what was said, for a customer that has its row."""
        row = self._kept or NetvisorCustomer(customer_id=customer.id, said={})
        row.said = {name: text for name, text in self._said.items() if text}
        session.add(row)

    def shown(self, rule: Rule | None) -> etree._Element:
        """The customer as getcustomer.nv gives it; what Karhu does not keep is empty."""
        one, said = self._customer, self._said
        additional = group(
            "CustomerAdditionalInformation",
            element("Comment"),
            element("InvoicingLanguage", _LANGUAGES.get(one.language, "EN"), type="ISO-3166"),
        )
        if rule is not None:
            additional.append(
                element("ReceivablesManagementAutomationRule", rule.name, netvisorkey=str(rule.id))
            )
        return group(
            "Customer",
            group(
                "CustomerBaseInformation",
                element("NetvisorKey", one.id),
                element("InternalIdentifier", code_of(one.key, one.business_id)),
                element("ExternalIdentifier", one.business_id),
                element("Name", one.name),
                element("NameExtension"),
                element("StreetAddress", said.get("streetaddress", "")),
                element("AdditionalStreetAddress", said.get("additionaladdressline", "")),
                element("City", one.city),
                element("PostNumber", one.postcode),
                element("Country", one.country, type="ISO-3166"),
                element("PhoneNumber", one.phone),
                element("FaxNumber"),
                element("Email", said.get("email", "")),
                element("EmailInvoicingAddress", said.get("emailinvoicingaddress", "")),
                element("HomePageUri"),
                element("IsActive", 1),
                element("IsPrivateCustomer", int(one.debtor_class == DebtorClass.CONSUMER)),
                element("InCollectionProhibitation", int(one.collection_ban)),
            ),
            group(
                "CustomerFinvoiceDetails",
                element("FinvoiceAddress", one.einvoice_address),
                element("FinvoiceRouterCode", one.einvoice_operator),
            ),
            _empty("CustomerDeliveryDetails", _DELIVERY),
            group(
                "CustomerContactDetails",
                element("ContactPerson", one.contact_name),
                element("ContactPersonEmail", one.contact_email),
                element("ContactPersonPhone", one.contact_phone),
            ),
            additional,
        )

    def _street(self) -> str:
        lines = (self._said.get(name) for name in ("streetaddress", "additionaladdressline"))
        return ", ".join(line for line in lines if line)

    def _email(self) -> str:
        return self._said.get("emailinvoicingaddress") or self._said.get("email") or ""
