"""The visitors' socket: who connects, what they are told first, and every event answered in one form."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from socketio.exceptions import ConnectionRefusedError

from desk import conversations, settings, surveys, visitors
from desk.parts import Desk
from desk.realtime.gate import Gate, address_of
from desk.realtime.visitor_identity import known_again
from desk.realtime.visitor_seats import Refusal, Seat, VisitorSeats, admit, text_of
from desk.store import Tx
from desk.visitors import views
from desk.visitors.words import sentence

# What a browser may lack though it has something later: what was committed and not told yet when the line broke or the
# desk was killed, and an answer that could be taken back until then, for a minute at most.
LOOK_BACK_MS = 90_000

log = logging.getLogger(__name__)

Answer = dict[str, Any]
Handler = Callable[[Seat, dict[str, Any]], Answer]


def place_id(said: dict[str, Any], name: str) -> int:
    """The id in a place that was sent. Raises Refusal."""
    try:
        return views.read_place(said.get(name))[1]
    except ValueError:
        raise Refusal("place") from None


def number(value: Any) -> int | None:
    """An id as it was sent; None for what can be none."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    fits = text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < 2**63
    return int(text) if fits else None


class Visitors:
    """Seats visitors and answers their events. What an event does stands in `visitor_events.py`."""

    def __init__(self, gate: Gate, desk: Desk, seats: VisitorSeats) -> None:
        self.gate, self.desk, self.seats, self.server = gate, desk, seats, gate.server
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        gate.tell_flood = self._tell_flood
        self.on("hello", self.hello, ready=False)
        self.on("open", self.hello, ready=False)
        self.left: Callable[[Seat], None] = lambda seat: None  # somebody is gone who may have been writing

    def on(self, event: str, handler: Handler, *, ready: bool = True) -> None:
        """Answers `event`: whatever goes wrong becomes one sentence, and nothing else is told."""

        def answer(sid: str, said: Any = None, *_more: Any) -> Answer:
            seat = self.seats.of(sid)
            try:
                if seat is None or (ready and not seat.ready):
                    raise Refusal("hello_first")
                if said is None:
                    said = {}
                if not isinstance(said, dict):
                    raise Refusal("shape")
                return {"ok": True, **handler(seat, said)}
            except Refusal as refusal:
                return refused(refusal, seat.locale if seat else None)
            except visitors.NotYours:
                return refused(Refusal("conversation"), seat.locale if seat else None)
            except Exception:
                log.exception("a visitor's event %s failed", event)
                return refused(Refusal("busy"), seat.locale if seat else None)

        self.server.on(event, answer)

    def _eio(self, sid: str) -> str:
        return str(self.server.manager.eio_sid_from_sid(sid, "/") or "")

    def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            if not self.gate.room_for(self._eio(sid)):
                locale = text_of(auth, "locale", 32) if isinstance(auth, dict) else None
                raise Refusal("full", locale=locale, retry_after=15)
            seat = admit(self.desk, sid, auth, environ.get("HTTP_ORIGIN"), address_of(environ))
        except Refusal as refusal:
            told = refused(refusal, refusal.values.pop("locale", None))
            raise ConnectionRefusedError(refusal.code, {k: v for k, v in told.items() if k != "ok"}) from None
        except Exception as error:
            log.exception("a visitor could not connect")
            raise ConnectionRefusedError("busy", {"error": "busy", "text": sentence(None, "busy")}) from error
        self.gate.seat(self._eio(sid))
        self.seats.sit(seat)

    def _disconnect(self, sid: str, _reason: Any = None) -> None:
        seat = self.seats.rise(sid)
        if seat is not None:
            self.left(seat)

    def _tell_flood(self, eio_sid: str, seconds: int) -> None:
        sid = self.server.manager.sid_from_eio_sid(eio_sid, "/")
        seat = self.seats.of(sid) if sid else None
        if seat is not None:
            told = refused(Refusal("slow_down", seconds=seconds, retry_after=seconds), seat.locale)
            self.server.emit("trouble", {k: v for k, v in told.items() if k != "ok"}, to=sid)

    def own(self, tx: Tx, seat: Seat, value: Any) -> visitors.Thread:
        """The conversation of this id, if it is the visitor's. Raises NotYours for all others alike."""
        id_ = number(value)
        if id_ is None:
            raise visitors.NotYours
        try:
            row = visitors.thread(tx, seat.owner, id_)
        except visitors.NotYours:  # a page that has been open since before the conversation was merged
            found = conversations.landed(tx, id_)
            if found is None or found.id == id_:
                raise
            row = visitors.thread(tx, seat.owner, found.id)
        if row.inbox_id != seat.inbox_id:
            raise visitors.NotYours
        seat.mine.add(id_)
        return row

    def token(self, seat: Seat) -> str:
        store = self.desk.store
        return visitors.visitor_token(store.keys, seat.inbox_id, seat.visitor_id, store.clock.now())

    def hello(self, seat: Seat, said: dict[str, Any]) -> Answer:
        """Everything that a widget shows, or what is new since a place. Joined to its room first: what is said
        meanwhile is told twice rather than not at all."""
        self.server.enter_room(seat.sid, seat.owner)
        since = place_id(said, "since") if said.get("since") else None
        self._look(seat)
        with self.desk.store.reading() as tx:
            inbox = settings.inbox(tx, seat.inbox_id)
            face = views.Face.of(tx, inbox, seat.locale)
            rows = visitors.threads(tx, seat.owner, seat.inbox_id)
            wanted = said.get("conversation")
            chosen = self.own(tx, seat, wanted) if wanted else (rows[0] if rows and not seat.anew else None)
            seat.mine |= {row.conversation_id for row in rows}
            listed = [views.conversation(face, row) for row in rows]
            found = visitors.conversation_of(tx, chosen) if chosen is not None else None
            told, reset, more = self._messages(tx, face, chosen, since)
            state = views.state(face, found)
            card = surveys.card(tx, chosen.conversation_id) if chosen is not None else None
            shown = next((c for c in listed if found is not None and c["id"] == str(found.id)), None)
            if shown is None and chosen is not None:
                shown = views.conversation(face, chosen, found)
            answer: Answer = {
                "visitor": self.token(seat),
                "fresh": seat.fresh,
                "me": self.me(tx, seat),
                "conversation": shown,
                "conversations": listed,
                "messages": told,
                "reset": reset,
                "more": more,
                "place": told[-1]["place"] if told else said.get("since"),
                "seen": views.seen(face, chosen) if chosen is not None else None,
                "state": state,
                "survey": card.as_json() if card is not None else None,
                "unread": sum(c["unread"] for c in listed),
            }
        seat.ready, seat.fresh, seat.state = True, False, state
        seat.open = chosen.conversation_id if chosen is not None else None
        if wanted:
            seat.anew = False
        if card is not None and not card.got:
            with self.desk.store.transaction() as tx:
                surveys.shown(tx, card.id, card.conversation_id, seen=False)
        return answer

    def me(self, tx: Tx, seat: Seat) -> Answer:
        told = views.me(tx, visitors.known(tx, seat.visitor_id), seat.user_ref)
        if not told["name"] and seat.user is not None:
            told["name"] = seat.user.name
        return told

    def _look(self, seat: Seat) -> None:
        """Notes that they are here, if they ever wrote; an anonymous browser becomes the signed-in user's."""
        with self.desk.store.reading() as tx:
            row = visitors.known(tx, seat.visitor_id)
        if row is None:
            return
        with self.desk.store.transaction() as tx:
            bound = known_again(tx, seat)
        if bound:
            # Other pages of this browser that know of no sign-in yet come back as somebody new, and see nothing of it.
            for other in self.seats.all():
                if other.visitor_id == seat.visitor_id and not other.user_ref:
                    self.gate.close_line(self._eio(other.sid))

    def _messages(
        self, tx: Tx, face: views.Face, row: visitors.Thread | None, since: int | None
    ) -> tuple[list[Answer], bool, bool]:
        if row is None:
            return [], True, False
        entries, more = visitors.newest(tx, row.conversation_id)
        if since is not None:
            fresh = [e for e in entries if e.id > since - (LOOK_BACK_MS << 21)]
            if not (more and len(fresh) == len(entries)):
                return views.messages(face, fresh), False, False
        return views.messages(face, entries), True, more

    def face(
        self, tx: Tx, seat: Seat, row: visitors.Thread | None, inbox: settings.Inbox | None = None
    ) -> tuple[views.Face, Any]:
        """What tells of a conversation, with its row; `inbox` where it was read a moment ago."""
        inbox = inbox or settings.inbox(tx, seat.inbox_id)
        found = conversations.get(tx, row.conversation_id, None) if row is not None else None
        return views.Face.of(tx, inbox, seat.locale), found

    @staticmethod
    def now() -> float:
        return time.monotonic()


def refused(refusal: Refusal, locale: str | None) -> Answer:
    """A refusal as the widget gets it."""
    values = refusal.values
    told: Answer = {
        "ok": False,
        "error": PUBLIC.get(refusal.code, refusal.code),
        "text": sentence(locale, refusal.code, **values),
    }
    for name in ("retry_after", "left", "challenge"):
        if name in values:
            told[name] = values[name]
    return told


# Some codes have several sentences.
PUBLIC = {
    "long": "text",
    "file_token": "files",
    "code_over": "code",
    "code_wait": "slow_down",
    "code_never": "code",
    "mail_wait": "slow_down",
    "challenge_wrong": "challenge",
}
