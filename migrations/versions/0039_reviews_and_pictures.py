"""when articles are looked at again, and the pictures in them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


# Column by column: SQLite would make the table anew for a foreign key, and with the old one drop all that refers to it.


def upgrade() -> None:
    op.add_column("articles", sa.Column("review_by", sa.Date(), nullable=True))
    op.add_column("articles", sa.Column("review_months", BigInt, nullable=False, server_default=sa.text("0")))
    op.add_column("articles", sa.Column("reviewed_at", UtcTime(), nullable=True))
    op.add_column("articles", sa.Column("reviewed_by", BigInt, nullable=True))
    op.create_index("ix_articles_review", "articles", ["review_by", "id"])
    op.create_table(
        "article_blobs",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("width", BigInt, nullable=True),
        sa.Column("height", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("loose_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_article_blobs_staff_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_article_blobs")),
    )
    op.create_index("ix_article_blobs_loose", "article_blobs", ["loose_at"])
    op.create_table(
        "article_uses",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("article_id", BigInt, nullable=False, autoincrement=False),
        sa.Column("version", BigInt, nullable=False, autoincrement=False),
        sa.ForeignKeyConstraint(
            ["sha256"], ["article_blobs.sha256"], name=op.f("fk_article_uses_sha256"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_article_uses_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sha256", "article_id", "version", name=op.f("pk_article_uses")),
    )
    op.create_index("ix_article_uses_article", "article_uses", ["article_id", "version"])


def downgrade() -> None:
    op.drop_table("article_uses")
    op.drop_table("article_blobs")
    op.drop_index("ix_articles_review", "articles")
    for name in ("reviewed_by", "reviewed_at", "review_months", "review_by"):
        op.drop_column("articles", name)
