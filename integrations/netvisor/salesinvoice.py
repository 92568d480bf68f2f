"""One `salesinvoice` of Netvisor's as an `InvoiceRecord`.

The amount is what SalesInvoiceAmount states; where that is empty, Netvisor's own sum of the rows:
each with its VAT, rounded to cents. A credit note is an invoice of a negative amount.

Source: Netvisor's descriptions of salesinvoice.nv and getsalesinvoice.nv.
"""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from domain import money
from integrations import fields
from integrations.fields import BadField
from integrations.intake import Fault, InvoiceRecord, Party, ReadOptions
from integrations.netvisor import elements
from integrations.netvisor.elements import Elements

__all__ = ["SalesInvoice"]

_AMOUNT = "salesinvoiceamount"
_CUSTOMER = "invoicingcustomeridentifier"
_ROWS = "invoicelines"
_ROW = "salesinvoiceproductline"
_PASSED_OVER = frozenset(
    {_ROWS, "salesinvoiceattachments", "lastsentinvoicepdfbase64data", "processhistory"}
    | {"invoicevoucherlines", "documents"}
)
_LONGEST_TERM = 3650  # days
_CENT = Decimal("0.01")
_MOST_EUROS = Decimal(fields.MAX_CENTS) / 100
_STATES = {
    "paid": ("the invoice is paid already", Fault.NOTHING_TO_PAY),
    "creditloss": ("the invoice is written off (luottotappio)", Fault.NOTHING_TO_PAY),
    "rejected": ("the invoice is rejected", Fault.NOTHING_TO_PAY),
    "archived": ("the invoice is archived", Fault.NOTHING_TO_PAY),
    "collected": ("the collection agency has the invoice already", Fault.UNSUPPORTED),
    "undelivered": ("this is an order", Fault.NOT_A_SALES_INVOICE),
    "delivered": ("this is an order", Fault.NOT_A_SALES_INVOICE),
    "billed": ("this is an order", Fault.NOT_A_SALES_INVOICE),
}


class SalesInvoice:
    """One document, whose record `record` makes."""

    def __init__(self, root: etree._Element, options: ReadOptions) -> None:
        self._root = root
        self._options = options
        self._elements = Elements(root, without=_PASSED_OVER)
        self._text = self._elements.text

    @property
    def number(self) -> str:
        """The invoice's number; empty when there is none."""
        return self._text("salesinvoicenumber")

    def record(self, *, source: str, index: int, line: int) -> InvoiceRecord:
        """The record of the document.

        Raises BadField with the element and the reason, or pydantic's ValidationError where a text
        is longer than it can be.
        """
        self._check_state()
        number = fields.required(self.number, "SalesInvoiceNumber")
        invoice_date = fields.netvisor_date(self._text("salesinvoicedate"), "SalesInvoiceDate")
        cents = self._cents()
        is_credit_note = cents < 0
        seller = self._options.seller
        if seller is None:
            fields.required("", "seller")
        if not (iban := self._options.iban) and not is_credit_note:
            raise BadField(
                "iban",
                "is missing: Netvisor does not say to which account an invoice is paid; hand the"
                " file in with the company's",
                Fault.MISSING,
            )
        return InvoiceRecord(
            seller=seller,
            buyer=self._buyer(),
            number=number,
            invoice_date=invoice_date,
            due_date=self._due_date(invoice_date, is_credit_note),
            amount_cents=abs(cents),
            reference=fields.reference(
                self._text("salesinvoicereferencenumber"), "SalesInvoiceReferenceNumber"
            ),
            iban=fields.iban(iban, "iban") if iban else None,
            bic=self._options.bic or None,
            contract_interest_rate=fields.percent(
                self._text("overriderateofoverdue"), "OverrideRateOfOverdue"
            ),
            is_credit_note=is_credit_note,
            original_invoice_number=self._credited() if is_credit_note else None,
            source=source,
            index=index,
            line=line,
        )

    def _check_state(self) -> None:
        kind = self._text("invoicetype").lower()
        if kind not in {"", "invoice"}:
            raise BadField(
                "InvoiceType",
                f"{fields.shown(kind)} is not an invoice; it was left out",
                Fault.NOT_A_SALES_INVOICE,
            )
        given = self._elements.attribute("invoicestatus", "status")
        state = (given or self._text("salesinvoicestatus", "invoicestatus")).lower()
        if state in _STATES:
            why, fault = _STATES[state]
            raise BadField("InvoiceStatus", f"{why}; it was left out", fault)

    def _cents(self) -> int:
        currency = self._elements.attribute(_AMOUNT, "iso4217currencycode").upper() or "EUR"
        if currency != "EUR":
            raise BadField(
                "SalesInvoiceAmount",
                f"the currency is {fields.shown(currency)}; only invoices in EUR are handled",
                Fault.UNSUPPORTED,
            )
        stated = self._text(_AMOUNT)
        cents = (
            fields.euro_cents(stated, "SalesInvoiceAmount", padded=True)
            if stated
            else self._sum_of_rows()
        )
        if not cents:
            raise BadField("SalesInvoiceAmount", "asks for nothing", Fault.NOTHING_TO_PAY)
        return cents

    def _sum_of_rows(self) -> int:
        rows = [
            Elements(row)
            for row in self._root.iterdescendants()
            if str(row.tag).rpartition("}")[2].lower() == _ROW
        ]
        if not rows:
            fields.required("", "SalesInvoiceAmount")
        cents = sum(_row_cents(row) for row in rows)
        if abs(cents) > fields.MAX_CENTS:
            raise BadField("InvoiceLines", "sum to a billion euros or more; check the decimals")
        return cents

    def _due_date(self, invoice_date: dt.date, is_credit_note: bool) -> dt.date:
        """SalesInvoiceDueDate, else so many days from the invoice's date; a credit note need have
        neither."""
        stated, term = self._text("salesinvoiceduedate"), self._text("paymenttermnetdays")
        if stated:
            due = fields.netvisor_date(stated, "SalesInvoiceDueDate")
        elif term:
            if not (term.isascii() and term.isdecimal() and int(term[:9]) <= _LONGEST_TERM):
                raise BadField("PaymentTermNetDays", f"{fields.shown(term)} is no number of days")
            due = invoice_date + dt.timedelta(days=int(term))
        elif is_credit_note:
            due = invoice_date
        else:
            fields.required("", "SalesInvoiceDueDate")
        if due < invoice_date and not is_credit_note:
            raise BadField("SalesInvoiceDueDate", "is before the invoice's date; correct one")
        return max(due, invoice_date)

    def _credited(self) -> str | None:
        """The number of the invoice that is credited, where Netvisor was asked for it
        (replyoption=16)."""
        found = self._text(
            "creditedinvoicenumber",
            "creditedinvoiceinvoicenumber",
            "creditedinvoice/invoicenumber",
            "creditedinvoice/creditedinvoicenumber",
        )
        return found or None

    def _buyer(self) -> Party:
        full_name = self._text("invoicingcustomername")
        name = fields.required(fields.without_personal_codes(full_name), "InvoicingCustomerName")
        organization = self._text("invoicingcustomerorganizationidentifier")
        by, identifier = self._elements.attribute(_CUSTOMER, "type"), self._text(_CUSTOMER)
        is_person = fields.is_personal_code(organization) or name != full_name
        business_id = None
        if not is_person:
            business_id = elements.business_id(
                organization,
                identifier if by == "organizationunitnumber" else "",
                "InvoicingCustomerOrganizationIdentifier",
            )
        number = self._text("invoicingcustomercode") or (identifier if by == "customer" else "")
        places = ("invoicingcustomeraddressline", "invoicingcustomeradditionaladdressline")
        return Party(
            name=name,
            business_id=business_id,
            customer_number=fields.identifier(number),
            street=", ".join(filter(None, map(self._text, places))) or None,
            postcode=self._text("invoicingcustomerpostnumber") or None,
            city=self._text("invoicingcustomertown") or None,
            country=elements.country(
                self._elements, "invoicingcustomercountrycode", "InvoicingCustomerCountryCode"
            ),
            is_private=is_person or (business_id is None and not fields.looks_like_company(name)),
        )


def _row_cents(row: Elements) -> int:
    """One row with its VAT: the sum that it states, else price times quantity, less discount."""
    stated = row.text("salesinvoiceproductlinesum")
    if stated:
        return _rounded(_number(stated, "SalesInvoiceProductLineSum"))
    price = _number(row.text("productunitprice"), "ProductUnitPrice")
    quantity = _number(
        row.text("salesinvoiceproductlinequantity"), "SalesInvoiceProductLineQuantity"
    )
    discount = row.text("salesinvoiceproductlinediscountpercentage") or "0"
    left = 1 - _number(discount, "SalesInvoiceProductLineDiscountPercentage") / 100
    total = price * quantity * left
    if row.attribute("productunitprice", "type").lower() != "gross":
        total *= 1 + _number(row.text("productvatpercentage"), "ProductVatPercentage") / 100
    return _rounded(total)


def _number(text: str, element: str) -> Decimal:
    return fields.decimal(fields.required(text, element), element)


def _rounded(euros: Decimal) -> int:
    if abs(euros) > _MOST_EUROS:
        raise BadField("InvoiceLines", "have a row of a billion euros or more; check the decimals")
    return money.cents_from_decimal(euros.quantize(_CENT, ROUND_HALF_UP))
