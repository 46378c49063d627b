"""Files that wait: an admin lets one go, and the line says who it was."""

from __future__ import annotations

from sqlalchemy import select

from desk.store import Tx
from desk.timeline.ledger import changed, record
from desk.timeline.tables import Content, Entry


class NotHeld(LookupError):
    """There is no such file, or it is not held: it was released already, or its words were erased."""


def release_file(tx: Tx, entry_id: int, index: int, staff_id: int) -> None:
    """Lets colleagues have a file that was held. Who did it, when, and why it was held stay with the file, and a line
    of its own stands on the timeline. Raises NotHeld."""
    entry = tx.scalar(select(Entry).where(Entry.id == entry_id))
    content = tx.scalar(select(Content).where(Content.id == entry_id).with_for_update())
    files = list(content.attachments) if content is not None else []
    if entry is None or content is None or not 0 <= index < len(files) or not files[index].get("held"):
        raise NotHeld
    file = dict(files[index])
    why = file.pop("held")
    files[index] = file | {"was_held": why, "released_by": staff_id, "released_at": tx.now().isoformat()}
    content.attachments = files
    tx.flush()
    record(
        tx,
        customer_id=entry.customer_id,
        kind="file_released",
        author="staff",
        staff_id=staff_id,
        occurred_at=tx.now(),
        conversation_id=entry.conversation_id,
        episode_id=entry.episode_id,
        detail={"entry_id": entry_id, "file": index, "why": why.partition(" ")[0]},
    )
    changed(tx, entry_id)
