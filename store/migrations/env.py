"""Alembic's entry: runs the migrations on the connection that `store.migrations` opened."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import store.tables  # noqa: F401 - fills the metadata


def plain_strings(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Write SQLModel's own string type as what it is in the database."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    compare_type=True,
    render_item=plain_strings,
)
with context.begin_transaction():
    context.run_migrations()
