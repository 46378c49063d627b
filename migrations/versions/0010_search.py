"""the index of everything: lines, subjects, customers, spellings of names; it is filled in the background"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from desk.store import BigInt, Json, UtcTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
SPELT = sa.String(60).with_variant(sa.String(60, collation="C"), "postgresql")
INDEXED = ("search_lines", "search_threads", "search_people")


def upgrade() -> None:
    op.create_table(
        "search_lines",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_lines")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_search_lines_entry_id")),
    )
    op.create_index(op.f("ix_search_lines_conversation_id"), "search_lines", ["conversation_id"])
    op.create_table(
        "search_threads",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_threads")),
    )
    op.create_table(
        "search_people",
        sa.Column("id", BigInt, autoincrement=False, nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("words", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_people")),
    )
    op.create_table(
        "search_spellings",
        sa.Column("spelling", SPELT, nullable=False),
        sa.Column("word", SPELT, nullable=False),
        sa.PrimaryKeyConstraint("spelling", "word", name=op.f("pk_search_spellings")),
    )
    op.create_index(op.f("ix_search_spellings_word"), "search_spellings", ["word"])
    op.create_table(
        "search_queue",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("conversation_id", BigInt, nullable=True),
        sa.Column("customer_id", BigInt, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_queue")),
    )
    progress = op.create_table(
        "search_progress",
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("place", BigInt, nullable=False),
        sa.Column("done", BigInt, nullable=False),
        sa.Column("total", BigInt, nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_search_progress")),
    )
    # A big desk has millions of lines: the worker fills the index piece by piece, newest first, while the desk serves.
    op.bulk_insert(
        progress,
        [{"kind": kind, "place": 2**63 - 1, "done": 0, "total": 0} for kind in ("people", "threads", "lines")],
    )
    for name in INDEXED:
        if op.get_bind().dialect.name == "postgresql":
            op.create_index(f"ix_{name}_words", name, ["words"], postgresql_using="gin")
            continue
        gone = f"insert into {name}_fts({name}_fts, rowid, words) values ('delete', old.id, old.words);"  # noqa: S608
        come = f"insert into {name}_fts(rowid, words) values (new.id, new.words);"  # noqa: S608
        op.execute(
            f"create virtual table {name}_fts using fts5(words, content='{name}', content_rowid='id', "
            "prefix='3', tokenize=\"unicode61 remove_diacritics 0 tokenchars '=~'\")"
        )
        op.execute(f"create trigger {name}_come after insert on {name} begin {come} end")
        op.execute(f"create trigger {name}_gone after delete on {name} begin {gone} end")
        op.execute(f"create trigger {name}_change after update of words on {name} begin {gone} {come} end")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in INDEXED:
            op.execute(f"drop table {name}_fts")
    for name in ("search_progress", "search_queue", "search_spellings", *reversed(INDEXED)):
        op.drop_table(name)
