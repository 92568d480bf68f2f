"""Keys, requests and leftovers of the Netvisor-compatible interface."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store.migrations.columns import instant, ref, row_id, text

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "netvisor_key",
        row_id(),
        ref("company_id", "company.id", nullable=True),
        ref("firm_id", "accounting_firm.id", nullable=True),
        *(text(name) for name in ("name", "customer_id", "partner_id")),
        sa.Column("sealed_customer_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_partner_key", sa.LargeBinary(), nullable=False),
        instant("created_at"),
        text("created_by"),
        instant("last_used_at", nullable=True),
        instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id"),
        sa.CheckConstraint(
            "(company_id IS NULL) <> (firm_id IS NULL)", name="ck_netvisor_key_one_place"
        ),
    )
    op.create_index("ix_netvisor_key_company_id", "netvisor_key", ["company_id"])
    op.create_index("ix_netvisor_key_firm_id", "netvisor_key", ["firm_id"])
    op.create_table(
        "netvisor_request",
        row_id(),
        ref("key_id", "netvisor_key.id"),
        text("transaction_id"),
        instant("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_id", "transaction_id"),
    )
    op.create_index("ix_netvisor_request_at", "netvisor_request", ["at"])
    op.create_table(
        "netvisor_customer",
        row_id(),
        ref("customer_id", "customer.id"),
        sa.Column("said", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id"),
    )
    op.create_table(
        "netvisor_credit_note",
        row_id(),
        ref("company_id", "company.id"),
        ref("customer_id", "customer.id"),
        text("number"),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("note_date", "due")),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        text("reference"),
        instant("registered_at"),
        ref("invoice_id", "invoice.id", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("company_id", "number"),
    )
    op.create_index("ix_netvisor_credit_note_customer_id", "netvisor_credit_note", ["customer_id"])
    op.create_index("ix_netvisor_credit_note_invoice_id", "netvisor_credit_note", ["invoice_id"])
    op.create_table(
        "netvisor_payment",
        row_id(),
        ref("ledger_entry_id", "ledger_entry.id"),
        *(text(name) for name in ("source_name", "method")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ledger_entry_id"),
    )


def downgrade() -> None:
    for table in (
        *("netvisor_payment", "netvisor_credit_note", "netvisor_customer"),
        *("netvisor_request", "netvisor_key"),
    ):
        op.drop_table(table)
