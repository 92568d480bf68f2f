"""The agency's desk: takes messages, and lets cases and settlement days come as the clock says."""

from datetime import datetime

from domain.agency import (
    Assignment,
    CaseMessage,
    CollectionPhase,
    CollectionStatus,
    ContactChange,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    PaymentReversal,
    Withdrawal,
    parse_status,
)
from domain.calendar import FINLAND
from domain.references import business_id
from integrations.intrum_sandbox.checks import (
    Refusal,
    check_assignment,
    check_message,
    latest_day,
)
from integrations.intrum_sandbox.claims import Told, key_of, open_cents, reckon_all
from integrations.intrum_sandbox.contracts import ContractBook
from integrations.intrum_sandbox.faults import FaultBoard
from integrations.intrum_sandbox.paths import choose, digest
from integrations.intrum_sandbox.records import Case, Taken
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.settling import SettlingDesk
from integrations.intrum_sandbox.storage import Storage
from integrations.intrum_sandbox.walk import Walk

_BATCH = 200


class Desk:
    """Every method that changes something takes the real instant; the desk lives by its clock."""

    def __init__(self, settings: SandboxSettings, storage: Storage, board: FaultBoard) -> None:
        self._settings = settings
        self._storage = storage
        self._board = board
        self._walk = Walk(settings, storage, board)
        self.contracts = ContractBook(settings, storage, board)
        self.settling = SettlingDesk(settings, storage)

    def assign(self, message: Assignment, real_now: datetime) -> tuple[Taken, bool]:
        """Open a case. Returns what was taken, and whether it had been before.

        Raises Refusal if the invoice has a case already. After one that ended without payment
        (withdrawn, say) it may be handed over anew, under a new key.
        """
        if known := self._known(message):
            return known, True
        now = self._settings.clock.now(real_now)
        today = latest_day(FINLAND.local_date(now), self._settings.days_ahead)
        check_assignment(message, today)
        self.contracts.require(message.creditor, message.service, today)
        self.advance(real_now)
        self._refuse_second(message)
        path = choose(
            self._settings.seed,
            message.case_reference,
            message.debtor.debtor_class,
            self._settings.path,
        )
        case = _new_case(message, path.name, now)
        with self._storage.transaction():
            self._walk.begin(case, real_now)
            self._storage.cases.add_documents(case, message.documents)
            return self._take(case, message, None, now), False

    def hear(self, case_id: str, message: CaseMessage, real_now: datetime) -> tuple[Taken, bool]:
        """Take a message on a case. Returns what was taken, and whether it had been before."""
        if known := self._known(message):
            return known, True
        now = self._settings.clock.now(real_now)
        check_message(message, latest_day(FINLAND.local_date(now), self._settings.days_ahead))
        self.advance(real_now)
        claim, case = self._meant(case_id, message)
        if case.status.phase is not CollectionPhase.ACTIVE:
            raise Refusal(409, "case_closed", f"case {case.id} is already {case.status.finnish}")
        identifier = _identifier(message)
        if identifier and self._storage.inbox.knows(claim, message.kind, identifier):
            raise Refusal(
                409, "already_told", f"{message.kind} {identifier} of case {claim.id} is known"
            )
        with self._storage.transaction():
            self._apply(message, claim, case, now, real_now)
            self._close_if_nothing_is_open(case, now, real_now)
            return self._take(claim, message, identifier, now), False

    def advance(self, real_now: datetime) -> int:
        """Let everything happen that is due, in its order. Returns how many statuses were given.

        A status happens at its planned instant even when the sandbox was down just then: the
        agency's people and the debtors did not stop for it.
        """
        # The board may have to note what the script says, which no refusal may take back.
        self._board.now(real_now)
        now = self._settings.clock.now(real_now)
        moved = 0
        while True:
            settlement_day = self.settling.next_day(now)
            moved += self._walk_until(min(now, settlement_day), real_now)
            if settlement_day > now:
                self.settling.file()
                return moved
            self.settling.keep_day(settlement_day)

    def next_due(self) -> datetime | None:
        """The real instant at which the next status is due, or collected money is remitted."""
        due = (self._storage.cases.next_due(), self.settling.next_remittance())
        instants = [instant for instant in due if instant is not None]
        return self._settings.clock.real(min(instants)) if instants else None

    def say(self, case_id: str, text: str, real_now: datetime) -> Case:
        """Give a case a status by hand; one that is none of the twenty is only told."""
        self.advance(real_now)
        case = self._active(case_id)
        now = self._settings.clock.now(real_now)
        status = parse_status(text)
        with self._storage.transaction():
            if status is None:
                self._walk.tell_text(case, text, now, real_now)
            else:
                case.changed_at = now
                self._walk.move(case, status, real_now)
        return case

    def pay(self, case_id: str, cents: int, real_now: datetime) -> Case:
        """The debtor pays the agency a part of a case, now. Raises Refusal for what is no part."""
        self.advance(real_now)
        case = self._active(case_id)
        there = open_cents(self._walk.claims_of(case))
        if not 0 < cents < there:
            raise Refusal(
                422, "no_part", f"{there} cents are open: a part is less, and all of it a status"
            )
        case.changed_at = self._settings.clock.now(real_now)
        with self._storage.transaction():
            self._walk.pay(case, cents, real_now)
        return case

    def take_back(self, case_id: str, real_now: datetime) -> Case:
        """The debtor's last payment to the agency on a case is taken back."""
        self.advance(real_now)
        case = self._active(case_id)
        case.changed_at = self._settings.clock.now(real_now)
        with self._storage.transaction():
            if not self._walk.take_back(case, real_now):
                raise Refusal(409, "no_payment", f"the agency has collected nothing of {case.id}")
        return case

    def merge(self, case_id: str, into: str, real_now: datetime) -> Case:
        """Merge a case into another of the same creditor by hand."""
        self.advance(real_now)
        case, other = self._active(case_id), self._active(into)
        if case.number == other.number or case.business_id != other.business_id:
            raise Refusal(
                409, "cannot_merge", f"{case.id} and {other.id} are not two of a creditor"
            )
        case.changed_at = self._settings.clock.now(real_now)
        with self._storage.transaction():
            self._walk.merge(case, other, real_now)
        return case

    def _walk_until(self, until: datetime, real_now: datetime) -> int:
        moved = 0
        while due := self._storage.cases.due(until, _BATCH):
            with self._storage.transaction():
                for case in due:
                    self._walk.step(case, real_now)
            moved += len(due)
        return moved

    def _active(self, case_id: str) -> Case:
        case = self._storage.cases.get(case_id)
        if case is None:
            raise Refusal(404, "unknown_case", f"there is no case {case_id}")
        if case.status.phase is not CollectionPhase.ACTIVE:
            raise Refusal(409, "case_closed", f"case {case.id} is already {case.status.finnish}")
        return case

    def _refuse_second(self, message: Assignment) -> None:
        earlier = self._storage.cases.of_invoice(
            message.case_reference,
            business_id(message.creditor.business_id),
            message.invoice_number,
        )
        if earlier is None:
            return
        if earlier.merged_into is not None:
            into = self._storage.cases.of_number(earlier.merged_into)
            if into.status.phase is not CollectionPhase.ENDED:
                raise Refusal(
                    409,
                    "already_assigned",
                    f"{message.case_reference} was merged into case {into.id} and goes on there",
                )
        elif earlier.status.phase is CollectionPhase.ACTIVE or (
            # Settled, and the payment taken back since: then it comes as another case of ours.
            earlier.reference == message.case_reference
            and earlier.status.phase is not CollectionPhase.ENDED
        ):
            raise Refusal(
                409,
                "already_assigned",
                f"{message.case_reference} is case {earlier.id} under another idempotency key",
            )

    def _meant(self, case_id: str, message: CaseMessage) -> tuple[Case, Case]:
        """The claim that a message is about, and the case under which it goes on."""
        case = self._storage.cases.get(case_id)
        if case is None:
            raise Refusal(404, "unknown_case", f"there is no case {case_id}")
        for claim in self._walk.claims_of(case):
            if claim.reference == message.case_reference:
                break
        else:
            raise Refusal(
                409, "wrong_case", f"case {case.id} is {case.reference}, not the reference said"
            )
        if claim.merged_into is None:
            return claim, case
        into = self._storage.cases.of_number(claim.merged_into)
        if isinstance(message, DisputeNotice | ContactChange):
            raise Refusal(
                409, "case_closed", f"case {claim.id} was merged into {into.id}; say it of that one"
            )
        return claim, into

    def _apply(
        self, message: CaseMessage, claim: Case, case: Case, now: datetime, real_now: datetime
    ) -> None:
        match message:
            case Withdrawal():
                self._walk.close(claim, CollectionStatus.WITHDRAWN, now, real_now)
            case DirectPayment() | PaymentReversal() | CreditNotice():
                self._reckon(claim, case, message)
            case DisputeNotice():
                self._dispute(claim, message, now)
            case ContactChange():
                if message.debtor.debtor_class is not claim.debtor.debtor_class:
                    raise Refusal(
                        409,
                        "debtor_class_changed",
                        "debtor.debtor_class: another law applies; withdraw and hand over anew",
                    )
                claim.debtor = message.debtor
        self._storage.cases.save(claim)

    def _reckon(self, claim: Case, case: Case, message: Told) -> None:
        others = [one for one in self._walk.claims_of(case) if one.number != claim.number]
        reckon_all([claim, *others], message)
        for other in others:
            self._storage.cases.save(other)

    def _dispute(self, claim: Case, message: DisputeNotice, now: datetime) -> None:
        # A case that claims were merged into may be disputed for each of them.
        alone = not self._storage.cases.merged_into(claim)
        if message.disputed == claim.disputed and (alone or not message.disputed):
            already = "disputed" if claim.disputed else "not disputed"
            raise Refusal(409, "already_told", f"case {claim.id} is {already} already")
        if message.disputed:
            self._walk.pause(claim, now)
        else:
            self._walk.resume(claim, now)

    def _close_if_nothing_is_open(self, case: Case, now: datetime, real_now: datetime) -> None:
        """A case is over when nothing is open on it and on what goes on under it."""
        if case.status.phase is not CollectionPhase.ACTIVE:
            return
        # What was changed is saved, so that it is found here as it is now.
        claims = self._walk.claims_of(case)
        if open_cents(claims) == 0:
            paid = any(one.paid_directly_cents + one.collected_cents > 0 for one in claims)
            status = CollectionStatus.PAID if paid else CollectionStatus.ENDED_OTHER_REASON
            self._walk.close(case, status, now, real_now)

    def _known(self, message: Assignment | CaseMessage) -> Taken | None:
        known = self._storage.inbox.taken(message.idempotency_key)
        if known and (known.kind, known.digest) != (message.kind, _digest(message)):
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
            digest=_digest(message),
            status=case.status.finnish,
            taken_at=now,
        )
        self._storage.inbox.take(taken, identifier)
        return taken


def _digest(message: Assignment | CaseMessage) -> str:
    return digest(message.model_dump_json())


def _identifier(message: CaseMessage) -> str | None:
    if isinstance(message, DirectPayment | PaymentReversal | CreditNotice):
        return message.identifier
    return None


def _new_case(message: Assignment, path: str, now: datetime) -> Case:
    return Case(
        number=0,
        reference=message.case_reference,
        service=message.service,
        creditor=message.creditor.name,
        business_id=business_id(message.creditor.business_id),
        contract_number=message.creditor.contract_number,
        invoice_number=message.invoice_number,
        debtor=message.debtor,
        debtor_key=key_of(message.debtor),
        path=path,
        step=0,
        status=CollectionStatus.REGISTERED,
        changed_at=now,
        next_at=None,
        rest=None,
        disputes=0,
        merged_into=None,
        assigned_principal_cents=message.principal_cents,
        assigned_interest_cents=message.interest_cents,
        assigned_fees_cents=message.fees_cents,
        principal_cents=message.principal_cents,
        interest_cents=message.interest_cents,
        fees_cents=message.fees_cents,
        credited_cents=0,
        paid_directly_cents=0,
        collected_cents=0,
        settled_cents=0,
    )
