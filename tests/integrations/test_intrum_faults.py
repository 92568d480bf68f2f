"""How bad an agency the sandbox can be, and that it always says the same in the end."""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from domain.agency import CollectionStatus
from integrations.agency import AgencyUnavailable, AgencyUnsure, StatusPage
from integrations.intrum_sandbox import Faults, ScriptLine, read_script
from integrations.intrum_sandbox.telling import UNKNOWN_STATUS
from starter.stack.ports import choose
from tests.integrations.agency_support import (
    API_KEY,
    assignment,
    client,
    days,
    fast,
    open_office,
    receiving,
    serving,
    serving_process,
    strict,
    until,
)


def test_an_answer_that_comes_too_late_leaves_us_unsure_and_repeating_is_safe(
    tmp_path: Path,
) -> None:
    chosen = strict(tmp_path, faults=Faults(latency_ms=600), port=choose())
    with serving(chosen):
        with client(chosen.port, timeout=0.2) as hasty, pytest.raises(AgencyUnsure):
            hasty.assign(assignment())
        with client(chosen.port) as patient:
            assert patient.assign(assignment()).repeated
            assert len(patient.statuses_since("").messages) == 1


def test_an_agency_that_takes_nothing_is_unavailable(tmp_path: Path) -> None:
    chosen = strict(tmp_path, faults=Faults(failure_rate=1))
    with serving(chosen) as agency:
        with pytest.raises(AgencyUnavailable):
            agency.assign(assignment())
        with pytest.raises(AgencyUnavailable):
            agency.statuses_since("")
    with client(choose()) as nobody, pytest.raises(AgencyUnavailable):
        nobody.assign(assignment())


def test_some_failures_slow_the_work_down_and_lose_nothing(tmp_path: Path) -> None:
    with serving(strict(tmp_path, faults=Faults(failure_rate=0.5))) as agency:
        failed = 0
        for number in range(20):
            while True:
                try:
                    agency.assign(assignment(str(number)))
                except AgencyUnavailable:
                    failed += 1
                else:
                    break
        assert failed > 5
        pages: list[StatusPage] = []
        while not pages:
            with suppress(AgencyUnavailable):
                pages.append(agency.statuses_since(""))
        assert len(pages[0].messages) == 20


def test_callbacks_can_come_twice_and_out_of_order(tmp_path: Path) -> None:
    faults = Faults(duplicate_callbacks=1, reorder_callbacks=1)
    with receiving() as receiver:
        chosen = strict(
            tmp_path, callback_url=receiver.url, clock=fast(100), path="paid", faults=faults
        )
        with serving(chosen) as agency:
            agency.assign(assignment())
            until(lambda: len(receiver.taken) == 6)
            order = [message.sequence for message in receiver.taken]
            assert sorted(order) == [1, 1, 2, 2, 3, 3]
            assert order[0] == 3
            assert len({message.message_id for message in receiver.taken}) == 3


def test_an_error_after_taking_leaves_us_unsure_and_repeating_is_safe(tmp_path: Path) -> None:
    with serving(strict(tmp_path, faults=Faults(fail_after_taking=1))) as agency:
        with pytest.raises(AgencyUnsure):
            agency.assign(assignment())
        assert agency.assign(assignment()).repeated
        assert len(agency.statuses_since("").messages) == 1


def test_spoiled_callbacks_are_refused_and_the_true_ones_follow(tmp_path: Path) -> None:
    for faults, code in (
        (Faults(damage_callbacks=1), "bad_signature"),
        (Faults(garbage_callbacks=1), "malformed"),
    ):
        folder = tmp_path / code
        with receiving() as receiver:
            chosen = strict(
                folder, callback_url=receiver.url, clock=fast(100), path="paid", faults=faults
            )
            with serving(chosen) as agency:
                agency.assign(assignment())
                until(lambda: len(receiver.taken) == 3)
                assert receiver.refused == [code] * 3
                assert [message.sequence for message in receiver.taken] == [1, 2, 3]


def test_lost_callbacks_are_there_for_polling(tmp_path: Path) -> None:
    with receiving() as receiver:
        chosen = strict(
            tmp_path,
            callback_url=receiver.url,
            clock=fast(100),
            path="paid",
            faults=Faults(lose_callbacks=1),
        )
        with serving(chosen) as agency:
            agency.assign(assignment())
            until(lambda: len(agency.statuses_since("").messages) == 3)
            assert receiver.got == []


def test_one_kept_back_behind_a_lost_one_still_arrives(tmp_path: Path) -> None:
    faults = Faults(reorder_callbacks=1)
    with open_office(strict(tmp_path, path="paid", faults=faults)) as office:
        office.desk.assign(assignment(), office.real())
        assert office.storage.outbox.due(office.real(), 8) == []
        office.board.switch({"lose_callbacks": 1}, None)
        office.desk.advance(office.after(90))
        due = office.storage.outbox.due(office.after(90), 8)
        assert [callback.message.sequence for callback in due] == [1]


def test_an_unknown_status_comes_between_true_ones(tmp_path: Path) -> None:
    with open_office(strict(tmp_path, path="paid", faults=Faults(unknown_statuses=1))) as office:
        office.desk.assign(assignment(), office.real())
        office.desk.advance(office.after(90))
        said = [message.status for message in office.told()]
        assert said == [
            "REKISTERÖITY/VALVONNASSA",
            UNKNOWN_STATUS,
            "KIRJEPERINTÄ",
            UNKNOWN_STATUS,
            "MAKSETTU",
        ]
        assert office.told()[1].known_status is None


def test_merging_strikes_cases_of_one_debtor(tmp_path: Path) -> None:
    with open_office(strict(tmp_path, path="paid", faults=Faults(merge_cases=1))) as office:
        for number in ("1042", "1043", "1044"):
            office.desk.assign(assignment(number), office.real())
        other = assignment().debtor.model_copy(update={"name": "Maija Malliasiakas"})
        office.desk.assign(assignment("1045", debtor=other), office.real())
        office.desk.advance(office.after(90))
        last = {message.case_reference: message for message in office.told()}
        merged = {
            reference: message.merged_into
            for reference, message in last.items()
            if message.known_status is CollectionStatus.ENDED_MERGED
        }
        assert merged == {"7/1042": "7/1043", "7/1043": "7/1044"}
        assert last["7/1045"].known_status is CollectionStatus.PAID
        _, settlement = office.storage.money.settlements_after(0, 1)[0]
        by_case = {line.case_reference: line.agency_case_id for line in settlement.lines}
        assert by_case["7/1042"] == by_case["7/1043"] == by_case["7/1044"] == "INT-000003"


def test_the_same_seed_strikes_the_same(tmp_path: Path) -> None:
    faults = Faults(
        duplicate_callbacks=0.5, lose_callbacks=0.3, damage_callbacks=0.3, unknown_statuses=0.5
    )

    def run(name: str, seed: str) -> list[object]:
        with open_office(strict(tmp_path / name, faults=faults, seed=seed)) as office:
            for number in range(30):
                office.desk.assign(assignment(str(number)), office.real())
            office.desk.advance(office.after(400))
            due = office.storage.outbox.due(office.after(400), 1000)
            told = [(message.case_reference, message.status) for message in office.told()]
            return [told, [(one.message.sequence, one.spoiled) for one in due]]

    assert run("first", "a") == run("second", "a")
    assert run("third", "b") != run("fourth", "a")


def test_faults_are_switched_at_run_time_and_survive_a_kill(tmp_path: Path) -> None:
    chosen = strict(tmp_path, port=choose())
    base = f"http://127.0.0.1:{chosen.port}"
    with (
        httpx.Client(base_url=base, headers={"Authorization": f"Bearer {API_KEY}"}) as http,
        client(chosen.port) as agency,
    ):
        with serving_process(chosen) as process:
            assert http.get("/v1/cases").is_success
            switched = http.put("/admin/faults", json={"faults": {"down": 1}})
            assert switched.json()["down"] is True
            assert http.get("/v1/cases").status_code == 503
            assert "down 1" in http.get("/").text
            for wrong in (
                {"faults": {"smoke": 1}},
                {"faults": {"failure_rate": 2}},
                {"faults": {"refuse": 1}},
            ):
                assert http.put("/admin/faults", json=wrong).status_code == 422
            os.kill(process.pid, signal.SIGKILL)
            process.wait(timeout=60)
        with serving_process(chosen):
            with pytest.raises(AgencyUnavailable):
                agency.assign(assignment())
            form = {"key": API_KEY, "fault": "down", "value": "0"}
            assert http.post("/faults", data=form).status_code == 303
            agency.assign(assignment())
            http.delete("/admin/faults")
            # Nobody listens for a while, and then somebody does again.
            http.put("/admin/faults", json={"faults": {"refuse": 1}, "for_seconds": 1.5})
            until(lambda: _refused(base))
            with pytest.raises(AgencyUnavailable, match="ConnectError"):
                agency.assign(assignment())
            until(lambda: not _refused(base))
            assert agency.assign(assignment()).repeated


def _refused(base: str) -> bool:
    try:
        httpx.get(f"{base}/health")
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        # It was just closing.
        return False
    return False


CSV = """business,seconds,request,fault,value,for_seconds
2026-10-05,,,down,on,
2026-10-06T08:00:00+00:00,,,down,off,
,30,,failure_rate,0.5,10
,,3,latency_ms,100,
"""


def test_a_script_switches_by_business_time_real_time_and_request(tmp_path: Path) -> None:
    file = tmp_path / "script.csv"
    file.write_text(CSV)
    lines = read_script(file)
    same = tmp_path / "script.json"
    same.write_text(json.dumps([line.model_dump(mode="json") for line in lines]))
    assert read_script(same) == lines
    with open_office(strict(tmp_path, script=lines, clock=fast(0.001))) as office:
        board, start = office.board, office.real()
        assert board.now(start) == Faults()
        assert board.now(office.after(4)).down
        assert not board.now(office.after(6)).down
        # A line is played once: what was switched by hand afterwards stays.
        board.switch({"down": 1}, None)
        assert board.now(office.after(7)).down
        board.clear()
        assert not board.now(office.after(8)).down
        for count in (1, 2, 3):
            assert board.now(office.after(8)).latency_ms == 0
            assert board.count_request(office.after(8)) == count
        assert board.now(office.after(8)).latency_ms == 100


def test_a_script_by_real_seconds_ends_by_itself(tmp_path: Path) -> None:
    line = ScriptLine(seconds=30, fault="failure_rate", value=0.5, for_seconds=10)
    with open_office(strict(tmp_path, script=(line,))) as office:
        start = office.real()
        rates = [office.board.now(start + days(seconds / 86_400)) for seconds in (29, 31, 41)]
        assert [faults.failure_rate for faults in rates] == [0, 0.5, 0]


@pytest.mark.parametrize(
    "line",
    [
        {"seconds": 1, "fault": "smoke", "value": 1},
        {"seconds": 1, "fault": "failure_rate", "value": 7},
        {"seconds": 1, "request": 2, "fault": "down", "value": "on"},
        {"fault": "down", "value": "on"},
        {"business": "2026-10-05T08:00:00", "fault": "down", "value": "on"},
    ],
)
def test_a_script_that_cannot_be_played_is_refused(tmp_path: Path, line: dict[str, object]) -> None:
    file = tmp_path / "script.json"
    file.write_text(json.dumps([line]))
    with pytest.raises(ValidationError):
        read_script(file)


def test_slowness_before_looking_leaves_nothing_taken_by_who_gives_up(tmp_path: Path) -> None:
    chosen = strict(tmp_path, faults=Faults(latency_before_ms=400))
    with serving(chosen) as agency:
        began = time.monotonic()
        assert not agency.assign(assignment()).repeated
        assert time.monotonic() - began >= 0.4
