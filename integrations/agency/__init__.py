"""Collection agencies: the port, its errors, signed callbacks, and the agencies behind it."""

from integrations.agency.errors import (
    AgencyError,
    AgencyRefused,
    AgencyUnavailable,
    AgencyUnsure,
    CallbackRefused,
)
from integrations.agency.intrum import IntrumClient
from integrations.agency.port import (
    AgencyClient,
    BalancePage,
    ContractPage,
    Receipt,
    SettlementPage,
    StatusPage,
)
from integrations.agency.registry import Agencies
from integrations.agency.ropo import RopoClient

__all__ = [
    "Agencies",
    "AgencyClient",
    "AgencyError",
    "AgencyRefused",
    "AgencyUnavailable",
    "AgencyUnsure",
    "BalancePage",
    "CallbackRefused",
    "ContractPage",
    "IntrumClient",
    "Receipt",
    "RopoClient",
    "SettlementPage",
    "StatusPage",
]
