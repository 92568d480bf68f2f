"""Contracts with agencies in a table of their own, in place of a column of the company's; the
customers' default contacts; which letters' copies go along with an assignment.

A company that had a contract had bought collection, and its invoices went by their rules once they
were notified, with the customer's own phone and e-mail.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store.migrations.columns import instant, ref, row_id, text

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CONTACT = ("contact_name", "contact_phone", "contact_email")


def upgrade() -> None:
    op.create_table(
        "agency_contract",
        row_id(),
        ref("company_id", "company.id"),
        *(text(name) for name in ("agency", "number")),
        sa.Column("services", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        text("from_state"),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("automatic", "default_contact")
        ),
        instant("switched_at"),
        text("switched_by"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("company_id", "agency"),
    )
    op.create_table(
        "agency_contract_news",
        row_id(),
        ref("company_id", "company.id"),
        *(text(name) for name in ("agency", "key", "number")),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("body", postgresql.JSONB(none_as_null=True), nullable=False),
        instant("at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "key"),
    )
    op.create_index("ix_agency_contract_news_company_id", "agency_contract_news", ["company_id"])
    op.execute(
        "INSERT INTO agency_contract (company_id, agency, number, services, in_force_from,"
        " from_state, automatic, default_contact, switched_at, switched_by, version)"
        " SELECT id, 'intrum', agency_contract, '[\"collection\"]', '2000-01-01',"
        " 'notified', true, true, '2000-01-01T00:00:00Z', 'taken over', 1"
        " FROM company WHERE agency_contract <> ''"
    )
    op.drop_column("company", "agency_contract")
    for name in _CONTACT:
        op.add_column("customer", sa.Column(name, sa.String(), nullable=False, server_default=""))
        op.alter_column("customer", name, server_default=None)
    op.add_column(
        "agency_message",
        sa.Column("letter_ids", postgresql.JSONB(none_as_null=True), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("agency_message", "letter_ids")
    for name in _CONTACT:
        op.drop_column("customer", name)
    op.add_column(
        "company", sa.Column("agency_contract", sa.String(), nullable=False, server_default="")
    )
    op.alter_column("company", "agency_contract", server_default=None)
    op.execute(
        "UPDATE company SET agency_contract = contract.number FROM agency_contract contract"
        " WHERE contract.company_id = company.id AND contract.agency = 'intrum'"
        " AND contract.ended_on IS NULL"
    )
    op.drop_table("agency_contract_news")
    op.drop_table("agency_contract")
