"""The rows of a desk after a year's work, the same for the same seed: who wrote, who answered, what was asked."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table

from desk.clock import EPOCH
from desk.conversations.states import urgency
from desk.store import Base

END = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)  # fixed, so that the rows are the same on every day
YEAR = timedelta(days=365)
WINDOW = 2000  # conversations whose lines are sorted by time together: as many as a desk has under way
SENTENCES = (
    "The parcel was meant to be here on Monday and the tracking page has not moved since.",
    "One of the six bowls arrived with a crack from the rim down to the foot.",
    "Could you tell me whether the blue glaze is safe for the dishwasher?",
    "I have sent the form twice now and nobody has answered me.",
    "Thank you, that solved it at once.",
    "The invoice shows the old address, which is a problem for our bookkeeping.",
    "I would like to change the size before it is sent.",
    "We have looked at the order and a new one leaves us today.",
    "The voucher is refused at the last step although it is valid until March.",
    "Please keep the damaged piece until the carrier has looked at it.",
    "My daughter was so happy with the mug that we want three more.",
    "It is a pity that the colour is so far from the picture in the shop.",
)
SUBJECTS = (
    "My order has not arrived", "Broken on arrival", "Question about the glaze", "Wrong address on the invoice",
    "Return of two bowls", "Voucher is refused", "Change of size", "When will the plates be back?",
)  # fmt: skip
FIRST = ("Maya", "Jonas", "Lucía", "Amir", "Greta", "Tomás", "Ines", "Oskar", "Nadia", "Paul", "Yuki", "Elsa")
LAST = ("Okafor", "Lindqvist", "Serrano", "Haddad", "Brandt", "Novak", "Castillo", "Weber", "Tanaka", "Moreau")


@dataclass(frozen=True)
class Size:
    """How big a desk is measured. Entries come to about ten a conversation."""

    name: str
    customers: int
    conversations: int


def text_of(at: datetime) -> str:
    """A time as both databases read it from a text (the session's zone being UTC)."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


class Writer:
    """Gathers rows by table and hands them on in large pieces; columns that are not given have their default."""

    def __init__(self, bulk: Any) -> None:
        self._bulk = bulk
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._tables: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {}
        self.counts: dict[str, int] = defaultdict(int)

    def _table(self, name: str) -> tuple[tuple[str, ...], dict[str, Any]]:
        table: Table = Base.metadata.tables[name]
        values: dict[str, Any] = {}
        for column in table.columns:
            default = column.default.arg if column.default is not None else None  # type: ignore[attr-defined]
            if callable(default):
                default = "[]" if "list" in repr(column.default) else "{}"
            if default is None and column.server_default is not None:
                default = str(column.server_default.arg)  # type: ignore[attr-defined]  # a bulk names every column
            values[column.name] = int(default) if isinstance(default, bool) else default
        return tuple(values), values

    def add(self, name: str, /, **given: Any) -> None:
        if name not in self._tables:
            self._tables[name] = self._table(name)
        columns, defaults = self._tables[name]
        values = {**defaults, **given}
        assert len(values) == len(columns), set(given) - set(columns)
        self._rows[name].append(tuple(values.values()))
        self.counts[name] += 1

    def flush(self, least: int = 1) -> None:
        for name, rows in self._rows.items():
            if len(rows) >= least:
                self._bulk.write(name, self._tables[name][0], rows)
                self._rows[name] = []


@dataclass(frozen=True)
class Ground:
    """What stands before the rows: ids that they name."""

    inbox_ids: tuple[int, ...]
    team_ids: tuple[int, ...]
    staff_ids: tuple[int, ...]
    brand_id: int
    survey_id: int


class Story:
    """Makes the rows of one desk."""

    first: tuple[str, ...] = FIRST
    last: tuple[str, ...] = LAST

    def __init__(self, writer: Writer, size: Size, ground: Ground, seed: int = 7) -> None:
        self.w, self.size, self.ground = writer, size, ground
        self.rng = random.Random(seed)
        self._low = 0
        self._late: list[tuple[datetime, str, dict[str, Any]]] = []
        self.names: list[str] = []
        self._decision = self._response = self._delivery = 0

    def _id(self, at: datetime) -> int:
        self._low += 1
        return (int((at - EPOCH).total_seconds() * 1000) << 21) | (self._low & 0x1FFFFF)

    def _words(self) -> str:
        return " ".join(self.rng.choices(SENTENCES, k=self.rng.randint(1, 4)))

    def customers(self) -> None:
        began = text_of(END - YEAR)
        for n in range(1, self.size.customers + 1):
            name = f"{self.first[n % len(self.first)]} {self.last[n // len(self.first) % len(self.last)]}"
            self.names.append(name)
            address = f"customer{n}@customer.example"
            self.w.add("customers", id=n, name=name, name_folded=name.casefold(), locale="en", created_at=began)
            self.w.add(
                "identities", id=n, customer_id=n, origin_customer_id=n, kind="email", value=address,
                value_folded=address, name=name, evidence="inferred", because="mail came from this address",
                first_seen_at=began,
            )  # fmt: skip
        self.w.flush()

    def conversations(self) -> None:
        step = YEAR / self.size.conversations
        for n in range(1, self.size.conversations + 1):
            self._conversation(n, END - YEAR + step * n)
            if n % WINDOW == 0:
                self._settle(END - YEAR + step * n)
        self._settle(END + YEAR)

    def _settle(self, until: datetime) -> None:
        """Writes the lines up to a time, sorted: what is later waits for the next window."""
        self._late.sort(key=lambda line: line[0])
        for at, table, values in self._late:
            if at <= until:
                self.w.add(table, **values)
        self._late = [line for line in self._late if line[0] > until]
        self.w.flush(least=20_000 if until < END else 1)

    def _entry(self, at: datetime, kind: str, author: str, common: dict[str, Any], text: str = "", **more: Any) -> int:
        id_ = self._id(at)
        when = text_of(at)
        values = common | {"id": id_, "occurred_at": when, "recorded_at": when, "kind": kind, "author": author, **more}
        if text:
            values |= {"content_id": id_, "digest": f"{id_:064x}"}
            self._late.append((at, "contents", {"id": id_, "salt": f"{id_:032x}", "text": text}))
        self._late.append((at, "entries", values))
        return id_

    def _conversation(self, n: int, opened: datetime) -> None:
        rng, ground = self.rng, self.ground
        customer = int(self.size.customers * rng.random() ** 1.5) + 1
        name, address = self.names[customer - 1], f"customer{customer}@customer.example"
        draw = rng.random()
        status = "resolved" if draw < 0.82 else "pending" if draw < 0.90 else "open" if draw < 0.98 else "snoozed"
        inbox, team = rng.choice(ground.inbox_ids), rng.choice((None, *ground.team_ids))
        staff = None if status == "open" and rng.random() < 0.5 else rng.choice(ground.staff_ids)
        subject = f"{rng.choice(SUBJECTS)} ({n})"
        level = rng.choices(("calm", "strained", "frustrated"), (80, 14, 6))[0]
        common = {"customer_id": customer, "conversation_id": n, "episode_id": n, "detail": "{}"}
        said = {**common, "identity_id": customer, "channel": "email", "inbox_id": inbox}
        at, text, replied, message = opened, "", None, 0
        for turn in range(rng.randint(1, 6)):
            text = self._words()
            message = self._entry(at, "message", "customer", said, text)
            self._score(at, message, n, customer, level if turn else "calm")
            if turn == 0 and staff is not None:
                self._entry(at, "assigned", "desk", common, detail=json.dumps({"before": None, "after": staff}))
            if turn == 1 and level != "calm":
                self._shift(at, common, level, message)
            if status == "open" and rng.random() < 0.4:
                break
            at += timedelta(minutes=rng.randint(5, 600))
            if rng.random() < 0.16:
                self._entry(at, "note", "staff", common, self._words(), staff_id=staff or ground.staff_ids[0])
            reply = self._entry(at, "reply", "staff", said, self._words(), staff_id=staff or ground.staff_ids[0])
            replied = replied or at
            self._sent(at, reply, said, address, subject, text)
            at += timedelta(minutes=rng.randint(5, 900))
        at = min(at, END)
        waits = at if status == "open" else None
        if status == "resolved":
            change = {"before": "open", "after": "resolved", "episode": 1}
            self._entry(at, "status", "staff", common, staff_id=staff, detail=json.dumps(change))
            self._asked(n, customer, at, common, inbox, team, staff, level)
        self.w.add(
            "conversations", id=n, customer_id=customer, inbox_id=inbox, team_id=team, assignee_id=staff,
            subject=subject, status=status, channel="email", level=level, frustration=0.2, episode_id=n,
            urgency=urgency(waiting_since=waits, last_at=at, level=level, priority=0), opened_at=text_of(opened),
            waiting_since=waits and text_of(waits), last_at=text_of(at), preview=text[:180],
            unread=int(waits is not None),
            snoozed_until=text_of(END + timedelta(days=30)) if status == "snoozed" else None,
            customer_name=name, reply_address=address, reply_identity_id=customer,
        )  # fmt: skip
        self.w.add(
            "episodes", id=n, conversation_id=n, customer_id=customer, number=1, opened_at=text_of(opened),
            first_message_at=text_of(opened), first_reply_at=replied and text_of(replied), replies=int(bool(replied)),
            resolved_at=text_of(at) if status == "resolved" else None, resolved_by=staff,
        )  # fmt: skip

    def _score(self, at: datetime, message: int, conversation: int, customer: int, level: str) -> None:
        values = {
            "entry_id": message, "conversation_id": conversation, "customer_id": customer, "occurred_at": text_of(at),
            "model": "vader", "compound": -0.2, "frustration": 0.3, "words": "[[4, 10, -0.31], [22, 27, -0.12]]",
            "conversation_frustration": 0.3, "level_before": "calm", "level_after": level,
        }  # fmt: skip
        self._late.append((at, "sentiment_scores", values))

    def _shift(self, at: datetime, common: dict[str, Any], level: str, message: int) -> None:
        detail = {
            "before": "calm", "after": level, "score": 0.71, "spans": [[4, 10, -0.31], [22, 27, -0.12]],
            "message_entry_id": str(message), "model": "vader",
        }  # fmt: skip
        self._entry(at, "sentiment", "desk", common, detail=json.dumps(detail))

    def _sent(self, at: datetime, reply: int, said: dict[str, Any], address: str, subject: str, quoted: str) -> None:
        message_id = f"<{reply}@desk.example>"
        text = f"{quoted} {quoted}"
        message = {
            "channel": "email", "inbox_id": said["inbox_id"], "message_id": message_id, "subject": f"Re: {subject}",
            "to": [{"kind": "email", "value": address, "name": ""}], "text": text, "html": f"<p>{text}</p>",
            "references": [f"<{reply - 1}@customer.example>"],
        }  # fmt: skip
        self._delivery += 1
        self._late.append((at, "deliveries", {
            "id": self._delivery, "entry_id": reply, "customer_id": said["customer_id"],
            "conversation_id": said["conversation_id"], "inbox_id": said["inbox_id"], "purpose": "reply",
            "channel": "email", "message_id": message_id, "recipient": address, "message": json.dumps(message),
            "state": "sent", "attempts": 1, "queued_at": text_of(at), "sent_at": text_of(at),
        }))  # fmt: skip
        self._late.append((at, "message_refs", {
            "message_id": message_id, "entry_id": reply, "conversation_id": said["conversation_id"], "ours": 1,
        }))  # fmt: skip

    def _asked(
        self, n: int, customer: int, at: datetime, common: dict[str, Any], inbox: int, team: int | None,
        staff: int | None, level: str,
    ) -> None:  # fmt: skip
        rng, ground = self.rng, self.ground
        asked, answered = rng.random() < 0.4, rng.random() < 0.3
        self._decision += 1
        invitation = self._decision
        detail = {"kind": "csat", "survey": "csat", "reason": "asked" if asked else "asked_lately"}
        entry = self._entry(
            at, "survey_asked" if asked else "survey_withheld", "desk", common, detail=json.dumps(detail)
        )
        self.w.add(
            "survey_decisions", id=invitation, survey_id=ground.survey_id, episode_id=n, conversation_id=n,
            customer_id=customer, asked=int(asked), reason=detail["reason"], decided_at=text_of(at), entry_id=entry,
        )  # fmt: skip
        if not asked:
            return
        self.w.add(
            "invitations", id=invitation, survey_id=ground.survey_id, decision_id=invitation, kind="csat",
            customer_id=customer, conversation_id=n, episode_id=n, entry_id=entry, secret=f"{invitation:040x}",
            channel="email", locale="en", staff_id=staff, team_id=team, inbox_id=inbox, brand_id=ground.brand_id,
            level=level, sent_at=text_of(at), expires_at=text_of(at + timedelta(days=14)), delivered=1,
        )  # fmt: skip
        if not answered:
            return
        then, score = at + timedelta(hours=rng.randint(1, 60)), rng.choices((1, 2, 3, 4, 5), (6, 6, 12, 30, 46))[0]
        self._response += 1
        comment = rng.choice(SENTENCES) if rng.random() < 0.4 else ""
        detail_ = {"kind": "csat", "score": score, "reasons": [], "invitation_id": invitation}
        answer = self._entry(then, "survey_answered", "customer", common, comment, detail=json.dumps(detail_))
        self.w.add(
            "responses", id=self._response, invitation_id=invitation, kind="csat", score=score, comment=comment,
            answered_at=text_of(then), changed_at=text_of(then), entry_id=answer,
        )  # fmt: skip
