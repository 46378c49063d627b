"""lists of customers that are brought in, and attributes with a type"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attributes",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("label", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("description", sa.String(300), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("updated_at", UtcTime(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_attributes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attributes")),
        sa.UniqueConstraint("key", name=op.f("uq_attributes_key")),
    )
    op.create_table(
        "imports",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("staff_id", BigInt, nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("size", BigInt, nullable=False),
        sa.Column("encoding", sa.String(16), nullable=False),
        sa.Column("delimiter", sa.String(1), nullable=False),
        sa.Column("header", Json, nullable=False),
        sa.Column("rows", BigInt, nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("revision", BigInt, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("line", BigInt, nullable=False),
        sa.Column("made", BigInt, nullable=False),
        sa.Column("changed", BigInt, nullable=False),
        sa.Column("unchanged", BigInt, nullable=False),
        sa.Column("refused", BigInt, nullable=False),
        sa.Column("examples", Json, nullable=False),
        sa.Column("begun_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_imports_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index("ix_imports_made_at", "imports", ["made_at"])
    op.create_table(
        "import_refusals",
        sa.Column("import_id", BigInt, nullable=False),
        sa.Column("line", BigInt, nullable=False),
        sa.Column("why", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_refusals_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_refusals")),
    )


def downgrade() -> None:
    op.drop_table("import_refusals")
    op.drop_table("imports")
    op.drop_table("attributes")
