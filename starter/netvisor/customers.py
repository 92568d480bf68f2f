"""customer.nv, getcustomer.nv, customerlist.nv.

When a customer is edited, an element that is there and empty clears what is kept, and one that is
not there leaves it. What Karhu has no use for is not kept (docs/netvisor-api.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi.responses import Response
from lxml import etree
from sqlmodel import Session, col, select

from domain.law import DebtorClass
from integrations import fields
from integrations.netvisor import elements
from starter.netvisor import books
from starter.netvisor.call import Call
from starter.netvisor.customer_card import Card, code_of
from starter.netvisor.document import Given, root_of
from starter.netvisor.envelope import (
    Code,
    Failure,
    answered,
    element,
    group,
    inserted,
    invalid,
    leaf,
    line,
    listed,
)
from store import agency_line, audit, netvisor_lists
from store.netvisor_lines import customer_lines
from store.people import Place
from store.scope import Scope
from store.tables import Customer, Rule

_MOST_KEYS = 500
_MOST_CODES = 100

_BASE = "customerbaseinformation"
_CONTACT = "customercontactdetails"
_MORE = "customeradditionalinformation"

_RULE = tuple(
    f"{_MORE}/{name}"
    for name in ("receivablesmanagementautomationrule", "receivablemanagementautomationrule")
)
"""Both of Netvisor's spellings."""

_LENGTHS = {
    f"{_BASE}/internalidentifier": 50,
    f"{_BASE}/name": 250,
    f"{_BASE}/streetaddress": 80,
    f"{_BASE}/additionaladdressline": 80,
    f"{_BASE}/city": 80,
    f"{_BASE}/postnumber": 50,
    f"{_BASE}/phonenumber": 80,
    f"{_BASE}/email": 250,
    f"{_BASE}/emailinvoicingaddress": 250,
    f"{_CONTACT}/contactperson": 250,
    f"{_CONTACT}/contactpersonphone": 80,
    f"{_CONTACT}/contactpersonemail": 250,
    "customerfinvoicedetails/finvoiceaddress": 50,
    "customerfinvoicedetails/finvoiceroutercode": 50,
}
"""Characters at most, as Netvisor takes them."""

_COLUMNS = {
    "city": f"{_BASE}/city",
    "postcode": f"{_BASE}/postnumber",
    "phone": f"{_BASE}/phonenumber",
    "contact_name": f"{_CONTACT}/contactperson",
    "contact_phone": f"{_CONTACT}/contactpersonphone",
    "einvoice_address": "customerfinvoicedetails/finvoiceaddress",
    "einvoice_operator": "customerfinvoicedetails/finvoiceroutercode",
}
"""Columns that one element is."""


async def add(call: Call) -> Response:
    """customer.nv?method=add: a new customer; its key."""
    given = Given(root_of(call.body, "customer"))

    def work(session: Session) -> int:
        books.lock_company(session, call.caller.company_id)
        customer = Customer(
            company_id=call.caller.company_id, key="", name="", debtor_class=DebtorClass.CONSUMER
        )
        _save(session, call, given, customer, new=True)
        _note(session, call, "customer.added", customer)
        return customer.id

    return inserted(call.now, await call.transact(work))


async def edit(call: Call) -> Response:
    """customer.nv?method=edit&id=: change what the elements say."""
    key = call.query.key("id")
    if key is None:
        raise invalid("customer.nv?method=edit needs the customer's key: &id=...")
    given = Given(root_of(call.body, "customer"))

    def work(session: Session) -> None:
        books.lock_company(session, call.caller.company_id)
        customer = _the_customer(session, call.scope, key)
        _save(session, call, given, customer, new=False)
        agency_line.customers_changed(session, [customer.id])
        _note(session, call, "customer.edited", customer)

    await call.transact(work)
    return answered(call.now)


async def get(call: Call) -> Response:
    """getcustomer.nv?id= or ?idlist=: whole customers."""
    one, several = call.query.key("id"), call.query.keys("idlist", _MOST_KEYS)
    if one is None and not several:
        raise invalid("getcustomer.nv needs the customer's key: ?id=... or ?idlist=...,...")

    def work(session: Session) -> list[etree._Element]:
        found = netvisor_lists.customers_by_key(session, call.scope, several or [one or 0])
        return [Card.of(session, customer).shown(rule) for customer, rule in found]

    cards = await call.transact(work)
    if several:
        return answered(call.now, group("Customers", *cards))
    return answered(call.now, *(cards or [element("Customer")]))


async def list_(call: Call) -> Response:
    """customerlist.nv: all customers, or those with the keyword or of these codes.

    When a customer was changed is not kept: `changedsince` leaves nobody out.
    """
    codes = [code.strip() for code in call.query.text("customercodelist").split(",")]
    codes = [code for code in codes if code]
    if len(codes) > _MOST_CODES:
        raise invalid(f"customercodelist has {len(codes)} codes; send at most {_MOST_CODES}")
    keyword = call.query.text("keyword")

    def work(session: Session) -> Response:
        return listed(call.now, "Customerlist", _items(session, call, keyword, codes))

    return await call.transact(work)


def _items(session: Session, call: Call, keyword: str, codes: list[str]) -> Iterator[str]:
    for row in customer_lines(session, call.scope, keyword=keyword, codes=codes):
        yield line(
            "Customer",
            leaf("Netvisorkey", row.id),
            leaf("Name", row.name),
            leaf("Code", code_of(row.key, row.business_id)),
            leaf("OrganisationIdentifier", row.business_id),
            leaf("Uri", f"{call.address}/getcustomer.nv?id={row.id}"),
        )


# ── one customer's elements ──────────────────────────────────────────────────────────────────


def _save(
    session: Session,
    call: Call,
    given: Given,
    customer: Customer,
    *,
    new: bool,
) -> None:
    """Put what the elements say on a customer, made just now if `new`."""
    for path, most in _LENGTHS.items():
        if len(given.text(path)) > most:
            raise invalid(f"{_name(path)} has more than {most} characters; shorten it")
    card = Card.of(session, customer)
    _put_name_and_class(given, customer, new=new)
    for column, path in _COLUMNS.items():
        if (text := given.said(path)) is not None:
            setattr(customer, column, fields.without_personal_codes(text))
    for name in ("streetaddress", "additionaladdressline"):
        card.say(name, _plain(given.said(f"{_BASE}/{name}")))
    for name in ("email", "emailinvoicingaddress"):
        said = given.said(f"{_BASE}/{name}")
        card.say(name, None if said is None else fields.email(said, _name(name)) or "")
    if (email := given.said(f"{_CONTACT}/contactpersonemail")) is not None:
        customer.contact_email = fields.email(email, "ContactPersonEmail") or ""
    card.settle()
    if given.has(f"{_BASE}/country"):
        customer.country = elements.country(given, f"{_BASE}/country", "Country")
    if given.has(f"{_MORE}/invoicinglanguage"):
        customer.language = fields.language(elements.language(given, f"{_MORE}/invoicinglanguage"))
    _put_code(session, given, customer, new=new)
    rule = next((path for path in _RULE if given.has(path)), None)
    if rule is None:
        books.place_by_itself(session, customer)
    else:
        books.place_by_hand(customer, _rule_id(session, call, given, rule), call.caller.name)
    session.add(customer)
    session.flush()
    card.keep(session, customer)


def _put_name_and_class(given: Given, customer: Customer, *, new: bool) -> None:
    """Name, business id, and whether it is a private person.

    A personal identity code, wherever it stands, is not kept: it says that this is a person.
    """
    said = given.said(f"{_BASE}/name")
    person = False
    if new or said is not None:
        customer.name = fields.required(fields.without_personal_codes(said or ""), "Name")
        person = customer.name != said
    external = given.said(f"{_BASE}/externalidentifier")
    person = person or fields.is_personal_code(external or "")
    ovt = given.said(f"{_BASE}/organizationunitnumber")
    if person:
        customer.business_id = ""
    elif external is not None or (ovt and not customer.business_id):
        customer.business_id = (
            elements.business_id(external or "", ovt or "", "ExternalIdentifier") or ""
        )
    private = given.said(f"{_BASE}/isprivatecustomer")
    if private not in {None, "", "0", "1"}:
        raise invalid("IsPrivateCustomer is neither 0 nor 1; send one of them")
    if not private and not person and (new or private == ""):
        unlike = customer.business_id == "" and not fields.looks_like_company(customer.name)
        private = "1" if unlike else "0"
    if person or private == "1":
        customer.debtor_class = DebtorClass.CONSUMER.value
    elif private == "0" and (new or customer.debtor_class == DebtorClass.CONSUMER.value):
        customer.debtor_class = DebtorClass.BUSINESS.value


def _put_code(session: Session, given: Given, customer: Customer, *, new: bool) -> None:
    """What the books know the customer by: its number, else a key of Karhu's own."""
    path = f"{_BASE}/internalidentifier"
    company_id = customer.company_id
    if given.attribute(path, "type").lower() == "automatic":
        if new:
            customer.key = books.next_customer_code(session, company_id)
        return
    if not new and not given.has(path):
        return
    code = fields.identifier(given.text(path)) or ""
    wanted = code or books.own_key(customer)
    taken = session.exec(
        select(Customer.id).where(
            Customer.company_id == company_id,
            Customer.key == wanted,
            col(Customer.id).is_distinct_from(customer.id),
        )
    ).first()
    if taken is None:
        customer.key = wanted
    elif code:
        raise Failure(
            Code.DUPLICATE_DATA,
            f"the customer number {code} is customer {taken}'s already; choose another, or edit"
            " that one",
        )
    else:
        customer.key = books.another_key()


def _rule_id(session: Session, call: Call, given: Given, path: str) -> int | None:
    """The rule that the element names, by its name or its key; None: it is empty."""
    wanted = given.text(path)
    if not wanted:
        return None
    rules = books.rules(session, call.caller.company_id)
    kind = given.attribute(path, "type").lower() or "customer"
    match kind:
        case "netvisor":
            found = [rule for rule in rules if str(rule.id) == wanted]
        case "customer":
            found = [rule for rule in rules if rule.name == wanted] or [
                rule for rule in rules if rule.name.casefold() == wanted.casefold()
            ]
        case _:
            raise invalid(
                f"receivablesmanagementautomationrule has the type {fields.shown(kind)}; send"
                ' type="customer" with a rule\'s name, or type="netvisor" with its key'
            )
    if len(found) != 1:
        raise invalid(
            f"receivablesmanagementautomationrule: there is no rule “{wanted[:100]}”;"
            f" those there are: {_named(rules)}"
        )
    return found[0].id


def _named(rules: Sequence[Rule]) -> str:
    return ", ".join(f"“{rule.name}” ({rule.id})" for rule in rules) or "none"


def _the_customer(session: Session, scope: Scope, key: int) -> Customer:
    found = session.exec(
        select(Customer)
        .where(scope.companies(Customer.company_id), Customer.id == key)
        .with_for_update()
    ).first()
    if found is None:
        raise invalid(f"there is no customer {key} here; customerlist.nv has those there are")
    return found


def _note(session: Session, call: Call, action: str, customer: Customer) -> None:
    place = Place(call.caller.business_id, "", call.caller.company_id, None)
    audit.note(session, call.now, call.caller.name, action, f"customer:{customer.id}", place)


def _plain(said: str | None) -> str | None:
    return None if said is None else fields.without_personal_codes(said)


def _name(path: str) -> str:
    return path.rpartition("/")[2]
