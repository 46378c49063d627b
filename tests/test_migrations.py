"""Migrations: one head, up, down and up again with rows in between, and the same tables as the models."""

from __future__ import annotations

import json
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
from sqlalchemy import column, inspect, select, table, text

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


@pytest.mark.usefixtures("app")
def test_office_hours_of_inboxes_become_calendars_and_go_back(bare_database: Database) -> None:
    flask_migrate.upgrade(FOLDER, REVISIONS[REVISIONS.index("0023") - 1])
    inboxes = table("inboxes", *(column(name) for name in ("id", "name", "config")))
    hours = {"hours": "Mo-Fr 9:00-18:00; Sa 22:00-2:00", "zone": "Europe/Stockholm", "bot": True}
    configs = [hours, {**hours, "bot": False}, {**hours, "zone": "UTC"}, {"zone": "UTC"}]
    with bare_database.engine.begin() as connection:
        columns = "id, key, name, colour, locale, locales, zone"
        connection.execute(text(f"INSERT INTO brands ({columns}) VALUES (1, 'k', 'K', '', 'en', '[]', 'UTC')"))
        for number, config in enumerate(configs, start=1):
            connection.execute(
                text(
                    "INSERT INTO inboxes (id, key, channel, name, address, brand_id, locale, zone, config, active,"
                    " trouble, check_steps) "
                    "VALUES (:id, :key, 'chat', 'Shop', :key, 1, 'en', 'UTC', :config, :active, '', '[]')"
                ),
                {"id": number, "key": f"k{number}", "config": json.dumps(config), "active": True},
            )
    flask_migrate.upgrade(FOLDER, "0023")
    asked = (
        "SELECT i.id, c.name, v.hours, v.zone FROM inboxes i LEFT JOIN calendars c ON c.id = i.calendar_id "
        "LEFT JOIN calendar_versions v ON v.id = c.version_id ORDER BY i.id"
    )
    with bare_database.engine.begin() as connection:
        told = [tuple(row) for row in connection.execute(text(asked))]
    same = ("Shop", hours["hours"], "Europe/Stockholm")
    assert told == [(1, *same), (2, *same), (3, "Shop 2", hours["hours"], "UTC"), (4, None, None, None)]
    flask_migrate.downgrade(FOLDER)
    with bare_database.engine.begin() as connection:
        rows = connection.execute(select(inboxes).order_by(inboxes.c.id)).all()
    back = [json.loads(row.config) if isinstance(row.config, str) else row.config for row in rows]
    assert back == configs


@pytest.mark.usefixtures("app")
def test_where_conversations_began_becomes_a_link_of_both(bare_database: Database, keys: KeyRing) -> None:
    flask_migrate.upgrade(FOLDER)
    store = Store(bare_database.engine, SetClock(datetime(2026, 3, 2, tzinfo=UTC)), keys)
    with store.transaction() as tx:
        first = make_conversation(tx).id
        second = make_conversation(tx, linked_id=first).id
    flask_migrate.downgrade(FOLDER, "0018")
    flask_migrate.upgrade(FOLDER)
    with store.reading() as tx:
        found = tx.execute(text("SELECT one_id, other_id, staff_id FROM conversation_links")).all()
    assert [tuple(row) for row in found] == [(first, second, None)]
