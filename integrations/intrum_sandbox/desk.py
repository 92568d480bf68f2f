"""The agency's desk: takes messages, moves cases along their paths, says what became of them."""

from datetime import datetime, timedelta

from domain.agency import (
    AgencyService,
    Assignment,
    CaseMessage,
    Collected,
    CollectionPhase,
    CollectionStatus,
    CreditNotice,
    DirectPayment,
    MessageKind,
    PaymentReversal,
    Withdrawal,
)
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.paths import PATHS, choose, statuses, strikes
from integrations.intrum_sandbox.records import Case, Taken
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage

_BATCH = 200


class Desk:
    """Every method that changes something takes the real instant; the desk lives by its clock."""

    def __init__(self, settings: SandboxSettings, storage: Storage) -> None:
        self._settings = settings
        self._storage = storage

    def assign(self, message: Assignment, real_now: datetime) -> tuple[Taken, bool]:
        """Open a case. Returns what was taken, and whether it had been before.

        Raises Refusal if the reference has a case already. After one that ended without payment
        (withdrawn, say) the same invoice may be handed over anew, under a new key.
        """
        if known := self._known(message):
            return known, True
        earlier = self._storage.case_of(message.case_reference)
        if earlier and earlier.status.phase is not CollectionPhase.ENDED:
            raise Refusal(
                409,
                "already_assigned",
                f"{message.case_reference} is case {earlier.id} under another idempotency key",
            )
        now = self._settings.clock.now(real_now)
        path = (
            PATHS[self._settings.path]
            if self._settings.path
            else choose(self._settings.seed, message.case_reference, message.debtor.debtor_class)
        )
        case = Case(
            number=0,
            reference=message.case_reference,
            service=message.service,
            creditor=message.creditor.name,
            path=path.name,
            step=0,
            status=CollectionStatus.REGISTERED,
            changed_at=now,
            next_at=None,
            principal_cents=message.principal_cents,
            interest_cents=message.interest_cents,
            fees_cents=message.fees_cents,
            paid_directly_cents=0,
        )
        case.next_at = self._next_at(case)
        with self._storage.transaction():
            self._storage.add_case(case)
            self._tell(case, None, real_now)
            return self._take(case, message, None, now), False

    def hear(self, case_id: str, message: CaseMessage, real_now: datetime) -> tuple[Taken, bool]:
        """Take a message on a case. Returns what was taken, and whether it had been before."""
        if known := self._known(message):
            return known, True
        self.advance(real_now)
        case = self._storage.case(case_id)
        if case is None:
            raise Refusal(404, "unknown_case", f"there is no case {case_id}")
        if case.reference != message.case_reference:
            raise Refusal(
                409, "wrong_case", f"case {case.id} is {case.reference}, not the reference said"
            )
        if case.status.phase is not CollectionPhase.ACTIVE:
            raise Refusal(409, "case_closed", f"case {case.id} is already {case.status.finnish}")
        identifier = None if isinstance(message, Withdrawal) else message.identifier
        if identifier and self._storage.knows_identifier(case, message.kind, identifier):
            raise Refusal(
                409, "already_told", f"{message.kind} {identifier} of case {case.id} is known"
            )
        now = self._settings.clock.now(real_now)
        with self._storage.transaction():
            match message:
                case Withdrawal():
                    self._close(case, CollectionStatus.WITHDRAWN, now, real_now)
                case DirectPayment():
                    _reduce(case, message.amount_cents, interest_first=True)
                    case.paid_directly_cents += message.amount_cents
                case PaymentReversal():
                    self._open_again(case, message.amount_cents)
                case CreditNotice():
                    _reduce(case, message.amount_cents, interest_first=False)
            if case.open_cents == 0:
                paid = case.paid_directly_cents > 0
                self._close(
                    case,
                    CollectionStatus.PAID if paid else CollectionStatus.ENDED_OTHER_REASON,
                    now,
                    real_now,
                )
            self._storage.save_case(case)
            return self._take(case, message, identifier, now), False

    def advance(self, real_now: datetime) -> int:
        """Give every case the statuses that are due. Returns how many were given.

        A status happens at its planned instant even when the sandbox was down just then: the
        agency's people and the debtors did not stop for it.
        """
        now = self._settings.clock.now(real_now)
        moved = 0
        while due := self._storage.due_cases(now, _BATCH):
            with self._storage.transaction():
                for case in due:
                    self._step(case, real_now)
                    self._storage.save_case(case)
            moved += len(due)
        return moved

    def next_due(self) -> datetime | None:
        """The real instant at which the next status is due."""
        due = self._storage.next_due()
        return self._settings.clock.real(due) if due else None

    def _step(self, case: Case, real_now: datetime) -> None:
        case.changed_at = case.next_at or case.changed_at
        case.status = statuses(PATHS[case.path], case.service)[case.step]
        case.step += 1
        case.next_at = self._next_at(case)
        collected = None
        if case.status.phase is CollectionPhase.SETTLED:
            collected = _collect(case)
        self._tell(case, collected, real_now)

    def _close(
        self, case: Case, status: CollectionStatus, now: datetime, real_now: datetime
    ) -> None:
        """End a case by what the creditor said: the agency itself has collected nothing."""
        case.status = status
        case.changed_at = now
        case.next_at = None
        settled = status.phase is CollectionPhase.SETTLED
        nothing = Collected(principal_cents=0, interest_cents=0, fees_cents=0)
        self._tell(case, nothing if settled else None, real_now)

    def _open_again(self, case: Case, cents: int) -> None:
        """What the creditor's messages leave of the claim, this payment not counted.

        One from before the assignment adds to the principal that was assigned.
        """
        case.paid_directly_cents -= cents
        credited = 0
        for taken in self._storage.taken_of(case):
            match taken.kind:
                case MessageKind.ASSIGNMENT:
                    assigned = Assignment.model_validate_json(taken.body)
                    case.principal_cents = assigned.principal_cents
                    case.interest_cents = assigned.interest_cents
                    case.fees_cents = assigned.fees_cents
                case MessageKind.CREDIT_NOTICE:
                    credited += CreditNotice.model_validate_json(taken.body).amount_cents
        case.principal_cents += max(0, -case.paid_directly_cents)
        _reduce(case, credited, interest_first=False)
        _reduce(case, max(0, case.paid_directly_cents), interest_first=True)

    def _next_at(self, case: Case) -> datetime | None:
        if case.step == len(statuses(PATHS[case.path], case.service)):
            return None
        pace = self._settings.pace
        if case.step == 0:
            reminding = case.service is AgencyService.REMINDER
            days = pace.days_of_reminding if reminding else pace.days_to_letter
        else:
            days = pace.days_to_outcome if case.step == 1 else pace.days_per_measure
        return case.changed_at + timedelta(days=days)

    def _tell(self, case: Case, collected: Collected | None, real_now: datetime) -> None:
        faults, seed = self._settings.faults, self._settings.seed
        about = (seed, case.reference, case.status)
        self._storage.tell(
            case,
            occurred_at=case.changed_at,
            collected=collected,
            copies=2 if strikes(faults.duplicate_callbacks, *about, "duplicate") else 1,
            # A case's last message has nothing to be overtaken by.
            kept_back=case.next_at is not None
            and strikes(faults.reorder_callbacks, *about, "reorder"),
            now=real_now,
        )

    def _known(self, message: Assignment | CaseMessage) -> Taken | None:
        known = self._storage.taken(message.idempotency_key)
        if known and (known.kind, known.body) != (message.kind, message.model_dump_json()):
            raise Refusal(
                409,
                "key_reused",
                f"idempotency key {message.idempotency_key} came with another message before",
            )
        return known

    def _take(
        self,
        case: Case,
        message: Assignment | CaseMessage,
        identifier: str | None,
        now: datetime,
    ) -> Taken:
        taken = Taken(
            idempotency_key=message.idempotency_key,
            case_number=case.number,
            kind=message.kind.value,
            body=message.model_dump_json(),
            status=case.status.finnish,
            taken_at=now,
        )
        self._storage.take(taken, identifier)
        return taken


def _reduce(case: Case, cents: int, *, interest_first: bool) -> None:
    """A payment goes to interest, principal, costs (513/1999, 11 a §); a credit to the principal.

    What is more than everything open is let be: it is between the creditor and the debtor.
    """
    order = ["principal_cents", "interest_cents", "fees_cents"]
    if interest_first:
        order[:2] = reversed(order[:2])
    for part in order:
        taken = min(cents, getattr(case, part))
        setattr(case, part, getattr(case, part) - taken)
        cents -= taken


def _collect(case: Case) -> Collected:
    """The debtor pays the agency everything that is open."""
    collected = Collected(
        principal_cents=case.principal_cents,
        interest_cents=case.interest_cents,
        fees_cents=case.fees_cents,
    )
    case.principal_cents = case.interest_cents = case.fees_cents = 0
    return collected
