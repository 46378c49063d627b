"""After a commit: renders each changed fragment once for each look that is on screen, and sends it to who may see it.

When and by which thread is `telling`'s business; what a screen missed it asks for when it comes back.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from flask import Flask

from desk import agents, conversations
from desk.conversations import Row
from desk.parts import Desk
from desk.realtime.bell import ring
from desk.realtime.faces import EXTENSION, Faces
from desk.realtime.rooms import Look, Reach, customer_rooms, hears, left_behind, presence_room, queue_rooms
from desk.realtime.telling import Teller
from desk.signals import (
    ConversationChanged,
    CustomersJoined,
    CustomersParted,
    EntryChanged,
    EntryRecorded,
    LinesMoved,
    NoticesRead,
    NoticeWritten,
    Signal,
    StaffMentioned,
    SuggestionReady,
    TakenOver,
    Whispered,
)
from desk.store import Store, Tx

REMEMBERED = 20_000  # conversations whose last reach is kept, to tell those who lose sight of one
MOST_MOVED = 200  # conversations of one join whose screens are told to read again; the others find out when opened
SHOWN = (
    EntryRecorded, EntryChanged, ConversationChanged, CustomersJoined, CustomersParted, LinesMoved, NoticeWritten,
    NoticesRead, StaffMentioned, Whispered, TakenOver, SuggestionReady,
)  # fmt: skip


class Emitter(Protocol):
    """Flask-SocketIO's `emit`, as much of it as is used here."""

    def emit(self, event: str, *args: Any, **kwargs: Any) -> None: ...


class StaffLooks:
    """The languages and zones of all staff, asked again after a minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: tuple[float, list[Look]] = (0.0, [])

    def __call__(self) -> list[Look]:
        until, looks = self._known
        if time.monotonic() > until:
            with self._store.reading() as tx:
                looks = sorted({Look(s.locale, s.zone) for s in agents.page(tx, limit=1000).rows if s.active})
            self._known = (time.monotonic() + 60, looks)
        return looks


class Push:
    """Listens to a store and tells the screens."""

    def __init__(self, app: Flask, emitter: Emitter, desk: Desk, looks: Callable[[], Iterable[Look]]) -> None:
        self._app, self._emitter, self._desk, self._looks = app, emitter, desk, looks
        self.teller = Teller("push", self.tell)
        self._reaches: OrderedDict[int, Reach] = OrderedDict()

    def hear(self, signals: Sequence[Signal]) -> None:
        """The listener: what screens show is put aside, all else is not for them."""
        shown = [s for s in signals if isinstance(s, SHOWN)]
        if shown and next(iter(self._looks()), None) is not None:
            self.teller.put(shown)

    def tell(self, signals: Sequence[Signal]) -> None:
        """Tells the screens of these changes: each conversation's row once, each entry once."""
        changed: dict[int, None] = {}
        entries: dict[int, None] = {}
        for signal in signals:
            if isinstance(signal, ConversationChanged | StaffMentioned):
                changed[signal.conversation_id] = None
            elif isinstance(signal, EntryRecorded | EntryChanged):
                entries[signal.entry_id] = None
            elif isinstance(signal, CustomersJoined | CustomersParted | LinesMoved):
                self._tell_moved(signal.conversation_ids)
            elif isinstance(signal, Whispered | TakenOver):
                self._tell_colleague(signal)
            elif isinstance(signal, SuggestionReady):
                room = presence_room(signal.conversation_id)
                self._emitter.emit("suggested", {"conversation": str(signal.conversation_id)}, to=room)
        bells = [signal for signal in signals if isinstance(signal, NoticeWritten | NoticesRead)]
        looks = sorted(set(self._looks()))
        if not looks:
            return
        faces: Faces = self._app.extensions[EXTENSION]
        with self._app.app_context(), self._desk.store.reading() as tx:
            rows = {id_: conversations.row_of(tx, id_) for id_ in changed}
            # Entries first: the timeline is what somebody is looking at, and opening a row must find its last entry.
            self._tell_entries(tx, faces, list(entries), looks, rows)
            for row in rows.values():
                if row is not None:
                    self._tell_row(faces, row, looks)
            ring(tx, self._emitter.emit, bells)

    def _tell_entries(
        self, tx: Tx, faces: Faces, entry_ids: list[int], looks: list[Look], rows: dict[int, Row | None]
    ) -> None:
        for shown in faces.entries(tx, entry_ids, [(x.locale, x.zone) for x in looks]):
            reach = Reach(None, None)
            if shown.conversation_id is not None:
                if shown.conversation_id not in rows:
                    rows[shown.conversation_id] = conversations.row_of(tx, shown.conversation_id)
                row = rows[shown.conversation_id]
                if row is None:
                    continue
                reach = Reach(row.team_id, row.assignee_id)
            rooms = customer_rooms(shown.customer_id, hears(reach), Look(shown.locale, shown.zone))
            self._emitter.emit("entry", shown.payload, to=rooms)

    def _tell_moved(self, conversation_ids: Sequence[int]) -> None:
        """Conversations have another customer now: who looks at one reads it again. Nothing but numbers is told."""
        for number in conversation_ids[:MOST_MOVED]:
            self._emitter.emit("moved", {"conversation": str(number)}, to=presence_room(number))

    def _tell_colleague(self, signal: Whispered | TakenOver) -> None:
        """What one colleague is told, on each of their screens: its words as they are, the screen writes them."""
        told = {"conversation": str(signal.conversation_id), "by": signal.by}
        if isinstance(signal, Whispered):
            told |= {"id": str(signal.entry_id), "text": signal.text}
        rooms = [room for look in set(self._looks()) for room in queue_rooms((f"staff:{signal.staff_id}",), look)]
        self._emitter.emit("whisper" if isinstance(signal, Whispered) else "taken", told, to=rooms)

    def _tell_row(self, faces: Faces, row: Row, looks: list[Look]) -> None:
        reach = Reach(row.team_id, row.assignee_id)
        # Where nothing was told of it since the start, anybody may have its row on their screen.
        before = self._reaches.pop(row.id, Reach(None, None))
        self._reaches[row.id] = reach
        while len(self._reaches) > REMEMBERED:
            self._reaches.popitem(last=False)
        gone = left_behind(before, reach)
        for look in looks:
            payload = faces.row(row, look.locale, look.zone)
            self._emitter.emit("row", payload, to=queue_rooms(hears(reach), look))
            if gone:
                # Who may still see it by another way ignores this: their row came with the event before.
                self._emitter.emit("gone", {"id": payload["id"], "rev": payload["rev"]}, to=queue_rooms(gone, look))
