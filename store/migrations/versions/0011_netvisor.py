"""Keys, requests and leftovers of the Netvisor-compatible interface."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.create_table(
        "netvisor_key",
        _id(),
        _ref("company_id", "company.id", nullable=True),
        _ref("firm_id", "accounting_firm.id", nullable=True),
        *(_text(name) for name in ("name", "customer_id", "partner_id")),
        sa.Column("sealed_customer_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_partner_key", sa.LargeBinary(), nullable=False),
        _instant("created_at"),
        _text("created_by"),
        _instant("last_used_at", nullable=True),
        _instant("revoked_at", nullable=True),
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
        _id(),
        _ref("key_id", "netvisor_key.id"),
        _text("transaction_id"),
        _instant("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_id", "transaction_id"),
    )
    op.create_index("ix_netvisor_request_at", "netvisor_request", ["at"])
    op.create_table(
        "netvisor_customer",
        _id(),
        _ref("customer_id", "customer.id"),
        sa.Column("said", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("customer_id"),
    )
    op.create_table(
        "netvisor_credit_note",
        _id(),
        _ref("company_id", "company.id"),
        _ref("customer_id", "customer.id"),
        _text("number"),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("note_date", "due")),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        _text("reference"),
        _instant("registered_at"),
        _ref("invoice_id", "invoice.id", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("company_id", "number"),
    )
    op.create_index("ix_netvisor_credit_note_customer_id", "netvisor_credit_note", ["customer_id"])
    op.create_index("ix_netvisor_credit_note_invoice_id", "netvisor_credit_note", ["invoice_id"])
    op.create_table(
        "netvisor_payment",
        _id(),
        _ref("ledger_entry_id", "ledger_entry.id"),
        *(_text(name) for name in ("source_name", "method")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ledger_entry_id"),
    )


def downgrade() -> None:
    for table in (
        *("netvisor_payment", "netvisor_credit_note", "netvisor_customer"),
        *("netvisor_request", "netvisor_key"),
    ):
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)
