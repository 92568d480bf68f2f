"""The collection agency (perintätoimisto): services, statuses, and what is said to and by it.

Everything here is what any agency speaks about; how one agency's wire looks is its client's
business (`integrations.agency`). Workflow code imports this package, so it needs no other but
pydantic.
"""

from domain.agency.consequences import CREDIT_LOSSES, Consequence, consequence
from domain.agency.messages import (
    Address,
    Assignment,
    CaseMessage,
    ContactChange,
    CreditNotice,
    Creditor,
    Debtor,
    DirectPayment,
    DisputeNotice,
    Document,
    OutgoingMessage,
    PaymentReversal,
    SentLetter,
    Withdrawal,
    case_reference,
)
from domain.agency.reports import (
    CaseBalance,
    ContractMessage,
    Settlement,
    SettlementLine,
    StatusMessage,
)
from domain.agency.statuses import AgencyService, CollectionPhase, CollectionStatus, parse_status
from domain.agency.types import Collected, MessageKind
from domain.agency_line import IN_LINE, LineStatus

__all__ = [
    "CREDIT_LOSSES",
    "IN_LINE",
    "Address",
    "AgencyService",
    "Assignment",
    "CaseBalance",
    "CaseMessage",
    "Collected",
    "CollectionPhase",
    "CollectionStatus",
    "Consequence",
    "ContactChange",
    "ContractMessage",
    "CreditNotice",
    "Creditor",
    "Debtor",
    "DirectPayment",
    "DisputeNotice",
    "Document",
    "LineStatus",
    "MessageKind",
    "OutgoingMessage",
    "PaymentReversal",
    "SentLetter",
    "Settlement",
    "SettlementLine",
    "StatusMessage",
    "Withdrawal",
    "case_reference",
    "consequence",
    "parse_status",
]
