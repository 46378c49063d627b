"""The benchmarks' database can be filled as the tables are now, and the desk can serve it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import databases, fill
from bench.rows import Size


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
    finally:
        database.close()
