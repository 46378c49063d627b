"""The layers a desk has learned: which one judges, what it was held against, and the way back to an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from desk import jobs
from desk.agents import Viewer
from desk.sentiment.tables import Correction, Layer
from desk.store import Tx

KEPT = 5  # layers, and the one in use beside them
SHIPPED = "shipped"  # a row that stands for the head alone, as it came
REFUSED = "refused"  # learned, and worse than what was there


@dataclass(frozen=True, slots=True)
class LayerView:
    """A layer as a page shows it. `held` corrections that neither had learned from judged it and the one before."""

    id: int
    at: datetime
    head: str
    corrections: int
    how: str
    held: int | None
    loss_before: float | None
    loss_after: float | None
    right_before: int | None
    right_after: int | None
    chosen_at: datetime | None
    chosen_by: int | None


_SHOWN = [getattr(Layer, name) for name in LayerView.__slots__]
_USED_AT = func.coalesce(Layer.chosen_at, Layer.at)


def in_use(tx: Tx) -> Layer | None:
    """What was chosen last, by a lesson or by a person; None where nothing was learned."""
    query = (
        select(Layer)
        .where(Layer.how != REFUSED)
        .order_by(_USED_AT.desc(), Layer.chosen_at.is_(None), Layer.id.desc())
        .limit(1)
    )
    return tx.scalar(query)


def layers(tx: Tx) -> list[LayerView]:
    """All that are kept, newest first."""
    return [LayerView(*row) for row in tx.execute(select(*_SHOWN).order_by(Layer.id.desc()))]


def choose(tx: Tx, layer_id: int | None, viewer: Viewer) -> None:
    """Lets an earlier layer judge from now on, or with None the head as it came. Raises LookupError."""
    if layer_id is None:
        row = tx.scalar(select(Layer).where(Layer.how == SHIPPED).with_for_update())
        if row is None:
            row = Layer(at=tx.now(), head="", corrections=0, last_correction_id=0, weights=b"", how=SHIPPED)
            tx.add(row)
    else:
        row = tx.scalar(select(Layer).where(Layer.id == layer_id, Layer.how != REFUSED).with_for_update())
        if row is None:
            raise LookupError("There is no such layer any more.")
    row.chosen_at, row.chosen_by = tx.now(), viewer.id


def forget_old(tx: Tx) -> None:
    """Keeps the newest few, the one in use and the mark of the shipped head."""
    tx.flush()
    kept = set(tx.scalars(select(Layer.id).where(Layer.how != SHIPPED).order_by(Layer.id.desc()).limit(KEPT)))
    used = in_use(tx)
    if used is not None:
        kept.add(used.id)
    tx.execute(delete(Layer).where(Layer.id.not_in(kept), Layer.how != SHIPPED))


def waiting(tx: Tx) -> int:
    """Corrections that no lesson has seen yet."""
    since = tx.scalar(select(func.max(Layer.last_correction_id))) or 0
    return tx.scalar(select(func.count()).select_from(Correction).where(Correction.id > since)) or 0


def ask_to_learn(tx: Tx) -> None:
    """Queues a lesson, once."""
    jobs.enqueue(tx, "sentiment.learn", {}, key="sentiment.learn", priority=8)
