"""Which payment a bank's reversal takes back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "bank_payment",
        sa.Column("reverses", sa.BigInteger(), sa.ForeignKey("bank_payment.id"), nullable=True),
    )
    op.create_index("ix_bank_payment_reverses", "bank_payment", ["reverses"])


def downgrade() -> None:
    op.drop_index("ix_bank_payment_reverses", "bank_payment")
    op.drop_column("bank_payment", "reverses")
