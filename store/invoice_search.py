"""Invoices by a few words: a number's beginning, a customer's name, a reference, an amount.

Each of these has an index of its own. If few invoices are found that way, they are the answer,
whatever the order of the list; if many are, the list is read in its own order and passes over
those that do not fit, of which there are then not many in a row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from domain import references
from domain.money import NotAnAmount, parse_eur
from store.scope import Scope
from store.sets import among
from store.tables import Customer, Invoice

FEW = 2_000
"""Invoices, and customers, that are looked at one by one."""

_WORD = re.compile(r"\w+")
_LIKE_MONEY = re.compile(r"[.,€]|eur", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody looks for, in the ways in which it can be meant. `cents`: an amount."""

    number: str
    name: tuple[str, ...]
    reference: str
    cents: int | None

    @classmethod
    def read(cls, said: str) -> Words:
        """Of what stands in the search field."""
        together = "".join(said.split())
        return cls(
            number=together if any(map(str.isdigit, together)) else "",
            # A number alone is hardly somebody's name.
            name=() if together.isdigit() else tuple(_WORD.findall(said.casefold())),
            reference=_reference(together),
            cents=_cents(said),
        )


@dataclass(frozen=True, slots=True)
class Match:
    """What `Words` come to in a company's books: any one of these.

    `customers`: those of the name; None: there are many, and each is asked for its `name`, as a
    text search. `ids`: these invoices and no others, because there are few.
    """

    number: str = ""
    name: str = ""
    customers: tuple[int, ...] | None = ()
    reference: str = ""
    cents: int | None = None
    ids: tuple[int, ...] | None = None

    def condition(self) -> ColumnElement[bool]:
        """That an invoice is one of them."""
        if self.ids is not None:
            return among(Invoice.id, self.ids)
        return sa.or_(*self.ways())

    def ways(self) -> list[ColumnElement[bool]]:
        """Each way by itself: what an index finds."""
        found: list[ColumnElement[bool]] = []
        if self.number:
            number = sa.collate(col(Invoice.number), "C")
            found.append(number.startswith(self.number, autoescape=True))
        if self.customers:
            found.append(among(Invoice.customer_id, self.customers))
        elif self.customers is None:
            # Asked of one invoice after the other: many fit, so a page is full soon.
            whose = col(Customer.id) == col(Invoice.customer_id)
            found.append(sa.select(_named(self.name)).where(whose).scalar_subquery())
        if self.reference:
            found.append(col(Invoice.reference) == self.reference)
        if self.cents is not None:
            found += [col(Invoice.open_cents) == self.cents]
            found += [col(Invoice.principal_cents) == self.cents]
        return found or [sa.false()]


def look(
    session: Session, scope: Scope, said: str, conditions: Sequence[ColumnElement[bool]]
) -> Match:
    """What the words come to among the invoices that fulfil the conditions."""
    words = Words.read(said)
    name = " & ".join(f"'{word}':*" for word in words.name)
    match = Match(
        words.number, name, _customers(session, scope, name), words.reference, words.cents
    )
    if match.customers is None:
        return match
    each = (
        sa.select(col(Invoice.id)).where(scope.invoices(), *conditions, way).limit(FEW + 1)
        for way in match.ways()
    )
    ids = set(session.execute(sa.union(*(sa.select(one.subquery()) for one in each))).scalars())
    return match if len(ids) > FEW else Match(ids=tuple(sorted(ids)))


def _customers(session: Session, scope: Scope, name: str) -> tuple[int, ...] | None:
    """Those with all the words in their names, each being the beginning of one; None: many."""
    if not name:
        return ()
    query = (
        sa.select(col(Customer.id))
        .where(scope.companies(Customer.company_id), _named(name))
        .limit(FEW + 1)
    )
    found = tuple(session.execute(query).scalars())
    return None if len(found) > FEW else found


def _named(name: str) -> ColumnElement[bool]:
    # The index's own expression.
    words: Any = sa.literal_column("to_tsvector('simple', customer.name)")
    found: ColumnElement[bool] = words.op("@@")(
        sa.func.to_tsquery(sa.literal_column("'simple'"), name)
    )
    return found


def _reference(together: str) -> str:
    try:
        return references.normalise(together)
    except references.IdentifierError:
        return ""


def _cents(said: str) -> int | None:
    if not _LIKE_MONEY.search(said):
        return None
    try:
        return parse_eur(said)
    except NotAnAmount:
        return None
