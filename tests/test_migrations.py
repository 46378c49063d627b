"""Migrations: one head, up, down and up again with rows in between, and the same tables as the models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from desk.app import create_app
from desk.clock import SetClock
from desk.keys import KeyRing
from desk.search.tables import INDEXED, SHADOWS
from desk.store import Base, Store
from tests.factories import make_conversation, make_entry
from tests.servers.databases import Database

FOLDER = str(Path(__file__).resolve().parent.parent / "migrations")
REVISIONS = [script.revision for script in reversed(list(ScriptDirectory(FOLDER).walk_revisions()))]


@pytest.fixture
def app(bare_database: Database, deployment: dict[str, Any]) -> Iterator[Flask]:
    app = create_app(deployment | {"DATABASE_URL": bare_database.url, "ENGINE_OPTIONS": {}})
    with app.app_context():
        yield app
    app.extensions["loopdesk"].store.engine.dispose()


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"} - SHADOWS


def is_modelled(_thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Everything but the tables that SQLite makes for a full-text index, and there the index that PostgreSQL has in
    their place (tests/search looks into both)."""
    if kind == "index" and name in {f"ix_{table}_words" for table in INDEXED}:
        return reflected or other is not None
    return not (kind == "table" and name in SHADOWS)


def test_there_is_one_head_and_the_numbers_count_up() -> None:
    assert len(ScriptDirectory(FOLDER).get_heads()) == 1
    assert REVISIONS == [f"{number:04}" for number in range(1, len(REVISIONS) + 1)]


@pytest.mark.usefixtures("app")
def test_models_and_migrations_agree(bare_database: Database) -> None:
    flask_migrate.upgrade(FOLDER)
    with bare_database.engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_object": is_modelled}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.usefixtures("app")
def test_each_migration_goes_down_and_up_again(bare_database: Database) -> None:
    for revision in REVISIONS:
        before = tables(bare_database)
        flask_migrate.upgrade(FOLDER, revision)
        after = tables(bare_database)
        flask_migrate.downgrade(FOLDER)
        assert tables(bare_database) == before
        flask_migrate.upgrade(FOLDER, revision)
        assert tables(bare_database) == after


@pytest.mark.usefixtures("app")
def test_a_desk_with_rows_can_go_back_to_nothing(bare_database: Database, keys: KeyRing) -> None:
    flask_migrate.upgrade(FOLDER)
    store = Store(bare_database.engine, SetClock(datetime(2026, 3, 2, tzinfo=UTC)), keys)
    with store.transaction() as tx:
        make_entry(tx, make_conversation(tx, labels=("late",)), "Hello")
    flask_migrate.downgrade(FOLDER, revision="base")
    assert tables(bare_database) == set()
    flask_migrate.upgrade(FOLDER)
    assert tables(bare_database) == set(Base.metadata.tables)
