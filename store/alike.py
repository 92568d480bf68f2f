"""Of some invoices, those that a request by hand cannot tell apart (as `store.what_if`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from store.what_if import PAPER, SHAPE


@dataclass(frozen=True, slots=True)
class Alike:
    """How many are alike, and one of them."""

    invoice_id: int
    number: str
    invoices: int


# Beside the case: what a grant reads of the customer and of the invoice's account.
_ALIKE = text(
    f"""
    WITH considered AS (
        SELECT invoice.id, invoice.number, invoice.case_json AS c, invoice.rule_version_id,
            invoice.iban, invoice.collection_status, customer.channels, customer.collection_ban,
            customer.country, customer.einvoice_address <> '' AS einvoice,
            customer.einvoice_operator <> '' AS operator, customer.email <> '' AS email,
            {PAPER} AS paper
        FROM invoice JOIN customer ON customer.id = invoice.customer_id
        WHERE invoice.id = ANY(:ids)
    )
    SELECT min(id), (array_agg(number ORDER BY id))[1], count(*), {SHAPE} AS shape
    FROM considered
    GROUP BY shape, rule_version_id, iban, collection_status, channels, collection_ban, country,
        einvoice, operator, email, paper
    ORDER BY count(*) DESC, min(id)
    """  # noqa: S608 - constants of this file
)


def alike(session: Session, ids: Sequence[int], *, brackets: Sequence[int]) -> list[Alike]:
    """The most frequent first. `brackets`: as `store.what_if.shapes` has them."""
    given = {"ids": list(ids), "minimums": [0], "brackets": sorted({0, *brackets})}
    return [Alike(row[0], row[1], row[2]) for row in session.execute(_ALIKE, given)]
