"""Keys for programs that speak as Netvisor's clients do: made, shown once, revoked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain import personal_code
from starter.people import Unknown
from starter.settings import Settings
from store import audit, netvisor_keys
from store.people import Place
from store.sealing import Sealer
from store.tables import NetvisorKey

_BYTES = 32


@dataclass(frozen=True, slots=True)
class Made:
    """A new key: what a client is set up with. The two secrets are shown this once."""

    key_id: int
    customer_id: str
    customer_key: str
    partner_id: str
    partner_key: str


def sealer_of(settings: Settings) -> Sealer | None:
    """What seals and opens the keys; None: KARHU_FILE_KEY is not set."""
    secret = settings.file_key
    return Sealer(secret.get_secret_value()) if secret else None


def create(
    session: Session, sealer: Sealer, place: Place, *, name: str, actor: str, now: datetime
) -> Made:
    """A new key of a company, or of an accounting firm and so of its companies."""
    customer_id, partner_id = f"KRH_{secrets.token_hex(6)}", f"KRH_{secrets.token_hex(4)}"
    customer_key, partner_key = secrets.token_hex(_BYTES), secrets.token_hex(_BYTES)
    row = netvisor_keys.add(
        session,
        place,
        NetvisorKey(
            name=personal_code.left_out(name),
            customer_id=customer_id,
            partner_id=partner_id,
            sealed_customer_key=sealer.seal(customer_key.encode(), _place(customer_id, "customer")),
            sealed_partner_key=sealer.seal(partner_key.encode(), _place(customer_id, "partner")),
            created_at=now,
            created_by=actor,
        ),
    )
    audit.note(session, now, actor, "netvisor_key.created", f"netvisor-key:{row.id}", place)
    return Made(row.id, customer_id, customer_key, partner_id, partner_key)


def revoke(
    session: Session, place: Place, key_id: int, *, actor: str, now: datetime
) -> NetvisorKey:
    """End a key at once; nothing changes if it has ended. Raises `Unknown`."""
    row = netvisor_keys.key(session, place, key_id)
    if row is None:
        raise Unknown(f"{place} has no Netvisor key {key_id}", "look at the list of its keys")
    if row.revoked_at is None:
        row.revoked_at = now
        session.add(row)
        audit.note(session, now, actor, "netvisor_key.revoked", f"netvisor-key:{row.id}", place)
    return row


def opened(sealer: Sealer, row: NetvisorKey) -> tuple[str, str]:
    """The customer's key and the partner's. Raises `store.sealing.WrongKey`."""
    sealed = (("customer", row.sealed_customer_key), ("partner", row.sealed_partner_key))
    customer, partner = (
        sealer.open(data, _place(row.customer_id, which)).decode() for which, data in sealed
    )
    return customer, partner


def _place(customer_id: str, which: str) -> str:
    return f"netvisor key {customer_id} {which}"
