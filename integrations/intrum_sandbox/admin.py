"""The sandbox's other side: faults, contracts and cases by hand, for whoever tries Karhu out."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.agency import AgencyService
from integrations.intrum_sandbox.checks import Refusal, what_is_wrong
from integrations.intrum_sandbox.keys import Guard
from integrations.intrum_sandbox.records import Case, Contract
from integrations.intrum_sandbox.sandbox import Sandbox


class Switches(BaseModel):
    """Faults to switch, by name, and for how many real seconds; None: for good."""

    model_config = ConfigDict(extra="forbid")

    faults: dict[str, float]
    for_seconds: float | None = Field(default=None, gt=0, le=86_400)


class Terms(BaseModel):
    """What a contract is signed for or changed to."""

    model_config = ConfigDict(extra="forbid")

    services: tuple[AgencyService, ...]
    in_force_from: date | None = None
    iban: str = ""


class Saying(BaseModel):
    """A status to give to a case."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(min_length=1, max_length=500)


class Merging(BaseModel):
    """The id of the case under which a claim goes on."""

    model_config = ConfigDict(extra="forbid")

    into: str


class Part(BaseModel):
    """What the debtor pays the agency, in cents."""

    model_config = ConfigDict(extra="forbid")

    amount_cents: int


def routes(sandbox: Sandbox) -> APIRouter:
    """/admin/..., behind the same key as the API proper, and subject to no fault."""
    routes = APIRouter(prefix="/admin", dependencies=[Depends(Guard(sandbox))])
    desk = sandbox.desk

    @routes.get("/faults")
    async def faults() -> dict[str, Any]:
        return sandbox.board.now(sandbox.real_now()).model_dump()

    @routes.put("/faults")
    async def switch(switches: Switches) -> dict[str, Any]:
        switch_faults(sandbox, switches)
        return sandbox.board.now(sandbox.real_now()).model_dump()

    @routes.delete("/faults")
    async def clear() -> dict[str, Any]:
        sandbox.board.clear()
        return sandbox.board.now(sandbox.real_now()).model_dump()

    @routes.get("/contracts")
    async def contracts() -> dict[str, Any]:
        found = sandbox.storage.contracts.all()
        return {"contracts": [contract.model_dump(mode="json") for contract in found]}

    @routes.put("/contracts/{business_id}/{number}")
    async def sign(business_id: str, number: str, terms: Terms) -> dict[str, Any]:
        signed = sign_contract(sandbox, business_id, number, terms)
        return signed.model_dump(mode="json")

    @routes.delete("/contracts/{business_id}/{number}")
    async def end(business_id: str, number: str) -> dict[str, Any]:
        ended = desk.contracts.end(business_id, number, sandbox.real_now())
        sandbox.wake()
        return ended.model_dump(mode="json")

    @routes.post("/cases/{case_id}/status")
    async def say(case_id: str, saying: Saying) -> dict[str, Any]:
        case = desk.say(case_id, saying.status, sandbox.real_now())
        sandbox.wake()
        return _standing(case)

    @routes.post("/cases/{case_id}/merge")
    async def merge(case_id: str, merging: Merging) -> dict[str, Any]:
        case = desk.merge(case_id, merging.into, sandbox.real_now())
        sandbox.wake()
        return _standing(case)

    @routes.post("/cases/{case_id}/payments")
    async def pay(case_id: str, part: Part) -> dict[str, Any]:
        case = desk.pay(case_id, part.amount_cents, sandbox.real_now())
        sandbox.wake()
        return _standing(case)

    @routes.delete("/cases/{case_id}/payments/last")
    async def take_back(case_id: str) -> dict[str, Any]:
        case = desk.take_back(case_id, sandbox.real_now())
        sandbox.wake()
        return _standing(case)

    @routes.post("/settlements")
    async def settle() -> dict[str, Any]:
        desk.advance(sandbox.real_now())
        made = desk.settling.settle_now(sandbox.settings.clock.now(sandbox.real_now()))
        desk.settling.file()
        sandbox.wake()
        return {"made": made}

    return routes


def switch_faults(sandbox: Sandbox, switches: Switches) -> None:
    """Switch faults from now on. Raises Refusal for what is no fault or has no such value."""
    now = sandbox.real_now()
    if switches.faults.get("refuse") and switches.for_seconds is None:
        raise Refusal(422, "for_how_long", "nobody could switch refuse off again: give for_seconds")
    until = now + timedelta(seconds=switches.for_seconds) if switches.for_seconds else None
    try:
        sandbox.board.switch(switches.faults, until)
    except ValidationError as error:
        raise Refusal(422, "invalid_fault", what_is_wrong(error)) from error


def sign_contract(sandbox: Sandbox, business_id: str, number: str, terms: Terms) -> Contract:
    """Sign or change a contract. Raises Refusal for a business id or account that does not hold."""
    try:
        contract = Contract(business_id=business_id, number=number, **terms.model_dump())
    except ValidationError as error:
        raise Refusal(422, "invalid_contract", what_is_wrong(error)) from error
    signed = sandbox.desk.contracts.sign(contract, sandbox.real_now())
    sandbox.wake()
    return signed


def _standing(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "status": case.status.finnish,
        "open_cents": case.open_cents,
    }
