"""what messages say that a person should look at, and how layers of frustration are held against each other"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None
COLUMNS = ("chosen_by", "chosen_at", "right_after", "right_before", "loss_after", "loss_before", "held", "how")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("risks", sa.String(60), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "risk_flags",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("entry_id", BigInt, nullable=False),
        sa.Column("conversation_id", BigInt, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("start", BigInt, nullable=True),
        sa.Column("end", BigInt, nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("off_at", UtcTime(), nullable=True),
        sa.Column("off_by", BigInt, nullable=True),
        sa.ForeignKeyConstraint(["off_by"], ["staff.id"], name=op.f("fk_risk_flags_off_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_flags")),
        sa.UniqueConstraint("entry_id", "kind", name="uq_risk_flags_entry_id"),
    )
    op.create_index("ix_risk_flags_conversation", "risk_flags", ["conversation_id", "kind"])
    with op.batch_alter_table("sentiment_layers") as layers:
        layers.add_column(sa.Column("how", sa.String(8), nullable=False, server_default=sa.text("'kept'")))
        layers.add_column(sa.Column("held", BigInt))
        layers.add_column(sa.Column("loss_before", sa.Double()))
        layers.add_column(sa.Column("loss_after", sa.Double()))
        layers.add_column(sa.Column("right_before", BigInt))
        layers.add_column(sa.Column("right_after", BigInt))
        layers.add_column(sa.Column("chosen_at", UtcTime()))
        layers.add_column(sa.Column("chosen_by", BigInt))
        layers.create_foreign_key(op.f("fk_sentiment_layers_chosen_by_staff"), "staff", ["chosen_by"], ["id"])


def downgrade() -> None:
    op.execute("DELETE FROM sentiment_layers WHERE how <> 'kept'")  # before, the newest one judged
    with op.batch_alter_table("sentiment_layers") as layers:
        layers.drop_constraint(op.f("fk_sentiment_layers_chosen_by_staff"), type_="foreignkey")
        for name in COLUMNS:
            layers.drop_column(name)
    op.drop_table("risk_flags")
    op.drop_column("conversations", "risks")
