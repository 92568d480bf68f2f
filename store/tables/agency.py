"""Files at the collection agency (perintätoimisto), and what is said about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant, ref, row_id, words


class AgencyContract(SQLModel, table=True):
    """A company's contract with one agency, and how it uses it (`domain.agency.contract`)."""

    __tablename__ = "agency_contract"
    __table_args__ = (UniqueConstraint("company_id", "agency"),)

    id: int = row_id()
    company_id: int = ref("company.id", index=False)
    agency: str
    number: str
    """The contract's number, said with every assignment."""
    services: list[str] = document()
    """`domain.agency.AgencyService`s that were bought; none: it ended."""
    in_force_from: date
    ended_on: date | None = None
    from_state: str = "notified"
    automatic: bool = True
    default_contact: bool = False
    switched_at: datetime = instant()
    """When it was switched on or off last, and by whom: `agency:intrum` is the agency itself."""
    switched_by: str
    version: int = 1
    """Grows with each change."""


class AgencyContractNews(SQLModel, table=True):
    """What an agency has said of a company's contract: each message once, also those that came
    late and changed nothing."""

    __tablename__ = "agency_contract_news"
    __table_args__ = (UniqueConstraint("agency", "key"),)

    id: int = row_id()
    company_id: int = ref("company.id")
    agency: str
    key: str
    """The agency's own id of the message."""
    number: str
    sequence: int = Field(sa_type=BigInteger)
    body: dict[str, Any] = document()
    at: datetime = instant()


class AgencyCase(SQLModel, table=True):
    """An invoice's file at the collection agency."""

    __tablename__ = "agency_case"
    __table_args__ = (UniqueConstraint("invoice_id", "round"),)

    id: int = row_id()
    invoice_id: int = ref("invoice.id", index=False)
    round: int = 1
    agency: str
    service: str
    reference: str = Field(unique=True)
    """Our reference for the case, which the agency repeats in its messages."""
    agency_case_id: str = ""
    assigned_at: datetime = instant(index=True)
    accepted_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)
    merged_into_id: int | None = ref("agency_case.id", nullable=True)
    """The case that the agency has merged this one into: the claim goes on there."""


class AgencyMessage(SQLModel, table=True):
    """A message to the agency (`domain.agency.line`) or from it (received, folded).

    Of one case the messages to the agency leave in the order of their ids.
    """

    __tablename__ = "agency_message"
    # By case: two agencies may give their messages the same names.
    __table_args__ = (UniqueConstraint("agency_case_id", "key"),)

    id: int = row_id()
    agency_case_id: int = ref("agency_case.id")
    direction: str
    kind: str
    key: str
    body: dict[str, Any] = document()
    status: str
    at: datetime = instant()
    error: str = words()
    attempts: int = 0
    said_of_id: int | None = ref("agency_case.id", index=False, nullable=True)
    """The case that it was said of first: its own, or the one that was merged into."""
    letter_ids: list[int] | None = document(nullable=True)
    """Notices whose copies go along; typeset when it is said, from what they said when sent."""


class AgencyCursor(SQLModel, table=True):
    """How far one of an agency's lists has been read."""

    __tablename__ = "agency_cursor"
    __table_args__ = (UniqueConstraint("agency", "feed"),)

    id: int = row_id()
    agency: str
    feed: str
    """`statuses`, or another of its lists."""
    cursor: str
    """The agency's own word for where to go on."""
    read_at: datetime = instant()


class UnheardOf(SQLModel, table=True):
    """A status message about a case that is not ours: kept for somebody to look at."""

    __tablename__ = "agency_unheard_of"
    __table_args__ = (UniqueConstraint("agency", "key"),)

    id: int = row_id()
    agency: str
    key: str
    case_reference: str
    body: dict[str, Any] = document()
    at: datetime = instant()
