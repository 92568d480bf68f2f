"""The HTTP API: the REST API under /api/v1, health, and what the collection agency reports."""

from starter.api.app import create_app, serve

__all__ = ["create_app", "serve"]
