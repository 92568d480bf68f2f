"""customer.nv, getcustomer.nv, customerlist.nv: what every element does, and does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from domain.rule import BUSINESSES, CONSUMERS
from starter.netvisor.envelope import Code
from store import audit, rules
from store.people import Place
from store.tables import Customer, NetvisorCustomer
from tests.starter.netvisor_client import Program, Town, new_number
from tests.starter.netvisor_fixtures import town
from tests.starter.office import new_business_id

__all__ = ["town"]

HETU = "131052-308T"
"""The example that the Finnish authorities themselves print."""

BASE = "customerbaseinformation"
FINVOICE = "customerfinvoicedetails"
MORE = "customeradditionalinformation"
CONTACT = "customercontactdetails"


@pytest.fixture(scope="module")
def one(town: Town) -> Program:
    return town.one


def xml(**groups: str) -> str:
    inside = "".join(f"<{name}>{content}</{name}>" for name, content in groups.items())
    return f"<root><customer>{inside}</customer></root>"


def edit(program: Program, key: int, **groups: str) -> Customer:
    program.call(f"customer.nv?method=edit&id={key}", xml(**groups))
    return program.customer(key)


def vip(program: Program, name: str = "VIP") -> int:
    """A rule of the company's own; its key."""
    with program.database.transaction() as session:
        terms = CONSUMERS.model_copy(update={"name": name})
        saved = rules.save_rule(
            session, program.company_id, terms, datetime(2026, 3, 2, tzinfo=UTC), "test"
        )
        return saved.rule_id


# ── every element ────────────────────────────────────────────────────────────────────────────

ELEMENTS = {
    # column: group, element, value, what the column then says, what it says when cleared
    "city": (BASE, "city", "Oulu", "Oulu", ""),
    "postcode": (BASE, "postnumber", "90100", "90100", ""),
    "phone": (BASE, "phonenumber", "040 1234567", "040 1234567", ""),
    "street": (BASE, "streetaddress", "Mallikatu 1", "Mallikatu 1", ""),
    "email": (BASE, "email", "a@malli.example", "a@malli.example", ""),
    "country": (BASE, "country", "SE", "SE", "FI"),
    "business_id": (BASE, "externalidentifier", *(new_business_id(),) * 2, ""),
    "einvoice_address": (FINVOICE, "finvoiceaddress", "003720000017", "003720000017", ""),
    "einvoice_operator": (FINVOICE, "finvoiceroutercode", "TESTOPER", "TESTOPER", ""),
    "contact_name": (CONTACT, "contactperson", "Maija Malli", "Maija Malli", ""),
    "contact_phone": (CONTACT, "contactpersonphone", "040 000 0001", "040 000 0001", ""),
    "contact_email": (CONTACT, "contactpersonemail", "m@malli.example", "m@malli.example", ""),
    "language": (MORE, "invoicinglanguage", "SE", "sv", "fi"),
}


@pytest.mark.parametrize("column", ELEMENTS)
def test_a_value_is_kept_an_empty_element_clears_an_absent_one_keeps(
    one: Program, column: str
) -> None:
    group, name, value, kept, cleared = ELEMENTS[column]
    key = one.add_customer("Esimerkki Oy")
    row = edit(one, key, **{group: f"<{name}>{value}</{name}>"})
    assert getattr(row, column) == kept
    row = edit(one, key, **{BASE: "<nameextension>x</nameextension>"})
    assert getattr(row, column) == kept
    row = edit(one, key, **{group: f"<{name}/>"})
    assert getattr(row, column) == cleared
    assert row.name == "Esimerkki Oy"


WORDS = st.sampled_from([None, "", "Aa 1", "Bb 2", "Cc, Dd 3"])
MAILS = st.sampled_from([None, "", "a@malli.example", "b@malli.example"])


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(edits=st.lists(st.tuples(WORDS, WORDS, MAILS, MAILS, WORDS), min_size=1, max_size=4))
def test_any_edits_come_to_the_last_word_about_each_element(
    one: Program, edits: list[tuple[str | None, ...]]
) -> None:
    names = ("streetaddress", "additionaladdressline", "email", "emailinvoicingaddress", "city")
    key = one.add_customer("Malli Oy")
    expected = dict.fromkeys(names, "")
    for values in edits:
        said = {name: text for name, text in zip(names, values, strict=True) if text is not None}
        expected |= said
        inside = "".join(f"<{name}>{text}</{name}>" for name, text in said.items())
        row = edit(one, key, **{BASE: inside})
    shown = one.call(f"getcustomer.nv?id={key}").find("Customer/CustomerBaseInformation")
    assert shown is not None
    for name, tag in (
        ("streetaddress", "StreetAddress"),
        ("additionaladdressline", "AdditionalStreetAddress"),
        ("email", "Email"),
        ("emailinvoicingaddress", "EmailInvoicingAddress"),
        ("city", "City"),
    ):
        assert (shown.findtext(tag) or "") == expected[name]
    lines = (expected["streetaddress"], expected["additionaladdressline"])
    assert row.street == ", ".join(line for line in lines if line)
    assert row.email == (expected["emailinvoicingaddress"] or expected["email"])


def test_what_another_way_in_has_changed_is_what_counts(one: Program) -> None:
    key = one.add_customer(
        "Malli Oy",
        "<streetaddress>Katu 1</streetaddress>"
        "<additionaladdressline>PL 2</additionaladdressline><email>a@malli.example</email>",
    )
    with one.database.transaction() as session:
        row = session.get_one(Customer, key)
        row.street, row.email = "Uusi katu 3, c/o Malli", "b@malli.example"
        session.add(row)
    row = edit(one, key, **{BASE: "<city>Oulu</city>"})
    assert (row.street, row.email) == ("Uusi katu 3, c/o Malli", "b@malli.example")
    row = edit(one, key, **{BASE: "<additionaladdressline>PL 4</additionaladdressline>"})
    assert row.street == "Uusi katu 3, c/o Malli, PL 4"


def test_tags_are_known_in_any_case(one: Program) -> None:
    key = one.post(
        "Customer.nv?Method=ADD",
        "<Root><Customer><CustomerBaseInformation><Name>Malli Oy</Name><PostNumber>00100"
        '</PostNumber><Country type="ISO-3166">EE</Country></CustomerBaseInformation>'
        "</Customer></Root>",
    )
    row = one.customer(key)
    assert (row.name, row.postcode, row.country) == ("Malli Oy", "00100", "EE")


def test_the_name_cannot_be_cleared(one: Program) -> None:
    assert one.refused("customer.nv?method=add", xml(**{BASE: "<city>Oulu</city>"})).code == (
        Code.INVALID_DATA
    )
    key = one.add_customer()
    assert "Name" in one.refused(f"customer.nv?method=edit&id={key}", xml(**{BASE: "<name/>"})).why
    assert one.customer(key).name == "Matti Malliasiakas"


@pytest.mark.parametrize(
    ("group", "inside"),
    [
        (BASE, "<name>" + "x" * 251 + "</name>"),
        (BASE, "<streetaddress>" + "x" * 81 + "</streetaddress>"),
        (BASE, "<email>not an address</email>"),
        (BASE, "<externalidentifier>1234567-0</externalidentifier>"),
        (BASE, "<country>Atlantis</country>"),
        (BASE, "<isprivatecustomer>yes</isprivatecustomer>"),
    ],
)
def test_what_is_wrong_is_refused_whole(one: Program, group: str, inside: str) -> None:
    key = one.add_customer("Malli Oy", "<city>Oulu</city>")
    body = f"<city>Espoo</city>{inside}"
    assert one.refused(f"customer.nv?method=edit&id={key}", xml(**{group: body})).code == (
        Code.INVALID_DATA
    )
    assert one.customer(key).city == "Oulu"


def test_an_unknown_customer_or_none_cannot_be_edited(one: Program) -> None:
    body = xml(**{BASE: "<city>Oulu</city>"})
    for target in ("", "&id=", "&id=x", "&id=999999999", f"&id={2**63}", "&id=-1"):
        assert one.refused(f"customer.nv?method=edit{target}", body).code == Code.INVALID_DATA


# ── who it is ────────────────────────────────────────────────────────────────────────────────


def test_a_personal_identity_code_is_never_kept(one: Program) -> None:
    code = f"<externalidentifier>{HETU}</externalidentifier>"
    key = one.add_customer("Malli Oy", f"{code}<isprivatecustomer>0</isprivatecustomer>")
    named = one.add_customer(f"Maija Malli {HETU}", f"<phonenumber>{HETU}</phonenumber>")
    coded = one.add_customer("Malli Ky", f"<internalidentifier>{HETU}</internalidentifier>")
    for one_key in (key, named, coded):
        assert HETU not in one.customer(one_key).model_dump_json()
    assert one.customer(key).debtor_class == one.customer(named).debtor_class == "consumer"
    assert one.customer(named).name == "Maija Malli"
    # And somebody who turns out to be a person becomes one.
    company = one.add_customer("Malli Oy")
    assert one.customer(company).debtor_class == "business"
    row = edit(one, company, **{BASE: code})
    assert (row.debtor_class, row.business_id) == ("consumer", "")
    with one.database.transaction() as session:
        for kept in session.exec(select(NetvisorCustomer)):
            assert HETU not in kept.model_dump_json()


def test_private_or_not(one: Program) -> None:
    business_id = new_business_id()
    private = "<isprivatecustomer>{}</isprivatecustomer>".format
    for name, more, wanted in (
        ("Maija Malli", "", "consumer"),
        ("Malli Oy", "", "business"),
        ("Malli", f"<externalidentifier>{business_id}</externalidentifier>", "business"),
        (
            "Malli",
            f"<organizationunitnumber>0037{business_id.replace('-', '')}</organizationunitnumber>",
            "business",
        ),
        ("Malli Oy", private(1), "consumer"),
        ("Maija Malli", private(0), "business"),
    ):
        assert one.customer(one.add_customer(name, more)).debtor_class == wanted
    key = one.add_customer("Maija Malli", private(0))
    assert edit(one, key, **{BASE: "<name>Maija Mallinen</name>"}).debtor_class == "business"
    assert edit(one, key, **{BASE: "<isprivatecustomer/>"}).debtor_class == "consumer"


def test_customer_numbers(one: Program) -> None:
    code = new_number()
    said = f"<internalidentifier>{code}</internalidentifier>"
    key = one.add_customer("Malli Oy", said)
    taken = one.refused("customer.nv?method=add", xml(**{BASE: f"<name>Y Oy</name>{said}"}))
    assert (taken.code, taken.status) == (Code.DUPLICATE_DATA, 409)
    assert f"customer {key}" in taken.why
    automatic = one.add_customer("Malli Oy", '<internalidentifier type="automatic"/>')
    assert int(one.customer(automatic).key) == int(code) + 1
    twins = [one.add_customer("Maija Malli", "<postnumber>00100</postnumber>") for _ in range(2)]
    assert len({one.customer(twin).key for twin in twins}) == 2
    row = edit(one, key, **{BASE: "<internalidentifier/>"})
    assert row.key != code
    shown = one.call(f"getcustomer.nv?id={key}")
    assert not shown.findtext("Customer/CustomerBaseInformation/InternalIdentifier")
    assert edit(one, key, **{BASE: said}).key == code
    assert edit(one, key, **{BASE: said}).key == code


# ── the rule ─────────────────────────────────────────────────────────────────────────────────

SPELLINGS = ("receivablesmanagementautomationrule", "receivablemanagementautomationrule")


def test_new_customers_are_placed_by_class_and_country(one: Program) -> None:
    consumers, businesses = one.rule_key(CONSUMERS.name), one.rule_key(BUSINESSES.name)
    abroad = "<country>SE</country>"
    assert one.customer(one.add_customer("Maija Malli")).rule_id == consumers
    assert one.customer(one.add_customer("Malli Oy")).rule_id == businesses
    assert one.customer(one.add_customer("Malli Ab", abroad)).rule_id is None
    key = one.add_customer("Malli Oy")
    private = "<isprivatecustomer>1</isprivatecustomer>"
    assert edit(one, key, **{BASE: private}).rule_id == consumers
    assert edit(one, key, **{BASE: abroad}).rule_id is None
    assert edit(one, key, **{BASE: "<country/>"}).rule_id == consumers


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_rule_places_by_name_and_by_key(one: Program, spelling: str) -> None:
    rule = vip(one)
    key = one.add_customer("Malli Oy")
    by_name = f'<{spelling} type="customer">VIP</{spelling}>'
    assert edit(one, key, **{MORE: by_name}).rule_id == rule
    # By hand: neither class nor country moves it any more, and an absent element keeps.
    private = "<isprivatecustomer>1</isprivatecustomer><country>SE</country>"
    assert edit(one, key, **{BASE: private}).rule_id == rule
    assert edit(one, key, **{MORE: f"<{spelling}/>"}).rule_id is None
    by_key = f'<{spelling} type="netvisor">{rule}</{spelling}>'
    assert edit(one, key, **{MORE: by_key}).rule_id == rule
    untyped = f"<{spelling}>vip</{spelling}>"
    assert edit(one, key, **{MORE: untyped}).rule_id == rule
    shown = one.call(f"getcustomer.nv?id={key}")
    path = "Customer/CustomerAdditionalInformation/ReceivablesManagementAutomationRule"
    assert shown.findtext(path) == "VIP"
    added = one.post(
        "customer.nv?method=add", xml(**{BASE: "<name>Malli Oy</name>", MORE: by_name})
    )
    assert one.customer(added).rule_id == rule


def test_an_unknown_rule_is_named_with_those_there_are(town: Town) -> None:
    rule, theirs = vip(town.one), vip(town.other, "Only theirs")
    key = town.one.add_customer("Malli Oy", "<city>Oulu</city>")
    before = town.one.customer(key).rule_id
    for kind, wanted in (
        ("customer", "Gold"),
        ("customer", "Only theirs"),
        ("netvisor", str(theirs)),
        ("netvisor", "VIP"),
        ("planet", "VIP"),
    ):
        field = f'<{SPELLINGS[0]} type="{kind}">{wanted}</{SPELLINGS[0]}>'
        body = xml(**{BASE: "<city>Espoo</city>", MORE: field})
        answer = town.one.refused(f"customer.nv?method=edit&id={key}", body)
        assert answer.code == Code.INVALID_DATA
        if kind != "planet":
            assert wanted in answer.why
            assert f"“VIP” ({rule})" in answer.why
            assert "Only theirs” (" not in answer.why
    row = town.one.customer(key)
    assert (row.rule_id, row.city) == (before, "Oulu")


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_one_several_and_none(one: Program) -> None:
    keys = [one.add_customer(f"Malli {name}") for name in "AB"]
    several = one.call(f"getcustomer.nv?idlist={keys[0]},{keys[1]},999999999")
    path = "Customers/Customer/CustomerBaseInformation/NetvisorKey"
    assert [found.text for found in several.findall(path)] == [str(key) for key in keys]
    assert len(one.call("getcustomer.nv?id=999999999")[1]) == 0
    assert one.refused("getcustomer.nv").code == Code.INVALID_DATA
    many = ",".join(str(key) for key in range(501))
    assert "501" in one.refused(f"getcustomer.nv?idlist={many}").why


def test_the_list_and_what_narrows_it(town: Town) -> None:
    program = town.new_program()
    assert program.call("customerlist.nv").find("Customerlist/Customer") is None
    keys = [
        program.add_customer(f"Malli {at}", f"<internalidentifier>K{at}</internalidentifier>")
        for at in range(3)
    ]

    def listed(query: str) -> list[int]:
        root = program.call(f"customerlist.nv?{query}")
        found = root.findall("Customerlist/Customer/Netvisorkey")
        return [int(str(key.text)) for key in found]

    assert listed("") == keys
    assert listed("keyword=malli%201") == [keys[1]]
    assert listed("keyword=k2") == [keys[2]]
    assert listed("keyword=%25") == []
    assert listed("customercodelist=K0,K2") == [keys[0], keys[2]]
    assert listed("customercodelist=K0,K2&keyword=2") == [keys[2]]
    assert listed("changedsince=2026-03-02T00:00:00") == keys
    many = ",".join(f"K{at}" for at in range(101))
    assert program.refused(f"customerlist.nv?customercodelist={many}").code == Code.INVALID_DATA
    uri = program.call("customerlist.nv").findtext("Customerlist/Customer/Uri")
    assert uri == f"{program.url}/getcustomer.nv?id={keys[0]}"


def test_changes_are_audited_without_names(one: Program) -> None:
    key = one.add_customer("Maija Malli")
    edit(one, key, **{BASE: "<city>Oulu</city>"})
    with one.database.transaction() as session:
        place = Place("", "", one.company_id, None)
        rows = audit.page(session, place, before=None, limit=2)
    assert [(row.actor, row.action, row.target) for row in rows] == [
        (f"netvisor-key:{one.made.key_id}", f"customer.{what}", f"customer:{key}")
        for what in ("edited", "added")
    ]
    assert "Maija" not in "".join(row.model_dump_json() for row in rows)
