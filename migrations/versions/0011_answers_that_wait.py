"""answers that wait before they are sent, and the keys that mails are signed with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, UtcTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deliveries") as batch:
        batch.add_column(sa.Column("held_until", UtcTime(), nullable=True))
        batch.add_column(sa.Column("follows", sa.String(10), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "signing_keys",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("inbox_id", BigInt, nullable=False),
        sa.Column("domain", sa.String(255), nullable=False),
        sa.Column("selector", sa.String(63), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("found", sa.String(12), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("made_by", BigInt, nullable=True),
        sa.Column("checked_at", UtcTime(), nullable=True),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name=op.f("fk_signing_keys_inbox_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_signing_keys_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_index("ix_signing_keys_inbox", "signing_keys", ["inbox_id", "selector"], unique=True)


def downgrade() -> None:
    op.drop_index("ix_signing_keys_inbox", "signing_keys")
    op.drop_table("signing_keys")
    with op.batch_alter_table("deliveries") as batch:
        batch.drop_column("follows")
        batch.drop_column("held_until")
