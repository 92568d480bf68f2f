"""How fresh the bank's word is that a company's letters wait for."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from activities.starting import News, drain
from domain import references
from domain.bank_feed import Demand
from domain.roles import Action
from starter.api.parts import Parts
from starter.api.v1 import callers
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import Body
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.problems import Kind, Problem, documented
from store import audit, bank_feed
from store.bank_feed import NoSuchAccount
from store.tables import Company

router = APIRouter(prefix="/companies/{business_id}/bank-feed", tags=["Payments"])


class AccountFeed(BaseModel):
    """How fresh the bank's word about one account is."""

    account: str
    read_as_of: AwareDatetime | None = Field(
        description="When the bank made the newest file that was read; null: none was."
    )
    confirmed_by: str = Field(description="Who said so without a file; empty: it was a file.")
    stale: str | None = Field(description="Why it is too old for a letter to leave; null: it isn't")
    waiting: int = Field(description="Invoices whose letters wait for a fresher one.")


class FeedOut(BaseModel):
    """What the company demands, and how fresh its accounts are."""

    model_config = ConfigDict(title="BankFeed")

    demand: str = Field(examples=["banking_day"])
    accounts: list[AccountFeed]


class Confirmation(Body):
    """The bank's own pages have been looked at, and no payment is unread."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"account": "FI2112345600000785"}]})

    account: Annotated[str, AfterValidator(references.iban)] | None = Field(
        default=None, description="An IBAN; null: all of the company's."
    )


class DemandIn(Body):
    """How fresh the bank's word must be for a letter to leave."""

    model_config = ConfigDict(
        title="BankFeedDemand", json_schema_extra={"examples": [{"demand": "hours:24"}]}
    )

    demand: Annotated[str, AfterValidator(lambda said: str(Demand.parse(said)))] = Field(
        description="`banking_day`, `hours:24` (1 to 168) or `off`.",
        pattern=r"^(banking_day|off|hours:[0-9]{1,3})$",
    )


@router.get("")
def show_bank_feed(
    here: Annotated[Here, callers.in_company(Action.READ_PAYMENTS)], parts: TheParts
) -> FeedOut:
    """How fresh the bank's word is, account by account."""
    with parts.database.transaction() as session:
        return _shown(session, here, parts)


@router.post("/confirm", response_model=FeedOut, responses=documented(Kind.CONFLICT))
def confirm_bank_feed(
    body: Confirmation,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Say that you have looked at the bank's own pages: it counts as if a file had been read."""
    with once.transaction() as session:
        company = session.get_one(Company, here.company_id)
        by, now = here.caller.name, once.parts.business_now()
        try:
            waited = bank_feed.confirm(session, company, body.account, by=by, now=now)
        except NoSuchAccount as error:
            raise Problem(
                Kind.CONFLICT,
                str(error),
                record=f"company {here.place.business_id}",
                remedy="GET the bank feed: it lists the company's accounts",
            ) from None
        session.flush()
        answer = once.keep(session, _shown(session, here, once.parts), status=200)
    background.add_task(_tell, once.parts, waited)
    answer.background = background
    return answer


@router.put("/demand")
def set_bank_feed_demand(
    body: DemandIn,
    here: Annotated[Here, callers.in_company(Action.EDIT_COMPANY)],
    parts: TheParts,
    background: BackgroundTasks,
) -> FeedOut:
    """Set how fresh it must be. Loosened, what waited and need not any more goes on by itself."""
    with parts.database.transaction() as session:
        company = session.get_one(Company, here.company_id)
        was = company.bank_feed
        waited = bank_feed.demand(session, company, Demand.parse(body.demand), parts.business_now())
        if was != body.demand:
            audit.note(
                session,
                parts.real_now(),
                here.caller.name,
                "company.bank_feed",
                f"company:{here.company_id}",
                here.place,
                demand=body.demand,
                was=was,
            )
        answer = _shown(session, here, parts)
    background.add_task(_tell, parts, waited)
    return answer


async def _tell(parts: Parts, waited: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=waited, news=News.FEED_READ)


def _shown(session: Session, here: Here, parts: Parts) -> FeedOut:
    now = parts.business_now()
    found = bank_feed.watched(session, here.place.business_id)
    return FeedOut(
        demand=str(found[0].feed.demand),
        accounts=[
            AccountFeed(
                account=one.feed.account,
                read_as_of=one.feed.read_as_of,
                confirmed_by=one.feed.read_by,
                stale=one.feed.stale(now),
                waiting=one.waiting,
            )
            for one in found
            if one.feed.account
        ],
    )
