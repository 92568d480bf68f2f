"""Payments from the bank's account statement (camt.053) and notification of entries (camt.054).

What is read: versions 02 to 08 of the ISO 20022 messages BankToCustomerStatement and
BankToCustomerDebitCreditNotification, as Finnish banks fill them (Finance Finland, "ISO 20022
Account Statement Guide" and "ISO 20022 Transaction Reporting Guide", version 1.3).

    with path.open("rb") as stream:
        for item in read_camt(stream, path.name):
            match item:
                case PaymentRecord(): ...
                case FeedRecord(): ...
                case BadRecord(): ...
"""

from integrations.camt.reader import read_camt

__all__ = ["read_camt"]
