"""People, accounting firms, sessions, API tokens, the audit log; whose own an invoice is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store.migrations.columns import instant, ref, row_id, text

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "accounting_firm",
        row_id(),
        text("business_id"),
        text("name"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("business_id"),
    )
    op.add_column("company", ref("firm_id", "accounting_firm.id", nullable=True))
    op.create_index("ix_company_firm_id", "company", ["firm_id"])
    op.add_column("invoice", sa.Column("owner", sa.String(), nullable=False, server_default=""))
    op.alter_column("invoice", "owner", server_default=None)
    op.create_index(
        "ix_invoice_owner",
        "invoice",
        ["company_id", "owner", "id"],
        postgresql_where=sa.text("owner <> ''"),
    )
    _people()
    _credentials()
    _audit()
    op.create_table(
        "kept_answer",
        row_id(),
        *(text(name) for name in ("caller", "key", "digest")),
        instant("since"),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("caller", "key"),
    )
    op.create_index("ix_kept_answer_since", "kept_answer", ["since"])


def _people() -> None:
    op.create_table(
        "app_user",
        row_id(),
        *(text(name) for name in ("email", "name", "language")),
        sa.Column("password_hash", sa.Text(), nullable=False),
        instant("created_at"),
        instant("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "membership",
        row_id(),
        ref("user_id", "app_user.id"),
        ref("company_id", "company.id", nullable=True),
        ref("firm_id", "accounting_firm.id", nullable=True),
        text("role"),
        instant("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "company_id"),
        sa.UniqueConstraint("user_id", "firm_id"),
        _one_place("membership"),
    )
    for column in ("company_id", "firm_id"):
        op.create_index(f"ix_membership_{column}", "membership", [column])


def _credentials() -> None:
    op.create_table(
        "user_session",
        row_id(),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        ref("user_id", "app_user.id"),
        text("request_key"),
        *(instant(name) for name in ("created_at", "last_seen_at", "expires_at")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
        sa.UniqueConstraint("user_id", "request_key"),
    )
    op.create_index("ix_user_session_expires_at", "user_session", ["expires_at"])
    op.create_table(
        "api_token",
        row_id(),
        ref("company_id", "company.id", nullable=True),
        ref("firm_id", "accounting_firm.id", nullable=True),
        *(text(name) for name in ("name", "prefix")),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", _JSON, nullable=False),
        instant("created_at"),
        text("created_by"),
        instant("last_used_at", nullable=True),
        instant("expires_at"),
        instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
        _one_place("api_token"),
    )
    for column in ("company_id", "firm_id"):
        op.create_index(f"ix_api_token_{column}", "api_token", [column])
    op.create_table(
        "login_throttle",
        row_id(),
        text("key"),
        sa.Column("tries", sa.Integer(), nullable=False),
        instant("last_try_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_login_throttle_last_try_at", "login_throttle", ["last_try_at"])


def _audit() -> None:
    op.create_table(
        "audit_entry",
        row_id(),
        instant("at"),
        text("actor"),
        ref("company_id", "company.id", nullable=True),
        ref("firm_id", "accounting_firm.id", nullable=True),
        *(text(name) for name in ("action", "target")),
        sa.Column("detail", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_entry_company", "audit_entry", ["company_id", "id"])
    op.create_index("ix_audit_entry_firm", "audit_entry", ["firm_id", "id"])
    # A program's mistake, or somebody with the program's own connection, leaves it as it is.
    op.execute(
        "CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays()"
    )


def downgrade() -> None:
    for table in (
        *("kept_answer", "audit_entry", "login_throttle", "api_token", "user_session"),
        *("membership", "app_user"),
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION audit_entry_stays")
    op.drop_column("invoice", "owner")
    op.drop_column("company", "firm_id")
    op.drop_table("accounting_firm")


def _one_place(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        "(company_id IS NULL) <> (firm_id IS NULL)", name=f"ck_{table}_one_place"
    )
