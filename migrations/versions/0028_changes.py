"""the log of what was changed, the list of labels, the name that a brand sends by"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from desk.store import BigInt, Json, UtcTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_CHANGES = sa.table(
    "changes",
    sa.column("at", UtcTime()),
    sa.column("staff_id", BigInt),
    sa.column("kind", sa.String),
    sa.column("key", sa.String),
    sa.column("title", sa.String),
    sa.column("what", sa.String),
    sa.column("before", Json),
    sa.column("after", Json),
    sa.column("ref", BigInt),
    sa.column("previous", sa.String),
    sa.column("digest", sa.String),
)
_SETTINGS = sa.table(
    "setting_changes",
    sa.column("id", BigInt),
    sa.column("name", sa.String),
    sa.column("before", Json),
    sa.column("after", Json),
    sa.column("changed_at", UtcTime()),
    sa.column("changed_by", BigInt),
)
_RULES = sa.table(
    "rule_changes",
    sa.column("id", BigInt),
    sa.column("rule_id", BigInt),
    sa.column("what", sa.String),
    sa.column("before", Json),
    sa.column("after", Json),
    sa.column("staff_id", BigInt),
    sa.column("at", UtcTime()),
)
_USED = sa.table("conversation_labels", sa.column("label", sa.String))
_LABELS = sa.table(
    "labels", sa.column("name", sa.String), sa.column("name_folded", sa.String), sa.column("made_at", UtcTime())
)
_SLICE = 500


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("staff_id", BigInt, nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("after", Json, nullable=False),
        sa.Column("ref", BigInt, nullable=True),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_changes_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_at", "changes", ["at", "id"])
    op.create_index("ix_changes_kind", "changes", ["kind", "at", "id"])
    op.create_index("ix_changes_staff", "changes", ["staff_id", "at", "id"])
    op.create_index("ix_changes_thing", "changes", ["kind", "key", "id"])
    op.create_table(
        "labels",
        sa.Column("id", BigInt, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_folded", sa.String(120), nullable=False),
        sa.Column("tone", BigInt, nullable=True),
        sa.Column("archived_at", UtcTime(), nullable=True),
        sa.Column("into_id", BigInt, nullable=True),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["into_id"], ["labels.id"], name=op.f("fk_labels_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("name_folded", name=op.f("uq_labels_name_folded")),
    )
    op.create_index("ix_labels_into_id", "labels", ["into_id"])
    op.add_column("brands", sa.Column("sender_name", sa.String(120), server_default=sa.text("''"), nullable=False))
    _take_over()
    _list_labels()


def _list_labels() -> None:
    """Every label that a conversation has, once however it is capitalised."""
    db, known = op.get_bind(), dict[str, str]()
    for name in db.execute(sa.select(_USED.c.label).distinct().order_by(_USED.c.label)).scalars():
        known.setdefault(unicodedata.normalize("NFKC", name).casefold()[:120], name)
    now = datetime.now(UTC)
    rows = [{"name": name, "name_folded": folded, "made_at": now} for folded, name in known.items()]
    if rows:
        db.execute(sa.insert(_LABELS), rows)


def _take_over() -> None:
    db = op.get_bind()
    rows = sorted([*_of_settings(db), *_of_rules(db)], key=lambda row: row["at"])
    for start in range(0, len(rows), _SLICE):
        db.execute(sa.insert(_CHANGES), rows[start : start + _SLICE])


def _row(at: Any, staff_id: Any, kind: str, key: str, title: str, what: str, before: Any, after: Any) -> dict[str, Any]:
    return {
        "at": at, "staff_id": staff_id, "kind": kind, "key": key, "title": title, "what": what,
        "before": before, "after": after, "ref": None, "previous": "", "digest": "",
    }  # fmt: skip


def _of_settings(db: sa.Connection) -> Iterator[dict[str, Any]]:
    for row in db.execute(sa.select(_SETTINGS)):
        kind = "setting"
        if row.name.startswith(("Retention, ", "Hold of ")):
            kind = "retention"
        elif row.name.endswith((": DKIM", ": consent")):
            kind = "inbox"
        old, new = (value[0] if value else None for value in (row.before, row.after))
        before, after = ({} if value in ("", None) else {"value": value} for value in (old, new))
        made = _row(row.changed_at, row.changed_by, kind, row.name, row.name, "changed", before, after)
        yield made | {"ref": row.id if kind == "setting" else None}


def _of_rules(db: sa.Connection) -> Iterator[dict[str, Any]]:
    for row in db.execute(sa.select(_RULES)):
        old, new = dict(row.before or {}), dict(row.after or {})
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        before = {name: old[name] for name in names if old.get(name) not in ("", None)}
        after = {name: new[name] for name in names if new.get(name) not in ("", None)}
        what = row.what if row.what in ("made", "removed") else "changed"
        title = str(new.get("name") or old.get("name") or "")[:200]
        yield _row(row.at, row.staff_id, "rule", str(row.rule_id), title, what, before, after)


def downgrade() -> None:
    op.drop_column("brands", "sender_name")
    op.drop_table("labels")
    op.drop_table("changes")
