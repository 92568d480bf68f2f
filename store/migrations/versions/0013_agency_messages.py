"""Agency messages: merged cases, how far an agency's lists were read, and reports of unknown cases.

A message's name is the agency's or the case's own, so it is unique within its case.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("agency_case", _case("merged_into_id"))
    op.create_index("ix_agency_case_merged_into_id", "agency_case", ["merged_into_id"])
    op.add_column("agency_message", _case("said_of_id"))
    op.drop_constraint("agency_message_key_key", "agency_message", type_="unique")
    op.create_unique_constraint(
        "agency_message_agency_case_id_key_key", "agency_message", ["agency_case_id", "key"]
    )
    op.create_table(
        "agency_cursor",
        _id(),
        *(_text(name) for name in ("agency", "feed", "cursor")),
        _instant("read_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "feed"),
    )
    op.create_table(
        "agency_unheard_of",
        _id(),
        *(_text(name) for name in ("agency", "key", "case_reference")),
        sa.Column("body", postgresql.JSONB(none_as_null=True), nullable=False),
        _instant("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "key"),
    )


def downgrade() -> None:
    op.drop_table("agency_unheard_of")
    op.drop_table("agency_cursor")
    op.drop_constraint("agency_message_agency_case_id_key_key", "agency_message", type_="unique")
    op.create_unique_constraint("agency_message_key_key", "agency_message", ["key"])
    op.drop_column("agency_message", "said_of_id")
    op.drop_column("agency_case", "merged_into_id")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _case(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey("agency_case.id"), nullable=True)
