"""The indexes that an invoice list's pages are read off."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # One index for each state's invoices in the list's order; it serves what the other did.
    op.create_index("ix_invoice_list", "invoice", ["company_id", "state", "due", "id"])
    op.drop_index("ix_invoice_company_state", "invoice")
    # Those that wait for a person are few among many.
    op.create_index(
        "ix_invoice_for_a_person",
        "invoice",
        ["company_id", "due", "id"],
        postgresql_where=sa.text("attention <> '' OR next_step = 'approve'"),
    )


def downgrade() -> None:
    op.drop_index("ix_invoice_for_a_person", "invoice")
    op.create_index("ix_invoice_company_state", "invoice", ["company_id", "state"])
    op.drop_index("ix_invoice_list", "invoice")
