"""Files handed in and their records; shares of payments; how fresh the bank's word is."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from store.migrations.columns import instant, ref, row_id, text

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    _imports()
    op.create_table(
        "company_account",
        row_id(),
        ref("company_id", "company.id"),
        sa.Column("iban", sa.String(), nullable=False),
        instant("read_as_of", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("company_id", "iban"),
    )
    op.create_index("ix_company_account_iban", "company_account", ["iban"])
    op.execute(
        "INSERT INTO company_account (company_id, iban)"
        " SELECT DISTINCT company_id, iban FROM invoice WHERE iban <> ''"
    )
    _payments()
    op.add_column(
        "company",
        sa.Column("bank_feed", sa.String(), nullable=False, server_default="banking_day"),
    )
    op.alter_column("company", "bank_feed", server_default=None)


def _imports() -> None:
    op.create_table(
        "file_import",
        row_id(),
        *(text(name) for name in ("kind", "name", "sha256")),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        ref("company_id", "company.id", nullable=True),
        sa.Column("options", _JSON, nullable=False),
        text("status"),
        instant("received_at"),
        text("received_by"),
        instant("ended_at", nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("read", "booked", "known", "set_aside", "bad")
        ),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_file_import_company_id", "file_import", ["company_id"])
    op.create_index("ix_file_import_sha256", "file_import", ["sha256"])
    op.create_table(
        "import_record",
        row_id(),
        ref("import_id", "file_import.id"),
        sa.Column("serial", sa.Integer(), nullable=False),
        text("kind"),
        text("status"),
        sa.Column("line", sa.Integer(), nullable=True),
        text("number"),
        sa.Column("body", _JSON, nullable=True),
        text("element"),
        sa.Column("reason", sa.Text(), nullable=False),
        text("fault"),
        sa.Column("raw", sa.Text(), nullable=False),
        ref("invoice_id", "invoice.id", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("import_id", "serial"),
    )
    op.create_index("ix_import_record_status", "import_record", ["import_id", "status", "serial"])
    op.create_table(
        "file_part",
        row_id(),
        ref("import_id", "file_import.id"),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("import_id", "serial"),
    )


def _payments() -> None:
    op.create_table(
        "payment_share",
        row_id(),
        ref("bank_payment_id", "bank_payment.id"),
        sa.Column("serial", sa.Integer(), nullable=False),
        ref("invoice_id", "invoice.id"),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        text("how"),
        text("assigned_by"),
        instant("assigned_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("bank_payment_id", "serial"),
    )
    op.create_index("ix_payment_share_invoice_id", "payment_share", ["invoice_id"])
    op.execute(
        "INSERT INTO payment_share (bank_payment_id, serial, invoice_id, amount_cents, how,"
        " assigned_by, assigned_at) SELECT id, 1, invoice_id, amount_cents, 'reference',"
        " 'automation', read_at FROM bank_payment WHERE invoice_id IS NOT NULL"
    )
    op.add_column(
        "bank_payment",
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=True),
    )
    op.execute(
        "UPDATE bank_payment SET company_id = invoice.company_id FROM invoice"
        " WHERE invoice.id = bank_payment.invoice_id"
    )
    op.add_column(
        "bank_payment",
        sa.Column("open_cents", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.alter_column("bank_payment", "open_cents", server_default=None)
    op.execute("UPDATE bank_payment SET open_cents = amount_cents WHERE invoice_id IS NULL")
    for name, kind in (
        ("payer_account", sa.String()),
        ("message", sa.Text()),
        ("archive_id", sa.String()),
        ("set_aside", sa.Text()),
    ):
        op.add_column("bank_payment", sa.Column(name, kind, nullable=False, server_default=""))
        op.alter_column("bank_payment", name, server_default=None)
    op.drop_column("bank_payment", "invoice_id")
    for column in ("archive_id", "company_id", "reference"):
        op.create_index(f"ix_bank_payment_{column}", "bank_payment", [column])
    op.create_index(
        "ix_bank_payment_queue",
        "bank_payment",
        ["company_id", "id"],
        postgresql_where=sa.text("open_cents <> 0 AND set_aside = ''"),
    )


def downgrade() -> None:
    op.drop_column("company", "bank_feed")
    op.add_column(
        "bank_payment",
        sa.Column("invoice_id", sa.BigInteger(), sa.ForeignKey("invoice.id"), nullable=True),
    )
    op.execute(
        "UPDATE bank_payment SET invoice_id = payment_share.invoice_id FROM payment_share"
        " WHERE bank_payment_id = bank_payment.id AND serial = 1"
    )
    op.create_index("ix_bank_payment_invoice_id", "bank_payment", ["invoice_id"])
    op.drop_index("ix_bank_payment_queue", "bank_payment")
    op.drop_index("ix_bank_payment_reference", "bank_payment")
    for column in (
        *("set_aside", "archive_id", "message", "payer_account", "open_cents", "company_id"),
    ):
        op.drop_column("bank_payment", column)
    for table in ("payment_share", "file_part", "company_account", "import_record", "file_import"):
        op.drop_table(table)
