"""A company's first page: what needs a person, what goes out, how much is open and for how long."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.overview import Age, AgeBand, Funnel, Leaving, Rung, Sales
from domain.roles import Action
from starter import overview
from starter.overview import Figure
from starter.web import terms
from starter.web.charts import Bar, Point
from starter.web.entry import in_company
from starter.web.page import Page
from starter.web.words import mark
from store import attention
from store.attention import Need, Needed
from store.tables import Company

router = APIRouter(prefix="/companies/{business_id}")

_NEEDS = {
    Need.DELIVERY: mark("Letters that could not be delivered"),
    Need.HAND_OVER: mark("Hand-overs that were refused"),
    Need.MESSAGE: mark("Messages that the agency did not take"),
    Need.CREDIT_LOSS: mark("Credit losses proposed by the agency"),
    Need.OTHER: mark("Other invoices that need attention"),
    Need.APPROVAL: mark("Waiting for approval"),
    Need.PAYMENT: mark("Payments that belong to no invoice yet"),
    Need.BANK: mark("Accounts whose bank feed is stale: letters wait"),
    Need.RECORD: mark("Records of files that did not go in"),
}
_URGENT = {Need.DELIVERY, Need.HAND_OVER, Need.MESSAGE, Need.BANK}
_BANDS = {
    AgeBand.NOT_DUE: (mark("Not due yet"), "calm"),
    AgeBand.TO_7: (mark("1–7 days overdue"), "low"),
    AgeBand.TO_14: (mark("8–14 days overdue"), "low"),
    AgeBand.TO_30: (mark("15–30 days overdue"), "mid"),
    AgeBand.TO_60: (mark("31–60 days overdue"), "mid"),
    AgeBand.TO_90: (mark("61–90 days overdue"), "high"),
    AgeBand.OVER_90: (mark("Over 90 days overdue"), "high"),
}
_RUNGS = {
    Rung.REGISTERED: (mark("Invoices in"), "calm"),
    Rung.OVERDUE: (mark("Became overdue"), "low"),
    Rung.REMINDED: (mark("Reminded"), "mid"),
    Rung.NOTIFIED: (mark("Notice sent"), "mid"),
    Rung.AT_AGENCY: (mark("Handed over to Intrum"), "high"),
}


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that needs a person. `href`: where it is done; "": that page is not there."""

    title: str
    needed: Needed
    urgent: bool
    href: str
    items: tuple[tuple[attention.Item, str], ...]
    """The first few, each with where it leads."""


@router.get("")
def today(page: Annotated[Page, in_company(Action.READ_INVOICES)]) -> Response:
    """The page."""
    real, now, day = page.parts.real_now(), page.now(), page.today()
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        sections = overview.sections(session, page.scope)
        ages = overview.ages(session, page.scope, day)
        needed = attention.needed(session, page.scope, now)
        funnel = overview.funnel(session, page.scope, real=real, now=now)
        sales = overview.dso(session, page.scope, real=real, now=now)
        outgoing = overview.outgoing(session, page.scope, real=real, now=now)
    said = outgoing.said
    return page.render(
        "today/today.html",
        company=company,
        day=day,
        sections=sections,
        doings=[_doing(page, one) for one in needed],
        ages=[_age_bar(page, age) for age in ages],
        funnel=funnel,
        funnel_bars=_funnel(page, funnel),
        paid=funnel.said.invoices[Rung.PAID] if funnel.said else 0,
        sales=sales,
        sales_points=_sales(page, sales),
        funnel_days=overview.FUNNEL_DAYS,
        outgoing_days=overview.OUTGOING_DAYS,
        outgoing=outgoing,
        next=[] if said is None else _leaving(page, said.next),
        gone=[] if said is None else list(reversed(_leaving(page, said.gone))),
    )


def _doing(page: Page, needed: Needed) -> Doing:
    match needed.need:
        case Need.PAYMENT:
            all_, each = page.link("/payments", waiting="1"), "/payments"
        case Need.BANK:
            all_, each = page.link("/payments"), ""
        case Need.RECORD:
            all_, each = page.link("/imports"), "/imports"
        case Need.MESSAGE if page.may(Action.READ_AGENCY):
            all_, each = page.link("/intrum/messages"), "/invoices"
        case Need.CREDIT_LOSS if page.may(Action.READ_AGENCY):
            all_, each = page.link("/intrum/proposals"), "/invoices"
        case Need.APPROVAL:
            all_, each = page.link("/invoices", approval="1"), "/invoices"
        case _:
            all_, each = page.link("/invoices", attention="1"), "/invoices"
    one = bool(each) and bool(page.link(f"{each}/{{{_ROW[each]}}}"))
    items = tuple((item, page.url(f"{each}/{item.id}") if one else "") for item in needed.first)
    return Doing(page.say(_NEEDS[needed.need]), needed, needed.need in _URGENT, all_, items)


_ROW = {"/invoices": "invoice_id", "/payments": "payment_id", "/imports": "import_id"}


def _age_bar(page: Page, age: Age) -> Bar:
    label, kind = _BANDS[age.band]
    count, cents = page.words.number(age.invoices), age.open_cents
    return Bar(page.say(label), cents, page.words.money(cents), count, kind)


def _funnel(page: Page, figure: Figure[Funnel]) -> list[Bar]:
    if figure.said is None:
        return []
    counts = figure.said.invoices
    return [
        Bar(page.say(label), counts[rung], page.words.number(counts[rung]), kind=kind)
        for rung, (label, kind) in _RUNGS.items()
    ]


def _sales(page: Page, figure: Figure[Sales]) -> list[Point]:
    if figure.said is None:
        return []
    return [
        Point(
            page.words.month(month.month),
            month.days,
            "–" if month.days is None else page.words.number(month.days),
        )
        for month in figure.said.months
    ]


def _leaving(page: Page, lines: tuple[Leaving, ...]) -> list[tuple[Leaving, str, str]]:
    """Each with its kind and its way in the reader's words."""
    kinds = {**terms.STEPS, **terms.LETTERS}
    ways = {**terms.CHANNELS, **terms.SERVICES}
    return [
        (line, page.say(kinds.get(line.kind, line.kind)), page.say(ways.get(line.by, line.by)))
        for line in lines
    ]
