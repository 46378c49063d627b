"""The bell of one colleague on all their screens: how much is unread, and what has just come with how it rings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from desk import agents, notices
from desk.i18n import texts
from desk.realtime.rooms import Look, queue_rooms
from desk.signals import NoticesRead, NoticeWritten
from desk.store import Tx

MOST = 20  # of one colleague that ring by themselves; of more only the count is told


def ring(tx: Tx, emit: Callable[..., None], signals: Sequence[NoticeWritten | NoticesRead]) -> None:
    """Tells each colleague once how much is unread, and each notice that is still unread."""
    came: dict[int, list[int]] = {}
    for signal in signals:
        written = came.setdefault(signal.staff_id, [])
        if isinstance(signal, NoticeWritten):
            written.append(signal.notice_id)
    for staff_id, ids in came.items():
        viewer = agents.viewer(tx, staff_id)
        if viewer is None:
            continue
        rooms = queue_rooms([f"staff:{staff_id}"], Look(viewer.locale, viewer.zone))
        told: dict[str, Any] = {"unread": notices.unread(tx, staff_id), "cap": notices.CAP}
        choice, words = notices.choices(tx, [staff_id])[staff_id], texts(viewer.locale)
        quiet = choice.is_quiet(tx.now(), viewer.zone)
        rang = [
            one for one in (notices.one(tx, viewer, id_) for id_ in ids[-MOST:]) if one is not None and not one.read
        ]
        for one in rang:
            ways = choice.of(one.kind)
            emit(
                "notice",
                {
                    **told,
                    "id": str(one.id),
                    "kind": one.kind,
                    "text": notices.sentence(one, words),
                    "about": one.subject,
                    "in_app": ways.in_app,
                    "sound": ways.sound and not quiet,
                    "browser": ways.browser and not quiet,
                },
                to=rooms,
            )
        if not rang:
            emit("notice", told, to=rooms)
