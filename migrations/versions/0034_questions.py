"""what customers asked, in groups"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None
BEFORE = timedelta(days=90)  # episodes that ended so long ago are read after an upgrade


def upgrade() -> None:
    op.add_column("articles", sa.Column("drafted", sa.Boolean(), nullable=True))
    op.create_table(
        "question_lenses",
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("counted", BigInt, nullable=False),
        sa.Column("seen", BigInt, nullable=False),
        sa.Column("mean", sa.LargeBinary(), nullable=True),
        sa.Column("turn", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_question_lenses")),
    )
    op.create_table(
        "question_groups",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("said_entry_id", BigInt, nullable=True),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("middle", sa.LargeBinary(), nullable=False),
        sa.Column("held", BigInt, nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.Column("dismissed_at", UtcTime(), nullable=True),
        sa.Column("dismissed_by", BigInt, nullable=True),
        sa.Column("into_id", BigInt, nullable=True),
        sa.Column("draft", sa.String(8), nullable=False),
        sa.Column("draft_by", BigInt, nullable=True),
        sa.Column("draft_at", UtcTime(), nullable=True),
        sa.Column("article_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["dismissed_by"], ["staff.id"], name=op.f("fk_question_groups_dismissed_by_staff")),
        sa.ForeignKeyConstraint(["draft_by"], ["staff.id"], name=op.f("fk_question_groups_draft_by_staff")),
        sa.ForeignKeyConstraint(
            ["into_id"], ["question_groups.id"], name=op.f("fk_question_groups_into_id_question_groups")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_question_groups_article_id_articles"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_groups")),
    )
    op.create_index("ix_question_groups_locale", "question_groups", ["locale", "into_id", "last_at"])
    op.create_index(op.f("ix_question_groups_into_id"), "question_groups", ["into_id"])
    op.create_index(op.f("ix_question_groups_article_id"), "question_groups", ["article_id"])
    op.create_table(
        "questions",
        sa.Column("episode_id", BigInt, nullable=False, autoincrement=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("gap", sa.String(12), nullable=False),
        sa.Column("article_id", BigInt, nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("group_id", BigInt, nullable=True),
        sa.Column("apart_from", BigInt, nullable=True),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("read_anew", BigInt, nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_questions_episode_id_episodes")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_questions_conversation_id_conversations")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_questions_article_id_articles"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["question_groups.id"], name=op.f("fk_questions_group_id_question_groups")
        ),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_questions")),
    )
    op.create_index("ix_questions_state", "questions", ["state", "locale", "at", "episode_id"])
    op.create_index("ix_questions_group", "questions", ["group_id", "at", "episode_id"])
    op.create_index("ix_questions_at", "questions", ["at"])
    op.create_index("ix_questions_entry", "questions", ["entry_id"])
    op.create_index(op.f("ix_questions_conversation_id"), "questions", ["conversation_id"])
    op.create_index(op.f("ix_questions_article_id"), "questions", ["article_id"])
    op.create_table(
        "draft_sources",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("article_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_draft_sources_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_sources")),
    )
    op.create_index("ix_draft_sources_article", "draft_sources", ["article_id", "id"])
    op.create_index(op.f("ix_draft_sources_entry_id"), "draft_sources", ["entry_id"])
    _read_what_was_asked()


def _read_what_was_asked() -> None:
    """Lets a job read what the last months asked, so that the page is not empty after an upgrade."""
    episodes = sa.table(
        "episodes", sa.column("id", BigInt), sa.column("conversation_id", BigInt), sa.column("resolved_at", UtcTime())
    )
    names = ("episode_id", "conversation_id", "at", "locale", "state", "gap", "model", "read_anew")
    questions = sa.table("questions", *(sa.column(name) for name in names))
    said = [episodes.c.id, episodes.c.conversation_id, episodes.c.resolved_at]
    since = datetime.now(UTC) - BEFORE
    found = sa.select(
        *said, sa.literal(""), sa.literal("waiting"), sa.literal(""), sa.literal(""), sa.literal(0)
    ).where(episodes.c.resolved_at >= since)
    op.execute(questions.insert().from_select(list(names), found))


def downgrade() -> None:
    for table in ("draft_sources", "questions", "question_groups", "question_lenses"):
        op.drop_table(table)
    op.drop_column("articles", "drafted")
