"""How fresh the bank's word is, account by account, and which invoices wait for a fresher one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlmodel import Session, and_, col

from domain.bank_feed import Demand, UnknownDemand, stale
from domain.calendar import FINLAND, HELSINKI, BankingCalendar
from domain.states import InvoiceState
from store import outbox
from store.accounts import ensure_accounts
from store.sets import among
from store.tables import Company, CompanyAccount, Customer, Invoice

_TURN = 0x6B61726878
"""Any number will do, if it is ours alone and not that of the outbox, the rates, the migrations."""

_AWAITS = col(Invoice.case_json)["awaits_feed"].as_string()
_WAITING = (
    _AWAITS.is_not(None),
    # Whose next step a fresh file may be needed for; by the company's index.
    col(Invoice.state).in_(
        [InvoiceState.OVERDUE.value, InvoiceState.REMINDED.value, InvoiceState.NOTIFIED.value]
    ),
)


class NoSuchAccount(Exception):  # noqa: N818 - reads as what it is
    """An account that none of the company's invoices is paid to."""

    def __init__(self, company: str, iban: str) -> None:
        whose = f"no invoice of company {company}"
        what = f"is paid to account {iban}" if iban else "has an account to be paid to"
        super().__init__(f"{whose} {what}")
        self.company = company
        self.iban = iban


@dataclass(frozen=True, slots=True)
class Feed:
    """What a company demands of the bank's word about one account, and how fresh that is.

    `read_as_of`: when the bank made the newest file that was read (None: none was). `read_by`: who
    said so without a file.
    """

    demand: Demand
    account: str
    read_as_of: datetime | None
    read_by: str = ""

    @property
    def made(self) -> str:
        """When, as Finnish clocks show it; "never"."""
        return (
            f"{self.read_as_of.astimezone(HELSINKI):%Y-%m-%d %H:%M}" if self.read_as_of else "never"
        )

    def stale(self, now: datetime, calendar: BankingCalendar = FINLAND) -> str | None:
        """Why it is too old for a letter to leave, if so."""
        return stale(self.demand, self.read_as_of, now, calendar, self.account)


@dataclass(frozen=True, slots=True)
class Watched:
    """An account of a company's, for a person to look at. `waiting`: how many invoices wait."""

    company: str
    """The creditor's business id."""
    company_name: str
    feed: Feed
    waiting: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invoice whose next letter waits for a fresher word. Amount in cents."""

    invoice_id: int
    number: str
    customer_name: str
    iban: str
    due: date
    open_cents: int
    next_step: str


# ── what a decision reads ────────────────────────────────────────────────────────────────────


def of(session: Session, company_id: int, iban: str) -> Feed:
    """The bank's word about the account that an invoice is to be paid to.

    `iban` "": the account of the company's of which the word is the oldest.
    """
    account = col(CompanyAccount.company_id) == col(Company.id)
    if iban:
        account = and_(account, col(CompanyAccount.iban) == iban)
    found = session.execute(
        select(
            col(Company.bank_feed),
            col(CompanyAccount.iban),
            col(CompanyAccount.read_as_of),
            col(CompanyAccount.read_by),
        )
        .join(CompanyAccount, account, isouter=True)
        .where(col(Company.id) == company_id)
        .order_by(col(CompanyAccount.read_as_of).nulls_first())
        .limit(1)
    ).one()
    return Feed(_demand(found[0]), found[1] or iban, found[2], found[3] or "")


def stale_accounts(
    session: Session, company_ids: Collection[int], now: datetime
) -> dict[int, list[str]]:
    """Why letters wait, in words, for each stale account of these companies, by company."""
    rows = session.execute(
        select(
            col(Company.id),
            col(Company.bank_feed),
            col(CompanyAccount.iban),
            col(CompanyAccount.read_as_of),
            col(CompanyAccount.read_by),
        )
        .join(CompanyAccount, col(CompanyAccount.company_id) == col(Company.id))
        .where(among(Company.id, company_ids))
        .order_by(col(CompanyAccount.id))
    )
    found: dict[int, list[str]] = {}
    for company_id, demanded, iban, read_as_of, read_by in rows:
        if why := Feed(_demand(demanded), iban, read_as_of, read_by).stale(now):
            found.setdefault(company_id, []).append(why)
    return found


def keep_as_it_is(session: Session) -> bool:
    """From here to the transaction's end nobody notes a file or loosens a demand.

    So whoever notes that an invoice waits for the bank is seen by whoever notes a file. False if
    somebody is at it just now: let go of everything, `wait`, and look again. (Waiting here, with
    an invoice locked, could be for somebody who waits for that very invoice.)
    """
    taken: bool = session.execute(select(func.pg_try_advisory_xact_lock_shared(_TURN))).scalar_one()
    return taken


def wait(session: Session) -> None:
    """Wait until nobody notes a file or loosens a demand."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_TURN)))


# ── what changes it ──────────────────────────────────────────────────────────────────────────


def note(
    session: Session,
    *,
    account: str | None,
    as_of: datetime,
    company_id: int | None,
    now: datetime,
    calendar: BankingCalendar = FINLAND,
) -> list[int]:
    """Note that a bank's file has been read which the bank made at `as_of`; the invoices that
    waited for it and are now in the outbox, to be told.

    **First the money, then the freshness:** every payment that the file tells of up to then must be
    booked and committed before, because from this commit on letters leave that had waited to know
    of them. In a transaction of its own.

    `account`: the IBAN that the file is about. None, of an empty batch that does not say: it counts
    for all accounts of the company that the file was handed in for (`company_id`), else of the only
    company if there is just one, else for none. An older file than the newest one changes nothing;
    one made later than `now` counts as made now.
    """
    _alone(session)
    if account is None:
        owner = company_id or _only_company(session)
        which = col(CompanyAccount.company_id) == owner
        if owner is None:
            return []
    else:
        if company_id is not None:
            ensure_accounts(session, company_id, [account])
        which = col(CompanyAccount.iban) == account
    rows = _locked(session, which)
    for row in rows:
        _read(row, min(as_of, now), "")
    return _let_go(session, rows, now, calendar)


def confirm(
    session: Session,
    company: Company,
    iban: str | None,
    *,
    by: str,
    now: datetime,
    calendar: BankingCalendar = FINLAND,
) -> list[int]:
    """Note that a person has looked at the bank's own pages and no payment is unread: the account,
    or all of the company's, counts as read now. The invoices that waited, to be told.

    Raises `NoSuchAccount`.
    """
    _alone(session)
    rows = _locked(session, col(CompanyAccount.company_id) == company.id)
    if iban is not None:
        rows = [row for row in rows if row.iban == iban]
    if not rows:
        raise NoSuchAccount(company.business_id, iban or "")
    for row in rows:
        _read(row, now, by)
    return _let_go(session, rows, now, calendar)


def demand(
    session: Session,
    company: Company,
    demanded: Demand,
    now: datetime,
    calendar: BankingCalendar = FINLAND,
) -> list[int]:
    """Set what a company demands; the invoices that need not wait any more, to be told."""
    _alone(session)
    company.bank_feed = str(demanded)
    session.add(company)
    session.flush()
    rows = _locked(session, col(CompanyAccount.company_id) == company.id)
    return _let_go(session, rows, now, calendar)


# ── what a person looks at ───────────────────────────────────────────────────────────────────


def watched(session: Session, company: str | None = None) -> list[Watched]:
    """The companies' accounts, by business id; of one company alone, if given.

    A company without an account stands there once, with an empty one.
    """
    query = (
        select(Company, CompanyAccount)
        .join(CompanyAccount, col(CompanyAccount.company_id) == col(Company.id), isouter=True)
        .order_by(col(Company.business_id), col(CompanyAccount.iban))
    )
    if company is not None:
        query = query.where(col(Company.business_id) == company)
    waiting: dict[tuple[int, str], int] = {
        (row[0], row[1]): row[2]
        for row in session.execute(
            select(col(Invoice.company_id), col(Invoice.iban), func.count())
            .where(*_WAITING)
            .group_by(col(Invoice.company_id), col(Invoice.iban))
        )
    }
    found = []
    for owner, row in session.execute(query):
        iban = row.iban if row else ""
        feed = Feed(
            _demand(owner.bank_feed),
            iban,
            row.read_as_of if row else None,
            row.read_by if row else "",
        )
        count = waiting.get((owner.id, iban), 0)
        found.append(Watched(owner.business_id, owner.name, feed, count))
    return found


def waiting(session: Session, company_id: int, *, after: int = 0, limit: int = 50) -> list[Waiting]:
    """The invoices whose letters wait, by id, those after `after`; at most `limit`."""
    rows = session.execute(
        select(
            *(col(Invoice.id), col(Invoice.number), col(Customer.name), col(Invoice.iban)),
            *(col(Invoice.due), col(Invoice.open_cents), col(Invoice.next_step)),
        )
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(col(Invoice.company_id) == company_id, col(Invoice.id) > after, *_WAITING)
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    return [Waiting(*row) for row in rows]


# ── small parts ──────────────────────────────────────────────────────────────────────────────


def _alone(session: Session) -> None:
    """Wait until no decision to wait for the bank is under way, and keep others out."""
    # Before anything else: who books a file locks invoices, too, and in another order.
    outbox.take_turn(session)
    session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def _locked(session: Session, which: object) -> list[CompanyAccount]:
    query = (
        select(CompanyAccount)
        .where(which)  # type: ignore[arg-type]
        .order_by(col(CompanyAccount.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.execute(query).scalars())


def _read(row: CompanyAccount, as_of: datetime, by: str) -> None:
    if row.read_as_of is None or row.read_as_of < as_of:
        row.read_as_of, row.read_by = as_of, by


def _let_go(
    session: Session, rows: Sequence[CompanyAccount], now: datetime, calendar: BankingCalendar
) -> list[int]:
    """Put those that wait for a word that is fresh now into the outbox; their ids."""
    session.flush()
    told: set[int] = set()
    for row in rows:
        # Of an invoice without an account, the oldest word counts.
        ibans = [
            iban
            for iban in (row.iban, "")
            if of(session, row.company_id, iban).stale(now, calendar) is None
        ]
        whose = (
            select(col(Invoice.id))
            .where(
                col(Invoice.company_id) == row.company_id, col(Invoice.iban).in_(ibans), *_WAITING
            )
            .order_by(col(Invoice.id))
            .with_for_update()
        )
        if ibans:
            told.update(session.execute(whose).scalars())
    session.execute(update(Invoice).where(col(Invoice.id).in_(told)).values(signal_pending=True))
    return sorted(told)


def _demand(words: str) -> Demand:
    try:
        return Demand.parse(words)
    except UnknownDemand:
        # Not what `demand` writes: somebody else's words loosen nothing.
        return Demand()


def _only_company(session: Session) -> int | None:
    ids = list(session.execute(select(col(Company.id)).limit(2)).scalars())
    return ids[0] if len(ids) == 1 else None
