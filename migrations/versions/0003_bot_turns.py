"""what the bot said"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from desk.store import UtcTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_fits",
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=80), nullable=False),
        sa.Column("precision", sa.Double(), nullable=False),
        sa.Column("articles", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("examples", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("threshold", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("floor", sa.Double(), nullable=False),
        sa.Column("curve", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("fitted_at", UtcTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("locale", name=op.f("pk_bot_fits")),
    )
    op.create_table(
        "bot_trials",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_bot_trials_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_trials")),
    )
    with op.batch_alter_table("bot_trials", schema=None) as batch_op:
        batch_op.create_index("ix_bot_trials_at", ["asked_at"], unique=False)

    op.create_table(
        "bot_episodes",
        sa.Column(
            "episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("began_at", UtcTime(), nullable=False),
        sa.Column("last_turn_at", UtcTime(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("settled_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_bot_episodes_conversation_id")
        ),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_bot_episodes_episode_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_bot_episodes_inbox_id")),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_bot_episodes")),
    )
    with op.batch_alter_table("bot_episodes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_episodes_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index("ix_bot_episodes_open", ["outcome", "last_turn_at"], unique=False)
        batch_op.create_index("ix_bot_episodes_settled", ["settled_at"], unique=False)

    op.create_table(
        "bot_turns",
        sa.Column(
            "entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("question_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("episode_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("because", sa.String(length=24), nullable=False),
        sa.Column("article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("helped", sa.Boolean(), nullable=True),
        sa.Column("helped_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_bot_turns_article_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_bot_turns_conversation_id")),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name=op.f("fk_bot_turns_episode_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_bot_turns")),
        sa.UniqueConstraint("question_entry_id", name=op.f("uq_bot_turns_question_entry_id")),
    )
    with op.batch_alter_table("bot_turns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bot_turns_article_id"), ["article_id"], unique=False)
        batch_op.create_index("ix_bot_turns_at", ["at", "entry_id"], unique=False)
        batch_op.create_index("ix_bot_turns_conversation", ["conversation_id", "entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bot_turns_episode_id"), ["episode_id"], unique=False)

    op.add_column("conversations", sa.Column("bot", sa.String(length=12), server_default=sa.text("''"), nullable=False))
    op.create_index(
        "ix_conversations_bot",
        "conversations",
        ["bot", "status", "last_at"],
        unique=False,
        sqlite_where=sa.text("bot = 'talking'"),
        postgresql_where=sa.text("bot = 'talking'"),
    )


def downgrade() -> None:
    op.drop_index("ix_conversations_bot", table_name="conversations")
    op.drop_column("conversations", "bot")
    with op.batch_alter_table("bot_turns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bot_turns_episode_id"))
        batch_op.drop_index("ix_bot_turns_conversation")
        batch_op.drop_index("ix_bot_turns_at")
        batch_op.drop_index(batch_op.f("ix_bot_turns_article_id"))

    op.drop_table("bot_turns")
    with op.batch_alter_table("bot_episodes", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_episodes_settled")
        batch_op.drop_index("ix_bot_episodes_open")
        batch_op.drop_index(batch_op.f("ix_bot_episodes_conversation_id"))

    op.drop_table("bot_episodes")
    with op.batch_alter_table("bot_trials", schema=None) as batch_op:
        batch_op.drop_index("ix_bot_trials_at")

    op.drop_table("bot_trials")
    op.drop_table("bot_fits")
