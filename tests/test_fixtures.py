"""The fixtures themselves: each test starts on an empty desk, and the two databases keep the same rows alike."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from desk.db import db, import_tables
from desk.store import Base, Store
from desk.timeline.tables import Content, Entry
from tests.factories import make_conversation, make_customer, make_entry, make_inbox, make_staff, make_team


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_starts_on_an_empty_desk(store: Store, time: str) -> None:
    with store.transaction() as tx:
        team = make_team(tx, make_staff(tx))
        inbox = make_inbox(tx, team_id=team.id)
        entry = make_entry(tx, make_conversation(tx, make_customer(tx), inbox), "Hello ünd 你好")
        make_entry(tx, kind="status", text=None, detail={"before": "open", "after": "resolved"})
    with store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Entry)) == 2
        read = tx.get_one(Entry, entry.id)
        assert read.occurred_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        assert tx.get_one(Content, read.content_id).text == "Hello ünd 你好"


@pytest.mark.database("postgresql")
def test_a_marker_names_the_database(store: Store) -> None:
    assert store.engine.dialect.name == "postgresql"


def test_flask_sqlalchemy_shares_the_one_metadata() -> None:
    assert "desk.timeline.tables" in import_tables()
    assert db.metadata is Base.metadata
    assert "entries" in db.metadata.tables


def test_no_way_out_of_this_machine() -> None:
    with pytest.raises(Exception, match=r"(?i)socket"), socket.create_connection(("192.0.2.1", 9), timeout=1):
        pass
