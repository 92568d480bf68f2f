"""E-invoice addresses, a customer's own order of channels, charges by channel."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OLD_KEY = "service_charge_notice_id_kind_reversal_key"
_NEW_KEY = "service_charge_notice_id_kind_channel_reversal_key"


def upgrade() -> None:
    for table in ("company", "customer"):
        for column in ("einvoice_address", "einvoice_operator"):
            _add_text(table, column)
    op.add_column(
        "customer", sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    _add_text("service_charge", "channel")
    op.execute(
        "UPDATE service_charge SET channel = notice.channel FROM notice"
        " WHERE notice.id = service_charge.notice_id"
    )
    op.drop_constraint(_OLD_KEY, "service_charge", type_="unique")
    op.create_unique_constraint(
        _NEW_KEY, "service_charge", ["notice_id", "kind", "channel", "reversal"]
    )


def downgrade() -> None:
    op.drop_constraint(_NEW_KEY, "service_charge", type_="unique")
    op.create_unique_constraint(_OLD_KEY, "service_charge", ["notice_id", "kind", "reversal"])
    op.drop_column("service_charge", "channel")
    op.drop_column("customer", "channels")
    for table in ("customer", "company"):
        for column in ("einvoice_operator", "einvoice_address"):
            op.drop_column(table, column)


def _add_text(table: str, column: str) -> None:
    """A column that may not be empty, for rows that are there already."""
    op.add_column(table, sa.Column(column, sa.String(), nullable=False, server_default=""))
    op.alter_column(table, column, server_default=None)
