"""Who asks: the signature (MAC) in a request's headers, its time, and that it comes once.

The MAC is the HMAC-SHA256, under the key "customer key&partner key" and in hexadecimal, of the
address, the headers below and both keys, joined by "&", all in ISO 8859-1. It covers the address
with its query but not the body, so the connection must be TLS's.

Source: Netvisor, "API authentication" (HMACSHA256).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session
from starlette.datastructures import Headers

from domain import references
from domain.sign_in import ACCOUNT_TRIES, ADDRESS_TRIES
from starter.netvisor.envelope import Code, Failure
from starter.netvisor.keys import opened
from starter.netvisor.words import Language, Text, say
from store import audit, netvisor_keys, throttle
from store.database import Database
from store.people import Place
from store.sealing import Sealer, WrongKey
from store.tables import Company, NetvisorKey

WINDOW = timedelta(minutes=5)
"""How far a request's time stamps may be from our clock."""

ALGORITHM = "HMACSHA256"

_PREFIX = "X-Netvisor-Authentication-"
_LANGUAGE = "X-Netvisor-Interface-Language"
_ORGANISATION = "X-Netvisor-Organisation-ID"
_LONGEST = 250
_TIMESTAMP = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(?:[.,]\d{1,6})?", re.ASCII)
_MILLISECONDS = 100_000_000_000
"""Beyond it a Unix time counts thousandths: as seconds it would be the year 5138."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The program that asks, and the company that it speaks for."""

    key_id: int
    company_id: int
    business_id: str
    transaction_id: str

    @property
    def name(self) -> str:
        """As the audit log and events have it."""
        return f"netvisor-key:{self.key_id}"


def language_of(headers: Headers) -> Language:
    """The language that is asked for; Finnish if none that there is."""
    try:
        return Language(headers.get(_LANGUAGE, "").upper())
    except ValueError:
        return Language.FI


def wants_statuses(headers: Headers) -> bool:
    """Whether refusals are to be seen in HTTP's own status."""
    return headers.get(f"{_PREFIX}UseHTTPResponseStatusCodes", "").strip() == "1"


def mac(url: str, headers: Headers, customer_key: str, partner_key: str) -> str:
    """The signature that a request to this address, with these headers, must carry."""
    signed = (
        url,
        *(headers.get(f"{_PREFIX}{name}", "") for name in ("Sender", "CustomerId", "Timestamp")),
        *(headers.get(name, "") for name in (_LANGUAGE, _ORGANISATION)),
        *(headers.get(f"{_PREFIX}{name}", "") for name in ("TransactionId", "TimestampUnix")),
        customer_key,
        partner_key,
    )
    # Headers were read as ISO 8859-1, so these are the bytes that came.
    secret = f"{customer_key}&{partner_key}".encode("latin-1")
    return hmac.new(secret, "&".join(signed).encode("latin-1"), hashlib.sha256).hexdigest()


def authenticate(
    database: Database,
    sealer: Sealer,
    headers: Headers,
    *,
    urls: Sequence[str],
    address: str,
    now: datetime,
) -> Caller:
    """Let a request in, once. `urls`: the addresses that it may have been signed with; `address`:
    where it came from; `now`: real time. Raises `Failure`.
    """
    language = language_of(headers)
    shown = _read(headers, language)
    _check_time(headers, language, now)
    customer_id = shown["CustomerId"]
    account = f"netvisor {_hash(f'{customer_id} {address}')}"
    free = {account: ACCOUNT_TRIES, f"netvisor address {_hash(address)}": ADDRESS_TRIES}
    with database.transaction() as session:
        if wait := throttle.pause(session, free, now):
            raise _too_many(wait, language)
        key = netvisor_keys.of_customer_id(session, customer_id)
        if key is None or not _right(key, sealer, headers, urls, language):
            throttle.begin_try(session, free, now)
            if key is not None:
                _note_refusal(session, key, now)
        else:
            throttle.forgive(session, account, "")
            return _let_in(session, key, shown, language, now)
    # Outside the transaction, which keeps the note of it.
    raise Failure(Code.AUTHENTICATION_FAILED, say(Text.UNKNOWN, language))


def _let_in(
    session: Session, key: NetvisorKey, shown: dict[str, str], language: Language, now: datetime
) -> Caller:
    organisation, transaction_id = shown[_ORGANISATION], shown["TransactionId"]
    company = _company(session, key, organisation)
    if company is None:
        raise Failure(Code.AUTHENTICATION_FAILED, say(Text.ORGANISATION, language, organisation))
    if not netvisor_keys.note_request(session, key, transaction_id, now):
        raise Failure(Code.REQUEST_NOT_UNIQUE, say(Text.TWICE, language, transaction_id))
    return Caller(key.id, company.id, company.business_id, transaction_id)


def _read(headers: Headers, language: Language) -> dict[str, str]:
    """The headers that there must be, by their short names."""
    found = {}
    names = ("Sender", "CustomerId", "PartnerId", "Timestamp", "TimestampUnix", "TransactionId")
    for short, name in (
        *((name, f"{_PREFIX}{name}") for name in (*names, "MAC")),
        (_ORGANISATION, _ORGANISATION),
    ):
        value = headers.get(name, "").strip()
        if not 0 < len(value) <= _LONGEST:
            raise Failure(Code.AUTHENTICATION_FAILED, say(Text.MISSING, language, name))
        found[short] = value
    algorithm = headers.get(f"{_PREFIX}MACHashCalculationAlgorithm", "").strip().upper()
    if algorithm != ALGORITHM:
        shown = algorithm[:20] or "-"
        raise Failure(Code.AUTHENTICATION_FAILED, say(Text.ALGORITHM, language, shown))
    return found


def _check_time(headers: Headers, language: Language, now: datetime) -> None:
    for name in ("Timestamp", "TimestampUnix"):
        said = headers[f"{_PREFIX}{name}"].strip()
        instant = _unix(said) if name == "TimestampUnix" else _instant(said)
        if instant is None or abs(instant - now) > WINDOW:
            raise Failure(Code.AUTHENTICATION_FAILED, say(Text.STALE, language, said[:40]))


def _instant(text: str) -> datetime | None:
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _unix(text: str) -> datetime | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        return None
    count = int(text)
    seconds = count / 1000 if count >= _MILLISECONDS else count
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        return None


def _right(
    key: NetvisorKey, sealer: Sealer, headers: Headers, urls: Sequence[str], language: Language
) -> bool:
    try:
        customer_key, partner_key = opened(sealer, key)
    except WrongKey:
        raise Failure(Code.SYSTEM_MAINTENANCE, say(Text.NOT_SET_UP, language)) from None
    given = headers[f"{_PREFIX}MAC"].strip().lower().encode("latin-1")
    partner = headers[f"{_PREFIX}PartnerId"].strip().encode("latin-1")
    right = [
        hmac.compare_digest(mac(url, headers, customer_key, partner_key).encode(), given)
        for url in urls
    ]
    return any(right) and hmac.compare_digest(partner, key.partner_id.encode())


def _company(session: Session, key: NetvisorKey, organisation: str) -> Company | None:
    try:
        return netvisor_keys.company_of(session, key, references.business_id(organisation))
    except references.InvalidBusinessIdError:
        return None


def _note_refusal(session: Session, key: NetvisorKey, now: datetime) -> None:
    place = Place("", "", key.company_id, key.firm_id)
    audit.note(session, now, "nobody", "netvisor.refused", f"netvisor-key:{key.id}", place)


def _too_many(wait: timedelta, language: Language) -> Failure:
    seconds = max(1, math.ceil(wait.total_seconds()))
    words = say(Text.WAIT, language, seconds)
    return Failure(Code.AUTHENTICATION_FAILED, words, pause=seconds)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
