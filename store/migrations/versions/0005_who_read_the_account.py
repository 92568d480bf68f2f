"""Who looked at a bank account, where a person's word stands in for a file of the bank's."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "company_account", sa.Column("read_by", sa.String(), nullable=False, server_default="")
    )
    op.alter_column("company_account", "read_by", server_default=None)


def downgrade() -> None:
    op.drop_column("company_account", "read_by")
