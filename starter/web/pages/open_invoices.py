"""Open sales invoices (avoimet myyntilaskut): their sections, and what is done to many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from domain.sections import Section
from domain.states import FINAL_STATES, InvoiceState
from domain.steps import StepKind
from starter.web import temporal
from starter.web.entry import in_company
from starter.web.lists import Key, Listing
from starter.web.page import Page
from starter.web.pages.invoice import whys
from store import invoice_list, sums
from store.invoice_list import Sought
from store.invoice_order import By, Line, Order
from store.sums import SectionSum

router = APIRouter(prefix="/companies/{business_id}/invoices")

RUNNING = tuple(state for state in InvoiceState if state not in FINAL_STATES)

MOST_COUNTED = 1_001
"""Of what is searched for: more are said to be many."""

_KEYS: dict[By, tuple[type[Key], ...]] = {
    By.DUE: (int, int),
    By.NUMBER: (str, int),
    By.CUSTOMER: (str, int, int),
    By.SUM: (int, int),
    By.STATUS: (str, str, int, int),
    By.STEP: (int, int),
}
"""What a cursor holds in each order: a date as its ordinal, an instant in microseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is of, as it stands in the address."""

    section: Section | None
    search: str
    held: bool
    attention: bool
    approval: bool
    due_from: date | None
    due_to: date | None

    @classmethod
    def read(cls, said: Any) -> "Filters":
        """Of an address's query or of a form; what makes no sense is left out."""
        return cls(
            section=_section(said.get("section")),
            search=" ".join(str(said.get("search") or "").replace("\0", " ").split())[:200],
            held=said.get("held") == "1",
            attention=said.get("attention") == "1",
            approval=said.get("approval") == "1",
            due_from=_day(said.get("due_from")),
            due_to=_day(said.get("due_to")),
        )

    @property
    def kept(self) -> dict[str, str]:
        """The same for an address or for hidden fields; without what is not set."""
        said = {
            "section": self.section.value if self.section else "",
            "search": self.search,
            "held": "1" if self.held else "",
            "attention": "1" if self.attention else "",
            "approval": "1" if self.approval else "",
            "due_from": self.due_from.isoformat() if self.due_from else "",
            "due_to": self.due_to.isoformat() if self.due_to else "",
        }
        return {name: value for name, value in said.items() if value}

    @property
    def narrow(self) -> bool:
        """Whether it is something less than a section, or all of them."""
        return bool(self.kept.keys() - {"section"})

    def sought(self) -> Sought:
        section = self.section
        return Sought(
            states=(section.state,) if section else RUNNING,
            service=section.service.value if section and section.service else "",
            words=self.search,
            held=True if self.held else None,
            attention=self.attention,
            approval=self.approval,
            due_from=self.due_from,
            due_to=self.due_to,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. `late`: days overdue; `workflow`: where Temporal shows it;
    `why`: its next step comes when it does."""

    line: Line
    late: int
    workflow: str
    at_agency: bool
    status: str
    why: str


@router.get("")
def list_open_invoices(
    page: Annotated[Page, in_company(Action.READ_INVOICES)], sort: str = "due"
) -> Response:
    """The open invoices by section, in any order, searched and filtered."""
    filters = Filters.read(page.request.query_params)
    order = _order(sort)
    listing = Listing(page, "open invoices", (filters, order))
    sought = filters.sought()
    with page.transaction() as session:
        sections = sums.by_section(session, page.scope)
        sought = invoice_list.resolved(session, page.scope, sought)
        lines = invoice_list.page(
            session,
            page.scope,
            sought,
            order=order,
            after=_place(order.by, listing.after(*_KEYS[order.by])),
            limit=listing.fetched,
        )
        if filters.narrow:
            count = invoice_list.count(session, page.scope, sought, MOST_COUNTED)
        else:
            count = sum(one.invoices for one in sections if filters.section in {None, one.section})
    rows = listing.page(lines, lambda line: _key(order, line))
    today = page.today()
    return page.render(
        "open_invoices/list.html",
        part="list",
        sections=sections,
        tabs=_tabs(page, filters, sections),
        chosen=_chosen(filters, sections),
        filters=filters,
        rows=rows,
        lines=[_row(page, line, today) for line in rows.rows],
        count=count,
        many=filters.narrow and count == MOST_COUNTED,
        sort=("-" if order.descending else "") + order.by.value,
        picking=page.may(Action.ACT_ON_MANY),
        refusing=page.may(Action.APPROVE_LETTERS)
        and any(line.next_step == StepKind.APPROVE for line in rows.rows),
    )


def _row(page: Page, line: Line, today: date) -> Row:
    at_agency = line.state == InvoiceState.IN_COLLECTION
    return Row(
        line=line,
        late=max((today - line.due).days, 0),
        workflow=temporal.invoice_url(page, line.number),
        at_agency=at_agency,
        status=line.collection_status if at_agency else "",
        why=whys.say(page.words, line.next_step_why).text,
    )


def _tabs(
    page: Page, filters: Filters, sections: Sequence[SectionSum]
) -> list[tuple[Section | None, int, int, str, bool]]:
    """Each section with its count and sum, its address, and whether it is this one; all first."""
    kept = {name: value for name, value in filters.kept.items() if name != "section"}
    sort = page.request.query_params.get("sort")
    every = (
        None,
        sum(one.invoices for one in sections),
        sum(one.open_cents for one in sections),
        page.url("/invoices", **kept, sort=sort),
        filters.section is None,
    )
    each = (
        (
            one.section,
            one.invoices,
            one.open_cents,
            page.url("/invoices", section=one.section.value, **kept, sort=sort),
            filters.section is one.section,
        )
        for one in sections
    )
    return [every, *each]


def _chosen(filters: Filters, sections: Sequence[SectionSum]) -> SectionSum | None:
    return next((one for one in sections if one.section is filters.section), None)


# ── what the address says ────────────────────────────────────────────────────────────────────


def _section(said: object) -> Section | None:
    return next((section for section in Section if section.value == said), None)


def _day(said: object) -> date | None:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        return None


def _order(said: str) -> Order:
    by = said.removeprefix("-")
    return Order(By(by) if by in set(By) else By.DUE, descending=said.startswith("-"))


def _key(order: Order, line: Line) -> tuple[Key, ...]:
    """The place of a line as a cursor has it."""
    return tuple(_plain(part) for part in order.place(line))


def _plain(part: Any) -> Key:
    if part is None:
        return 0
    if isinstance(part, datetime):
        return (part - _EPOCH) // timedelta(microseconds=1)
    return part.toordinal() if isinstance(part, date) else part


def _place(by: By, key: Sequence[Any] | None) -> tuple[Any, ...] | None:
    """What a cursor's key says; None for none, and for one that makes no sense."""
    if key is None:
        return None
    try:
        match by:
            case By.DUE:
                return date.fromordinal(key[0]), key[1]
            case By.STEP:
                return (_instant(key[0]) if key[0] else None), key[1]
            case By.STATUS:
                state, status, due, last = key
                return InvoiceState(state).value, status, date.fromordinal(due), last
            case _:
                return tuple(key)
    except (ValueError, OverflowError):
        return None


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
