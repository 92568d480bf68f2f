"""Keeping what the collection agencies report, each message once.

Whoever keeps a message, or has a case follow another, locks invoices first, in the order of their
ids, and the rows of cases after them: so no report on a case is missed by one that is just being
merged into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.agency import StatusMessage
from store.database import Database
from store.scope import Scope
from store.sets import among
from store.tables import AgencyCase, AgencyCursor, AgencyMessage, Company, Invoice, UnheardOf

INTRUM = "intrum"
STATUSES = "statuses"
"""The list of an agency's status messages, among those that are read from a cursor on."""


@dataclass(frozen=True, slots=True)
class Heard:
    """`new` False: the same message was kept before, and nothing changed."""

    invoice_id: int
    new: bool


@dataclass(slots=True)
class Kept:
    """What became of some messages. `invoice_ids`: whose workflows are to be told."""

    new: int = 0
    unheard_of: list[StatusMessage] = field(default_factory=list)
    invoice_ids: list[int] = field(default_factory=list)


class _Followed(Exception):  # noqa: N818 - nothing is wrong
    """Another case follows one of these since a moment ago."""


def keep(
    database: Database, message: StatusMessage, now: datetime, *, agency: str = INTRUM
) -> Heard | None:
    """Keep a status message of an agency's, and note that the invoice's workflow is to be told.

    `now` is business time. None: the case is not one of ours that this agency has.
    """
    with database.transaction() as session:
        file = _files(session, agency, [message]).get(_storable(message).case_reference)
        if file is None:
            return None
    kept = _again(database, agency, [message], now)
    return Heard(file.invoice_id, new=kept.new > 0)


def keep_page(
    database: Database, agency: str, messages: Sequence[StatusMessage], cursor: str, now: datetime
) -> Kept:
    """Keep a page of an agency's list, and how far it has been read: both, or nothing.

    A message about a case that is not ours is kept as unheard of. `now` is business time.
    """
    return _again(database, agency, messages, now, cursor)


def cursor(session: Session, agency: str, feed: str) -> str:
    """Where to go on reading an agency's list; "" at its beginning."""
    row = session.exec(
        select(AgencyCursor.cursor).where(AgencyCursor.agency == agency, AgencyCursor.feed == feed)
    ).first()
    return row or ""


def go_on(session: Session, agency: str, feed: str, cursor: str, now: datetime) -> None:
    """Note how far an agency's list has been read."""
    place = {"agency": agency, "feed": feed}
    reached = {"cursor": cursor, "read_at": now}
    session.execute(
        insert(AgencyCursor)
        .values(**place, **reached)
        .on_conflict_do_update(index_elements=list(place), set_=reached)
    )


def unheard_of(
    session: Session, *, scope: Scope | None = None, before: int | None = None, limit: int
) -> Sequence[UnheardOf]:
    """The newest reports about cases that are not ours; those before an id, for the next page.

    `scope`: those alone whose references name its companies, as every reference of ours does.
    """
    query = select(UnheardOf)
    if scope is not None:
        whose = func.split_part(col(UnheardOf.case_reference), "/", 1)
        ours = select(Company.business_id).where(scope.companies(Company.id))
        query = query.where(whose.in_(ours))
        if scope.owner is not None:
            # Whose invoice it would be is not known.
            query = query.where(false())
    if before is not None:
        query = query.where(col(UnheardOf.id) < before)
    return session.exec(query.order_by(col(UnheardOf.id).desc()).limit(limit)).all()


def follow(session: Session, file: AgencyCase, target: AgencyCase, now: datetime) -> None:
    """From here on what is reported of `target` is reported of `file` too, which was merged into
    it; its present status is, at once.

    The caller holds the lock of the file's invoice.
    """
    _lock_cases(session, [target.id])
    file.merged_into_id = target.id
    session.add(file)
    session.flush()
    rows = session.exec(
        select(AgencyMessage).where(
            AgencyMessage.agency_case_id == target.id, AgencyMessage.direction == "in"
        )
    )
    heard = [StatusMessage.model_validate(row.body) for row in rows if row.kind == "status"]
    own = [message for message in heard if message.case_reference == target.reference]
    if own:
        _insert(session, file.id, max(own, key=lambda message: message.sequence), now)


# ── the parts ────────────────────────────────────────────────────────────────────────────────


def _again(
    database: Database,
    agency: str,
    messages: Sequence[StatusMessage],
    now: datetime,
    cursor: str | None = None,
) -> Kept:
    while True:
        try:
            with database.transaction() as session:
                kept = _keep(session, agency, [_storable(message) for message in messages], now)
                if cursor is not None:
                    go_on(session, agency, STATUSES, cursor, now)
                return kept
        except _Followed:
            continue


def _keep(session: Session, agency: str, messages: Sequence[StatusMessage], now: datetime) -> Kept:
    kept = Kept()
    files = _files(session, agency, messages)
    ours = [message for message in messages if message.case_reference in files]
    kept.unheard_of = [message for message in messages if message.case_reference not in files]
    for message in kept.unheard_of:
        _note_unheard_of(session, agency, message, now)
    # What callbacks have brought is there already, mostly: nobody is kept from his work over it.
    known = _known(session, files, ours)
    fresh = [m for m in ours if (files[m.case_reference].id, m.message_id) not in known]
    if not fresh:
        return kept
    case_ids = {files[message.case_reference].id for message in fresh}
    invoices = {file.id: file.invoice_id for file in files.values()}
    locked = _followers(session, case_ids)
    invoice_ids = {invoices[case_id] for case_id in case_ids} | {
        follower.invoice_id for group in locked.values() for follower in group
    }
    session.execute(
        select(Invoice.id)
        .where(among(Invoice.id, invoice_ids))
        .order_by(col(Invoice.id))
        .with_for_update()
    )
    _lock_cases(session, case_ids)
    followers = _followers(session, case_ids)
    if any(one.invoice_id not in invoice_ids for group in followers.values() for one in group):
        raise _Followed
    touched: dict[int, None] = {}
    for message in fresh:
        file = files[message.case_reference]
        if not _insert(session, file.id, message, now):
            continue
        kept.new += 1
        touched[file.invoice_id] = None
        for follower in followers.get(file.id, ()):
            if _insert(session, follower.id, message, now):
                touched[follower.invoice_id] = None
    kept.invoice_ids = list(touched)
    session.execute(
        update(Invoice).where(among(Invoice.id, kept.invoice_ids)).values(signal_pending=True),
        execution_options={"synchronize_session": False},
    )
    return kept


def _files(
    session: Session, agency: str, messages: Sequence[StatusMessage]
) -> dict[str, AgencyCase]:
    references = {_storable(message).case_reference for message in messages}
    rows = session.exec(
        select(AgencyCase).where(
            AgencyCase.agency == agency, among(AgencyCase.reference, references)
        )
    )
    return {row.reference: row for row in rows}


def _known(
    session: Session, files: dict[str, AgencyCase], messages: Sequence[StatusMessage]
) -> set[tuple[int, str]]:
    rows = session.execute(
        select(AgencyMessage.agency_case_id, AgencyMessage.key).where(
            among(AgencyMessage.agency_case_id, {files[m.case_reference].id for m in messages}),
            among(AgencyMessage.key, {message.message_id for message in messages}),
        )
    )
    return {(row[0], row[1]) for row in rows}


def _followers(session: Session, case_ids: set[int]) -> dict[int, list[AgencyCase]]:
    """The cases that were merged into these."""
    found: dict[int, list[AgencyCase]] = {}
    rows = session.exec(
        select(AgencyCase)
        .where(among(AgencyCase.merged_into_id, case_ids))
        .order_by(col(AgencyCase.id))
    )
    for row in rows:
        found.setdefault(row.merged_into_id or 0, []).append(row)
    return found


def _lock_cases(session: Session, case_ids: set[int] | list[int]) -> None:
    session.execute(
        select(AgencyCase.id)
        .where(among(AgencyCase.id, case_ids))
        .order_by(col(AgencyCase.id))
        # Rows that refer to a case are written meanwhile.
        .with_for_update(key_share=True)
    )


def _insert(session: Session, case_id: int, message: StatusMessage, now: datetime) -> bool:
    """Whether it is new."""
    values: dict[str, Any] = {
        "agency_case_id": case_id,
        "direction": "in",
        "kind": message.kind.value,
        "key": message.message_id,
        "body": message.model_dump(mode="json"),
        "status": "received",
        "at": now,
        "error": "",
        "attempts": 0,
    }
    statement = insert(AgencyMessage).values(values).on_conflict_do_nothing()
    return session.execute(statement.returning(col(AgencyMessage.id))).scalar() is not None


def _note_unheard_of(session: Session, agency: str, message: StatusMessage, now: datetime) -> None:
    session.execute(
        insert(UnheardOf)
        .values(
            agency=agency,
            key=message.message_id,
            case_reference=message.case_reference,
            body=message.model_dump(mode="json"),
            at=now,
        )
        .on_conflict_do_nothing()
    )


def _storable(message: StatusMessage) -> StatusMessage:
    """The message without the one character that PostgreSQL keeps nowhere."""
    text = message.model_dump_json()
    if "\\u0000" not in text:
        return message
    return StatusMessage.model_validate_json(text.replace("\\u0000", "\\ufffd"))
