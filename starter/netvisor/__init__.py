"""Netvisor's interface as far as it is about receivables, so that what feeds Netvisor can feed
Karhu unchanged (docs/netvisor-api.md)."""

from starter.netvisor.keys import sealer_of
from starter.netvisor.service import router

__all__ = ["router", "sealer_of"]
