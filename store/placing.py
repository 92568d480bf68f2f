"""Which customers fall under which rule: chosen, counted, listed, and moved many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlmodel import Session, col

from domain.law import DebtorClass
from domain.placement import HOME, place
from store.sets import among
from store.tables import Company, Customer, Rule

_LIKE = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Customers of one company: those that all that is said is true of; with nothing said, all.

    `keys`: what its books know them by. `search`: a part of the key, the name or the business id.
    `rule`: the name of the rule that they are under. `prevented`: under none (automaatio estetty).
    `debtor_class`: of this one. `banned`: nothing of theirs is handed over (perintäkielto).
    `abroad`: not in Finland.
    """

    keys: tuple[str, ...] | None = None
    search: str = ""
    rule: str | None = None
    prevented: bool = False
    debtor_class: str = ""
    banned: bool = False
    abroad: bool = False

    @property
    def everybody(self) -> bool:
        return self == Choice()


@dataclass(frozen=True, slots=True)
class Line:
    """A customer in a list. `rule`: None if it is under none. `placed_by`: "" for the automation.

    `why`: why it is where it is.
    """

    customer_id: int
    key: str
    name: str
    debtor_class: str
    country: str
    rule: str | None
    placed_by: str
    why: str
    collection_ban: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """Customers of one kind under one rule, or under none. `by_hand`: a person put them there."""

    rule_id: int | None
    debtor_class: DebtorClass
    country: str
    by_hand: bool
    customers: int


def shares(session: Session, company_id: int) -> list[Share]:
    """How a company's customers fall."""
    by_hand = col(Customer.placed_by) != ""
    kinds = (col(Customer.rule_id), col(Customer.debtor_class), col(Customer.country), by_hand)
    query = (
        select(*kinds, func.count()).where(col(Customer.company_id) == company_id).group_by(*kinds)
    )
    return [
        Share(row[0], DebtorClass(row[1]), row[2], row[3], row[4])
        for row in session.execute(query).all()
    ]


def listed(
    session: Session, company_id: int, choice: Choice, *, after: int = 0, limit: int = 200
) -> list[Line]:
    """The chosen customers by id, those after `after`; at most `limit`."""
    query = (
        select(Customer, col(Rule.name))
        .join(Rule, col(Rule.id) == col(Customer.rule_id), isouter=True)
        .where(_chosen(company_id, choice), col(Customer.id) > after)
        .order_by(col(Customer.id))
        .limit(limit)
    )
    return [
        Line(
            customer_id=row.id,
            key=row.key,
            name=row.name,
            debtor_class=row.debtor_class,
            country=row.country,
            rule=rule,
            placed_by=row.placed_by,
            why=why(row.debtor_class, row.country, row.placed_by),
            collection_ban=row.collection_ban,
        )
        for row, rule in session.execute(query).all()
    ]


def why(debtor_class: str, country: str, placed_by: str) -> str:
    """Why a customer is where it is."""
    if placed_by:
        return f"put there by {placed_by}"
    return place(DebtorClass(debtor_class), country).why


def chosen_ids(
    session: Session, company_id: int, choice: Choice, *, to_move: bool = False
) -> list[int]:
    """The rows of the chosen customers. `to_move`: nobody else moves them before this ends."""
    query = select(col(Customer.id)).where(_chosen(company_id, choice)).order_by(col(Customer.id))
    if to_move:
        query = query.with_for_update()
    return list(session.execute(query).scalars())


def counted(session: Session, company_id: int, choice: Choice) -> int:
    """How many the chosen customers are."""
    query = select(func.count()).select_from(Customer).where(_chosen(company_id, choice))
    return int(session.execute(query).scalar_one())


def unknown_keys(session: Session, company_id: int, keys: Sequence[str]) -> list[str]:
    """Those of the keys that the company has no customer by."""
    query = select(col(Customer.key)).where(
        col(Customer.company_id) == company_id, among(col(Customer.key), list(keys))
    )
    there = set(session.execute(query).scalars())
    return [key for key in keys if key not in there]


def by_itself(
    session: Session, company_id: int, ids: Sequence[int]
) -> dict[int | None, tuple[tuple[str, str], ...]]:
    """Where the automation would put these customers: of each rule (None: under none), the
    debtor classes and countries of those that it would put there."""
    query = (
        select(col(Customer.debtor_class), col(Customer.country))
        .where(among(col(Customer.id), list(ids)))
        .distinct()
    )
    general = _generals(session, company_id)
    found: dict[int | None, list[tuple[str, str]]] = {}
    for debtor_class, country in session.execute(query).all():
        goes_to = place(DebtorClass(debtor_class), country).general_for
        rule_id = general.get(goes_to.value) if goes_to else None
        found.setdefault(rule_id, []).append((debtor_class, country))
    return {rule_id: tuple(kinds) for rule_id, kinds in found.items()}


def of_kinds(session: Session, ids: Sequence[int], kinds: Sequence[tuple[str, str]]) -> list[int]:
    """Those of the customers that are of these debtor classes and countries."""
    alike = [
        (col(Customer.debtor_class) == one) & (col(Customer.country) == land) for one, land in kinds
    ]
    query = select(col(Customer.id)).where(among(col(Customer.id), list(ids)), or_(*alike))
    return list(session.execute(query).scalars())


def put(
    session: Session,
    ids: Sequence[int],
    rule_id: int | None,
    *,
    by: str,
    moved_in: int | None,
) -> None:
    """Put customers under a rule, or under none. `moved_in`: the replanning that their running
    invoices go with; None: those keep theirs, whatever an earlier one has not reached yet."""
    session.execute(
        update(Customer)
        .where(among(col(Customer.id), list(ids)))
        .values(rule_id=rule_id, placed_by=by, moved_in=moved_in)
    )


def put_back(
    session: Session, company_id: int, ids: Sequence[int], *, moved_in: int | None
) -> None:
    """Put customers where their details say, and leave them to the automation from now on."""
    goes_to = by_itself(session, company_id, ids)
    rows = [(*kind, rule_id) for rule_id, kinds in goes_to.items() for kind in kinds]
    session.execute(
        text(
            "UPDATE customer SET rule_id = goes.rule_id, placed_by = '', moved_in = :moved_in"
            " FROM unnest(CAST(:classes AS text[]), CAST(:countries AS text[]),"
            " CAST(:rules AS bigint[])) AS goes(debtor_class, country, rule_id)"
            " WHERE customer.id = ANY(:ids) AND customer.debtor_class = goes.debtor_class"
            " AND customer.country = goes.country"
        ),
        {
            "moved_in": moved_in,
            "ids": list(ids),
            "classes": [row[0] for row in rows],
            "countries": [row[1] for row in rows],
            "rules": [row[2] for row in rows],
        },
    )


def company_of(session: Session, business_id: str) -> Company | None:
    """The company of this business id."""
    query = select(Company).where(col(Company.business_id) == business_id)
    return session.execute(query).scalar_one_or_none()


def _generals(session: Session, company_id: int) -> dict[str, int]:
    query = select(col(Rule.general_for), col(Rule.id)).where(
        col(Rule.company_id) == company_id, col(Rule.general_for) != ""
    )
    return {row[0]: row[1] for row in session.execute(query).all()}


def _chosen(company_id: int, choice: Choice) -> ColumnElement[bool]:
    found: ColumnElement[bool] = col(Customer.company_id) == company_id
    if choice.keys is not None:
        found &= among(col(Customer.key), list(choice.keys))
    if choice.search:
        like = f"%{choice.search.translate(_LIKE)}%"
        parts: tuple[Any, ...] = (Customer.key, Customer.name, Customer.business_id)
        found &= or_(*(col(part).ilike(like) for part in parts))
    if choice.rule is not None:
        under = select(col(Rule.id)).where(
            col(Rule.company_id) == company_id, col(Rule.name) == choice.rule
        )
        found &= col(Customer.rule_id).in_(under)
    if choice.prevented:
        found &= col(Customer.rule_id).is_(None)
    if choice.debtor_class:
        found &= col(Customer.debtor_class) == choice.debtor_class
    if choice.banned:
        found &= col(Customer.collection_ban)
    if choice.abroad:
        found &= col(Customer.country) != HOME
    return found
