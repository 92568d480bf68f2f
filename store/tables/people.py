"""People and programs: who they are, where they belong, how they show it, and what they did.

Instants here are real ones, not business time. Tokens and passwords are kept as hashes alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant, ref, row_id, words

_ONE_PLACE = "(company_id IS NULL) <> (firm_id IS NULL)"


class AccountingFirm(SQLModel, table=True):
    """An accounting firm (tilitoimisto), which keeps the books of its companies."""

    __tablename__ = "accounting_firm"

    id: int = row_id()
    business_id: str = Field(unique=True)
    name: str


class User(SQLModel, table=True):
    """A person who signs in. `email` in lower case; `password_hash` is argon2id."""

    __tablename__ = "app_user"

    id: int = row_id()
    email: str = Field(unique=True)
    name: str
    language: str = "fi"
    password_hash: str = words()
    created_at: datetime = instant()
    disabled_at: datetime | None = instant(nullable=True)
    """Since when he or she may not sign in anywhere."""


class Membership(SQLModel, table=True):
    """A person's role (`domain.roles.Role`) in one company or one accounting firm."""

    __table_args__ = (
        UniqueConstraint("user_id", "company_id"),
        UniqueConstraint("user_id", "firm_id"),
        CheckConstraint(_ONE_PLACE, name="ck_membership_one_place"),
    )

    id: int = row_id()
    user_id: int = ref("app_user.id", index=False)
    company_id: int | None = ref("company.id", nullable=True)
    firm_id: int | None = ref("accounting_firm.id", nullable=True)
    role: str
    disabled_at: datetime | None = instant(nullable=True)
    """Since when the role is not exercised here."""


class UserSession(SQLModel, table=True):
    """A person signed in. `request_key`: the `Idempotency-Key` of the signing in, hashed."""

    __tablename__ = "user_session"
    __table_args__ = (UniqueConstraint("user_id", "request_key"),)

    id: int = row_id()
    token_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    user_id: int = ref("app_user.id", index=False)
    request_key: str
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    expires_at: datetime = instant(index=True)


class ApiToken(SQLModel, table=True):
    """A program's key to one company or one accounting firm. `scopes`: `domain.roles.TokenScope`.

    `prefix`: the beginning of the token, by which its people know it again.
    """

    __tablename__ = "api_token"
    __table_args__ = (CheckConstraint(_ONE_PLACE, name="ck_api_token_one_place"),)

    id: int = row_id()
    company_id: int | None = ref("company.id", nullable=True)
    firm_id: int | None = ref("accounting_firm.id", nullable=True)
    name: str
    prefix: str
    token_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    scopes: list[str] = document()
    created_at: datetime = instant()
    created_by: str
    last_used_at: datetime | None = instant(nullable=True)
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)


class AuditEntry(SQLModel, table=True):
    """What somebody did, append-only: the database refuses to change or delete a row.

    `actor`: "user:12", "token:3", "console:<login name>"; `target` in the same way. `detail` holds
    no secret and no person's name.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_company", "company_id", "id"),
        Index("ix_audit_entry_firm", "firm_id", "id"),
    )

    id: int = row_id()
    at: datetime = instant()
    actor: str
    company_id: int | None = ref("company.id", nullable=True, index=False)
    firm_id: int | None = ref("accounting_firm.id", nullable=True, index=False)
    action: str
    target: str = ""
    detail: dict[str, Any] = document()


class LoginThrottle(SQLModel, table=True):
    """Wrong passwords in a row, for one account or from one network address (its hash)."""

    __tablename__ = "login_throttle"

    id: int = row_id()
    key: str = Field(unique=True)
    tries: int
    last_try_at: datetime = instant(index=True)


class KeptAnswer(SQLModel, table=True):
    """The answer to a POST, kept for its `Idempotency-Key` (hashed). `digest`: of the request.
    `body`: the answer's JSON, as it was given.

    `status` None: the request is under way since `since`, or its process has died.
    """

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("caller", "key"),)

    id: int = row_id()
    caller: str
    key: str
    digest: str
    since: datetime = instant(index=True)
    status: int | None = None
    body: str = words()
