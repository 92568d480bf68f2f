"""Web pages: sums of invoices kept while they change, lists in every order, mass actions."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_RUNNING = "state IN ('open', 'overdue', 'reminded', 'notified', 'in_collection')"

_KEY = "company_id, owner, state, agency_service, due"

_SUMS = f"{_KEY}, invoices, open_cents, attention, approval"


def _of(row: str) -> str:
    """Whose sum an invoice counts in."""
    return (
        f"{row}.company_id, {row}.owner, {row}.state, {row}.agency_service,"
        f" CASE WHEN {row}.{_RUNNING} THEN {row}.due ELSE DATE '0001-01-01' END"
    )


def _counted(rows: str) -> str:
    """The sums of some invoices, by whose they are."""
    return (
        f"SELECT {_of('i')}, count(*), sum(i.open_cents),"  # noqa: S608 - constants of this file
        " count(*) FILTER (WHERE i.attention <> ''),"
        " count(*) FILTER (WHERE i.next_step = 'approve')"
        f" FROM {rows} AS i GROUP BY 1, 2, 3, 4, 5"
    )


def _one(row: str, sign: str = "") -> str:
    return (
        f"({_of(row)}, {sign}1, {sign}{row}.open_cents,"
        f" {sign}({row}.attention <> '')::int, {sign}({row}.next_step = 'approve')::int)"
    )


_COUNTED_COLUMNS = (
    *("company_id", "owner", "state", "agency_service", "due", "open_cents"),
    *("attention", "next_step"),
)


def _columns(row: str) -> str:
    return ", ".join(f"{row}.{name}" for name in _COUNTED_COLUMNS)


def upgrade() -> None:
    _lists()
    _sums()
    _figures()
    _mass_actions()


def _lists() -> None:
    op.add_column(
        "invoice",
        sa.Column(
            "open_cents",
            sa.BigInteger(),
            sa.Computed("coalesce((case_json->>'open_cents')::bigint, 0)", persisted=True),
            nullable=False,
        ),
    )
    op.add_column(
        "invoice",
        sa.Column(
            "agency_service",
            sa.Text(),
            sa.Computed(
                "CASE WHEN state = 'in_collection'"
                " THEN coalesce(case_json#>>'{agency,service}', '') ELSE '' END",
                persisted=True,
            ),
            nullable=False,
        ),
    )
    running = sa.text(_RUNNING)
    for name, last in (
        ("number", [sa.text('number COLLATE "C"')]),
        ("sum", ["open_cents", "id"]),
        ("step", [sa.text("coalesce(next_step_at, 'infinity')"), "id"]),
    ):
        op.create_index(
            f"ix_invoice_by_{name}",
            "invoice",
            ["company_id", "state", *last],
            postgresql_where=running,
        )
    op.create_index(
        "ix_invoice_by_status",
        "invoice",
        ["company_id", "collection_status", "due", "id"],
        postgresql_where=sa.text("state = 'in_collection'"),
    )
    op.create_index(
        "ix_invoice_held", "invoice", ["company_id", "due", "id"], postgresql_where=sa.text("held")
    )
    op.create_index(
        "ix_invoice_amount", "invoice", ["company_id", "principal_cents"], postgresql_where=running
    )
    op.create_index("ix_customer_by_name", "customer", ["company_id", sa.text("lower(name)"), "id"])
    op.create_index(
        "ix_customer_words",
        "customer",
        [sa.text("to_tsvector('simple', name)")],
        postgresql_using="gin",
    )
    op.create_index("ix_notice_sent_at", "notice", ["sent_at"])
    op.create_index("ix_agency_case_assigned_at", "agency_case", ["assigned_at"])


def _sums() -> None:
    def values() -> tuple[sa.Column[int], ...]:
        return (
            sa.Column("invoices", sa.Integer(), nullable=False),
            sa.Column("open_cents", sa.BigInteger(), nullable=False),
            *(sa.Column(name, sa.Integer(), nullable=False) for name in ("attention", "approval")),
        )

    op.create_table(
        "invoice_sum",
        *_sum_key(),
        *values(),
        sa.PrimaryKeyConstraint("company_id", "owner", "state", "agency_service", "due"),
    )
    op.create_table(
        "invoice_sum_change",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        *_sum_key(),
        *values(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_invoice_sum_change", "invoice_sum_change", ["company_id"])
    op.execute(f"INSERT INTO invoice_sum ({_SUMS}) {_counted('invoice')}")
    into = f"INSERT INTO invoice_sum_change ({_SUMS})"
    op.execute(
        "CREATE FUNCTION invoices_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" {into} {_counted('added')}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION invoices_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608
        f" {into} SELECT {_KEY}, -invoices, -open_cents, -attention, -approval"
        f" FROM ({_counted('gone')}) AS less ({_SUMS}); RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION invoice_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" {into} VALUES {_one('OLD', '-')}, {_one('NEW')}; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION invoices_emptied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " DELETE FROM invoice_sum_change; DELETE FROM invoice_sum; RETURN NULL; END $$"
    )
    # Of many that come at once there is one change to a sum; of a row that is changed, as mostly
    # happens, what tells whether a sum changes is looked at before anything is queued.
    op.execute(
        "CREATE TRIGGER invoices_added AFTER INSERT ON invoice REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION invoices_added()"
    )
    op.execute(
        "CREATE TRIGGER invoices_gone AFTER DELETE ON invoice REFERENCING OLD TABLE AS gone"
        " FOR EACH STATEMENT EXECUTE FUNCTION invoices_gone()"
    )
    op.execute(
        "CREATE TRIGGER invoice_changed AFTER UPDATE ON invoice FOR EACH ROW"
        f" WHEN (({_columns('OLD')}) IS DISTINCT FROM ({_columns('NEW')}))"
        " EXECUTE FUNCTION invoice_changed()"
    )
    op.execute(
        "CREATE TRIGGER invoices_emptied AFTER TRUNCATE ON invoice"
        " FOR EACH STATEMENT EXECUTE FUNCTION invoices_emptied()"
    )


def _sum_key() -> list[sa.Column[Any]]:
    return [
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("owner", "state", "agency_service")
        ),
        sa.Column("due", sa.Date(), nullable=False),
    ]


def _figures() -> None:
    op.create_table(
        "kept_figure",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        _instant("asked_at"),
        *(_instant(name, nullable=True) for name in ("computed_at", "as_of")),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("company_id", "name"),
    )
    op.create_index("ix_kept_figure_asked_at", "kept_figure", ["asked_at"])


def _mass_actions() -> None:
    op.create_table(
        "bulk_action",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.BigInteger(), sa.ForeignKey("company.id"), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("owner", "status")),
        _instant("asked_at"),
        sa.Column("asked_by", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("total", "done", "refused")),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        _instant("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bulk_action_company_id", "bulk_action", ["company_id"])
    op.create_index("ix_bulk_action_status", "bulk_action", ["status"])
    op.create_table(
        "bulk_item",
        sa.Column(
            "bulk_action_id",
            sa.BigInteger(),
            sa.ForeignKey("bulk_action.id"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "invoice_id",
            sa.BigInteger(),
            sa.ForeignKey("invoice.id"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bulk_action_id", "invoice_id"),
    )
    for status in ("waiting", "refused"):
        op.create_index(
            f"ix_bulk_item_{status}",
            "bulk_item",
            ["bulk_action_id", "invoice_id"],
            postgresql_where=sa.text(f"status = '{status}'"),
        )


def downgrade() -> None:
    for name in ("bulk_item", "bulk_action", "kept_figure"):
        op.drop_table(name)
    for name in ("invoices_added", "invoices_gone", "invoice_changed", "invoices_emptied"):
        op.execute(f"DROP TRIGGER {name} ON invoice")
        op.execute(f"DROP FUNCTION {name}")
    op.drop_table("invoice_sum_change")
    op.drop_table("invoice_sum")
    op.drop_index("ix_agency_case_assigned_at", "agency_case")
    op.drop_index("ix_notice_sent_at", "notice")
    op.drop_index("ix_customer_words", "customer")
    op.drop_index("ix_customer_by_name", "customer")
    for name in ("held", "amount", "by_status", "by_step", "by_sum", "by_number"):
        op.drop_index(f"ix_invoice_{name}", "invoice")
    op.drop_column("invoice", "agency_service")
    op.drop_column("invoice", "open_cents")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
