"""What the sandbox refuses, and why."""

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.agency import (
    Address,
    AgencyService,
    ContactChange,
    Creditor,
    DirectPayment,
    DisputeNotice,
    Document,
    SentLetter,
    Withdrawal,
)
from domain.law.terms import DebtorClass
from integrations.intrum_sandbox.checks import Refusal
from starter.stack.ports import choose
from tests.integrations.agency_support import (
    API_KEY,
    Office,
    assignment,
    open_office,
    serving_process,
    strict,
)

PDF = b"%PDF-1.7 an invoice"
CASE = "INT-000001"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(strict(tmp_path)) as opened:
        yield opened


def paper(**changes: Any) -> Document:
    values = {
        "name": "1042.pdf",
        "media_type": "application/pdf",
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "content": PDF,
    }
    return Document.model_construct(**(values | changes))


def debtor(**changes: Any) -> dict[str, Any]:
    return {"debtor": assignment().debtor.model_copy(update=changes)}


def living_at(**changes: Any) -> dict[str, Any]:
    return debtor(address=assignment().debtor.address.model_copy(update=changes))


def creditor(**changes: Any) -> dict[str, Any]:
    return {"creditor": assignment().creditor.model_copy(update=changes)}


def letter(kind: str, month: int, day: int) -> dict[str, Any]:
    return {"sent": (SentLetter(kind=kind, sent_on=date(2026, month, day)),)}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (living_at(city="", postal_code=""), "incomplete_address"),
        (living_at(postal_code="0010"), "invalid_address"),
        (debtor(email="matti"), "invalid_contact"),
        (debtor(business_id="1234567-8"), "invalid_business_id"),
        (debtor(name=""), "no_debtor"),
        (debtor(name="Matti Malliasiakas 010190-999A"), "personal_code"),
        (creditor(contract_number=""), "no_contract"),
        (creditor(business_id="1234567-2"), "invalid_business_id"),
        (creditor(name=""), "no_creditor"),
        ({"reference_number": "1008"}, "invalid_reference"),
        ({"principal_cents": 10**12}, "invalid_amount"),
        ({"due_date": date(2026, 7, 1)}, "invalid_dates"),
        ({"due_date": date(2026, 10, 1)}, "not_due"),
        ({"sent": ()}, "not_reminded"),
        (letter("invoice", 8, 30), "not_reminded"),
        (letter("reminder", 8, 14), "not_reminded"),
        (letter("reminder", 9, 17), "too_early"),
        (letter("reminder", 10, 2), "invalid_dates"),
        (letter("notice", 7, 30), "invalid_letters"),
        (letter("telegram", 9, 1), "invalid_letters"),
        ({"documents": (paper(), paper())}, "invalid_document"),
        ({"documents": (paper(content=b""),)}, "invalid_document"),
        ({"documents": (paper(sha256="0" * 64),)}, "invalid_document"),
        ({"documents": (paper(media_type="application/zip"),)}, "invalid_document"),
        ({"documents": (paper(media_type="image/png"),)}, "invalid_document"),
    ],
)
def test_what_cannot_be_worked_on_is_refused_with_the_reason(
    office: Office, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        office.desk.assign(assignment().model_copy(update=changes), office.real())
    assert refused.value.code == code
    assert "Malliasiakas" not in refused.value.reason
    # Nothing was taken: mended, it goes through under the same key.
    assert office.desk.assign(assignment(), office.real())[1] is False


def ireland() -> dict[str, Any]:
    address = Address(street="1 Example Street", city="Dublin", country="IE")
    return debtor(address=address, business_id="IE1234567T", debtor_class=DebtorClass.BUSINESS)


@pytest.mark.parametrize(
    "changes",
    [
        ireland(),
        {"reference_number": ""},
        {"service": AgencyService.REMINDER, "sent": ()},
        {"sent": (), **debtor(debtor_class=DebtorClass.OTHER)},
        letter("reminder", 9, 16),
        {"documents": (paper(),)},
    ],
)
def test_what_can_be_worked_on_is_taken(office: Office, changes: dict[str, Any]) -> None:
    assert office.desk.assign(assignment().model_copy(update=changes), office.real())[1] is False


def test_an_invoice_is_taken_once_under_whatever_reference(office: Office) -> None:
    office.desk.assign(assignment(), office.real())
    for again in (
        assignment(idempotency_key="another"),
        assignment(idempotency_key="another", case_reference="7/1042/2"),
    ):
        with pytest.raises(Refusal) as refused:
            office.desk.assign(again, office.real())
        assert refused.value.code == "already_assigned"
    other = Creditor(name="Malli Oy", business_id="7654321-2", contract_number="S-1")
    message = assignment(idempotency_key="theirs", case_reference="8/1042", creditor=other)
    assert office.desk.assign(message, office.real())[1] is False


def said(kind: type[Any], **values: Any) -> Any:
    return kind(idempotency_key="m1", case_reference="7/1042", **values)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (
            said(DirectPayment, amount_cents=1, paid_on=date(2026, 10, 2), identifier="A"),
            "invalid_dates",
        ),
        (
            said(DirectPayment, amount_cents=10**12, paid_on=date(2026, 9, 30), identifier="A"),
            "invalid_amount",
        ),
        (said(DisputeNotice, disputed=True, reason="", on=date(2026, 9, 30)), "no_reason"),
        (
            said(DisputeNotice, disputed=True, reason="Broken", on=date(2026, 10, 2)),
            "invalid_dates",
        ),
        (said(DisputeNotice, disputed=False, reason="", on=date(2026, 9, 30)), "already_told"),
        (said(ContactChange, **living_at(street="")), "incomplete_address"),
        (said(ContactChange, **debtor(debtor_class=DebtorClass.BUSINESS)), "debtor_class_changed"),
        (said(Withdrawal, reason="Paid by 010190-999A"), "personal_code"),
    ],
)
def test_what_cannot_be_true_of_a_case_is_refused(office: Office, message: Any, code: str) -> None:
    office.desk.assign(assignment(), office.real())
    with pytest.raises(Refusal) as refused:
        office.desk.hear(CASE, message, office.real())
    assert refused.value.code == code
    assert len(office.storage.inbox.taken_of(office.storage.cases.of_number(1))) == 1


def test_papers_are_noted(office: Office) -> None:
    office.desk.assign(assignment(documents=(paper(),)), office.real())
    case = office.storage.cases.of_number(1)
    assert office.storage.cases.documents(case) == [
        {
            "name": "1042.pdf",
            "media_type": "application/pdf",
            "sha256": hashlib.sha256(PDF).hexdigest(),
            "bytes": len(PDF),
        }
    ]


def test_raw_requests_are_checked_strictly(tmp_path: Path) -> None:
    chosen = strict(tmp_path, port=choose())
    good = assignment().model_dump(mode="json")
    with serving_process(chosen):
        base = f"http://127.0.0.1:{chosen.port}"
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {API_KEY}"}) as http:
            key = {"Idempotency-Key": str(good["idempotency_key"])}

            def refusal(body: object, headers: dict[str, str]) -> tuple[int, str]:
                answer = http.post("/v1/assignments", json=body, headers=headers)
                return answer.status_code, answer.json()["code"]

            assert refusal(good | {"service": "letters"}, key) == (422, "unknown_service")
            assert refusal([good], key) == (422, "invalid_message")
            assert refusal(good | {"principal_cents": 0}, key) == (422, "invalid_message")
            assert refusal(good | {"hetu": "x"}, key) == (422, "invalid_message")
            assert refusal(good | {"reference_number": "1" * 4_200_000}, key)[0] == 413
            assert refusal(good, {}) == (400, "key_mismatch")
            assert refusal(good, {"Idempotency-Key": "other"}) == (400, "key_mismatch")
            assert refusal(good, key | {"Authorization": "Bearer wrong"}) == (401, "unauthorized")
            assert http.get("/v1/statuses", params={"after": "x"}).status_code == 422
            assert http.get("/v1/cases").json()["cases"] == []
            assert http.post("/v1/assignments", json=good, headers=key).status_code == 200
            assert http.get("/v1/cases/INT-000002").json()["code"] == "unknown_case"
            answer = http.post("/v1/cases/INT-000001/telegrams", json={})
            assert answer.json()["code"] == "unknown_message"
        # The page is for people, and names no debtor.
        page = httpx.get(base)
        assert page.is_success
        assert "INT-000001" in page.text
        assert "unknown_service" in page.text
        assert "Malliasiakas" not in page.text
