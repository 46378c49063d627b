"""The index of everything: what was said, what it is about, who it was with; and what waits to be indexed.

The words stand in a table of ours, once, as words.py makes them. On PostgreSQL that column is a tsvector with a GIN
index; on SQLite it is text that an FTS5 table reads (external content), with triggers that keep the two in step.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, Index, String, Table, Text, event
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from desk.store import Base, BigInt

Words = Text().with_variant(TSVECTOR(), "postgresql")
# Compared by bytes, as PostgreSQL's index of them is.
Spelt = String(60).with_variant(String(60, collation="C"), "postgresql")

INDEXED = ("search_lines", "search_threads", "search_people")
# The tables that SQLite makes for a full-text index; no model stands for them.
SHADOWS = frozenset(f"{name}_fts{part}" for name in INDEXED for part in ("", "_data", "_idx", "_docsize", "_config"))


def _gin(name: str) -> Index:
    return Index(f"ix_{name}_words", "words", postgresql_using="gin").ddl_if(dialect="postgresql")


class SearchLine(Base):
    """The words of one line of a timeline. `id` sorts by when it happened: words that many lines hold are read newest
    first, and dates are places in that order."""

    __tablename__ = "search_lines"
    __table_args__ = (_gin("search_lines"),)
    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInt, unique=True)
    conversation_id: Mapped[int] = mapped_column(BigInt, index=True)
    words: Mapped[str] = mapped_column(Words)


class SearchThread(Base):
    """The words of a conversation's subject, with its customer's name."""

    __tablename__ = "search_threads"
    __table_args__ = (_gin("search_threads"),)
    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)  # the conversation's
    words: Mapped[str] = mapped_column(Words)


class SearchPerson(Base):
    """The names, addresses and numbers of a customer, and of those who were joined with them."""

    __tablename__ = "search_people"
    __table_args__ = (_gin("search_people"),)
    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)  # the customer's
    names: Mapped[list[Any]] = mapped_column(default=list)  # the words of their names, which can be misspelt
    words: Mapped[str] = mapped_column(Words)


class SearchSpelling(Base):
    """A word of somebody's name under each spelling that lacks one letter: "jonh" and "john" both lack one to be "jon".

    Looked up by equality, so that no part of a name is frequent, which is where trigrams grow slow.
    """

    __tablename__ = "search_spellings"
    spelling: Mapped[str] = mapped_column(Spelt, primary_key=True)
    word: Mapped[str] = mapped_column(Spelt, primary_key=True, index=True)


class SearchQueued(Base):
    """What changed and is not in the index yet: one row a transaction and thing, written with the change."""

    __tablename__ = "search_queue"
    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(BigInt)
    conversation_id: Mapped[int | None] = mapped_column(BigInt)
    customer_id: Mapped[int | None] = mapped_column(BigInt)


class SearchProgress(Base):
    """How far the index of what was there before has come, newest first: what is below `place` is still to do."""

    __tablename__ = "search_progress"
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)  # lines, threads, people
    place: Mapped[int] = mapped_column(BigInt)
    done: Mapped[int] = mapped_column(BigInt, default=0)
    total: Mapped[int] = mapped_column(BigInt, default=0)
    finished_at: Mapped[datetime | None]


def full_text(name: str) -> list[str]:
    """What SQLite needs beside a table to search its words: the FTS5 table and the triggers that feed it."""
    gone = f"insert into {name}_fts({name}_fts, rowid, words) values ('delete', old.id, old.words);"  # noqa: S608  names of ours
    come = f"insert into {name}_fts(rowid, words) values (new.id, new.words);"  # noqa: S608
    return [
        f"create virtual table {name}_fts using fts5(words, content='{name}', content_rowid='id', "
        "prefix='3', tokenize=\"unicode61 remove_diacritics 0 tokenchars '=~'\")",
        f"create trigger {name}_come after insert on {name} begin {come} end",
        f"create trigger {name}_gone after delete on {name} begin {gone} end",
        f"create trigger {name}_change after update of words on {name} begin {gone} {come} end",
    ]


def _on_sqlite(statement: str) -> Any:
    return DDL(statement.replace("%", "%%")).execute_if(dialect="sqlite")  # type: ignore[no-untyped-call]


def _with_full_text() -> None:
    for name in INDEXED:
        table: Table = Base.metadata.tables[name]
        for statement in full_text(name):
            made = _on_sqlite(statement)
            event.listen(table, "after_create", made)
        event.listen(table, "before_drop", _on_sqlite(f"drop table if exists {name}_fts"))


_with_full_text()
