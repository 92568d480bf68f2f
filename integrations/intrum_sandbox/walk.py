"""How cases go on: along their paths, to their ends, and into one another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.agency import AgencyService, Collected, CollectionPhase, CollectionStatus
from domain.calendar import FINLAND
from integrations.intrum_sandbox.claims import collect, open_cents, uncollect
from integrations.intrum_sandbox.faults import FaultBoard
from integrations.intrum_sandbox.paths import PATHS, Doing, steps, strikes
from integrations.intrum_sandbox.records import Amounts, Case
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage
from integrations.intrum_sandbox.telling import UNKNOWN_STATUS, tell

_INSTALMENTS = 3


class Walk:
    """Moves cases. Within the caller's transaction; `real_now` is the real instant."""

    def __init__(self, settings: SandboxSettings, storage: Storage, board: FaultBoard) -> None:
        self._settings = settings
        self._storage = storage
        self._board = board

    def begin(self, case: Case, real_now: datetime) -> None:
        """Register a new case, and say so."""
        case.next_at = self._next_at(case)
        self._storage.cases.add(case)
        self._tell(case, real_now)

    def step(self, case: Case, real_now: datetime) -> None:
        """Let the next thing on a case's path happen, at the instant for which it was planned."""
        case.changed_at = case.next_at or case.changed_at
        faults = self._board.now(real_now)
        about = (self._settings.seed, case.reference, case.step)
        if strikes(faults.unknown_statuses, *about, "unknown"):
            self._tell(case, real_now, text=UNKNOWN_STATUS)
        if strikes(faults.part_payments, *about, "part"):
            self.pay(case, self._instalment(case), real_now)
        if strikes(faults.payments_taken_back, *about, "back"):
            self.take_back(case, real_now)
        if strikes(faults.merge_cases, *about, "merge") and self._merge_somewhere(case, real_now):
            return
        status = steps(PATHS[case.path], case.service)[case.step]
        case.step += 1
        if isinstance(status, Doing):
            case.next_at = self._next_at(case)
            self._do(status, case, real_now)
            return
        if status is CollectionStatus.ENDED_MERGED and self._merge_somewhere(case, real_now):
            return
        self.move(case, status, real_now)

    def move(self, case: Case, status: CollectionStatus, real_now: datetime) -> None:
        """Give a case a status; a settled one means that the debtor has paid the agency."""
        case.status = status
        case.next_at = self._next_at(case) if status.phase is CollectionPhase.ACTIVE else None
        if case.disputed:
            _stop(case, case.changed_at)
        settled = status.phase is CollectionPhase.SETTLED
        if settled:
            self._collect(case, open_cents(self.claims_of(case)))
        self._storage.cases.save(case)
        self._tell(case, real_now, collected=self._collected(case) if settled else None)

    def pay(self, case: Case, cents: int, real_now: datetime) -> None:
        """The debtor pays a part to the agency: on the case's own claim first, and what is more on
        those that go on under it."""
        if cents <= 0:
            return
        self._collect(case, cents)
        self._storage.cases.save(case)
        self._tell(case, real_now, collected=self._collected(case))

    def take_back(self, case: Case, real_now: datetime) -> bool:
        """The debtor's last payment on the case's own claim is taken back; whether there is one."""
        there: list[Amounts] = []
        for amounts in self._storage.money.of_claim(case):
            if amounts.total_cents > 0:
                there.append(amounts)
            elif there:
                there.pop()
        if not there:
            return False
        uncollect(case, there[-1])
        self._storage.cases.save(case)
        day = FINLAND.local_date(case.changed_at)
        self._storage.money.receive(case, case, -there[-1], day)
        self._tell(case, real_now, collected=self._collected(case))
        return True

    def tell_text(self, case: Case, text: str, now: datetime, real_now: datetime) -> None:
        """Say a status that the case does not have."""
        self._tell(replace(case, changed_at=now), real_now, text=text)

    def close(
        self, case: Case, status: CollectionStatus, now: datetime, real_now: datetime
    ) -> None:
        """End a case by what the creditor said: the agency itself collects nothing more."""
        case.status = status
        case.changed_at = now
        case.next_at = case.rest = None
        case.merged_into = None
        self._storage.cases.save(case)
        settled = status.phase is CollectionPhase.SETTLED
        self._tell(case, real_now, collected=self._collected(case) if settled else None)

    def merge(self, case: Case, into: Case, real_now: datetime) -> None:
        """End a case whose claim goes on under another one."""
        for claim in self._storage.cases.merged_into(case):
            claim.merged_into = into.number
            self._storage.cases.save(claim)
        if case.disputed:
            if not into.disputed:
                _stop(into, case.changed_at)
            into.disputes += case.disputes
            case.disputes = 0
            self._storage.cases.save(into)
        case.status = CollectionStatus.ENDED_MERGED
        case.next_at = case.rest = None
        case.merged_into = into.number
        self._storage.cases.save(case)
        self._tell(case, real_now, merged_into=into)

    def pause(self, case: Case, now: datetime) -> None:
        """Stop at a dispute: no next status until it is lifted."""
        case.disputes += 1
        if case.disputes == 1:
            _stop(case, now)

    def resume(self, case: Case, now: datetime) -> None:
        """Go on where the dispute stopped it, once the last one is lifted."""
        case.disputes -= 1
        if case.disputed:
            return
        case.next_at = now + case.rest if case.rest is not None else None
        case.rest = None

    def claims_of(self, case: Case) -> list[Case]:
        """The case's own claim, and those that go on under it."""
        return [case, *self._storage.cases.merged_into(case)]

    def _merge_somewhere(self, case: Case, real_now: datetime) -> bool:
        into = self._storage.cases.another_of_debtor(case)
        if into is None:
            return False
        self.merge(case, into, real_now)
        return True

    def _do(self, doing: Doing, case: Case, real_now: datetime) -> None:
        match doing:
            case Doing.INSTALMENT:
                self.pay(case, self._instalment(case), real_now)
            case Doing.TAKEN_BACK:
                self.take_back(case, real_now)
        self._storage.cases.save(case)

    def _instalment(self, case: Case) -> int:
        return open_cents(self.claims_of(case)) // _INSTALMENTS

    def _collect(self, case: Case, cents: int) -> None:
        """The debtor pays so much on the case, and what goes on under it; each claim's money is its
        own."""
        paid_on = FINLAND.local_date(case.changed_at)
        others: Sequence[Case] = self._storage.cases.merged_into(case)
        for claim in (case, *others):
            amounts = collect(claim, min(cents, claim.open_cents))
            cents -= amounts.total_cents
            if claim is not case:
                self._storage.cases.save(claim)
            if amounts.total_cents:
                self._storage.money.receive(claim, case, amounts, paid_on)

    def _collected(self, case: Case) -> Collected:
        """All that the agency has collected of the case's own claim, from its beginning."""
        so_far = sum(self._storage.money.of_claim(case), Amounts())
        return Collected(
            principal_cents=so_far.principal_cents,
            interest_cents=so_far.interest_cents,
            fees_cents=so_far.fees_cents,
        )

    def _next_at(self, case: Case) -> datetime | None:
        if case.step >= len(steps(PATHS[case.path], case.service)):
            return None
        pace = self._settings.pace
        if case.step == 0:
            reminding = case.service is AgencyService.REMINDER
            days = pace.days_of_reminding if reminding else pace.days_to_letter
        else:
            days = pace.days_to_outcome if case.step == 1 else pace.days_per_measure
        return case.changed_at + timedelta(days=days)

    def _tell(
        self,
        case: Case,
        real_now: datetime,
        *,
        text: str | None = None,
        collected: Collected | None = None,
        merged_into: Case | None = None,
    ) -> None:
        tell(
            self._storage,
            case,
            self._board.now(real_now),
            self._settings.seed,
            real_now=real_now,
            text=text,
            collected=collected,
            merged_into=merged_into,
        )


def _stop(case: Case, now: datetime) -> None:
    case.rest = case.next_at - now if case.next_at else None
    case.next_at = None
