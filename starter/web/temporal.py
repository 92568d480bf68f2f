"""Where a workflow is seen in Temporal's own Web UI."""

from __future__ import annotations

from urllib.parse import quote

from starter.web.page import Page
from workflows.contract import workflow_id


def invoice_url(page: Page, number: str) -> str:
    """The workflow of the company's invoice; "" if nobody has said where the Web UI is."""
    base = page.parts.temporal_ui
    if not base:
        return ""
    namespace = quote(page.parts.client.namespace, safe="")
    workflow = quote(workflow_id(page.here.business_id, number), safe="")
    return f"{base.rstrip('/')}/namespaces/{namespace}/workflows/{workflow}"
