"""The tables, one class each. Money is integer cents; instants are business time, in UTC, except
in `people` and `webhooks`, and of keys and requests in `netvisor`.

Who may write what: the ledger, notices, charges, events, payment shares and agency messages are
append-only (a reversal is a row of its own); of an invoice, `case_json` and the columns after it
are a projection that only the invoice's own procedure writes, under the row's lock.
"""

from store.tables.agency import (
    AgencyCase,
    AgencyContract,
    AgencyContractNews,
    AgencyCursor,
    AgencyMessage,
    UnheardOf,
)
from store.tables.bank import BankPayment, CompanyAccount, PaymentShare
from store.tables.bulk import BulkAction, BulkItem
from store.tables.figures import KeptFigure
from store.tables.imports import FileImport, FilePart, ImportRecord
from store.tables.invoices import (
    Event,
    Invoice,
    LedgerEntry,
    Notice,
    ReferenceRate,
    ServiceCharge,
)
from store.tables.netvisor import (
    NetvisorCreditNote,
    NetvisorCustomer,
    NetvisorKey,
    NetvisorPayment,
    NetvisorRequest,
)
from store.tables.parties import Company, Customer, Rule, RuleVersion
from store.tables.people import (
    AccountingFirm,
    ApiToken,
    AuditEntry,
    KeptAnswer,
    LoginThrottle,
    Membership,
    User,
    UserSession,
)
from store.tables.replanning import Replanning
from store.tables.settlements import (
    AgencySettlement,
    AgencySettlementLine,
    DriftCase,
    DriftReport,
    PaymentVerdict,
)
from store.tables.sums import InvoiceSum, InvoiceSumChange
from store.tables.webhooks import EventHorizon, WebhookDelivery, WebhookEndpoint

__all__ = [
    "AccountingFirm",
    "AgencyCase",
    "AgencyContract",
    "AgencyContractNews",
    "AgencyCursor",
    "AgencyMessage",
    "AgencySettlement",
    "AgencySettlementLine",
    "ApiToken",
    "AuditEntry",
    "BankPayment",
    "BulkAction",
    "BulkItem",
    "Company",
    "CompanyAccount",
    "Customer",
    "DriftCase",
    "DriftReport",
    "Event",
    "EventHorizon",
    "FileImport",
    "FilePart",
    "ImportRecord",
    "Invoice",
    "InvoiceSum",
    "InvoiceSumChange",
    "KeptAnswer",
    "KeptFigure",
    "LedgerEntry",
    "LoginThrottle",
    "Membership",
    "NetvisorCreditNote",
    "NetvisorCustomer",
    "NetvisorKey",
    "NetvisorPayment",
    "NetvisorRequest",
    "Notice",
    "PaymentShare",
    "PaymentVerdict",
    "ReferenceRate",
    "Replanning",
    "Rule",
    "RuleVersion",
    "ServiceCharge",
    "UnheardOf",
    "User",
    "UserSession",
    "WebhookDelivery",
    "WebhookEndpoint",
]
