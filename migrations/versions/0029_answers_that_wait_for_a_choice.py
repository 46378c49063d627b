"""articles that are suggested to whoever answers, and answers that go at a time"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_suggestions",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("question_entry_id", BigInt, nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("computed_at", UtcTime(), nullable=True),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("article_id", BigInt, nullable=True),
        sa.Column("version", BigInt, nullable=False),
        sa.Column("passage", sa.Text, nullable=False),
        sa.Column("confidence", sa.Double, nullable=True),
        sa.Column("threshold", sa.Double, nullable=True),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("used_by", BigInt, nullable=True),
        sa.Column("used_entry_id", BigInt, nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_bot_suggestions_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_bot_suggestions_article_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["used_by"], ["staff.id"], name=op.f("fk_bot_suggestions_used_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_suggestions")),
    )
    op.create_index(
        "ix_bot_suggestions_question", "bot_suggestions", ["conversation_id", "question_entry_id"], unique=True
    )
    op.create_index("ix_bot_suggestions_article", "bot_suggestions", ["article_id", "asked_at"])
    op.create_index("ix_bot_suggestions_used", "bot_suggestions", ["used_entry_id"])
    op.create_table(
        "scheduled_answers",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("send_at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("anyway", sa.Boolean, nullable=False),
        sa.Column("follows", sa.String(10), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_scheduled_answers_conversation_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_scheduled_answers_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_answers")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_scheduled_answers_entry_id")),
    )
    op.create_index("ix_scheduled_answers_conversation", "scheduled_answers", ["conversation_id", "state"])


def downgrade() -> None:
    op.drop_table("scheduled_answers")
    op.drop_table("bot_suggestions")
