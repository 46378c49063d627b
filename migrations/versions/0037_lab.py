"""the lab: sets of questions with known answers, and replays"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from desk.store import BigInt, UtcTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("bot_fits", sa.Column("marked", BigInt, nullable=True))
    op.execute("UPDATE bot_fits SET marked = 0")
    with op.batch_alter_table("bot_fits") as batch_op:
        batch_op.alter_column("marked", existing_type=BigInt, nullable=False)
    op.create_table(
        "bot_sets",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", BigInt, nullable=True),
        sa.Column("report", JSON, nullable=True),
        sa.Column("reported_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_bot_sets_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_sets")),
        sa.UniqueConstraint("name", name=op.f("uq_bot_sets_name")),
    )
    op.create_table(
        "bot_questions",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("set_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("article_id", BigInt, nullable=True),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("marked_at", UtcTime(), nullable=False),
        sa.Column("marked_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["bot_sets.id"], name=op.f("fk_bot_questions_set_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_bot_questions_article_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["marked_by"], ["staff.id"], name=op.f("fk_bot_questions_marked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_questions")),
    )
    op.create_index("uq_bot_questions_entry", "bot_questions", ["set_id", "entry_id"], unique=True)
    op.create_index("ix_bot_questions_locale", "bot_questions", ["set_id", "locale"])
    op.create_index("ix_bot_questions_entry", "bot_questions", ["entry_id"])
    op.create_index(op.f("ix_bot_questions_article_id"), "bot_questions", ["article_id"])
    op.create_table(
        "bot_replays",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("asked_at", UtcTime(), nullable=False),
        sa.Column("asked_by", BigInt, nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("drafts", JSON, nullable=False),
        sa.Column("precision", sa.Double(), nullable=False),
        sa.Column("before_precision", sa.Double(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("total", BigInt, nullable=True),
        sa.Column("done", BigInt, nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_bot_replays_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_replays")),
    )
    op.create_index("ix_bot_replays_at", "bot_replays", ["asked_at"])
    op.create_table(
        "bot_replayed",
        sa.Column("replay_id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False, autoincrement=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("before", sa.String(12), nullable=False),
        sa.Column("before_article", BigInt, nullable=True),
        sa.Column("before_confidence", sa.Double(), nullable=True),
        sa.Column("after", sa.String(12), nullable=False),
        sa.Column("after_article", BigInt, nullable=True),
        sa.Column("after_confidence", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["replay_id"], ["bot_replays.id"], name=op.f("fk_bot_replayed_replay_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("replay_id", "entry_id", name=op.f("pk_bot_replayed")),
    )


def downgrade() -> None:
    for table in ("bot_replayed", "bot_replays", "bot_questions", "bot_sets"):
        op.drop_table(table)
    op.drop_column("bot_fits", "marked")
