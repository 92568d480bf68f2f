"""Companies' contracts with collection agencies: heard of, set by hand, and who waits for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from domain.agency import ContractMessage
from domain.agency.contract import Contract, in_effect
from domain.states import InvoiceState
from store import audit, outbox
from store.people import Place
from store.sets import among
from store.tables import AgencyContract, AgencyContractNews, Company, Invoice

_TURN = 0x6B62
"""With the company's row, any number will do, if it is ours alone and not the automation's."""

_WAITING = (
    col(Invoice.case_json)["awaits_agency"].as_string().is_not(None),
    col(Invoice.state).in_([InvoiceState.OVERDUE.value, InvoiceState.NOTIFIED.value]),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a message. `new` False: it was heard before, or a later one was; `waited`: the
    invoices that waited for such news, to be told."""

    new: bool
    waited: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A contract as it was set, and the invoices that waited for it, to be told."""

    row: AgencyContract
    waited: tuple[int, ...]


# ── what a decision reads ────────────────────────────────────────────────────────────────────


def of(session: Session, company_id: int) -> tuple[Contract, ...]:
    """The company's contracts, with whatever agencies, in force or not."""
    return tuple(Contract.model_validate(row) for row in rows(session, company_id))


def keep_as_they_are(session: Session, company_id: int) -> bool:
    """From here to the transaction's end nobody changes the company's contracts.

    So whoever notes that an invoice waits for one is seen by whoever switches it on. False if
    somebody is at it just now: let go of everything, `wait`, and look again. (Waiting here, with
    an invoice locked, could be for somebody who waits for that very invoice.)
    """
    taken: bool = session.execute(
        select(func.pg_try_advisory_xact_lock_shared(_TURN, company_id))
    ).scalar_one()
    return taken


def wait(session: Session, company_id: int) -> None:
    """Wait until nobody changes the company's contracts."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_TURN, company_id)))


# ── what a person looks at ───────────────────────────────────────────────────────────────────


def rows(session: Session, company_id: int) -> list[AgencyContract]:
    """The company's contracts, by agency."""
    query = (
        select(AgencyContract)
        .where(col(AgencyContract.company_id) == company_id)
        .order_by(col(AgencyContract.agency))
    )
    return list(session.execute(query).scalars())


def of_agency(session: Session, company_id: int, agency: str) -> AgencyContract | None:
    """The company's contract with one agency."""
    found = rows(session, company_id)
    return next((row for row in found if row.agency == agency), None)


def shown(session: Session, company_id: int, on: date) -> AgencyContract | None:
    """The contract that invoices go by on a day; if there is none, the one changed last."""
    found = rows(session, company_id)
    best = in_effect((Contract.model_validate(row) for row in found), on)
    if best is not None:
        return next(row for row in found if row.agency == best.agency)
    return max(found, key=lambda row: row.switched_at, default=None)


def waiting(session: Session, company_id: int) -> int:
    """How many of the company's invoices wait for its contract or its settings."""
    query = select(func.count()).where(col(Invoice.company_id) == company_id, *_WAITING)
    return int(session.execute(query).scalar_one())


# ── what changes it ──────────────────────────────────────────────────────────────────────────


def hear(
    session: Session,
    agency: str,
    message: ContractMessage,
    *,
    now: datetime,
    real_now: datetime,
) -> Heard | None:
    """Keep what the agency says of a company's contract, and switch it on or off by it.

    A message that was heard before changes nothing; nor does one that is older than what was heard
    of the same contract, or that ends another contract than the one there is. `now` is business
    time. None: the company is not ours.
    """
    company = session.execute(
        select(Company).where(col(Company.business_id) == message.business_id)
    ).scalar_one_or_none()
    if company is None:
        return None
    _alone(session, company.id)
    newest = session.execute(
        select(func.max(col(AgencyContractNews.sequence))).where(
            col(AgencyContractNews.company_id) == company.id,
            col(AgencyContractNews.agency) == agency,
            col(AgencyContractNews.number) == message.contract_number,
        )
    ).scalar_one()
    fresh = session.execute(
        insert(AgencyContractNews)
        .values(
            company_id=company.id,
            agency=agency,
            key=message.message_id,
            number=message.contract_number,
            sequence=message.sequence,
            body=message.model_dump(mode="json"),
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(col(AgencyContractNews.id))
    ).scalar()
    row = of_agency(session, company.id, agency)
    if fresh is None or (newest is not None and newest >= message.sequence):
        return Heard(new=False)
    if row is not None and not _follows(row, message):
        return Heard(new=False)
    new: dict[str, Any] = {"number": message.contract_number, "ended_on": message.in_force_from}
    if message.services:
        new |= {
            "services": [service.value for service in message.services],
            "in_force_from": message.in_force_from,
            "ended_on": None,
        }
    elif row is None:
        # It ended before anybody had said that it began.
        new |= {"services": [], "in_force_from": message.in_force_from}
    changed = put(session, company, agency, new, by=f"agency:{agency}", now=now, real_now=real_now)
    return Heard(new=True, waited=changed.waited)


def unheard(
    session: Session, agency: str, messages: Sequence[ContractMessage]
) -> list[ContractMessage]:
    """Those of an agency's announcements that have not been kept."""
    known = set(
        session.execute(
            select(col(AgencyContractNews.key)).where(
                col(AgencyContractNews.agency) == agency,
                among(AgencyContractNews.key, {message.message_id for message in messages}),
            )
        ).scalars()
    )
    return [message for message in messages if message.message_id not in known]


def put(
    session: Session,
    company: Company,
    agency: str,
    new: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    real_now: datetime,
) -> Changed:
    """Set a company's contract with an agency: the columns that are given, of a new one all that
    have no default. The invoices that waited for it are in the outbox, to be told."""
    _alone(session, company.id)
    row = of_agency(session, company.id, agency)
    if row is None:
        row = AgencyContract(
            company_id=company.id, agency=agency, switched_at=now, switched_by=by, **new
        )
        was: dict[str, Any] = {}
    else:
        was = {name: getattr(row, name) for name in new if getattr(row, name) != new[name]}
        if not was:
            return Changed(row, ())
        for name, value in new.items():
            setattr(row, name, value)
        row.version += 1
    if not was or was.keys() & {"number", "services", "in_force_from", "ended_on"}:
        row.switched_at, row.switched_by = now, by
    Contract.model_validate(row)
    session.add(row)
    session.flush()
    audit.note(
        session,
        real_now,
        by,
        "company.agency",
        f"company:{company.id}",
        Place(company.business_id, company.name, company.id, company.firm_id),
        agency=agency,
        fields=sorted(was or new),
        services=list(row.services),
        in_force_from=row.in_force_from.isoformat(),
        ended_on=row.ended_on.isoformat() if row.ended_on else None,
    )
    return Changed(row, _told(session, company.id))


def _follows(row: AgencyContract, message: ContractMessage) -> bool:
    """Whether the message is of the contract that there is, or of one that comes after it."""
    if row.number == message.contract_number:
        return True
    return bool(message.services) and message.in_force_from >= row.in_force_from


def _alone(session: Session, company_id: int) -> None:
    """Wait until no decision that goes by the company's contracts is under way; keep others out."""
    # Before anything else: who books a file locks invoices, too, and in another order.
    outbox.take_turn(session)
    session.execute(select(func.pg_advisory_xact_lock(_TURN, company_id)))


def _told(session: Session, company_id: int) -> tuple[int, ...]:
    """Put the company's invoices that wait for its agency into the outbox; their ids."""
    found = tuple(
        session.execute(
            select(col(Invoice.id))
            .where(col(Invoice.company_id) == company_id, *_WAITING)
            .order_by(col(Invoice.id))
            .with_for_update()
        ).scalars()
    )
    if found:
        session.execute(
            update(Invoice).where(col(Invoice.id).in_(found)).values(signal_pending=True)
        )
    return found
