"""The audit log of a company or of an accounting firm."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from domain.roles import Action
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.pages import Page, ThePaging
from store import audit
from store.tables import AuditEntry


class Entry(BaseModel):
    """What somebody did."""

    id: int
    at: AwareDatetime
    actor: str = Field(examples=["user:12"])
    action: str = Field(examples=["member.role"])
    target: str = Field(examples=["user:14"])
    detail: dict[str, Any] = Field(examples=[{"role": "clerk", "was": "read_only"}])


def router_for(prefix: str, enter: Callable[[Action], Any]) -> APIRouter:
    """The same endpoint for companies and for firms. `enter`: `callers.in_company`, `in_firm`."""
    router = APIRouter(prefix=prefix, tags=["Audit"])

    @router.get("/audit")
    def list_audit(
        here: Annotated[Here, enter(Action.READ_AUDIT)], parts: TheParts, paging: ThePaging
    ) -> Page[Entry]:
        """What was done here, by whom: the newest first."""
        with parts.database.transaction() as session:
            rows = audit.page(
                session, here.place, before=paging.after_id("audit"), limit=paging.fetched
            )
        return paging.page("audit", rows, lambda row: (row.id,), _entry)

    return router


def _entry(row: AuditEntry) -> Entry:
    return Entry.model_validate(row, from_attributes=True)
