"""The migration that brought channels to surveys: what was asked and answered before stays, as asked by mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import Connection, MetaData, Table, select

from desk.app import create_app
from tests.servers.databases import Database
from tests.test_migrations import FOLDER

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def app(bare_database: Database, deployment: dict[str, Any]) -> Iterator[Flask]:
    app = create_app(deployment | {"DATABASE_URL": bare_database.url, "ENGINE_OPTIONS": {}})
    with app.app_context():
        yield app
    app.extensions["loopdesk"].store.engine.dispose()


def add(connection: Connection, name: str, **values: Any) -> None:
    """A row of a table as it is at this revision; what is needed and not named gets something plain."""
    table = Table(name, MetaData(), autoload_with=connection)
    for column in table.columns:
        if column.name not in values and not column.nullable and column.server_default is None:
            python = column.type.python_type
            plain = {str: "x", int: 1, bool: False, float: 0.0, datetime: AT, dict: {}, list: []}
            values[column.name] = plain[python]
    connection.execute(table.insert().values(**values))


@pytest.mark.usefixtures("app")
def test_old_questions_and_answers_survive_the_way_up_and_down(bare_database: Database) -> None:
    flask_migrate.upgrade(FOLDER, "0006")
    with bare_database.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        add(connection, "brands", id=1, locales=[])
        add(connection, "inboxes", id=1, brand_id=1, config={}, check_steps=[])
        add(connection, "customers", id=1)
        add(connection, "conversations", id=1)
        add(connection, "episodes", id=1)
        add(connection, "surveys", id=1, texts={})
        add(connection, "survey_decisions", id=1, detail={})
        add(connection, "invitations", id=1, channel="email")
        add(connection, "responses", id=1, invitation_id=1, score=4, reasons=["speed"])
        add(connection, "response_versions", response_id=1, version=1, score=4, reasons=["speed"])

    def read(name: str) -> Any:
        with bare_database.engine.connect() as connection:
            table = Table(name, MetaData(), autoload_with=connection)
            return connection.execute(select(table)).mappings().one()

    before = {name: dict(read(name)) for name in ("invitations", "responses", "response_versions")}
    flask_migrate.upgrade(FOLDER)
    assert read("responses")["channel"] == read("response_versions")["channel"] == "email"
    asked = read("invitations")
    assert (asked["channel"], asked["got_at"], asked["seen_at"], asked["mailed_at"]) == ("email", None, None, None)
    flask_migrate.downgrade(FOLDER, revision="0006")
    assert {name: dict(read(name)) for name in before} == before
