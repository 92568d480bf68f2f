"""The web pages: the same services as the API's, for people (docs/web.md)."""

from starter.web.app import create_web

__all__ = ["create_web"]
