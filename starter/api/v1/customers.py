"""A company's customers: who is under which rule, what is particular about one, and moving them."""

from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from sqlmodel import Session

from domain.law import DebtorClass
from domain.roles import Action
from domain.states import Channel, Running
from starter import access, rules
from starter import customers as cards
from starter.api.v1 import callers, etags, problems
from starter.api.v1.automation import start
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.etags import IfMatch
from starter.api.v1.fields import Body, Flag, Language, Line, MaybeLine, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.outlooks import ReplanningOut, WhatIfOut
from starter.api.v1.pages import Page, ThePaging, listing_of
from starter.api.v1.problems import Kind, Problem, documented
from starter.people import Unknown
from store import customers, outbox, placing
from store.placing import Choice
from store.tables import Company, Customer

router = APIRouter(prefix="/companies/{business_id}/customers", tags=["Customers"])

_Word = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class CustomerLine(BaseModel):
    """A customer in a list. `rule`: null if it is under none (automaatio estetty)."""

    customer_id: int
    key: str
    name: str
    debtor_class: str
    country: str
    rule: str | None
    placed_by: str = Field(description="Empty: the automation, which moves it as details change.")
    why: str


class CustomerOut(BaseModel):
    """A customer (debtor) of the company. `key`: what its books know it by."""

    model_config = ConfigDict(title="Customer")

    id: int
    key: str
    name: str
    debtor_class: str
    business_id: str
    street: str
    postcode: str
    city: str
    country: str
    email: str
    phone: str
    contact_name: str = Field(description="Default contact: for the agency, if settings say so.")
    contact_phone: str
    contact_email: str
    einvoice_address: str
    einvoice_operator: str
    language: str
    channels: list[Channel] | None = Field(
        description="Its own order, and no others; null: the rule's."
    )
    collection_ban: bool
    rule_id: int | None
    placed_by: str
    why: str


class CustomerChange(Body):
    """What is given is changed, from the next letter on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "maksut@esimerkki.example"}]}
    )

    name: Line | None = None
    debtor_class: DebtorClass | None = Field(
        default=None,
        description="`consumer`: a private person. Running invoices keep the one they came with.",
    )
    street: MaybeLine | None = None
    postcode: MaybeLine | None = None
    city: MaybeLine | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    email: MaybeLine | None = Field(default=None, description="The contact that letters go to.")
    phone: MaybeLine | None = None
    contact_name: MaybeLine | None = Field(
        default=None, description="Default contact (oletusyhteyshenkilö); empty: none."
    )
    contact_phone: MaybeLine | None = None
    contact_email: MaybeLine | None = None
    einvoice_address: MaybeLine | None = None
    einvoice_operator: MaybeLine | None = None
    language: Language | None = None
    channels: list[Channel] | None = Field(
        default=None, description="Its own order; none in it: as its rule says.", max_length=3
    )
    collection_ban: StrictBool | None = Field(
        default=None, description="Nothing of the customer's is handed over to the agency."
    )


class Chosen(Body):
    """Customers of whom all that is said is true; nobody is chosen by saying nothing."""

    keys: Annotated[list[_Word], Field(min_length=1, max_length=10_000)] | None = None
    search: Line | None = Field(
        default=None, description="A part of the key, the name or the business id."
    )
    rule: Line | None = Field(default=None, description="Those under the rule of this name.")
    prevented: StrictBool = Field(default=False, description="Those under no rule.")
    everybody: StrictBool = Field(default=False, description="All of them.")

    def choice(self) -> Choice:
        """Raises the problem 422 if nothing is said."""
        keys = None if self.keys is None else tuple(self.keys)
        found = Choice(keys, self.search or "", self.rule, self.prevented)
        if found.everybody is not self.everybody:
            raise problems.invalid(
                "say which customers, or that it is everybody, and not both",
                "body.customers",
                "give keys, search, rule or prevented; or everybody alone",
            )
        return found


class Goal(Body):
    """A rule by its name; null: no rule, by hand."""

    rule: Line | None


class MoveIn(Body):
    """Which customers go where. `to`: a rule by name; null: under none, by hand."""

    model_config = ConfigDict(
        title="CustomerMove",
        json_schema_extra={"examples": [{"customers": {"keys": ["A-17"]}, "to": {"rule": "VIP"}}]},
    )

    customers: Chosen
    to: Goal | Literal["automation"] = Field(
        description="`automation`: back to where the customers' details say."
    )

    def target(self) -> rules.Target:
        """As the service has it."""
        return rules.ByItself() if isinstance(self.to, str) else rules.Under(self.to.rule)


class MoveNow(MoveIn):
    """The same, and what of running invoices."""

    model_config = ConfigDict(title="CustomerMoveNow")

    running: Running = Field(
        default=Running.KEEP, description="Running invoices: move too, or keep their rule."
    )


class MovedOut(BaseModel):
    """How many were moved. `replanning`: their running invoices that move too."""

    model_config = ConfigDict(title="CustomersMoved")

    customers: int
    replanning: ReplanningOut | None


class MoveWhatIf(BaseModel):
    """How many would move, and what that would do to running invoices that move too."""

    customers: int
    running: WhatIfOut


@router.get("")
def list_customers(
    here: Annotated[Here, callers.in_company(Action.READ_CUSTOMERS)],
    parts: TheParts,
    paging: ThePaging,
    search: Annotated[_Word | None, Query(description="Of key, name or business id.")] = None,
    rule: Annotated[_Word | None, Query(description="Under the rule of this name.")] = None,
    prevented: Annotated[Flag, Query(description="Under no rule.")] = False,
) -> Page[CustomerLine]:
    """Customers, the rule that each is under, and why."""
    choice = Choice(None, search or "", rule, prevented)
    listing = listing_of("customers", choice)
    with parts.database.transaction() as session:
        rows = placing.listed(
            session,
            here.company_id,
            choice,
            after=paging.after_id(listing) or 0,
            limit=paging.fetched,
        )
    return paging.page(
        listing,
        rows,
        lambda row: (row.customer_id,),
        lambda row: CustomerLine.model_validate(row, from_attributes=True),
    )


@router.post("/what-if", response_model=MoveWhatIf)
def what_if_customers_moved(
    body: MoveIn, here: Annotated[Here, callers.in_company(Action.WHAT_IF)], once: TheOnce
) -> Response:
    """What moving customers would do to their running invoices in the next 60 days."""
    choice = body.customers.choice()
    with once.transaction() as session:
        company = session.get_one(Company, here.company_id)
        try:
            answer = rules.what_if_moved(session, company, choice, body.target(), once.parts.clock)
        except Unknown as unknown:
            raise _not_there(unknown) from None
        said = MoveWhatIf(
            customers=answer.customers,
            running=WhatIfOut.of(answer.running, automation=company.automation),
        )
        return once.keep(session, said, status=200)


@router.post("/move", response_model=MovedOut)
def move_customers(
    body: MoveNow,
    here: Annotated[Here, callers.in_company(Action.PLACE_CUSTOMERS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Move customers to a rule, to none, or back to the automation's own placement. Moving running
    invoices too takes somebody who may."""
    if body.running is Running.MOVE:
        access.enter(here.caller, here.place, Action.MOVE_INVOICES)
    choice = body.customers.choice()
    with once.transaction() as session:
        company = session.get_one(Company, here.company_id)
        try:
            moved = rules.move(
                session,
                company,
                choice,
                body.target(),
                by=here.caller.name,
                clock=once.parts.clock,
                running=body.running,
            )
        except Unknown as unknown:
            raise _not_there(unknown) from None
        asked = moved.replanning
        said = MovedOut(
            customers=moved.customers, replanning=ReplanningOut.of(asked) if asked else None
        )
        answer = once.keep(session, said, status=200)
    background.add_task(start, once.parts, asked)
    answer.background = background
    return answer


@router.get(
    "/{customer_id}", responses={200: {"headers": {"ETag": {"schema": {"type": "string"}}}}}
)
def show_customer(
    customer_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_CUSTOMERS)],
    parts: TheParts,
    response: Response,
) -> CustomerOut:
    """One customer. Its ETag is what a change sends as If-Match."""
    with parts.database.transaction() as session:
        shown = _customer(_seen(session, here, customer_id))
    response.headers["ETag"] = etags.etag_of(shown)
    return shown


@router.patch("/{customer_id}", responses=documented(Kind.CHANGED, Kind.UNCONDITIONAL))
def change_customer(
    customer_id: PathId,
    body: CustomerChange,
    here: Annotated[Here, callers.in_company(Action.EDIT_CUSTOMERS)],
    parts: TheParts,
    response: Response,
    if_match: IfMatch = None,
) -> CustomerOut:
    """Change a customer. One that the automation has placed is placed anew if its class or its
    country changes; one that a person has placed stays."""
    said = body.model_dump(mode="json", exclude_none=True)
    own = body.channels
    if own is not None:
        if len(set(own)) < len(own):
            raise problems.invalid(
                "a channel stands in the order twice", "body.channels", "name each channel once"
            )
        said["channels"] = said["channels"] or None
    with parts.database.transaction() as session:
        # Before any row is locked, as whoever books a file does.
        outbox.take_turn(session)
        row = _seen(session, here, customer_id, to_change=True)
        etags.demand(if_match, etags.etag_of(_customer(row)), f"customer {row.key}")
        cards.change(session, here.place, row, said, actor=here.caller.name, now=parts.real_now())
        changed = _customer(row)
    response.headers["ETag"] = etags.etag_of(changed)
    return changed


def _seen(session: Session, here: Here, customer_id: int, *, to_change: bool = False) -> Customer:
    found = customers.seen(session, here.scope, customer_id, to_change=to_change)
    if found is None:
        raise problems.not_found(f"customer {customer_id}")
    return found


def _customer(row: Customer) -> CustomerOut:
    said = row.model_dump(include=set(CustomerOut.model_fields))
    return CustomerOut(**said, why=placing.why(row.debtor_class, row.country, row.placed_by))


def _not_there(unknown: Unknown) -> Problem:
    return Problem(
        Kind.NOT_FOUND,
        str(unknown),
        remedy="GET the company's customers and rules: they list those that there are",
    )
