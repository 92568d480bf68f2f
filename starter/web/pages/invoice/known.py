"""What a page of an invoice is told from: its rows, and its case and rule as they are now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from domain.case import Case
from domain.folding import apply
from domain.ledger import Entry, EntryKind, Settlement, settlement
from domain.outcomes import BalanceSeen
from domain.roles import Action
from domain.rule import Rule
from starter import access
from starter.web.entry import NotHere
from starter.web.page import Page
from store import invoice_list, queries
from store.queries import Dossier
from store.tables import Invoice

PATH = "/companies/{business_id}/invoices/{invoice_id}"


@dataclass(frozen=True, slots=True)
class Known:
    """`case`: as its procedure left it, with the ledger as it is now. `rule`: as it works now,
    nothing by itself while the company's automation is off; None: handled by hand."""

    dossier: Dossier
    case: Case
    rule: Rule | None
    money: Settlement

    @property
    def row(self) -> Invoice:
        return self.dossier.invoice

    @property
    def with_agency(self) -> bool:
        """Whether an agency has the invoice, or had it."""
        return self.case.agency is not None


def know(page: Page, session: Session, invoice_id: int) -> Known:
    """The invoice with all its rows; its pages speak of the agency that has it, whoever the
    company's is now. Raises `NotHere`."""
    the_row(page, session, invoice_id)
    dossier = queries.dossier(session, invoice_id)
    entries = [Entry(EntryKind(r.kind), r.amount_cents, r.on, r.key) for r in dossier.entries]
    rule = Rule.model_validate(dossier.rule.terms) if dossier.rule else None
    if rule is not None and not dossier.company.automation:
        rule = rule.switched_off
    case = apply(Case.model_validate(dossier.invoice.case_json), BalanceSeen.of(entries))
    if case.agency is not None and case.at_agency:
        page.agency = case.agency.agency
    return Known(dossier, case, rule, settlement(entries))


def the_row(page: Page, session: Session, invoice_id: int) -> Invoice:
    """The invoice, if the reader may see it while doing what the page is for. Raises `NotHere`."""
    found = invoice_list.seen(session, page.scope, invoice_id)
    if found is None:
        raise NotHere
    return found


def may(page: Page, action: Action, row: Invoice) -> bool:
    """Whether the reader may do it to this invoice: some do it to their own alone."""
    if not page.may(action):
        return False
    scope = access.enter(page.who, page.here, action)
    return scope.owner in {None, row.owner}
