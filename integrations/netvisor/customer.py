"""One `customer` of Netvisor's as a `CustomerRecord`.

Source: Netvisor's descriptions of customer.nv and getcustomer.nv.
"""

from lxml import etree

from integrations import fields
from integrations.intake import CustomerRecord, Party
from integrations.netvisor import elements
from integrations.netvisor.elements import Elements

__all__ = ["Customer"]

_BASE = "customerbaseinformation"
_FINVOICE = "customerfinvoicedetails"
_CONTACT = "customercontactdetails"
_MORE = "customeradditionalinformation"


class Customer:
    """One document, whose record `record` makes."""

    number = ""
    """A customer has no invoice's number."""

    def __init__(self, root: etree._Element, seller: Party) -> None:
        self._seller = seller
        self._elements = Elements(root)

    def record(self, *, source: str, index: int, line: int) -> CustomerRecord:
        """The record of the document.

        Raises BadField with the element and the reason, or pydantic's ValidationError where a text
        is longer than it can be.
        """
        text = self._elements.text
        full_name = text(f"{_BASE}/name")
        name = fields.required(fields.without_personal_codes(full_name), "Name")
        external = text(f"{_BASE}/externalidentifier")
        is_person = fields.is_personal_code(external) or name != full_name
        business_id = None
        if not is_person:
            business_id = elements.business_id(
                external, text(f"{_BASE}/organizationunitnumber"), "ExternalIdentifier"
            )
        return CustomerRecord(
            seller=self._seller,
            buyer=Party(
                name=name,
                business_id=business_id,
                customer_number=fields.identifier(text(f"{_BASE}/internalidentifier")),
                street=self._street(),
                postcode=text(f"{_BASE}/postnumber") or None,
                city=text(f"{_BASE}/city") or None,
                country=elements.country(self._elements, f"{_BASE}/country", "Country"),
                email=fields.email(
                    text(f"{_BASE}/emailinvoicingaddress", f"{_BASE}/email"),
                    "EmailInvoicingAddress",
                ),
                phone=text(f"{_BASE}/phonenumber") or None,
                contact_name=fields.without_personal_codes(text(f"{_CONTACT}/contactperson"))
                or None,
                contact_phone=text(f"{_CONTACT}/contactpersonphone") or None,
                contact_email=fields.email(
                    text(f"{_CONTACT}/contactpersonemail"), "ContactPersonEmail"
                ),
                einvoice_address=fields.identifier(text(f"{_FINVOICE}/finvoiceaddress")),
                einvoice_operator=text(f"{_FINVOICE}/finvoiceroutercode") or None,
                language=fields.language(
                    elements.language(self._elements, f"{_MORE}/invoicinglanguage")
                ),
                is_private=is_person or self._is_private(name, business_id),
            ),
            source=source,
            index=index,
            line=line,
        )

    def _street(self) -> str | None:
        places = ("streetaddress", "additionaladdressline", "additionalstreetaddress")
        lines = (self._elements.text(f"{_BASE}/{place}") for place in places)
        return ", ".join(line for line in lines if line) or None

    def _is_private(self, name: str, business_id: str | None) -> bool:
        """What the document says (isprivatecustomer); where it says nothing, what the business id
        and the name tell."""
        said = self._elements.text(f"{_BASE}/isprivatecustomer")
        if said in {"0", "1"}:
            return said == "1"
        return business_id is None and not fields.looks_like_company(name)
