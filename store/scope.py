"""Whose rows a query may see. Every query on behalf of somebody takes one and begins with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from store.tables import Invoice


@dataclass(frozen=True, slots=True)
class Scope:
    """The companies (their rows' ids) that are seen into; with `owner`, his or her own invoices
    alone."""

    company_ids: frozenset[int]
    owner: str | None = None

    def companies(self, column: Any) -> ColumnElement[bool]:
        """That a row's company is one of them. `column`: the one that refers to it."""
        condition: ColumnElement[bool] = col(column).in_(sorted(self.company_ids))
        return condition

    def invoices(self) -> ColumnElement[bool]:
        """That an invoice is one that may be seen."""
        ours = self.companies(Invoice.company_id)
        return ours if self.owner is None else and_(ours, col(Invoice.owner) == self.owner)
