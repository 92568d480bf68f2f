"""Contracts at the sandbox: signed, changed, ended, announced, required."""

from datetime import UTC, date
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from domain.agency import AgencyService
from integrations.intrum_sandbox import Contract, Faults
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.sandbox import Sandbox
from starter.stack.ports import choose
from tests.integrations.agency_support import (
    API_KEY,
    START,
    Office,
    assignment,
    days,
    open_office,
    receiving,
    serving,
    serving_process,
    strict,
    until,
)

SIGNED = Contract.parse("1234567-1=S-100:reminder,collection")


def refusal(office: Office, business_days: float = 0) -> str:
    with pytest.raises(Refusal) as refused:
        office.desk.assign(assignment(), office.after(business_days))
    return refused.value.code


def test_a_creditor_needs_a_contract_in_force_for_the_service(tmp_path: Path) -> None:
    with open_office(strict(tmp_path, open_contracts=False)) as office:
        book = office.desk.contracts
        assert refusal(office) == "no_contract"
        book.sign(SIGNED.model_copy(update={"number": "S-101"}), office.real())
        assert refusal(office) == "no_contract"
        reminding = {"services": (AgencyService.REMINDER,)}
        book.sign(SIGNED.model_copy(update=reminding), office.real())
        assert refusal(office) == "service_not_bought"
        later = {"in_force_from": date(2026, 10, 5)}
        book.sign(SIGNED.model_copy(update=later), office.real())
        assert refusal(office) == "contract_not_in_force"
        assert refusal(office, 2) == "contract_not_in_force"
        office.desk.assign(assignment(), office.after(4))
        book.end("1234567-1", "S-100", office.after(5))
        second = assignment("1043")
        with pytest.raises(Refusal, match="has ended"):
            office.desk.assign(second, office.after(5))
        # What the agency has, it keeps.
        assert office.desk.advance(office.after(12)) == 1


def test_open_contracts_take_any_number_but_what_was_signed_holds(tmp_path: Path) -> None:
    with open_office(strict(tmp_path)) as office:
        office.desk.assign(assignment(), office.real())
        office.desk.contracts.sign(SIGNED, office.real())
        office.desk.contracts.end("1234567-1", "S-100", office.real())
        with pytest.raises(Refusal, match="has ended"):
            office.desk.assign(assignment("1043"), office.real())
        with pytest.raises(Refusal, match="no contract"):
            office.desk.contracts.end("1234567-1", "S-999", office.real())


@pytest.mark.parametrize(
    "text", ["S-100", "1234567-1=S-100", "1234567-2=S-100:collection", "1234567-1=S-100:letters"]
)
def test_a_contract_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises((ValueError, ValidationError)):
        Contract.parse(text)


def test_contracts_are_announced_until_the_creditor_has_heard(tmp_path: Path) -> None:
    with receiving(503, 404) as receiver:
        chosen = strict(
            tmp_path,
            callback_url=receiver.url,
            contracts=(SIGNED,),
            open_contracts=False,
            port=choose(),
        )
        base = f"http://127.0.0.1:{chosen.port}"
        with (
            serving_process(chosen),
            httpx.Client(base_url=base, headers={"Authorization": f"Bearer {API_KEY}"}) as http,
        ):
            until(lambda: len(receiver.contracts) == 1)
            assert len(receiver.got) == 3
            signed = receiver.contracts[0]
            assert (signed.business_id, signed.contract_number) == ("1234567-1", "S-100")
            assert signed.services == (AgencyService.REMINDER, AgencyService.COLLECTION)
            assert signed.in_force_from == START.date()

            place = "/admin/contracts/1234567-1/S-100"
            terms = {"services": ["collection"], "iban": "FI3715903000000776"}
            assert http.put(place, json=terms).is_success
            assert http.delete(place).json()["services"] == []
            until(lambda: len(receiver.contracts) == 3)
            changed, ended = receiver.contracts[1:]
            assert changed.services == (AgencyService.COLLECTION,)
            assert ended.services == ()
            assert signed.sequence < changed.sequence < ended.sequence
            assert http.get("/admin/contracts").json()["contracts"][0]["services"] == []
            assert http.put("/admin/contracts/1234567-2/S", json=terms).status_code == 422
            assert httpx.put(f"{base}{place}", json=terms).status_code == 401
            # Announcements are no statuses.
            assert http.get("/v1/statuses").json()["messages"] == []

            # By the page's form, too.
            form = {"business_id": "1234567-1", "number": "S-100", "services": "collection"}
            assert http.post("/contracts", data=form | {"key": "wrong"}).status_code == 401
            assert http.post("/contracts", data=form | {"key": API_KEY}).status_code == 303
            until(lambda: len(receiver.contracts) == 4)
            assert "S-100" in http.get("/").text


def test_announcements_are_lost_repeated_and_spoiled_too_and_stand_in_a_list(
    tmp_path: Path,
) -> None:
    faults = Faults(lose_callbacks=1)
    with open_office(strict(tmp_path, faults=faults)) as office:
        outbox = office.storage.outbox
        office.desk.contracts.sign(SIGNED, office.real())
        assert outbox.due(office.real(), 8) == []
        assert outbox.delivered_or_lost() == (0, 1)
        office.board.switch({"lose_callbacks": 0, "damage_callbacks": 1}, None)
        office.desk.contracts.end("1234567-1", "S-100", office.real())
        (due,) = outbox.due(office.real(), 8)
        assert due.spoiled == "damaged"
        first, second = outbox.contracts_after(0, 8)
        assert (first.services, second.services) == (SIGNED.services, ())
        assert outbox.contracts_after(first.sequence, 8) == [second]


def test_contracts_are_read_over_http(tmp_path: Path) -> None:
    chosen = strict(tmp_path, contracts=(SIGNED,))
    with serving(chosen) as agency:
        page = agency.contracts_since("")
        assert [message.contract_number for message in page.messages] == ["S-100"]
        assert agency.contracts_since(page.cursor).messages == ()


async def test_what_was_signed_before_is_not_announced_again(tmp_path: Path) -> None:
    chosen = strict(tmp_path, contracts=(SIGNED,))
    for day in range(3):
        now = chosen.clock.real(START + days(day))
        sandbox = Sandbox(chosen, partial(now.astimezone, UTC))
        await sandbox.start()
        assert sandbox.storage.outbox.waiting() == 1
        await sandbox.stop()
