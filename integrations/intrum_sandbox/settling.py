"""Settlement days (tilityspäivät): what was collected goes to the creditors."""

import json
import os
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from domain import references
from domain.agency import Settlement, SettlementLine
from domain.calendar import FINLAND
from integrations.intrum_sandbox.records import case_id
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage
from integrations.intrum_sandbox.storage.money import Receipt

_NEXT = "next settlement at"
_FIRST_REFERENCE = 880_000


class SettlingDesk:
    """Makes settlements, every so many days of the business clock."""

    def __init__(self, settings: SandboxSettings, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage

    def next_day(self, now: datetime) -> datetime:
        """When of the next settlement day; the first is a period from the start."""
        found = self._storage.notes.instant(_NEXT)
        if found is None:
            found = now + self._period
            self._storage.notes.write_instant(_NEXT, found)
        return found

    def next_remittance(self) -> datetime | None:
        """The business instant at which collected money is remitted, if there is any."""
        return self._storage.notes.instant(_NEXT) if self._storage.money.unsettled() else None

    def keep_day(self, at: datetime) -> None:
        """Settle at a settlement day's instant, and set the next one."""
        with self._storage.transaction():
            self._storage.notes.write_instant(_NEXT, at + self._period)
            self._settle(at)

    def settle_now(self, at: datetime) -> int:
        """Settle out of turn at a business instant. Returns how many settlements there are."""
        with self._storage.transaction():
            return self._settle(at)

    def file(self) -> None:
        """Write the settlements that are not yet in the folder, if there is to be one."""
        folder = self._settings.settling.folder
        if folder is None:
            return
        for number, settlement in self._storage.money.unfiled():
            _write(folder / f"tilitys-{number:06d}.json", settlement)
            self._storage.money.filed(number)

    @property
    def _period(self) -> timedelta:
        return timedelta(days=self._settings.settling.every_days)

    def _settle(self, at: datetime) -> int:
        by_contract: defaultdict[tuple[str, str], list[Receipt]] = defaultdict(list)
        for receipt in self._storage.money.unsettled():
            case = self._storage.cases.of_number(receipt.case_number)
            by_contract[case.business_id, case.contract_number].append(receipt)
        made = 0
        for (business_id, contract_number), receipts in sorted(by_contract.items()):
            total = sum(receipt.amounts.total_cents for receipt in receipts)
            if total < 0:
                # More was taken back than came: it waits for money that it can be kept back of.
                continue
            made += 1
            number = self._storage.money.next_number()
            lines = tuple(self._line(receipt) for receipt in receipts)
            commission = round(total * self._settings.settling.commission)
            contract = self._storage.contracts.get(business_id, contract_number)
            settlement = Settlement(
                settlement_id=f"TIL-{number:06d}",
                business_id=business_id,
                contract_number=contract_number,
                settled_on=FINLAND.local_date(at),
                reference=references.make(_FIRST_REFERENCE + number),
                iban=contract.iban if contract else "",
                lines=lines,
                commission_cents=commission,
                transferred_cents=total - commission,
            )
            self._storage.money.settle(number, settlement, receipts)
        return made

    def _line(self, receipt: Receipt) -> SettlementLine:
        case = self._storage.cases.of_number(receipt.case_number)
        case.settled_cents += receipt.amounts.total_cents
        self._storage.cases.save(case)
        return SettlementLine(
            case_reference=case.reference,
            agency_case_id=case_id(receipt.under),
            principal_cents=receipt.amounts.principal_cents,
            interest_cents=receipt.amounts.interest_cents,
            fees_cents=receipt.amounts.fees_cents,
            paid_on=receipt.paid_on,
        )


def _write(file: Path, settlement: Settlement) -> None:
    """The whole file or none; the same again if it was written before a kill."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    body = json.dumps(settlement.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n"
    with part.open("w", encoding="utf-8") as opened:
        opened.write(body)
        opened.flush()
        os.fsync(opened.fileno())
    part.rename(file)
