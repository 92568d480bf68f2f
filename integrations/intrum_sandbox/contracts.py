"""The agency's contracts with creditors: signed, changed, ended, announced, and asked for."""

from datetime import date, datetime
from uuid import uuid4

from domain.agency import AgencyService, Creditor, MessageKind
from domain.calendar import FINLAND
from domain.references import business_id
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.faults import FaultBoard
from integrations.intrum_sandbox.records import Contract
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage
from integrations.intrum_sandbox.telling import delivery


class ContractBook:
    """Every method that changes something takes the real instant."""

    def __init__(self, settings: SandboxSettings, storage: Storage, board: FaultBoard) -> None:
        self._settings = settings
        self._storage = storage
        self._board = board

    def start(self, real_now: datetime) -> None:
        """Sign what the settings say, unless it stands so already."""
        for contract in self._settings.contracts:
            known = self._storage.contracts.get(contract.business_id, contract.number)
            if known is None or not _same(known, contract):
                self.sign(contract, real_now)

    def sign(self, contract: Contract, real_now: datetime) -> Contract:
        """Sign a contract, or change it; without services it ends. The creditor is told."""
        known = self._storage.contracts.get(contract.business_id, contract.number)
        today = FINLAND.local_date(self._settings.clock.now(real_now))
        since = contract.in_force_from or (known and known.in_force_from) or today
        signed = contract.model_copy(update={"in_force_from": since})
        with self._storage.transaction():
            self._storage.contracts.save(signed, since)
            self._announce(signed, since, real_now)
        return signed

    def end(self, creditor: str, number: str, real_now: datetime) -> Contract:
        """End a contract from today on. The creditor is told. Raises Refusal if there is none."""
        known = self._storage.contracts.get(creditor, number)
        if known is None:
            raise Refusal(404, "no_contract", f"{creditor} has no contract {number}")
        today = FINLAND.local_date(self._settings.clock.now(real_now))
        return self.sign(
            known.model_copy(update={"services": (), "in_force_from": today}), real_now
        )

    def require(self, creditor: Creditor, service: AgencyService, today: date) -> None:
        """Raise Refusal unless the creditor has bought the service and it is in force."""
        number = creditor.contract_number
        if not number:
            raise Refusal(
                422,
                "no_contract",
                "creditor.contract_number is missing; the creditor needs a contract",
            )
        known = self._storage.contracts.get(business_id(creditor.business_id), number)
        if known is None:
            if self._settings.open_contracts:
                return
            raise Refusal(
                422, "no_contract", f"creditor {creditor.business_id} has no contract {number}"
            )
        since = known.in_force_from or today
        if not known.services or since > today:
            ended = "has ended" if not known.services else f"is in force from {since}"
            raise Refusal(422, "contract_not_in_force", f"contract {number} {ended}")
        if service not in known.services:
            bought = ", ".join(known.services)
            raise Refusal(
                422,
                "service_not_bought",
                f"contract {number} is for {bought}, not for {service}",
            )

    def _announce(self, contract: Contract, since: date, real_now: datetime) -> None:
        message_id = uuid4().hex
        body = {
            "kind": MessageKind.CONTRACT.value,
            "message_id": message_id,
            "business_id": contract.business_id,
            "contract_number": contract.number,
            "services": [service.value for service in contract.services],
            "in_force_from": since.isoformat(),
        }
        stream = f"contract:{contract.business_id}/{contract.number}"
        # Of one signed anew as it stood before, another fate.
        about = (stream, self._storage.outbox.count_of(stream))
        faults = self._board.now(real_now)
        how = delivery(about, faults, self._settings.seed, more_to_come=False)
        self._storage.outbox.tell(message_id, stream, body, how, real_now)


def _same(known: Contract, wanted: Contract) -> bool:
    since = wanted.in_force_from or known.in_force_from
    return known == wanted.model_copy(update={"in_force_from": since})
