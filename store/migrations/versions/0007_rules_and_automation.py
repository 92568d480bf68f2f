"""The automation's switch, who placed a customer, and running invoices that are moved."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # What ran by itself so far goes on; a company that comes from now on is switched on by hand.
    op.add_column(
        "company", sa.Column("automation", sa.Boolean(), nullable=False, server_default="true")
    )
    op.alter_column("company", "automation", server_default=None)
    op.add_column("company", sa.Column("automation_set_at", sa.DateTime(timezone=True)))
    _add_text("company", "automation_set_by")
    _add_text("rule", "general_for")
    op.execute("UPDATE rule SET general_for = 'consumer' WHERE name = 'Consumers'")
    op.execute("UPDATE rule SET general_for = 'business' WHERE name = 'Businesses'")
    _add_text("customer", "placed_by")
    op.add_column("customer", sa.Column("moved_in", sa.BigInteger(), nullable=True))
    op.create_index("ix_customer_moved_in", "customer", ["moved_in"])
    op.add_column("invoice", sa.Column("told_version_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE invoice SET told_version_id = rule_version_id")
    op.create_index("ix_invoice_rule_version_id", "invoice", ["rule_version_id"])
    op.create_table(
        "replanning",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), sa.ForeignKey("rule.id"), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_replanning_company_id", "replanning", ["company_id"])
    op.create_index("ix_replanning_status", "replanning", ["status"])


def downgrade() -> None:
    op.drop_table("replanning")
    op.drop_index("ix_invoice_rule_version_id", "invoice")
    op.drop_column("invoice", "told_version_id")
    op.drop_index("ix_customer_moved_in", "customer")
    for table, column in (
        *(("customer", "moved_in"), ("customer", "placed_by"), ("rule", "general_for")),
        *(("company", name) for name in ("automation_set_by", "automation_set_at", "automation")),
    ):
        op.drop_column(table, column)


def _add_text(table: str, column: str) -> None:
    op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default=""))
    op.alter_column(table, column, server_default=None)
