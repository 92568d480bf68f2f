"""What happened under a rule (tapahtumat): filtered, and as a file."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from domain.calendar import HELSINKI
from domain.event_facts import KINDS
from domain.roles import Action
from starter import events as service
from starter.api.v1.fields import PathId
from starter.web.entry import in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation import frame
from starter.web.pages.automation.frame import PREFIX, clean
from starter.web.pages.automation.happened import LABELS, detail, reason
from starter.web.pages.invoice import whys
from store import event_log, invoice_list
from store.event_log import Wanted

router = APIRouter(prefix=f"{PREFIX}/rules/{{rule_id}}")


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for, as it was typed: days in Helsinki, both counted in."""

    invoice: str = ""
    customer: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""

    def wanted(self, rule_id: int) -> Wanted:
        """The same as the event log is asked. What is no day or no kind is passed over."""
        since, until = _day(self.since), _day(self.until)
        return Wanted(
            rule_id=rule_id,
            invoice=self.invoice or None,
            customer=self.customer or None,
            kinds=(self.kind,) if self.kind in KINDS else (),
            since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
        )


@router.get("/events")
def list_events(
    rule_id: PathId,
    page: Annotated[Page, in_company(Action.READ_RULES)],
    invoice: str = "",
    customer: str = "",
    kind: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """The events, the newest first."""
    filters = Filters(*map(clean, (invoice, customer, kind, since, until)))
    listing = Listing(page, f"rule events {rule_id}", filters)
    with page.transaction() as session:
        row, newest = frame.the_rule(page, session, rule_id)
        events = event_log.page(
            session,
            page.scope,
            filters.wanted(rule_id),
            oldest_first=False,
            start=listing.after_id(),
            limit=listing.fetched,
        )
        names = frame.names(page, session, [one.actor for one in events])
        ids = invoice_list.by_number(session, page.scope, {one.invoice for one in events})
        values = {} if page.partial == "list" else frame.frame(page, session)
    return page.render(
        "automation/events.html",
        part="list",
        row=row,
        newest=newest,
        rows=listing.page(events, lambda one: (one.id,)),
        details={one.id: detail(page.words, one) for one in events},
        whys={one.id: whys.say_noted(page.words, reason(one)) for one in events},
        labels={name: page.say(label) for name, label in LABELS.items()},
        names=names,
        invoice_ids=ids,
        filters=filters,
        kinds=sorted(
            ((name, page.say(label)) for name, label in LABELS.items()), key=lambda one: one[1]
        ),
        **values,
    )


@router.get("/events.csv")
def export_events(
    rule_id: PathId,
    page: Annotated[Page, in_company(Action.READ_RULES)],
    invoice: str = "",
    customer: str = "",
    kind: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """The same as a file, the oldest first, of any length."""
    filters = Filters(*map(clean, (invoice, customer, kind, since, until)))
    with page.transaction() as session:
        frame.the_rule(page, session, rule_id)
    lines = service.as_csv(page.parts.database, page.scope, filters.wanted(rule_id))
    return page.finish(
        StreamingResponse(
            lines,
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="events.csv"'},
        )
    )


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, HELSINKI)
