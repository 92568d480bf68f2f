"""Ropo One's client against a server in the shape of its public API, over real HTTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agency import (
    Address,
    AgencyService,
    CollectionStatus,
    ContactChange,
    CreditNotice,
    Creditor,
    Debtor,
    DirectPayment,
    DisputeNotice,
    PaymentReversal,
    StatusMessage,
    Withdrawal,
)
from domain.law.terms import DebtorClass
from integrations.agency import (
    Agencies,
    AgencyClient,
    AgencyRefused,
    AgencyUnavailable,
    AgencyUnsure,
    CallbackRefused,
    RopoClient,
)
from integrations.agency.ropo_words import euros, meaning
from tests.integrations.ropo_support import (
    START,
    Fault,
    Ropo,
    batch,
    claim,
    serving,
    shown,
)

JOBS, PAYMENT, UPDATES = "/rest/jobs", "/rest/jobs/payment", "/rest/jobs/statusupdates"
CASE = "7/1042"
NOW = datetime(2026, 10, 2, 8, tzinfo=UTC)


@pytest.fixture
def ropo() -> Iterator[Ropo]:
    with serving() as server:
        yield server


@pytest.fixture
def agency(ropo: Ropo) -> Iterator[RopoClient]:
    with ropo.client() as client:
        yield client


def payment(cents: int = 5_000, key: str = "p1") -> DirectPayment:
    return DirectPayment(
        idempotency_key=key,
        case_reference=CASE,
        amount_cents=cents,
        paid_on=date(2026, 10, 2),
        identifier="261002AA",
    )


def credit() -> CreditNotice:
    return CreditNotice(
        idempotency_key="c1",
        case_reference=CASE,
        amount_cents=1_005,
        credited_on=date(2026, 10, 3),
        identifier="2001",
    )


def test_a_claim_becomes_a_job_with_the_documented_fields(ropo: Ropo, agency: RopoClient) -> None:
    receipt = agency.assign(claim())
    assert not receipt.repeated
    (job,) = ropo.jobs
    job.pop("jobid")
    assert job == {
        "jobtype": "2",
        "billnum": CASE,
        "billcode": "1009",
        # The principal alone: fees and interest are not mixed into it.
        "amount": "1088.36",
        "customertype": "2",
        "person": "Matti Malliasiakas",
        "address": "Mallikatu 1",
        "postcode": "00100",
        "city": "Helsinki",
        "billdate": "2026-08-01",
        "paydate": "2026-08-15",
        "noticedate": "2026-09-15",
        "email": "matti@malliasiakas.example",
    }
    assert ropo.identifiers == ["7/1042/assign/1"]


def test_a_company_and_the_reminder_service(ropo: Ropo, agency: RopoClient) -> None:
    debtor = Debtor(
        name="Kuvitteellinen Sähkö Oy",
        debtor_class=DebtorClass.BUSINESS,
        business_id="2000000-8",
        address=Address(street="Mallikatu 1", postal_code="00100", city="Helsinki"),
    )
    agency.assign(claim(service=AgencyService.REMINDER, debtor=debtor, sent=()))
    (job,) = ropo.jobs
    assert (job["jobtype"], job["customertype"], job["govid"]) == ("1", "1", "2000000-8")
    assert job["company"] == "Kuvitteellinen Sähkö Oy"
    assert "noticedate" not in job


def test_a_job_is_sent_once(ropo: Ropo, agency: RopoClient) -> None:
    agency.assign(claim())
    again = agency.assign(claim())
    assert again.repeated
    assert again.status == "Collection"
    assert again.agency_case_id == str(ropo.jobs[0]["jobid"])
    assert len(ropo.jobs) == 1


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.FAILED, Fault.GARBLED])
def test_after_a_lost_answer_the_job_is_looked_for(
    ropo: Ropo, agency: RopoClient, fault: Fault
) -> None:
    ropo.fail(JOBS, fault)
    with pytest.raises(AgencyUnsure) as unsure:
        agency.assign(claim())
    # What is still at work there must be done before it is looked for.
    assert unsure.value.retry_after_seconds is not None
    assert unsure.value.retry_after_seconds >= 60
    found = agency.said_before("", claim())
    assert found is not None
    assert found.repeated
    assert agency.assign(claim()).repeated
    assert len(ropo.jobs) == 1


def test_what_was_not_taken_is_sent_again(ropo: Ropo, agency: RopoClient) -> None:
    ropo.fail(JOBS, Fault.DROPPED, Fault.BUSY)
    with pytest.raises(AgencyUnsure):
        agency.assign(claim())
    assert agency.said_before("", claim()) is None
    with pytest.raises(AgencyUnavailable):
        agency.assign(claim())
    assert not agency.assign(claim()).repeated
    assert len(ropo.jobs) == 1


def test_nothing_is_sent_while_nobody_can_tell_whether_it_is_there(
    ropo: Ropo, agency: RopoClient
) -> None:
    ropo.fail(UPDATES, Fault.FAILED, Fault.DROPPED, Fault.GARBLED, Fault.BUSY)
    for _ in range(4):
        with pytest.raises(AgencyUnavailable):
            agency.assign(claim())
    assert ropo.jobs == []


def test_an_expired_token_is_renewed(ropo: Ropo, agency: RopoClient) -> None:
    agency.assign(claim())
    agency.direct_payment(CASE, payment())
    assert ropo.tokens == ["token-1"]
    ropo.expire()
    agency.direct_payment(CASE, payment(6_000, "p2"))
    assert ropo.tokens == ["token-1", "token-2"]
    assert [body["amount"] for body in ropo.payments] == ["50.00", "60.00"]


def test_a_wrong_key_is_for_somebody_to_mend(ropo: Ropo) -> None:
    with ropo.client(apicode="another") as agency, pytest.raises(AgencyUnavailable) as away:
        agency.direct_payment(CASE, payment())
    assert "KARHU_ROPO_APICODE" in str(away.value)
    assert "another" not in str(away.value)


def test_payments_and_credit_notes(ropo: Ropo, agency: RopoClient) -> None:
    agency.assign(claim())
    receipt = agency.direct_payment(CASE, payment())
    agency.credit(CASE, credit())
    assert receipt.agency_case_id == str(ropo.jobs[0]["jobid"])
    paid, credited = ropo.payments
    assert paid == {
        "billnum": CASE,
        "amount": "50.00",
        "paydate": "2026-10-02",
        "type": "directpayment",
        "description": "261002AA",
    }
    assert (credited["amount"], credited["creditnotebillnum"]) == ("10.05", "2001")
    with pytest.raises(AgencyRefused) as refused:
        agency.direct_payment("7/9", payment().model_copy(update={"case_reference": "7/9"}))
    assert refused.value.reason == "there is no such job"


@pytest.mark.parametrize("message", [payment(), credit()])
def test_a_payment_that_may_be_there_is_a_persons_matter(
    ropo: Ropo, agency: RopoClient, message: DirectPayment | CreditNotice
) -> None:
    agency.assign(claim())
    ropo.fail(PAYMENT, Fault.LOST)
    with pytest.raises(AgencyUnsure):
        _ = (
            agency.direct_payment(CASE, message)
            if isinstance(message, DirectPayment)
            else agency.credit(CASE, message)
        )
    with pytest.raises(AgencyRefused) as refused:
        agency.said_before(CASE, message)
    assert refused.value.code == "unsure"
    assert message.identifier in refused.value.reason
    assert CASE in refused.value.reason
    assert len(ropo.payments) == 1


def test_a_payment_that_was_taken_is_taken_whatever_the_answer_says(
    ropo: Ropo, agency: RopoClient
) -> None:
    agency.assign(claim())
    ropo.fail(PAYMENT, Fault.GARBLED)
    assert agency.direct_payment("549220", payment()).agency_case_id == "549220"


def test_what_the_api_has_no_words_for_is_a_persons_matter(agency: RopoClient) -> None:
    said: dict[str, Any] = {"idempotency_key": "k", "case_reference": CASE}
    day = date(2026, 10, 5)
    attempts: list[Callable[[], object]] = [
        lambda: agency.withdraw(CASE, Withdrawal(reason="Agreed otherwise", **said)),
        lambda: agency.payment_reversal(
            CASE, PaymentReversal(amount_cents=500, reversed_on=day, identifier="r", **said)
        ),
        lambda: agency.dispute(
            CASE, DisputeNotice(disputed=True, reason="Wrong goods", on=day, **said)
        ),
        lambda: agency.change_contact(CASE, ContactChange(debtor=claim().debtor, **said)),
    ]
    for attempt in attempts:
        with pytest.raises(AgencyRefused) as refused:
            attempt()
        assert refused.value.code == "not_supported"
        assert "customer service" in refused.value.reason
        assert CASE in refused.value.reason
        assert claim().debtor.name not in str(refused.value)
    assert agency.said_before(CASE, Withdrawal(reason="Agreed otherwise", **said)) is None
    assert agency.settlements_since("").settlements == ()
    assert agency.balances_since("").cases == ()


def test_what_is_incomplete_is_not_sent(ropo: Ropo, agency: RopoClient) -> None:
    abroad = claim().debtor.model_copy(
        update={"address": Address(street="Storgatan 1", postal_code="11122", country="SE")}
    )
    homeless = claim().debtor.model_copy(update={"address": Address()})
    other = Creditor(name="Esimerkki Oy", business_id="1234567-1", contract_number="S-100")
    refusals = [
        ("incomplete", "viitenumero", claim(reference_number="")),
        ("incomplete", "street", claim(debtor=homeless)),
        ("incomplete", "maksukehotus", claim(sent=())),
        ("not_supported", "abroad", claim(debtor=abroad)),
        ("other_contract", "S-100", claim(creditor=other)),
    ]
    for code, words, message in refusals:
        with pytest.raises(AgencyRefused) as refused:
            agency.assign(message)
        assert refused.value.code == code
        assert words in refused.value.reason
    ropo.accepts = False
    with pytest.raises(AgencyRefused) as refused:
        agency.assign(claim())
    assert refused.value.code == "not_accepted"
    assert ropo.jobs == []


def read_all(agency: AgencyClient, cursor: str = "") -> tuple[list[StatusMessage], str]:
    """A round of reading, as the schedule does it."""
    heard: list[StatusMessage] = []
    while True:
        page = agency.statuses_since(cursor)
        heard += page.messages
        more, cursor = bool(page.messages) and page.cursor != cursor, page.cursor
        if not more:
            return heard, cursor


def test_statuses_are_read_until_there_are_no_more(ropo: Ropo, agency: RopoClient) -> None:
    ropo.page = 2
    agency.assign(claim())
    for text in ("Due", "  COLLECTION ", "Sold to a third party", "Paid"):
        ropo.says(CASE, text)
    heard, cursor = read_all(agency)
    assert [(message.status, message.known_status) for message in heard] == [
        ("Collection", CollectionStatus.LETTER_COLLECTION),
        ("Due", CollectionStatus.REGISTERED),
        ("COLLECTION", CollectionStatus.LETTER_COLLECTION),
        ("Sold to a third party", None),
        ("Paid", CollectionStatus.PAID),
    ]
    assert [message.sequence for message in heard] == sorted({m.sequence for m in heard})
    assert heard[0].occurred_at == START
    assert {message.case_reference for message in heard} == {CASE}
    assert read_all(agency, cursor) == ([], cursor)


def test_a_lost_page_is_read_on_the_next_day(ropo: Ropo, agency: RopoClient) -> None:
    _, cursor = read_all(agency)
    agency.assign(claim())
    ropo.fail(UPDATES, Fault.LOST)
    with pytest.raises(AgencyUnavailable):
        agency.statuses_since(cursor)
    # They count as told there.
    assert read_all(agency, cursor)[0] == []
    ropo.pass_days(1)
    heard, later = read_all(agency, cursor)
    assert [message.status for message in heard] == ["Collection"]
    assert read_all(agency, later) == ([], later)
    # What is read twice has the same name both times.
    ropo.pass_days(3)
    ropo.says(CASE, "Paid")
    first, cursor = read_all(agency, later)
    ropo.pass_days(1)
    again, _ = read_all(agency, cursor)
    assert [message.message_id for message in again] == [message.message_id for message in first]
    # A day is asked for once, and one that is not over never.
    days = [query["date"] for query in ropo.queries if "date" in query]
    assert len(days) == len(set(days))


def test_one_unreadable_update_is_in_nobodys_way(ropo: Ropo, agency: RopoClient) -> None:
    agency.assign(claim())
    ropo.updates.insert(0, {"jobid": "?", "statusdate": f"{START:%Y-%m-%d}", "billnum": "x"})
    assert [message.status for message in read_all(agency)[0]] == ["Collection"]


def event(name: int, **changes: Any) -> dict[str, Any]:
    told = {"id": name, "jobid": 549_220, "billnum": CASE, "timestamp": "2026-10-02T08:00:00Z"}
    return {**told, "statustext": "Paid", **changes}


def test_a_webhooks_batch(agency: RopoClient) -> None:
    body = batch(
        event(1, statustext="Collection", timestamp="2026-10-01T08:00:00"),
        event(2),
        event(2),
        {"id": 3, "type": "delivery", "jobid": 549_220},
        event(4, billnum=""),
        event(5, statustext="Something new"),
    )
    messages = agency.read_callback(shown(), body, now=NOW)
    assert all(isinstance(message, StatusMessage) for message in messages)
    heard = [message for message in messages if isinstance(message, StatusMessage)]
    assert [message.status for message in heard] == ["Collection", "Paid", "Something new"]
    assert [message.known_status for message in heard] == [
        CollectionStatus.LETTER_COLLECTION,
        CollectionStatus.PAID,
        None,
    ]
    assert len({message.message_id for message in heard}) == 3
    # Finnish time, where none is said.
    assert heard[0].occurred_at == datetime(2026, 10, 1, 5, tzinfo=UTC)
    # The same messages, whenever they come again.
    assert agency.read_callback(shown(), body, now=NOW) == messages
    assert agency.read_callback(shown(), batch(), now=NOW) == ()


def test_callbacks_that_are_not_believed(ropo: Ropo, agency: RopoClient) -> None:
    def refusal(headers: dict[str, str], body: bytes, client: RopoClient = agency) -> str:
        with pytest.raises(CallbackRefused) as refused:
            client.read_callback(headers, body, now=NOW)
        return refused.value.code

    good = batch(event(1))
    assert refusal({}, good) == "bad_signature"
    assert refusal(shown(password="wrong"), good) == "bad_signature"
    assert refusal({"Authorization": "Basic ä"}, good) == "bad_signature"
    assert refusal(shown(), b"{}") == "malformed"
    assert refusal(shown(), b" " * (agency.callback_limit_bytes + 1)) == "too_large"
    assert refusal(shown(), batch(*[event(name) for name in range(501)])) == "too_large"
    assert len(agency.read_callback(shown(), batch(*map(event, range(500))), now=NOW)) == 500
    with ropo.client(webhook=None) as deaf:
        assert refusal(shown(), good, deaf) == "no_secret"


def test_a_case_of_an_agency_that_is_not_set_up_waits(agency: RopoClient) -> None:
    agencies = Agencies({"ropo": agency})
    assert agencies.of("ropo") is agencies["ropo"] is agency
    assert list(agencies) == ["ropo"]
    with pytest.raises(AgencyUnavailable) as away:
        agencies.of("intrum")
    assert "intrum" in str(away.value)


@given(st.integers(0, 10**12))
def test_euros_are_exact(cents: int) -> None:
    assert Decimal(euros(cents)) * 100 == cents


@given(st.text(max_size=80))
def test_no_status_text_is_guessed(text: str) -> None:
    known = meaning(text)
    assert known is None or text.strip().casefold() in {
        *("invoicing", "due", "reminder", "collection", "paid")
    }
