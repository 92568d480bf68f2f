"""Netvisor's own XML, as its interface takes it and gives it: `salesinvoice` (salesinvoice.nv,
getsalesinvoice.nv) and `customer` (customer.nv, getcustomer.nv).

Elements are known in any case of letters, as Netvisor knows them. Neither document says whose it
is nor to which account it is paid; `ReadOptions` does.
"""

from integrations.netvisor.customer import Customer
from integrations.netvisor.salesinvoice import SalesInvoice

__all__ = ["PASSED_OVER", "RECORDS", "Customer", "SalesInvoice", "what_instead"]

RECORDS = frozenset({"salesinvoice", "customer"})

PASSED_OVER = frozenset({"responsestatus", "replies"})
"""What an answer of Netvisor's says of itself."""

_INSTEAD = {
    "salesinvoicelist": "is Netvisor's list of invoices, which lacks their customers; fetch the"
    " invoices themselves (getsalesinvoice.nv)",
    "customerlist": "is Netvisor's list of customers, which lacks their addresses; fetch the"
    " customers themselves (getcustomer.nv)",
    "matchcreditnote": "names a credit note by Netvisor's own key; fetch the credit note with"
    " replyoption=16, which gives the number of the credited invoice",
}


def what_instead(name: str) -> str:
    """Why a document of another name was left out, and what to hand in instead."""
    return _INSTEAD.get(
        name, "is neither a Finvoice document nor a Netvisor salesinvoice; it was left out"
    )
