"""Who approved a letter, and drafts by an index of their own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "notice", sa.Column("approved_by", sa.String(), server_default="", nullable=False)
    )
    # Those that were put before somebody, and that somebody sent.
    op.execute(
        "UPDATE notice SET approved_by = event.actor FROM event"
        " WHERE event.invoice_id = notice.invoice_id AND event.kind = 'letter_released'"
        " AND CAST(event.outcome->'letter'->>'notice_id' AS bigint) = notice.id"
        " AND event.actor <> 'automation'"
        " AND EXISTS (SELECT FROM event AS proposed"
        " WHERE proposed.invoice_id = notice.invoice_id AND proposed.kind = 'letter_proposed'"
        " AND proposed.outcome->>'letter' = notice.kind AND proposed.seq < event.seq)"
    )
    op.alter_column("notice", "approved_by", server_default=None)
    op.create_index(
        "ix_notice_approved", "notice", ["id"], postgresql_where=sa.text("approved_by <> ''")
    )
    op.create_index(
        "ix_invoice_drafted",
        "invoice",
        ["company_id", "due", "id"],
        postgresql_where=sa.text("next_step = 'propose'"),
    )


def downgrade() -> None:
    op.drop_index("ix_invoice_drafted", "invoice")
    op.drop_index("ix_notice_approved", "notice")
    op.drop_column("notice", "approved_by")
