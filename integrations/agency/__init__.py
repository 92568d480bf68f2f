"""Collection agencies: the port, its errors, signed callbacks, and Intrum as the first agency."""

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
    Receipt,
    SettlementPage,
    StatusPage,
)

__all__ = [
    "AgencyClient",
    "AgencyError",
    "AgencyRefused",
    "AgencyUnavailable",
    "AgencyUnsure",
    "BalancePage",
    "CallbackRefused",
    "IntrumClient",
    "Receipt",
    "SettlementPage",
    "StatusPage",
]
