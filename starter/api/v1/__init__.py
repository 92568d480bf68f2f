"""The REST API, version 1: an application of its own under /api/v1 (docs/api.md)."""

from starter.api.v1.app import PREFIX, create_v1

__all__ = ["PREFIX", "create_v1"]
