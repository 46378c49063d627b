"""After a commit: renders each changed fragment once for each look that is on screen, and sends it to who may see it.

A thread gathers what is there and tells it in one go, so that neither the request that committed nor the order of
events waits for a template. What is lost here (a crash, a full queue) is no
loss: a screen that comes back asks for what it missed.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from flask import Flask

from desk import agents, conversations
from desk.conversations import Row
from desk.parts import Desk
from desk.realtime.faces import EXTENSION, Faces
from desk.realtime.rooms import Look, Reach, customer_rooms, hears, left_behind, presence_room, queue_rooms
from desk.signals import (
    ConversationChanged,
    CustomersJoined,
    CustomersParted,
    EntryChanged,
    EntryRecorded,
    Signal,
)
from desk.store import Store, Tx

log = logging.getLogger(__name__)

REMEMBERED = 20_000  # conversations whose last reach is kept, to tell those who lose sight of one
LONGEST_QUEUE = 10_000
MOST_MOVED = 200  # conversations of one join whose screens are told to read again; the others find out when opened
SHOWN = (EntryRecorded, EntryChanged, ConversationChanged, CustomersJoined, CustomersParted)


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
        self._waiting: queue.Queue[Sequence[Signal] | None] = queue.Queue(LONGEST_QUEUE)
        self._thread: threading.Thread | None = None
        self._start = threading.Lock()
        self._telling = threading.Lock()  # of two states of a row, the later one must be told last
        self._told = threading.Event()
        self._told.set()
        self._reaches: OrderedDict[int, Reach] = OrderedDict()

    def hear(self, signals: Sequence[Signal]) -> None:
        """The listener: what screens show is put aside, all else is not for them."""
        shown = [s for s in signals if isinstance(s, SHOWN)]
        if not shown or not list(self._looks()):
            return
        self._told.clear()
        try:
            self._waiting.put_nowait(shown)
        except queue.Full:
            log.warning("screens are not told of a change: too many wait")
            return
        self._ensure_thread()

    def _ensure_thread(self) -> None:
        # Begun by the first signal, not before: a thread from before the server's fork is in the wrong process.
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="push", daemon=True)
                self._thread.start()

    def settle(self, patience: float = 0.05) -> bool:
        """Tells what waits, in the caller's own thread; what the other thread has in hand it waits for, `patience`
        seconds at most. The worker does so between two jobs: both need the interpreter, and what somebody is looking at
        goes before the next job."""
        if self._told.is_set():
            return True
        try:
            item = self._waiting.get_nowait()
        except queue.Empty:
            return self._told.wait(patience)
        if item is None:
            self._waiting.put(None)  # the other thread's sign to end
            return True
        signals, more = self._gathered(item)
        self._tell_all(signals)
        if not more:
            self._waiting.put(None)
        return True

    def stop(self) -> None:
        """Ends the thread once it has told what waits."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self._waiting.put(None)
            thread.join(5)

    def _run(self) -> None:
        while True:
            item = self._waiting.get()
            if item is None:
                return
            signals, more = self._gathered(item)
            self._tell_all(signals)
            if not more:
                return

    def _tell_all(self, signals: list[Signal]) -> None:
        try:
            with self._telling:
                self.tell(signals)
        except Exception:
            log.exception("screens could not be told of %d changes", len(signals))
        if self._waiting.empty():
            self._told.set()

    def _gathered(self, first: Sequence[Signal]) -> tuple[list[Signal], bool]:
        """What was heard first with all that has come since; False once it should stop."""
        found = list(first)
        while True:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return found, True
            if item is None:
                return found, False
            found += item

    def tell(self, signals: Iterable[Signal]) -> None:
        """Tells the screens of these changes: each conversation's row once, each entry once."""
        changed: dict[int, None] = {}
        entries: dict[int, None] = {}
        for signal in signals:
            if isinstance(signal, ConversationChanged):
                changed[signal.conversation_id] = None
            elif isinstance(signal, EntryRecorded | EntryChanged):
                entries[signal.entry_id] = None
            elif isinstance(signal, CustomersJoined | CustomersParted):
                self._tell_moved(signal.conversation_ids)
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

    def _tell_row(self, faces: Faces, row: Row, looks: list[Look]) -> None:
        reach = Reach(row.team_id, row.assignee_id)
        before = self._reaches.pop(row.id, reach)
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
