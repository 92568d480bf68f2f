"""Which customers: as the list's filters say, or as they were ticked in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from domain.law import DebtorClass
from starter.web.lists import picked
from starter.web.page import Page
from starter.web.terms import RULES
from starter.web.words import mark
from store import rules
from store.placing import Choice
from store.tables import Customer

PREFIX = "/companies/{business_id}/customers"

NO_RULE = "none"

CLASSES = {
    DebtorClass.CONSUMER: mark("Private customers"),
    DebtorClass.BUSINESS: mark("Business customers"),
    DebtorClass.OTHER: mark("Other customers (associations, housing companies)"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is of, as it stands in the address. `rule`: its row's id, `NO_RULE`, or "";
    `kind`: a debtor class or ""."""

    search: str
    rule: str
    kind: str
    ban: bool
    abroad: bool

    @classmethod
    def read(cls, said: Any) -> Filters:
        """Of an address's query or of a form; what makes no sense is left out."""
        rule, kind = str(said.get("rule") or ""), str(said.get("kind") or "")
        return cls(
            search=str(said.get("search") or "").replace("\0", "").strip()[:200],
            rule=rule if rule == NO_RULE or (rule.isdecimal() and len(rule) < 19) else "",
            kind=kind if kind in set(DebtorClass) else "",
            ban=said.get("ban") == "1",
            abroad=said.get("abroad") == "1",
        )

    @property
    def kept(self) -> dict[str, str]:
        """The same for an address or for hidden fields; without what is not set."""
        said = {
            "search": self.search,
            "rule": self.rule,
            "kind": self.kind,
            "ban": "1" if self.ban else "",
            "abroad": "1" if self.abroad else "",
        }
        return {name: value for name, value in said.items() if value}

    def choice(self, names: dict[str, str]) -> Choice:
        """As the books are asked. `names`: the company's rules, by id; an unknown one has nobody
        under it."""
        by_rule = self.rule not in {"", NO_RULE}
        return Choice(
            search=self.search,
            rule=names.get(self.rule, "\n") if by_rule else None,
            prevented=self.rule == NO_RULE,
            debtor_class=self.kind,
            banned=self.ban,
            abroad=self.abroad,
        )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Customers that something is done to. `kept`: names and values that say so again; `back`: the
    page that they were chosen on."""

    choice: Choice
    kept: list[tuple[str, str]]
    back: str


def chosen(page: Page, session: Session) -> Chosen | None:
    """What was ticked, or all that match; None: nothing was."""
    found = picked(page)
    filters = Filters.read(page.form if page.form else page.request.query_params)
    if not found:
        return None
    if found.all:
        kept = [*filters.kept.items(), ("all", "1")]
        back = page.url("/customers", **filters.kept)
        return Chosen(filters.choice(rule_names(page, session)), kept, back)
    back = page.url("/customers", **filters.kept)
    if len(found.keys) == 1:
        # One alone comes from its card, or is well seen there.
        query = select(Customer.id).where(
            page.scope.companies(Customer.company_id), col(Customer.key) == found.keys[0]
        )
        if (customer_id := session.exec(query).first()) is not None:
            back = page.url(f"/customers/{customer_id}")
    return Chosen(Choice(keys=found.keys), [("pick", key) for key in found.keys], back)


def rule_names(page: Page, session: Session) -> dict[str, str]:
    """The company's rules by id."""
    found = rules.newest_of_company(session, page.company_id)
    return {str(one.rule_id): one.terms.name for one in found}


def shown_names(page: Page, names: dict[str, str]) -> list[tuple[str, str]]:
    """The same as the reader knows them."""
    return [(key, page.say(RULES.get(name, name))) for key, name in names.items()]
