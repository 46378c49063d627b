"""The benchmarks' database can be filled as the tables are now, and the desk can serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import databases, fill
from bench.rows import Size, Story
from bench.stories import Known, Wordy

SEARCHED = ("search_lines", "search_threads", "search_people")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", [databases.Sqlite, databases.Postgres])
def test_a_small_desk_is_filled_with_rows_that_every_table_takes(
    kind: type[databases.Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (databases, fill):
        monkeypatch.setattr(module, "BUILD", tmp_path)
    database = kind()
    try:
        name, found = fill.filled(database, Size("tiny", 40, 100))
        assert found["rows"]["conversations"] == 100
        assert found["rows"]["responses"] > 0
        with database.connect(name) as db:
            for table in ("entries", "contents", "invitations", "responses"):
                assert db.execute(f"select count(*) from {table}").fetchone()[0] == found["rows"][table]
        assert fill.filled(database, Size("tiny", 40, 100)) == (name, found), "a filled database is kept"
        _multiplied(database, found)
    finally:
        database.close()


def _multiplied(database: databases.Database, once: dict[str, Any]) -> None:
    """Three times as many timelines, each customer's lines as they were, and what was not copied as it was."""
    size = Size("tiny", 40, 100)
    source, notes = fill.filled(database, size)
    with database.connect(source) as db:
        indexed = [db.execute(f"select count(*) from {table}").fetchone()[0] for table in SEARCHED]
    assert all(indexed)
    name, found = fill.multiplied(database, size, 3, source, notes, indexed=True)
    with database.connect(name) as db:
        for table in ("customers", "identities", "conversations", "entries", "contents"):
            count = db.execute(f"select count(*) from {table}").fetchone()[0]
            assert count == found["rows"][table] == 3 * once["rows"][table]
        for table, count in zip(SEARCHED, indexed, strict=True):
            assert db.execute(f"select count(*) from {table}").fetchone()[0] == 3 * count
        said = "select count(*), max(occurred_at) from entries where customer_id in (7, 47, 87) group by customer_id"
        first, *others = db.execute(said).fetchall()
        assert others == [first, first]
        lost = "select count(*) from entries e left join contents c on c.id = e.content_id where e.content_id > 0"
        assert db.execute(f"{lost} and c.id is null").fetchone()[0] == 0
        assert db.execute("select count(*) from deliveries").fetchone()[0] == once["rows"]["deliveries"]


@pytest.mark.long
@pytest.mark.parametrize("kind", [databases.Sqlite, databases.Postgres])
@pytest.mark.parametrize(("story", "table"), [(Wordy, "contents"), (Known, "facts")])
def test_other_stories_are_told_too(
    kind: type[databases.Database], story: type[Story], table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (databases, fill):
        monkeypatch.setattr(module, "BUILD", tmp_path)
    database = kind()
    try:
        name, found = fill.filled(database, Size("tiny", 40, 60), story)
        with database.connect(name) as db:
            assert db.execute(f"select count(*) from {table}").fetchone()[0] == found["rows"][table] > 40
    finally:
        database.close()
