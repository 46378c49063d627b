"""What visitors do: write, read, ask for a person, say who they are, rate. Answered after the commit, never before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from desk import bot, conversations, inbound, merging, people, settings, surveys, timeline, visitors
from desk.channels.base import InboxRef
from desk.channels.chat import CHANNEL, LONGEST, MOST_FILES, PER_MINUTE, Refused
from desk.messages import InboundMessage
from desk.realtime import transcripts, visitor_identity
from desk.realtime.challenging import Challenges, is_stranger
from desk.realtime.flood import FROM_ADDRESS, MESSAGES, TRANSCRIPTS, Bucket, Pace
from desk.realtime.rooms import presence_room
from desk.realtime.visitor_blocks import keep_aside
from desk.realtime.visitor_seats import Refusal, Seat, text_of
from desk.realtime.visitors import Answer, Visitors, number, place_id
from desk.store import Tx
from desk.visitors import Visitor, views
from desk.visitors.words import wants_person

UNCHECKED = "not checked"  # the label of what came in while nobody could check whether a person wrote it
Extra = Callable[[Tx, int, int], object]  # with the conversation and the entry


EVENTS = (
    "send", "typing", "seen", "got", "person", "helped", "address", "code", "rename", "rate", "history",
    "new", "end", "page", "transcript",
)  # fmt: skip


class VisitorEvents:
    """The events beside `hello`. `tell` hands what happened here to colleagues' screens: event, what, room."""

    def __init__(self, visitors_: Visitors, tell: Callable[[str, Any, str], None]) -> None:
        self._visitors, self._tell, self._desk = visitors_, tell, visitors_.desk
        self._pace = Pace(lambda: Bucket(*MESSAGES))
        self._by_address = Pace(lambda: Bucket(*FROM_ADDRESS))
        self._by_inbox = Pace(lambda: Bucket(PER_MINUTE, PER_MINUTE / 60))
        self._letters = Pace(lambda: Bucket(*TRANSCRIPTS))
        self._challenges = Challenges(self._desk, visitors_.now)
        visitors_.left = self._left
        for name in EVENTS:
            visitors_.on(name, getattr(self, f"_{name}"))

    # Writing

    def _send(self, seat: Seat, said: dict[str, Any]) -> Answer:
        """Whoever is in line for a person may ask the assistant meanwhile: `bot`."""
        return self._take(seat, said, bot.ask_aside if said.get("bot") is True else None)

    def _person(self, seat: Seat, said: dict[str, Any]) -> Answer:
        """Somebody asks for a person: that is written down in their name, and the assistant hands over."""

        def hand_over(tx: Tx, conversation_id: int, _entry_id: int) -> None:
            if bot.is_on(settings.inbox(tx, seat.inbox_id)):  # else whoever writes is in line for a person anyway
                bot.hand_over(tx, conversation_id, "customer", at=tx.now())

        return self._take(seat, {**said, "text": wants_person(seat.locale), "files": []}, hand_over)

    def _take(self, seat: Seat, said: dict[str, Any], extra: Extra | None = None) -> Answer:
        """One message through the corridor. The acknowledgement is what this returns, after the commit."""
        store, files = self._desk.store, self._files(seat, said.get("files"))
        with store.reading() as tx:
            inbox = settings.inbox(tx, seat.inbox_id)
            if not inbox.active:
                raise Refusal("inbox")
            row = self._visitors.own(tx, seat, said["conversation"]) if said.get("conversation") else None
            if row is None and not seat.anew:
                row = next(iter(visitors.threads(tx, seat.owner, seat.inbox_id, 1)), None)
            known = visitors.known(tx, seat.visitor_id)
            asked = visitors.challenge.challenge_of(settings.opened(tx, inbox)) if is_stranger(known, seat) else None
            token = conversations.reply_token(store.keys, inbox.id, row.conversation_id) if row is not None else None
        user = seat.user
        envelope = {
            "visitor": seat.visitor_id,
            "user": {"sub": user.sub, "name": user.name} if user is not None else None,
            "name": known.name if known is not None else "",
            "conversation": token,
            "fresh": row is None and seat.anew,
            "locale": seat.locale,
            "files": files,
        }
        try:
            ref = InboxRef(inbox.id, inbox.address, inbox.key)
            message = CHANNEL.translate(json.dumps(said).encode(), ref, envelope, store.clock.now())
        except Refused as refused:
            limit = MOST_FILES if refused.code == "files" else LONGEST
            raise Refusal(refused.code, limit=limit, **refused.values) from None
        assert isinstance(message, InboundMessage)  # a chat brings nothing else
        self._slow_down(seat, inbox)
        keep_aside(self._desk, seat, said, envelope, message)
        unchecked = asked is not None and self._challenges.pass_on(seat, inbox, asked, said)

        written: timeline.EntryView | None = None

        def finish(tx: Tx) -> None:
            nonlocal written
            entry_id = timeline.knows(tx, seat.inbox_id, message.external_id)
            entry = written = timeline.one(tx, entry_id) if entry_id is not None else None
            if entry is None or entry.conversation_id is None or entry.identity_id is None:
                return
            visitor_identity.wrote(tx, seat, entry.identity_id)
            visitors.begin(tx, seat.owner, seat.inbox_id, entry.conversation_id, entry.occurred_at)
            if unchecked:
                conversations.label(tx, entry.conversation_id, None, UNCHECKED, True)
            if extra is not None:
                extra(tx, entry.conversation_id, entry.id)

        outcome = inbound.receive(self._desk, message, finish=finish)
        if outcome.state == "blocked":  # this very instant: sent again, it is kept
            raise Refusal("blocked")
        seat.anew = False
        with store.reading() as tx:
            mine = self._visitors.own(tx, seat, outcome.conversation_id)
            face, found = self._visitors.face(tx, seat, mine, inbox)
            told = views.message(face, written) if written is not None else None
            seat.state = views.state(face, found)
        seat.open = mine.conversation_id
        return {
            "id": str(outcome.entry_id),
            "place": told["place"] if told else None,
            "conversation": str(mine.conversation_id),
            "message": told,
            "again": outcome.state == "duplicate",
            "state": seat.state,
        }

    def _slow_down(self, seat: Seat, inbox: settings.Inbox | None = None) -> None:
        """The narrowest first: whoever is too fast alone takes nothing of what all of an inbox have together."""
        now = self._visitors.now()
        wait = self._pace.take(seat.owner, now)
        if not wait and inbox is not None:
            wait = self._by_address.take(seat.address, now)
            most = int(inbox.config.get("per_minute") or PER_MINUTE)
            wait = wait or self._by_inbox.take(str(inbox.id), now, a_minute=most)
        if wait:
            raise Refusal("slow_down", seconds=wait, retry_after=wait)

    def _files(self, seat: Seat, tokens: Any) -> list[dict[str, Any]]:
        """What was uploaded before, by the tokens that the upload gave."""
        if tokens is None:
            return []
        if not isinstance(tokens, list):
            raise Refusal("shape")
        if len(tokens) > MOST_FILES:
            raise Refusal("files", limit=MOST_FILES)
        store, found = self._desk.store, []
        for token in tokens:
            try:
                told = visitors.read_signed(store.keys, visitors.UPLOAD, token, store.clock.now())
            except visitors.BadToken:
                raise Refusal("file_token") from None
            if told.get("v") != seat.visitor_id or told.get("i") != seat.inbox_id:
                raise Refusal("file_token")
            found.append({"name": told["n"], "type": told["t"], "size": told["s"], "sha256": told["h"]})
        return found

    # Reading

    def _seen(self, seat: Seat, said: dict[str, Any]) -> Answer:
        place = place_id(said, "place") if said.get("place") else 0
        card = number(said.get("survey"))
        with self._desk.store.transaction() as tx:
            row = self._visitors.own(tx, seat, said.get("conversation"))
            if place:
                visitors.seen(tx, row, place)
            if card is not None:
                surveys.shown(tx, card, row.conversation_id, seen=True)
            unread = sum(visitors.unread(tx, r) for r in visitors.threads(tx, seat.owner, seat.inbox_id))
        return {"unread": unread}

    def _got(self, seat: Seat, said: dict[str, Any]) -> Answer:
        card = number(said.get("survey"))
        if card is not None:
            with self._desk.store.transaction() as tx:
                row = self._visitors.own(tx, seat, said.get("conversation"))
                surveys.shown(tx, card, row.conversation_id, seen=False)
            return {}
        place = place_id(said, "place")
        reached = seat.got.get(number(said.get("conversation")) or 0)
        if reached is None:  # the first time on this socket: mostly nothing is new, and whoever writes waits in line
            with self._desk.store.reading() as tx:
                row = self._visitors.own(tx, seat, said.get("conversation"))
                reached = seat.got[row.conversation_id] = row.got_id
        if place > reached:
            with self._desk.store.transaction() as tx:
                row = self._visitors.own(tx, seat, said.get("conversation"))
                visitors.got(tx, row, place)
                seat.got[row.conversation_id] = row.got_id
        return {}

    def _history(self, seat: Seat, said: dict[str, Any]) -> Answer:
        try:
            at, entry_id = views.read_place(said.get("before"))
        except ValueError:
            raise Refusal("place") from None
        with self._desk.store.reading() as tx:
            row = self._visitors.own(tx, seat, said.get("conversation"))
            face, _found = self._visitors.face(tx, seat, row)
            entries, more = visitors.before(tx, row.conversation_id, at, entry_id)
            return {"messages": views.messages(face, entries), "more": more}

    def _typing(self, seat: Seat, said: dict[str, Any]) -> Answer:
        id_ = number(said.get("conversation"))
        if id_ is None or id_ not in seat.mine:
            with self._desk.store.reading() as tx:
                id_ = self._visitors.own(tx, seat, said.get("conversation")).conversation_id
        self._writes(id_, said.get("on") is not False)
        return {}

    def _writes(self, conversation_id: int, on: bool) -> None:
        self._tell("customer", {"conversation": str(conversation_id), "writing": on}, presence_room(conversation_id))

    def _left(self, seat: Seat) -> None:
        if seat.open is not None:
            self._writes(seat.open, False)

    # Turns, surveys, the end

    def _helped(self, seat: Seat, said: dict[str, Any]) -> Answer:
        turn, yes = number(said.get("turn")), said.get("yes")
        if turn is None or not isinstance(yes, bool):
            raise Refusal("turn")
        with self._desk.store.transaction() as tx:
            entry = timeline.one(tx, turn)
            if entry is None or entry.kind != "bot" or entry.conversation_id is None:
                raise Refusal("turn")
            row = self._visitors.own(tx, seat, entry.conversation_id)
            try:
                bot.helped(tx, turn, yes)
            except LookupError:  # a greeting, or a question back
                raise Refusal("turn") from None
        with self._desk.store.reading() as tx:
            face, found = self._visitors.face(tx, seat, row)
            entry = timeline.one(tx, turn)
            told = views.message(face, entry) if entry is not None else None
            return {"message": told, "state": views.state(face, found)}

    def _rate(self, seat: Seat, said: dict[str, Any]) -> Answer:
        invitation, reasons, comment = number(said.get("invitation")), said.get("reasons"), said.get("comment")
        if invitation is None:
            raise Refusal("survey")
        if not isinstance(reasons, list | None) or not isinstance(comment, str | None):
            raise Refusal("shape")
        try:
            with self._desk.store.transaction() as tx:
                row = self._card_of(tx, seat, invitation, said.get("conversation"))
                surveys.answer_in_chat(
                    tx,
                    invitation,
                    row.conversation_id,
                    said.get("score"),
                    [str(r)[:40] for r in reasons or ()][:20],
                    comment or "",
                )
                card = surveys.card(tx, row.conversation_id)
        except (surveys.LinkClosed, surveys.BadAnswer) as error:
            return {"ok": False, "error": "survey", "text": surveys.refusal(error, seat.locale)}
        return {"survey": card.as_json() if card is not None else None}

    def _card_of(self, tx: Tx, seat: Seat, invitation: int, conversation: Any) -> visitors.Thread:
        """The conversation in which this question was asked: the one that was named, or one of the visitor's."""
        if conversation:
            return self._visitors.own(tx, seat, conversation)
        asked_in = surveys.asked_in(tx, invitation)
        for row in visitors.threads(tx, seat.owner, seat.inbox_id):
            if row.conversation_id == asked_in:
                return row
        raise surveys.LinkClosed("invalid")

    def _new(self, seat: Seat, _said: dict[str, Any]) -> Answer:
        seat.anew, seat.open = True, None
        with self._desk.store.reading() as tx:
            face, _found = self._visitors.face(tx, seat, None)
            seat.state = views.state(face, None)
        return {"state": seat.state}

    def _end(self, seat: Seat, said: dict[str, Any]) -> Answer:
        with self._desk.store.transaction() as tx:
            row = self._visitors.own(tx, seat, said.get("conversation"))
            if visitors.conversation_of(tx, row).status not in ("resolved", "spam"):
                conversations.resolve(tx, row.conversation_id, None)
        return {"state": self._state(seat, row)}

    def _state(self, seat: Seat, row: visitors.Thread) -> Answer:
        with self._desk.store.reading() as tx:
            face, found = self._visitors.face(tx, seat, row)
            seat.state = views.state(face, found)
        return seat.state

    def _page(self, seat: Seat, said: dict[str, Any]) -> Answer:
        seat.page = (text_of(said, "url", 1000), text_of(said, "title", 300))
        with self._desk.store.reading() as tx:
            known = visitors.known(tx, seat.visitor_id) is not None
        if known:
            with self._desk.store.transaction() as tx:
                visitor_identity.looked(tx, seat)
        return {}

    def _transcript(self, seat: Seat, said: dict[str, Any]) -> Answer:
        """Mails the conversation to the address that they proved to be theirs, and to no other one."""
        with self._desk.store.reading() as tx:
            self._visitors.own(tx, seat, said.get("conversation"))
            if (self._visitors.me(tx, seat)["email"] or {}).get("state") != "verified":
                raise Refusal("verify_first")
        wait = self._letters.take(seat.owner, self._visitors.now())
        if wait:
            raise Refusal("slow_down", seconds=wait, retry_after=wait)
        with self._desk.store.transaction() as tx:
            row = self._visitors.own(tx, seat, said.get("conversation"))
            face, _found = self._visitors.face(tx, seat, row)
            given = people.identity(tx, self._known(tx, seat).email_id or 0)
            why = transcripts.send(tx, face, row, given, seat.zone)
        if why:
            raise Refusal(why, **({"retry_after": 3600} if why == "mail_wait" else {}))
        return {"address": given.value}

    # Who they are

    def _rename(self, seat: Seat, said: dict[str, Any]) -> Answer:
        name = " ".join(text_of(said, "name", 120).split())
        with self._desk.store.transaction() as tx:
            row = self._known(tx, seat)
            visitor_identity.call(tx, row, name)
            return {"me": self._visitors.me(tx, seat)}

    def _known(self, tx: Tx, seat: Seat) -> Visitor:
        """The row of a visitor who wrote something: before that, nothing is asked for and nothing kept."""
        row = visitors.known(tx, seat.visitor_id)
        if row is None or row.identity_id is None:
            raise Refusal("write_first")
        return row

    def _address(self, seat: Seat, said: dict[str, Any]) -> Answer:
        """Notes where answers go while nobody looks here, and sends a code there that proves it."""
        self._slow_down(seat)
        with self._desk.store.transaction() as tx:
            row = self._known(tx, seat)
            given = people.identity(tx, row.identity_id or 0)
            try:
                email = people.claim(
                    tx,
                    given.customer_id,
                    "email",
                    text_of(said, "email", 320),
                    because="typed in the widget",
                    at=tx.now(),
                    by=given,
                )
            except people.BadClaim:
                raise Refusal("address") from None
            row.email_id = email.id
            tx.flush()
            visitors.address_given(tx, visitors.threads(tx, seat.owner, seat.inbox_id))
            self._ask_code(tx, seat, email, number(said.get("conversation")), quietly=True)
            return {"me": self._visitors.me(tx, seat)}

    def _ask_code(
        self, tx: Tx, seat: Seat, email: people.Identity, conversation_id: int | None, *, quietly: bool = False
    ) -> None:
        try:
            merging.ask_code(
                tx,
                email,
                inbox_id=seat.inbox_id,
                conversation_id=conversation_id if conversation_id in seat.mine else None,
                locale=seat.locale,
            )
        except people.CannotAsk as error:
            if quietly or error.why == "verified":
                return
            if error.why == "slow_down":
                raise Refusal("code_wait", seconds=error.retry_after, retry_after=error.retry_after) from None
            raise Refusal("code_never") from None

    def _code(self, seat: Seat, said: dict[str, Any]) -> Answer:
        """Takes the code that came by mail; with `again`, sends another one."""
        self._slow_down(seat)
        wanted = number(said.get("id"))

        def confirm(tx: Tx) -> people.Refused | None:
            row = self._known(tx, seat)
            if wanted is None or row.email_id != wanted:
                raise Refusal("code")
            if said.get("again") is True:
                self._ask_code(tx, seat, people.identity(tx, wanted), seat.open)
                return None
            answer = people.confirm(tx, wanted, text_of(said, "code", 40))
            return answer if isinstance(answer, people.Refused) else None

        refused = self._desk.store.attempt(confirm)
        if refused is not None:  # after the commit: a wrong code has cost a try
            raise Refusal("code" if refused.why in ("wrong", "shape") else "code_over", left=refused.left)
        with self._desk.store.reading() as tx:
            return {"me": self._visitors.me(tx, seat)}
