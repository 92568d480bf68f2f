"""Events by company, append-only, with a horizon; endpoints of webhooks and their deliveries."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store.migrations.columns import instant, ref, row_id, text

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _events()
    op.create_table(
        "webhook_endpoint",
        row_id(),
        ref("company_id", "company.id"),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=True),
        *(text(name) for name in ("description", "state")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("older_secret", sa.LargeBinary(), nullable=True),
        instant("older_until", nullable=True),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        instant("created_at"),
        text("created_by"),
        *(instant(name, nullable=True) for name in ("failing_since", "paused_at")),
        sa.Column("pause_reason", sa.Text(), nullable=False),
        sa.Column("signal_pending", sa.Boolean(), nullable=False),
        instant("told_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_webhook_endpoint_company_id", "webhook_endpoint", ["company_id"])
    op.create_table(
        "webhook_delivery",
        row_id(),
        ref("endpoint_id", "webhook_endpoint.id"),
        ref("event_id", "event.id"),
        text("status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        instant("last_at"),
        instant("delivered_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("endpoint_id", "event_id"),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["endpoint_id", "event_id"],
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index("ix_webhook_delivery_last_at", "webhook_delivery", ["endpoint_id", "last_at"])


def _events() -> None:
    op.add_column("event", sa.Column("company_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE event SET company_id = invoice.company_id FROM invoice"
        " WHERE invoice.id = event.invoice_id"
    )
    op.alter_column("event", "company_id", nullable=False)
    op.create_index("ix_event_company", "event", ["company_id", "id"])
    op.create_table(
        "event_horizon",
        sa.Column("id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("settled", "pending", "pending_below")
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO event_horizon VALUES (1, 0, 0, 0)")
    # A program's mistake, or somebody with the program's own connection, leaves it as it is.
    op.execute(
        "CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON event"
        " FOR EACH STATEMENT EXECUTE FUNCTION event_stays()"
    )
    # The horizon stands on it: a transaction has its number before its events have theirs.
    op.execute(
        "CREATE FUNCTION event_numbered() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_current_xact_id(); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER event_numbered BEFORE INSERT ON event"
        " FOR EACH STATEMENT EXECUTE FUNCTION event_numbered()"
    )


def downgrade() -> None:
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_endpoint")
    for name in ("event_numbered", "event_stays"):
        op.execute(f"DROP TRIGGER {name} ON event")
        op.execute(f"DROP FUNCTION {name}")
    op.drop_table("event_horizon")
    op.drop_index("ix_event_company", "event")
    op.drop_column("event", "company_id")
