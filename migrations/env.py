"""Runs the migrations on the database of the application."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app

from desk.store import Base, UtcTime


def render(kind: str, item: Any, autogen: Any) -> str | bool:
    """How our own column types are written into a new migration."""
    if kind == "type" and isinstance(item, UtcTime):
        autogen.imports.add("from desk.store import UtcTime")
        return "UtcTime()"
    return False


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    # A writer from the first statement on: SQLite would otherwise refuse to turn a reader into one.
    with engine.execution_options(desk_write=True).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=not sqlite,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
