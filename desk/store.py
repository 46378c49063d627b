"""Tables' base, column types, and the transaction: commit first, then announce what happened."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, TypeVar

from psycopg.types.json import set_json_loads
from sqlalchemy import JSON, BigInteger, DateTime, Engine, Integer, MetaData, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DisconnectionError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from desk.clock import Clock
from desk.keys import KeyRing
from desk.signals import Signal
from desk.turns import Turns

TRUSTED_FOR = 1.0  # seconds
WRITERS = 2  # of one process that write to PostgreSQL at a time: one computes while the other waits for the database
WRITERS_WAIT = 1.0  # seconds after which one goes on though others still write: a long import must not hold a mail up

log = logging.getLogger(__name__)
DEADLOCK = "40P01"  # PostgreSQL's word for two that wait for each other

BigInt = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only in INTEGER columns
Json = JSON().with_variant(postgresql.JSONB(), "postgresql")


class UtcTime(TypeDecorator[datetime]):
    """A point in time. Aware and UTC in Python; timestamptz on PostgreSQL, text that sorts by time on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone was about to be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The base of every table of the desk: one metadata, constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcTime(),
        int: BigInt,
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class Hand(Protocol):
    """A worker of this process who takes a job over with the commit that writes it."""

    @property
    def worker(self) -> str:
        """The name that its leases carry."""
        ...

    def has_room(self) -> bool:
        """Whether a job that is handed over now begins soon, so that nobody else could have begun it sooner."""
        ...


_NO_WAITING = text("SET LOCAL synchronous_commit = off")
Row = TypeVar("Row")


class Tx(Session):
    """One transaction: a SQLAlchemy session that also carries the clock, the key ring and what happened so far."""

    clock: Clock
    keys: KeyRing
    signals: list[Signal]
    writing: bool
    asked: set[Any]  # what jobs.enqueue has asked for in this transaction already
    public_url: str  # where customers reach this desk, without a slash at the end
    hands: Mapping[str, Hand]  # who in this process takes jobs over at once, by the task
    memo: dict[str, Any]  # what was read once and holds for the whole transaction, by the name of who keeps it

    # A session forgets rows that nobody holds, and the next function asks the database for them again. A transaction
    # is short, so it holds what it made and what it looked up by key.
    _held: list[object]

    def add(self, instance: object, *, _warn: bool = True) -> None:
        self._held.append(instance)
        super().add(instance, _warn=_warn)

    def aside(self, statement: Any, values: Mapping[str, Any] | None = None) -> Any:
        """Runs a statement on this transaction's connection without writing the pending rows first, as `execute` would:
        for rows that refer to nothing, so that one message is written in one go and not in seven."""
        return self.connection().execute(statement, values)

    def insert_many(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
        """Writes thousands of rows that are whole (no default of Python's is added) and that nobody reads back: by COPY
        on PostgreSQL, which takes them four times as fast as statements."""
        if not rows:
            return
        names = list(rows[0])
        if self.dialect_name != "postgresql":
            self._insert_columns(table, names, rows)
            return
        cursor = self.connection().connection.cursor()
        columns = ", ".join(f'"{name}"' for name in names)
        with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row([json.dumps(v) if isinstance(v, (dict, list)) else v for v in map(row.get, names)])

    def _insert_columns(self, table: Any, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """The same on SQLite: column by column made into what the driver takes, each time but once, because thousands
        of rows of one moment have a few times between them and writing one out takes longer than a row."""
        dialect, columns = self.get_bind().dialect, list[Sequence[Any]]()
        for name in names:
            values = [row[name] for row in rows]
            made = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            if made is not None and isinstance(table.c[name].type, UtcTime):
                known = {value: made(value) for value in set(values)}
                values = [known[value] for value in values]
            elif made is not None:
                values = [made(value) for value in values]
            columns.append(values)
        marks = ", ".join("?" * len(names))
        into = ", ".join(f'"{name}"' for name in names)
        statement = f'INSERT INTO "{table.name}" ({into}) VALUES ({marks})'  # noqa: S608  names of ours
        self.connection().exec_driver_sql(statement, list(zip(*columns, strict=True)))

    def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        """As a session's, but a reading transaction has no rows of its own to write first: what reads plain columns
        goes straight to the connection, a tenth of a page sooner."""
        if self.writing or options or statement._propagate_attrs:
            return super().execute(statement, params, **options)
        return self.connection().execute(statement, params)

    def hold(self, row: Row) -> Row:
        """Keeps a row that was looked up otherwise, so that `get` finds it again without asking."""
        self._held.append(row)
        return row

    def get(self, *args: Any, **kwargs: Any) -> Any:
        found = super().get(*args, **kwargs)
        if found is not None:
            self._held.append(found)
        return found

    def now(self) -> datetime:
        return self.clock.now()

    def announce(self, signal: Signal) -> None:
        """Says that something happened, once this transaction is committed."""
        self.signals.append(signal)

    @property
    def dialect_name(self) -> str:
        return self.get_bind().dialect.name

    @property
    def pool(self) -> object:
        """What stands for the database that this is a transaction of: the same for all of a process."""
        return self.get_bind().engine.pool


T = TypeVar("T")
Listener = Callable[[Signal], None]
Reaction = Callable[[Tx, Signal], None]


class Store:
    """The database of one desk, and who hears of what is committed to it."""

    def __init__(self, engine: Engine, clock: Clock, keys: KeyRing, public_url: str = "http://127.0.0.1:5000") -> None:
        self.engine = engine
        self.public_url = public_url.rstrip("/")
        self.clock = clock
        self.keys = keys
        self._writer = engine.execution_options(desk_write=True)
        # On PostgreSQL each statement sees what is committed when it begins, in a transaction or out of one: readers
        # go without, and save two trips. On SQLite the transaction keeps a page of one piece, and costs nothing.
        self._reader = engine
        if engine.dialect.name == "postgresql":
            self._reader = engine.execution_options(isolation_level="AUTOCOMMIT")
        # Before a connection is taken: those who wait to write would hold them all, and nobody could read.
        self._turns = Turns() if engine.dialect.name == "sqlite" else Turns(WRITERS, WRITERS_WAIT)
        self.hands: Mapping[str, Hand] = {}
        self._reactions: list[Reaction] = []
        self._listeners: list[Listener] = []
        self._together: list[Callable[[Sequence[Signal]], None]] = []

    def react_with(self, reaction: Reaction) -> None:
        """Adds what runs inside the transaction, for each signal, before the commit."""
        self._reactions.append(reaction)

    def listen(self, listener: Listener) -> None:
        """Adds what runs after the commit, for each signal; its errors are logged and stop nobody."""
        self._listeners.append(listener)

    def listen_together(self, listener: Callable[[Sequence[Signal]], None]) -> None:
        """Adds what runs after the commit, once for all that it brought."""
        self._together.append(listener)

    def unlisten(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    def _open(self, engine: Engine, *, writing: bool) -> Tx:
        tx = Tx(bind=engine, expire_on_commit=False, autoflush=True)
        tx.clock, tx.keys, tx.signals, tx.writing = self.clock, self.keys, [], writing
        tx.public_url, tx.asked, tx.memo, tx._held = self.public_url, set(), {}, []
        tx.hands = self.hands
        return tx

    @contextmanager
    def transaction(self, *, repeatable: bool = False) -> Iterator[Tx]:
        """A writing transaction. Commits at the end, rolls back on any error, and announces only after the commit.

        `repeatable` says that what caused it is on disk, and that it is done again should the database lose it in a
        power cut: the commit then does not wait for the disk. (SQLite's does not under WAL and NORMAL either.)
        """
        with self._turns.taken():
            tx = self._open(self._writer, writing=True)
            try:
                if repeatable and tx.dialect_name == "postgresql":
                    tx.aside(_NO_WAITING)
                yield tx
                self._run_reactions(tx)
                tx.commit()
            except BaseException:
                tx.rollback()
                raise
            finally:
                tx.close()
        self.announce(tx.signals)

    def attempt(self, work: Callable[[Tx], T], tries: int = 4, *, repeatable: bool = False) -> T:
        """Runs `work` in a writing transaction, and again from the start where the database refused a row that
        somebody else wrote at the same instant: the second time it finds that row. So too where two waited for each
        other's rows and PostgreSQL ended one of them."""
        for left in range(tries - 1, -1, -1):
            try:
                with self.transaction(repeatable=repeatable) as tx:
                    return work(tx)
            except (IntegrityError, OperationalError) as error:
                in_turn = isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", "") == DEADLOCK
                if left == 0 or not in_turn:
                    raise
        raise AssertionError("unreachable")

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A transaction that only reads; it never waits for a writer on SQLite. Rows stay readable after it."""
        tx = self._open(self._reader, writing=False)
        try:
            yield tx
        finally:
            tx.close()  # rolls back, and lets go of the rows as they were read: a rollback first would empty them

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """For a statement of plain columns that every request asks: a connection to read with, and no session."""
        with self._reader.connect() as connection:
            yield connection

    def _run_reactions(self, tx: Tx) -> None:
        done = 0
        while done < len(tx.signals):  # a reaction may announce more
            signal = tx.signals[done]
            done += 1
            for reaction in self._reactions:
                reaction(tx, signal)

    def announce(self, signals: Sequence[Signal]) -> None:
        for signal in signals:
            for listener in list(self._listeners):
                try:
                    listener(signal)
                except Exception:
                    log.exception("a listener failed on %s", type(signal).__name__)
        for together in list(self._together) if signals else ():
            try:
                together(signals)
            except Exception:
                log.exception("a listener failed on %d signals", len(signals))


_EMPTY: dict[bytes | str, type[Any]] = {b"{}": dict, b"[]": list, "{}": dict, "[]": list}


def _loads(data: bytes | str) -> Any:
    """What a JSON column holds; PostgreSQL sends bytes. Two of three are empty: a page of lines has a hundred."""
    made = _EMPTY.get(data)
    return json.loads(data) if made is None else made()


def prepare_engine(engine: Engine) -> Engine:
    """Sets a SQLite engine up for a web process: WAL, foreign keys, a patient writer, BEGIN IMMEDIATE for writers.

    On PostgreSQL a connection that has rested is tried before it is used; one that was in use a moment ago is not, for
    that would be a trip to the database more with each transaction.
    """
    if engine.dialect.name != "sqlite":

        @event.listens_for(engine, "connect")
        def _reads_json(raw: Any, _record: Any) -> None:
            set_json_loads(_loads, raw)

        @event.listens_for(engine, "checkin")
        def _rests(_raw: Any, record: Any) -> None:
            record.info["rests_since"] = time.monotonic()

        @event.listens_for(engine, "checkout")
        def _wakes(raw: Any, record: Any, _proxy: Any) -> None:
            since = record.info.get("rests_since")
            if since is None or time.monotonic() - since < TRUSTED_FOR:
                return
            try:
                engine.dialect.do_ping(raw)
            except Exception as error:
                raise DisconnectionError("the database has closed this connection") from error

        return engine

    engine.dialect._json_deserializer = _loads

    @event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # we say BEGIN ourselves
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "temp_store=MEMORY",
            "cache_size=-32000",
            "mmap_size=268435456",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("desk_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
