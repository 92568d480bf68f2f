"""The Intrum client and the sandbox, over real HTTP."""

import os
import signal
import socket
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from domain.agency import (
    AgencyService,
    CollectionStatus,
    CreditNotice,
    DirectPayment,
    PaymentReversal,
    Withdrawal,
)
from integrations.agency import (
    AgencyRefused,
    AgencyUnavailable,
    AgencyUnsure,
    CallbackRefused,
    IntrumClient,
    StatusPage,
)
from starter.stack.ports import choose
from tests.integrations.agency_support import (
    API_KEY,
    SECRET,
    assignment,
    client,
    days,
    fast,
    receiving,
    serving,
    serving_process,
    strict,
    until,
)


def labels(page: StatusPage) -> list[str]:
    return [message.status for message in page.messages]


def withdrawal(key: str = "w1", reference: str = "7/1042") -> Withdrawal:
    return Withdrawal(idempotency_key=key, case_reference=reference, reason="Agreed otherwise")


def payment(cents: int, key: str = "p1", identifier: str = "261002AA") -> DirectPayment:
    return DirectPayment(
        idempotency_key=key,
        case_reference="7/1042",
        amount_cents=cents,
        paid_on=date(2026, 9, 30),
        identifier=identifier,
    )


def credit(cents: int, key: str = "c1") -> CreditNotice:
    return CreditNotice(
        idempotency_key=key,
        case_reference="7/1042",
        amount_cents=cents,
        credited_on=date(2026, 9, 30),
        identifier="2001",
    )


def test_an_assignment_is_taken_once_per_key(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        first = agency.assign(assignment())
        again = agency.assign(assignment())
        assert (first.repeated, again.repeated) == (False, True)
        assert again.agency_case_id == first.agency_case_id
        assert again.status == first.status == "REKISTERÖITY/VALVONNASSA"
        assert labels(agency.statuses_since("")) == ["REKISTERÖITY/VALVONNASSA"]

        with pytest.raises(AgencyRefused) as refused:
            agency.assign(assignment(idempotency_key="another"))
        assert refused.value.code == "already_assigned"
        with pytest.raises(AgencyRefused) as refused:
            agency.assign(assignment(principal_cents=1))
        assert refused.value.code == "key_reused"


def reversal(cents: int, key: str) -> PaymentReversal:
    return PaymentReversal(
        idempotency_key=key,
        case_reference="7/1042",
        amount_cents=cents,
        reversed_on=date(2026, 10, 1),
        identifier=key,
    )


def test_a_payment_that_was_taken_back_is_owed_again(tmp_path: Path) -> None:
    message = assignment()
    chosen = strict(tmp_path, port=choose())
    with serving(chosen) as agency:
        case = agency.assign(message).agency_case_id
        agency.direct_payment(case, payment(5_000, "p1", "A1"))
        agency.direct_payment(case, payment(3_000, "p2", "A2"))
        agency.payment_reversal(case, reversal(5_000, "r1"))
        assert agency.payment_reversal(case, reversal(5_000, "r1")).repeated
        with httpx.Client(headers={"Authorization": f"Bearer {API_KEY}"}) as http:
            url = f"http://127.0.0.1:{chosen.port}/v1/cases/{case}"
            parts = ("principal_cents", "interest_cents", "fees_cents")
            assert sum(http.get(url).json()[part] for part in parts) == message.total_cents - 3_000
            # Of a payment from before the assignment: more is owed than was assigned.
            agency.payment_reversal(case, reversal(4_000, "r2"))
            assert sum(http.get(url).json()[part] for part in parts) == message.total_cents + 1_000
        agency.direct_payment(case, payment(message.total_cents + 1_000, "p3", "A3"))
        with pytest.raises(AgencyRefused) as refused:
            agency.payment_reversal(case, reversal(1_000, "r3"))
        assert refused.value.code == "case_closed"


def test_a_key_may_hold_any_letters(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        message = assignment("Ä 1/2%20", case_reference="7/Ä 1/2%20")
        first = agency.assign(message)
        assert agency.assign(message).agency_case_id == first.agency_case_id


def test_a_case_walks_to_its_end_on_a_fast_clock(tmp_path: Path) -> None:
    with (
        receiving() as receiver,
        serving(
            strict(tmp_path, callback_url=receiver.url, clock=fast(100), path="paid")
        ) as agency,
    ):
        receipt = agency.assign(assignment())
        until(lambda: len(receiver.taken) == 3)
        registered, letter, paid = receiver.taken
        assert [m.known_status for m in receiver.taken] == [
            CollectionStatus.REGISTERED,
            CollectionStatus.LETTER_COLLECTION,
            CollectionStatus.PAID,
        ]
        assert {m.agency_case_id for m in receiver.taken} == {receipt.agency_case_id}
        assert {m.case_reference for m in receiver.taken} == {"7/1042"}
        assert letter.occurred_at - registered.occurred_at == days(7)
        assert paid.occurred_at - letter.occurred_at == days(21)
        assert registered.collected is letter.collected is None
        assert registered.principal_cents == 108_836
        assert paid.principal_cents == 0
        assert paid.collected is not None
        assert paid.collected.model_dump() == {
            "principal_cents": 108_836,
            "interest_cents": 412,
            "fees_cents": 1_000,
        }
        # Polling tells the same, in the same words.
        page = agency.statuses_since("")
        assert list(page.messages) == receiver.taken
        assert agency.statuses_since(page.cursor) == StatusPage((), page.cursor)


def test_statuses_are_read_page_by_page(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        for number in range(230):
            agency.assign(assignment(f"{number}"))
        first = agency.statuses_since("")
        second = agency.statuses_since(first.cursor)
        assert len(first.messages) + len(second.messages) == 230
        sequences = [m.sequence for page in (first, second) for m in page.messages]
        assert sequences == sorted(set(sequences))
        assert agency.statuses_since(second.cursor).messages == ()


def test_callbacks_are_signed_and_tried_until_taken(tmp_path: Path) -> None:
    with (
        receiving(503, 302, 400) as receiver,
        serving(strict(tmp_path, callback_url=receiver.url)) as agency,
    ):
        agency.assign(assignment())
        until(lambda: receiver.taken)
        assert len(receiver.got) == 4
        assert len({body for _, body in receiver.got}) == 1
        headers, body = receiver.got[-1]
        now = datetime.now(UTC)
        (message,) = agency.read_callback(headers, body, now=now)
        assert message == receiver.taken[0]

        def refusal(headers: dict[str, str], body: bytes, now: datetime) -> str:
            with pytest.raises(CallbackRefused) as refused:
                agency.read_callback(headers, body, now=now)
            return refused.value.code

        assert refusal(headers, body.replace(b"REK", b"MAK"), now) == "bad_signature"
        assert refusal({}, body, now) == "bad_signature"
        odd = {"x-agency-timestamp": "1", "x-agency-signature": "ä"}
        assert refusal(odd, body, now) == "bad_signature"
        assert refusal(headers, body, now + timedelta(minutes=6)) == "stale"
        assert refusal(headers, body, now - timedelta(minutes=6)) == "stale"
        assert refusal(headers, b"x" * 70_000, now) == "too_large"


def test_a_killed_sandbox_keeps_its_cases_and_owes_its_callbacks(tmp_path: Path) -> None:
    with receiving(*[503] * 10_000) as receiver:
        chosen = strict(tmp_path, callback_url=receiver.url, port=choose())
        with serving_process(chosen) as process, client(chosen.port) as agency:
            first = agency.assign(assignment())
            agency.withdraw(first.agency_case_id, withdrawal())
            until(lambda: receiver.got)
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=60)
        receiver.answers.clear()
        assert receiver.taken == []
        with serving_process(chosen) as process, client(chosen.port) as agency:
            until(lambda: len(receiver.taken) == 2)
            again = agency.assign(assignment())
            assert again.repeated
            assert again.agency_case_id == first.agency_case_id
            assert labels(agency.statuses_since("")) == ["REKISTERÖITY/VALVONNASSA", "PERUUTETTU"]
            assert [m.status for m in receiver.taken] == ["REKISTERÖITY/VALVONNASSA", "PERUUTETTU"]
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def test_a_withdrawn_case_stops_and_may_be_handed_over_again(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        first = agency.assign(assignment())
        receipt = agency.withdraw(first.agency_case_id, withdrawal())
        assert receipt.status == "PERUUTETTU"
        assert agency.withdraw(first.agency_case_id, withdrawal()).repeated
        with pytest.raises(AgencyRefused) as refused:
            agency.withdraw(first.agency_case_id, withdrawal("w2"))
        assert refused.value.code == "case_closed"
        second = agency.assign(assignment(idempotency_key="7/1042/assign/2"))
        assert second.agency_case_id != first.agency_case_id


def test_direct_payments_lower_the_claim_until_it_is_paid(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        case_id = agency.assign(assignment()).agency_case_id
        assert agency.direct_payment(case_id, payment(100_000)).status.startswith("REKISTERÖITY")
        assert agency.direct_payment(case_id, payment(100_000)).repeated
        with pytest.raises(AgencyRefused) as refused:
            agency.direct_payment(case_id, payment(100_000, key="p2"))
        assert refused.value.code == "already_told"
        rest = payment(10_248, key="p3", identifier="261003AA")
        assert agency.direct_payment(case_id, rest).status == "MAKSETTU"
        last = agency.statuses_since("").messages[-1]
        assert last.known_status is CollectionStatus.PAID
        # The creditor has the money, the agency none.
        assert last.collected is not None
        assert last.collected.total_cents == 0


def test_a_credit_of_everything_ends_the_case_unpaid(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        case_id = agency.assign(assignment()).agency_case_id
        assert agency.credit(case_id, credit(8_836)).status == "REKISTERÖITY/VALVONNASSA"
        rest = credit(101_412, key="c2").model_copy(update={"identifier": "2002"})
        assert agency.credit(case_id, rest).status == "LOPETETTU - MUU SYY"


def test_messages_on_the_wrong_case_are_refused(tmp_path: Path) -> None:
    with serving(strict(tmp_path)) as agency:
        case_id = agency.assign(assignment()).agency_case_id
        with pytest.raises(AgencyRefused) as refused:
            agency.withdraw("INT-000099", withdrawal())
        assert refused.value.code == "unknown_case"
        with pytest.raises(AgencyRefused) as refused:
            agency.withdraw(case_id, withdrawal(reference="8/1042"))
        assert refused.value.code == "wrong_case"


def test_a_wrong_key_can_be_mended_and_loses_nothing(tmp_path: Path) -> None:
    chosen = strict(tmp_path, port=choose())
    with (
        serving(chosen),
        client(chosen.port, api_key="wrong") as agency,
        pytest.raises(AgencyUnavailable, match="401"),
    ):
        agency.assign(assignment())


def test_a_broken_connection_after_sending_leaves_us_unsure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        with IntrumClient(f"http://127.0.0.1:{port}", API_KEY, SECRET, 0.3) as agency:
            with pytest.raises(AgencyUnsure) as unsure:
                agency.assign(assignment())
            assert unsure.value.retryable
            # Reading changes nothing, so there is nothing to be unsure of.
            with pytest.raises(AgencyUnavailable):
                agency.statuses_since("5")


def test_the_reminder_service_reminds_before_it_collects(tmp_path: Path) -> None:
    with serving(strict(tmp_path, clock=fast(100), path="paid")) as agency:
        agency.assign(assignment(service=AgencyService.REMINDER, sent=()))
        until(lambda: len(agency.statuses_since("").messages) == 2)
        assert labels(agency.statuses_since("")) == ["REKISTERÖITY/VALVONNASSA", "MAKSETTU"]
