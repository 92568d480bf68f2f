"""An invoice entered by itself, and whose own an invoice is."""

from typing import Annotated, Self

from fastapi import APIRouter, BackgroundTasks, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints
from pydantic import model_validator as whole

from activities.starting import drain
from domain import references
from domain.law import DebtorClass
from domain.roles import Action
from starter import invoices as service
from starter.api.parts import Parts
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import (
    MOST_ROWS,
    Body,
    BusinessId,
    Cents,
    Day,
    Language,
    Line,
    MaybeLine,
    PathId,
)
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.invoices import the_invoice
from starter.api.v1.problems import Kind, documented
from store.parties import NewCustomer
from store.registration import NewInvoice
from store.tables import Company

router = APIRouter(prefix="/companies/{business_id}/invoices", tags=["Invoices"])

_Key = Annotated[Line, Field(max_length=100)]


class CustomerIn(Body):
    """A customer (debtor). One that the books know by its key keeps the details that it has; of
    such a one the key is enough."""

    model_config = ConfigDict(title="InvoiceCustomer")

    key: _Key = Field(description="What the books know it by.")
    name: MaybeLine = ""
    private: StrictBool = Field(default=False, description="A private person.")
    business_id: BusinessId | None = None
    street: MaybeLine = ""
    postcode: MaybeLine = ""
    city: MaybeLine = ""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "FI"
    email: MaybeLine = ""
    phone: MaybeLine = ""
    einvoice_address: MaybeLine = ""
    einvoice_operator: MaybeLine = ""
    language: Language = "fi"

    @property
    def wanted(self) -> str | NewCustomer:
        """As the service has it: a new customer has a name."""
        if not self.name:
            return self.key
        said = self.model_dump(exclude={"private", "business_id"})
        debtor = DebtorClass.CONSUMER if self.private else DebtorClass.BUSINESS
        return NewCustomer(**said, debtor_class=debtor, business_id=self.business_id or "")


class InvoiceIn(Body):
    """A sales invoice that has been sent to its customer. It is paid to the company's account."""

    model_config = ConfigDict(
        title="NewInvoice",
        json_schema_extra={
            "examples": [
                {
                    "number": "2026-118",
                    "invoice_date": "2026-12-03",
                    "due": "2026-12-17",
                    "amount_cents": 108_836,
                    "customer": {"key": "A-17", "name": "Matti Malliasiakas", "private": True},
                }
            ]
        },
    )

    number: _Key
    invoice_date: Day
    due: Day
    amount_cents: Cents = Field(description="VAT included.")
    customer: CustomerIn
    reference: MaybeLine = Field(
        default="", description="Reference number (viitenumero); empty: one is made."
    )
    contract_rate: (
        Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$")] | None
    ) = Field(default=None, description="Late interest agreed on, % a year.", examples=["8.50"])

    @whole(mode="after")
    def _in_order(self) -> Self:
        if self.due < self.invoice_date:
            raise ValueError("an invoice does not fall due before its date")
        return self


class EnteredInvoice(BaseModel):
    """`new` false: it was there, the same."""

    id: int
    number: str
    new: bool
    owner: str = Field(description="Whose own it is; empty: the company's.", examples=["user:12"])


class OwnerIn(Body):
    """Whose own an invoice is to be."""

    model_config = ConfigDict(title="NewOwner", json_schema_extra={"examples": [{"user_id": 12}]})

    user_id: Annotated[int, Field(strict=True, ge=1, le=MOST_ROWS)] | None = Field(
        description="Null: the company's."
    )


class OwnerOut(BaseModel):
    """Whose own an invoice is."""

    model_config = ConfigDict(title="Owner")

    owner: str = Field(description="Empty: the company's.", examples=["user:12"])


@router.post(
    "", status_code=201, response_model=EnteredInvoice, responses=documented(Kind.CONFLICT)
)
def enter_invoice(
    body: InvoiceIn,
    here: Annotated[Here, callers.in_company(Action.ADD_INVOICES)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Enter one invoice; whoever enters it has it as his or her own. Many come as a file."""
    owner = here.caller.name if here.caller.user_id is not None else ""
    new = NewInvoice(
        number=body.number,
        invoice_date=body.invoice_date,
        due=body.due,
        amount_cents=body.amount_cents,
        reference=_reference(body.reference),
        contract_rate=body.contract_rate,
        owner=owner,
    )
    now = once.parts.business_now()
    with once.transaction() as session:
        if not session.get_one(Company, here.company_id).iban:
            raise problems.invalid(
                "the company has no account that its invoices are paid to",
                "body",
                "hand in a file of invoices that says the account first",
            )
        done = service.enter(session, here.place, new, body.customer.wanted, now)
        row = the_invoice(session, here, done.invoice_id)
        said = EnteredInvoice(id=row.id, number=row.number, new=done.new, owner=row.owner)
        answer = once.keep(session, said)
    background.add_task(_start, once.parts, done.invoice_id)
    answer.background = background
    return answer


@router.put("/{invoice_id}/owner", responses=documented(Kind.CONFLICT))
def give_invoice(
    invoice_id: PathId,
    body: OwnerIn,
    here: Annotated[Here, callers.in_company(Action.GIVE_INVOICES)],
    parts: TheParts,
) -> OwnerOut:
    """Say whose own an invoice is: those who see their own alone see it then."""
    with parts.database.transaction() as session:
        the_invoice(session, here, invoice_id)
        row = service.give(
            session,
            here.place,
            invoice_id,
            body.user_id,
            actor=here.caller.name,
            now=parts.real_now(),
        )
        return OwnerOut(owner=row.owner)


def _reference(said: str) -> str:
    try:
        return references.normalise(said) if said else ""
    except ValueError as error:
        raise problems.invalid(
            str(error), "body.reference", "correct it, or leave it out to have one made"
        ) from None


async def _start(parts: Parts, invoice_id: int) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=[invoice_id])
