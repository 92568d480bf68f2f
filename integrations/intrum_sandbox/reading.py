"""What can be read over HTTP: cases, statuses, settlements, balances."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from domain.agency import CaseBalance
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.keys import Guard
from integrations.intrum_sandbox.records import Case
from integrations.intrum_sandbox.sandbox import Sandbox

Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[int, Query(ge=0, lt=2**63)]


def routes(sandbox: Sandbox) -> APIRouter:
    """GET /v1/...; each list goes on from `after`, and says what comes `next`."""
    routes = APIRouter(prefix="/v1", dependencies=[Depends(Guard(sandbox))])
    storage = sandbox.storage

    @routes.get("/cases")
    async def cases(after: After = 0, limit: Limit = 200) -> dict[str, Any]:
        found = storage.cases.after(after, limit)
        return {
            "cases": [_case(case) for case in found],
            "next": found[-1].number if found else after,
        }

    @routes.get("/cases/{case_id}")
    async def case(case_id: str) -> dict[str, Any]:
        found = storage.cases.get(case_id)
        if found is None:
            raise Refusal(404, "unknown_case", f"there is no case {case_id}")
        return _case(found) | {
            "debtor": found.debtor.model_dump(mode="json"),
            "documents": storage.cases.documents(found),
            "statuses": [
                told.model_dump(mode="json") for told in storage.outbox.statuses_of(found)
            ],
            "messages": [
                {
                    "kind": taken.kind,
                    "idempotency_key": taken.idempotency_key,
                    "taken_at": taken.taken_at.isoformat(),
                }
                for taken in storage.inbox.taken_of(found)
            ],
        }

    @routes.get("/statuses")
    async def statuses(after: After = 0, limit: Limit = 200) -> dict[str, Any]:
        told = storage.outbox.statuses_after(after, limit)
        return {
            "messages": [message.model_dump(mode="json") for message in told],
            "next": told[-1].sequence if told else after,
        }

    @routes.get("/contracts")
    async def contracts(after: After = 0, limit: Limit = 200) -> dict[str, Any]:
        told = storage.outbox.contracts_after(after, limit)
        return {
            "messages": [message.model_dump(mode="json") for message in told],
            "next": told[-1].sequence if told else after,
        }

    @routes.get("/settlements")
    async def settlements(after: After = 0, limit: Limit = 50) -> dict[str, Any]:
        made = storage.money.settlements_after(after, limit)
        return {
            "settlements": [settlement.model_dump(mode="json") for _, settlement in made],
            "next": made[-1][0] if made else after,
        }

    @routes.get("/balances")
    async def balances(after: After = 0, limit: Limit = 500) -> dict[str, Any]:
        found = storage.cases.after(after, limit)
        return {
            "cases": [balance_of(case).model_dump(mode="json") for case in found],
            "next": found[-1].number if found else after,
        }

    return routes


def _case(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "case_reference": case.reference,
        "service": case.service.value,
        "status": case.status.finnish,
        "phase": case.status.phase.value,
        "changed_at": case.changed_at.isoformat(),
        "disputed": case.disputed,
        "principal_cents": case.principal_cents,
        "interest_cents": case.interest_cents,
        "fees_cents": case.fees_cents,
    }


def balance_of(case: Case) -> CaseBalance:
    """How the agency's books have a case."""
    return CaseBalance(
        case_reference=case.reference,
        agency_case_id=case.id,
        status=case.status.finnish,
        principal_cents=case.principal_cents,
        interest_cents=case.interest_cents,
        fees_cents=case.fees_cents,
        paid_directly_cents=max(0, case.paid_directly_cents),
        collected_cents=case.collected_cents,
        settled_cents=case.settled_cents,
    )
