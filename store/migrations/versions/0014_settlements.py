"""Settlements, whose a payment was judged to be, and what differs from the agency's books."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store.migrations.columns import instant, ref, row_id, text

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _settlements()
    op.create_table(
        "payment_verdict",
        row_id(),
        ref("invoice_id", "invoice.id"),
        text("entry_key"),
        sa.Column("serial", sa.Integer(), nullable=False),
        ref("agency_case_id", "agency_case.id"),
        _cents("amount_cents"),
        sa.Column("settlement", sa.Boolean(), nullable=False),
        _words("why"),
        text("decided_by"),
        instant("decided_at"),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("invoice_id", "entry_key", "serial"),
    )
    op.create_index("ix_payment_verdict_entry_key", "payment_verdict", ["entry_key"])
    op.create_index("ix_payment_verdict_agency_case_id", "payment_verdict", ["agency_case_id"])
    _what_was_told()
    op.create_table(
        "drift_report",
        row_id(),
        ref("company_id", "company.id"),
        text("agency"),
        sa.Column("on", sa.Date(), nullable=False),
        instant("made_at"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("cases", "differing")),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("company_id", "agency", "on"),
    )
    op.create_table(
        "drift_case",
        row_id(),
        ref("report_id", "drift_report.id"),
        text("case_reference"),
        ref("invoice_id", "invoice.id", nullable=True),
        sa.Column("differences", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "case_reference"),
    )
    op.create_index("ix_drift_case_invoice_id", "drift_case", ["invoice_id"])


def _settlements() -> None:
    op.create_table(
        "settlement",
        row_id(),
        *(text(name) for name in ("agency", "name")),
        ref("company_id", "company.id", nullable=True),
        *(text(name) for name in ("business_id", "contract_number")),
        sa.Column("settled_on", sa.Date(), nullable=False),
        *(text(name) for name in ("reference", "iban")),
        *(_cents(name) for name in ("commission_cents", "transferred_cents")),
        text("source"),
        instant("read_at"),
        text("status"),
        _words("problem"),
        ref("bank_payment_id", "bank_payment.id", nullable=True),
        instant("settled_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "name"),
    )
    for column in ("company_id", "status", "bank_payment_id"):
        op.create_index(f"ix_settlement_{column}", "settlement", [column])
    op.create_table(
        "settlement_line",
        row_id(),
        ref("settlement_id", "settlement.id"),
        sa.Column("serial", sa.Integer(), nullable=False),
        *(text(name) for name in ("case_reference", "agency_case_id")),
        *(_cents(f"{name}_cents") for name in ("principal", "interest", "fees", "withheld")),
        sa.Column("paid_on", sa.Date(), nullable=False),
        ref("invoice_id", "invoice.id", nullable=True),
        sa.Column("entry_key", sa.String(), nullable=True),
        _words("problem"),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("settlement_id", "serial"),
        sa.UniqueConstraint("invoice_id", "entry_key"),
    )
    op.create_index("ix_settlement_line_invoice_id", "settlement_line", ["invoice_id"])


def _what_was_told() -> None:
    """The money on invoices of which the agency has been told already was judged the debtor's."""
    op.execute(
        "INSERT INTO payment_verdict (invoice_id, entry_key, serial, agency_case_id, amount_cents,"
        " settlement, why, decided_by, decided_at, told)"
        " SELECT c.invoice_id, e.key, 1, c.id,"
        " CASE e.kind WHEN 'payment' THEN e.amount_cents ELSE -e.amount_cents END,"
        " false, 'the agency was told of it', 'automation', m.at, true"
        " FROM agency_message m JOIN agency_case c ON c.id = m.agency_case_id"
        " JOIN ledger_entry e ON e.invoice_id = c.invoice_id"
        " AND e.key IN ('bank/' || (m.body->>'identifier'), 'payment/' || (m.body->>'identifier'))"
        " WHERE m.kind IN ('direct_payment', 'payment_reversal') AND m.direction = 'out'"
        " ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    for table in (
        *("drift_case", "drift_report", "payment_verdict"),
        *("settlement_line", "settlement"),
    ):
        op.drop_table(table)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _cents(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)
