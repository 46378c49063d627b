"""After a commit: tells the widgets what changed in their conversations, as JSON, and nobody else.

Only what `visitors.views` has a form for can leave here, so that a note has no way out. When and by which thread is
`telling`'s business; what a widget missed it asks for when it comes back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from desk import surveys, timeline, visitors
from desk.conversations import Conversation
from desk.parts import Desk
from desk.realtime.telling import Teller
from desk.realtime.visitor_seats import VisitorSeats
from desk.signals import (
    ChatRead,
    ConversationChanged,
    EntryChanged,
    EntryRecorded,
    IdentityVerified,
    Signal,
)
from desk.store import Tx
from desk.visitors import views

HEARD = EntryRecorded | EntryChanged | ConversationChanged | ChatRead | IdentityVerified
LINE_EVERY = 3.0  # seconds between two looks at the places of those who wait

Emit = Callable[[str, Any, str], None]  # event, what, room


class _Faces:
    """The faces of conversations within one transaction, each looked up once."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self._found: dict[int, tuple[views.Face, Conversation]] = {}

    def of(self, conversation_id: int) -> tuple[views.Face, Conversation]:
        if conversation_id not in self._found:
            self._found[conversation_id] = views.face_for(self.tx, conversation_id)
        return self._found[conversation_id]


class VisitorPush:
    """Listens to a store and tells the widgets. `looking` says which colleague has a conversation on screen."""

    def __init__(
        self, desk: Desk, seats: VisitorSeats, emit: Emit, looking: Callable[[int], int | None], *, everywhere: bool
    ) -> None:
        self._desk, self._seats, self._emit, self._looking = desk, seats, emit, looking
        self._everywhere = everywhere  # widgets may hang on other processes than this one
        self.teller = Teller("visitor-push", self.tell, lambda: LINE_EVERY if self._line_moved else None)
        self._line_at = 0.0
        self._line_moved = False

    def is_here(self, owner: str) -> bool:
        """Whether a widget of this owner is connected to this process."""
        return bool(self._seats.owned(owner))

    def hear(self, signals: Sequence[Signal]) -> None:
        """The listener: what concerns widgets is put aside, if there are any."""
        heard = [s for s in signals if isinstance(s, HEARD) and not (isinstance(s, EntryChanged) and s.inside)]
        if heard and (len(self._seats) or self._everywhere):
            self.teller.put(heard)

    def tell(self, signals: Iterable[Signal]) -> None:
        """Tells the widgets of these changes: each entry once, each conversation once."""
        entries: dict[int, int] = {}
        changed: dict[int, None] = {}
        read: dict[int, set[str]] = {}
        proved: dict[int, None] = {}
        moved = False
        for signal in signals:
            if isinstance(signal, EntryRecorded | EntryChanged):
                if signal.conversation_id is not None:
                    entries[signal.entry_id] = signal.conversation_id
            elif isinstance(signal, ConversationChanged):
                moved = True
                if not signal.inside:
                    changed[signal.conversation_id] = None
            elif isinstance(signal, ChatRead):
                read.setdefault(signal.conversation_id, set()).add(signal.by)
            elif isinstance(signal, IdentityVerified):
                proved[signal.identity_id] = None
        written: dict[int, bool] = {}
        with self._desk.store.reading() as tx:
            threads = visitors.threads_of(tx, list({*entries.values(), *changed, *read}))
            faces = _Faces(tx)
            for entry_id, conversation_id in entries.items():
                if conversation_id in threads:
                    self._tell_entry(faces, threads[conversation_id], entry_id, written)
            for conversation_id in dict.fromkeys((*changed, *read)):
                if conversation_id in threads:
                    by, state = read.get(conversation_id, set()), conversation_id in changed
                    self._tell_conversation(faces, threads[conversation_id], by, state=state)
            for identity_id in proved:
                self._tell_me(tx, identity_id)
            self._line_moved = self._line_moved or moved
            if self._line_moved and time.monotonic() - self._line_at >= LINE_EVERY:
                self._tell_line(tx)
        for conversation_id, by_bot in written.items():
            self._note_reader(conversation_id, by_bot)

    def _tell_entry(self, faces: _Faces, row: visitors.Thread, entry_id: int, written: dict[int, bool]) -> None:
        tx = faces.tx
        entry = timeline.one(tx, entry_id)
        if entry is None:
            return
        if entry.kind in ("survey_asked", "survey_answered"):  # an answer is news to the other tabs
            card = surveys.card(tx, row.conversation_id)
            if card is not None:
                self._emit("survey", card.as_json(), row.owner)
        if not visitors.shown(entry):
            return
        face, found = faces.of(row.conversation_id)
        told = views.message(face, entry)
        if told is None:
            return
        if entry.kind in ("reply", "bot"):
            self._emit("typing", self._typing(row, "", on=False, bot=entry.kind == "bot"), row.owner)
        self._emit("message", told, row.owner)
        asks = found.bot == "talking" or entry.detail.get("asks_bot")
        if entry.kind == "message" and asks:  # its turn is a job of the same commit
            self._emit("typing", self._typing(row, "", on=True, bot=True), row.owner)
        if entry.kind in ("message", "bot"):
            written[row.conversation_id] = entry.kind == "bot" or written.get(row.conversation_id, False)

    def _tell_conversation(self, faces: _Faces, row: visitors.Thread, read: set[str], *, state: bool) -> None:
        """`read` says which side has read more. What colleagues have read changes nothing but the mark at its end."""
        tx = faces.tx
        face, found = faces.of(row.conversation_id)
        if state or "visitor" in read:
            self._emit("conversation", views.conversation(face, row, found), row.owner)
        if state:  # who has the word does not change by reading
            self._emit("state", views.state(face, found), row.owner)
        if "staff" in read:
            seen = views.seen(face, row)
            if seen is not None:
                self._emit("seen", seen, row.owner)
        if "visitor" in read:
            rows = visitors.threads(tx, row.owner, row.inbox_id)
            self._emit("unread", {"unread": sum(visitors.unread(tx, r) for r in rows)}, row.owner)

    def _tell_me(self, tx: Tx, identity_id: int) -> None:
        for visitor in visitors.visitors_with_email(tx, identity_id):
            self._emit("me", views.me(tx, visitor, visitor.user_ref), visitors.owner_of(visitor.id, visitor.user_ref))

    def _tell_line(self, tx: Tx) -> None:
        """Whoever waits moves up when somebody before them is answered."""
        self._line_at, self._line_moved = time.monotonic(), False
        waiting = [
            (seat, seat.open)
            for seat in self._seats.all()
            if seat.open is not None and seat.state is not None and seat.state["who"] == "queue"
        ]
        faces = views.faces_for(tx, {number for _seat, number in waiting})
        for seat, number in waiting:
            if number not in faces:  # begun after this transaction: its widget has just been told
                continue
            state = views.state(*faces[number])
            if state != seat.state:
                seat.state = state
                self._emit("state", state, seat.owner)

    def _note_reader(self, conversation_id: int, by_bot: bool) -> None:
        """A colleague who has the conversation on screen reads what has just come; so does the assistant that answers
        it."""
        reader = self._looking(conversation_id)
        if reader is None:
            if not by_bot:
                return
            with self._desk.store.reading() as tx:
                last = timeline.of_conversation(tx, conversation_id, 1, ("message", "bot"))
            if not (last and last[-1].kind == "bot"):
                return
        with self._desk.store.transaction() as tx:
            visitors.read_by(tx, conversation_id, reader)

    def writes(self, conversation_id: int, name: str, on: bool) -> None:
        """A colleague begins or stops writing an answer."""
        if not (len(self._seats) or self._everywhere):
            return
        with self._desk.store.reading() as tx:
            row = visitors.threads_of(tx, [conversation_id]).get(conversation_id)
        if row is not None:
            self._emit("typing", self._typing(row, name, on=on, bot=False), row.owner)

    def opened(self, conversation_id: int, staff_id: int) -> None:
        """A colleague has the conversation on screen now."""
        with self._desk.store.reading() as tx:
            row = visitors.threads_of(tx, [conversation_id]).get(conversation_id)
        if row is not None:
            with self._desk.store.transaction() as tx:
                visitors.read_by(tx, conversation_id, staff_id)

    @staticmethod
    def _typing(row: visitors.Thread, name: str, *, on: bool, bot: bool) -> dict[str, Any]:
        return {"conversation": str(row.conversation_id), "name": name, "on": on, "bot": bot}
