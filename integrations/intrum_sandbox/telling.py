"""What the agency says of a case, and what goes wrong with it on the way."""

from datetime import datetime
from uuid import uuid4

from domain.agency import Collected, CollectionPhase, MessageKind
from integrations.intrum_sandbox.faults import Faults
from integrations.intrum_sandbox.paths import draw, strikes
from integrations.intrum_sandbox.records import Case, Delivery
from integrations.intrum_sandbox.storage import Storage
from integrations.intrum_sandbox.storage.outbox import stream_of

UNKNOWN_STATUS = "SIIRRETTY KANSAINVÄLISEEN PERINTÄÄN"
"""None of the twenty, as a new one would be."""


def tell(
    storage: Storage,
    case: Case,
    faults: Faults,
    seed: str,
    *,
    real_now: datetime,
    text: str | None = None,
    collected: Collected | None = None,
    merged_into: Case | None = None,
) -> None:
    """Put the case's status in line for telling; `text` says another one than it has."""
    # Not the sequence: a sandbox begun afresh must not repeat ids already known.
    message_id = uuid4().hex
    body = {
        "kind": MessageKind.STATUS.value,
        "message_id": message_id,
        "case_reference": case.reference,
        "agency_case_id": case.id,
        "status": text or case.status.finnish,
        "occurred_at": case.changed_at.isoformat(),
        "principal_cents": case.principal_cents,
        "collected": collected.model_dump() if collected else None,
        "merged_into": merged_into.reference if merged_into else None,
    }
    # A case's last message has nothing to be overtaken by.
    more_to_come = case.status.phase is CollectionPhase.ACTIVE and case.next_at is not None
    about = (case.reference, text or case.status.value)
    how = delivery(about, faults, seed, more_to_come=more_to_come)
    storage.outbox.tell(message_id, stream_of(case), body, how, real_now)


def delivery(
    about: tuple[object, ...], faults: Faults, seed: str, *, more_to_come: bool
) -> Delivery:
    """What goes wrong with a callback, by what it is about."""

    def struck(rate: float, name: str) -> bool:
        return strikes(rate, seed, *about, name)

    if struck(faults.lose_callbacks, "lose"):
        return Delivery(copies=0)
    spoiled = ""
    if struck(faults.damage_callbacks, "damage"):
        spoiled = "damaged"
    elif struck(faults.garbage_callbacks, "garbage"):
        spoiled = "garbage"
    return Delivery(
        copies=2 if struck(faults.duplicate_callbacks, "duplicate") else 1,
        kept_back=more_to_come and struck(faults.reorder_callbacks, "reorder"),
        spoiled=spoiled,
    )


def damaged(body: bytes, about: str) -> bytes:
    """The body with one of its digits or letters another one, drawn by what it is about."""
    places = [place for place, byte in enumerate(body) if chr(byte).isalnum() and byte < 128]
    place = places[draw(about, "place") % len(places)]
    other = b"1" if body[place : place + 1] == b"0" else b"0"
    return body[:place] + other + body[place + 1 :]
