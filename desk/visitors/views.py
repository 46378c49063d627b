"""What a widget is told, as JSON: messages, conversations, who has the word. Nothing that colleagues say among
themselves has a form here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from desk import agents, calendars, conversations, formatting, i18n, people, settings, timeline
from desk.calendars import Opening
from desk.conversations import Conversation
from desk.outbound import pictures
from desk.settings import Inbox
from desk.store import Tx
from desk.timeline import EntryView
from desk.visitors import service
from desk.visitors.tables import Thread, Visitor
from desk.visitors.tokens import DOWNLOAD, TRANSCRIPT, sign_for_a_day

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MOST_CHOICES = 9
QUEUE_END = conversations.LINE_END
JUST_BEFORE = timedelta(milliseconds=1)


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def place_of(entry: EntryView) -> str:
    """Where an entry stands: its time, and its id, which counts up as entries are recorded."""
    return f"{entry.occurred_at.isoformat()}~{entry.id}"


def read_place(text: object) -> tuple[datetime, int]:
    """The other way. Raises ValueError."""
    if not isinstance(text, str) or len(text) > 80:
        raise ValueError("no place")
    at, _, number = text.partition("~")
    if not (number.isascii() and number.isdigit() and len(number) <= 19) or int(number) >= 2**63:
        raise ValueError("no place")
    when = datetime.fromisoformat(at)
    if when.tzinfo is None:
        raise ValueError("no place")
    return when, int(number)


@dataclass(slots=True)
class Face:
    """What telling takes beside the entries: the inbox, the visitor's language, and where names are looked up."""

    tx: Tx
    inbox: Inbox
    locale: str

    @classmethod
    def of(cls, tx: Tx, inbox: Inbox, locale: str | None) -> Face:
        return cls(tx, inbox, i18n.best(locale, inbox.locale))

    @property
    def say(self) -> Callable[[str], str]:
        return i18n.texts(self.locale).gettext

    def name(self, staff_id: int | None) -> str:
        return agents.NAMES.get(self.tx, (staff_id,)).get(staff_id, "") if staff_id is not None else ""


def message(face: Face, entry: EntryView) -> dict[str, Any] | None:
    """One entry, None where it is none of the visitor's business."""
    if not service.shown(entry):
        return None
    out: dict[str, Any] = {
        "id": str(entry.id),
        "place": place_of(entry),
        "conversation": str(entry.conversation_id),
        "at": moment(entry.occurred_at),
        "who": "event",
        "name": "",
        "text": "",
        "channel": entry.channel or "chat",
        "client_id": None,
        "files": [],
    }
    match entry.kind:
        case "message":
            out |= {"who": "me", "text": entry.text, "files": _files(face, entry)}
            out["client_id"] = entry.detail.get("client_id")
        case "reply":
            inside = [str(a.get("filename")) for a in entry.attachments if a.get("inline")]
            text = pictures.without(entry.text, inside)  # the widget shows them below the words
            # What a rule says is said by the desk itself.
            who = face.name(entry.staff_id) or settings.brand(face.tx, face.inbox.brand_id).name
            out |= {"who": "agent", "name": who, "text": text}
            found = formatting.read(entry.source, pictures.marks(inside)) if entry.source else None
            if found is not None:
                out["rich"] = formatting.tree(found)
            out["files"] = _files(face, entry)
        case "bot":
            out |= {"who": "bot", "text": entry.text, "bot": _turn(entry.detail)}
        case "handover":
            out |= {"event": "handover", "detail": {"why": entry.detail.get("why", "")}}
        case "status":
            event = {"resolved": "resolved", "open": "reopened"}.get(str(entry.detail.get("after")))
            # What somebody outside set off is not the visitor's to know.
            aside = entry.detail.get("before") != "resolved" or entry.detail.get("aside")
            if event is None or (event == "reopened" and aside):
                return None
            out |= {"event": event, "detail": {}}
        case "assigned":
            after = entry.detail.get("after")
            if not isinstance(after, int):
                return None
            # Whoever answers first is given the conversation by that answer: to its reader they came, then spoke.
            out["at"] = moment(entry.occurred_at - JUST_BEFORE)
            out |= {"event": "joined", "detail": {"name": face.name(after)}}
        case "mailed":
            out |= {"event": "by_email", "detail": _mailed(face, entry)}
        case _:
            return None
    return out


def _mailed(face: Face, entry: EntryView) -> dict[str, Any]:
    """Where an answer went that was not seen here. The address only where it was typed in a widget: a browser is not
    told what else the desk knows of its customer."""
    address = ""
    if entry.identity_id is not None and service.visitors_with_email(face.tx, entry.identity_id):
        address = people.identity(face.tx, entry.identity_id).value
    name = face.name(entry.staff_id)
    return {"name": name.split()[0] if name else "", "address": address}


def _turn(detail: Mapping[str, Any]) -> dict[str, Any]:
    outcome = detail.get("outcome", "answer")
    url, title = detail.get("article_url"), detail.get("article_title")
    offered = detail.get("candidates") or [] if outcome == "did_you_mean" else []
    flow = detail.get("flow") or {}
    if outcome == "flow":
        offered = [["", choice] for choice in flow.get("choices") or ()]
    return {
        "outcome": outcome,
        "article": {"title": title, "url": url} if url and title else None,
        "choices": [{"id": str(choice[0]), "title": str(choice[1])} for choice in offered[:MOST_CHOICES]],
        "flow": outcome == "flow",
        "ask_helped": outcome == "answer" and detail.get("helped") is None,
        "helped": detail.get("helped"),
    }


def _files(face: Face, entry: EntryView) -> list[dict[str, Any]]:
    base = f"{face.tx.public_url}/widget/{face.inbox.key}/files/"
    now = face.tx.now()
    return [
        {
            "name": str(a.get("filename") or "file"),
            "type": str(a.get("content_type") or ""),
            "size": int(a.get("size") or 0),
            "image": str(a.get("content_type")) in PICTURES,
            "url": base + sign_for_a_day(face.tx.keys, DOWNLOAD, {"e": entry.id, "n": n, "i": face.inbox.id}, now),
        }
        for n, a in enumerate(entry.attachments)
        if not a.get("held")
    ]


def messages(face: Face, entries: Iterable[EntryView]) -> list[dict[str, Any]]:
    told = [one for one in (message(face, entry) for entry in entries) if one is not None]
    return sorted(told, key=lambda one: (datetime.fromisoformat(one["at"]), int(one["id"])))


def conversation(face: Face, row: Thread, found: Conversation | None = None) -> dict[str, Any]:
    """A conversation as the list of them shows it."""
    found = found or service.conversation_of(face.tx, row)
    last = service.last_words(face.tx, row.conversation_id)
    told = message(face, last) if last is not None else None
    preview = {"who": "", "name": "", "text": ""}
    if told is not None:
        words = " ".join(told["text"].split())[:160] or ", ".join(f["name"] for f in told["files"])
        preview = {"who": told["who"], "name": told["name"], "text": words}
    signed = sign_for_a_day(face.tx.keys, TRANSCRIPT, {"c": found.id, "i": face.inbox.id}, face.tx.now())
    return {
        "id": str(found.id),
        "subject": found.subject,
        "status": "resolved" if found.status == "resolved" else "open",
        "at": moment(found.last_at),
        "unread": service.unread(face.tx, row),
        "preview": preview,
        "transcript": f"{face.tx.public_url}/widget/{face.inbox.key}/transcript/{signed}",
    }


def opening_of(tx: Tx, inbox: Inbox) -> Opening:
    """Whether somebody is there, by the inbox's calendar; without one, always."""
    rules = calendars.rules(tx, calendars.version_of(tx, inbox.calendar_id))
    return calendars.opening(rules, tx.now())


def state(face: Face, found: Conversation | None) -> dict[str, Any]:
    """Who has the word: the assistant, a colleague, the line, or nobody before the office opens."""
    hours = opening_of(face.tx, face.inbox)
    bot = bool(face.inbox.config.get("bot", True))
    out: dict[str, Any] = {
        "conversation": None if found is None else str(found.id),
        "who": "bot" if bot else "queue",
        "name": "",
        "full_name": "",
        "place": None,
        "ahead_many": False,
        "minutes": None,
        "can_ask_bot": False,
        "open": hours.open,
        "open_until": moment(hours.until),
        "opens": moment(hours.opens),
        "resolved": found is not None and found.status == "resolved",
    }
    if found is None:
        return out if bot or hours.open else out | {"who": "offline"}
    if found.assignee_id is not None and found.bot != "talking":
        name = face.name(found.assignee_id)
        return out | {"who": "agent", "full_name": name, "name": name.split()[0] if name else ""}
    if found.bot == "talking" or (bot and not found.bot and found.waiting_since is None):
        return out | {"who": "bot"}
    if not hours.open:
        return out | {"who": "offline"}
    place = conversations.place_in_line(face.tx, found)
    return out | {
        "who": "queue",
        "can_ask_bot": place is not None and bot and found.bot == "handed_over",
        "place": None if place is None else min(place, QUEUE_END),
        "ahead_many": place is not None and place > QUEUE_END,
        "minutes": conversations.answer_minutes(face.tx, face.inbox.id),
    }


def seen(face: Face, row: Thread) -> dict[str, Any] | None:
    """How far the other side has read; None where it has not begun."""
    if not row.read_id:
        return None
    entry = timeline.one(face.tx, row.read_id)
    name = face.name(row.read_by)
    return {
        "conversation": str(row.conversation_id),
        "place": place_of(entry) if entry is not None else None,
        "by": name.split()[0] if name else "",
        "bot": row.read_by is None,
        "at": moment(row.read_at),
    }


def me(tx: Tx, visitor: Visitor | None, user_ref: str) -> dict[str, Any]:
    """What the visitor told of themselves here: their name, and the address that they typed. Never what the desk knows
    of the customer beside that, for a browser is not a person."""
    email = None
    if visitor is not None and visitor.email_id is not None:
        given = people.identity(tx, visitor.email_id)
        proved = given.evidence == "verified" or bool(given.details.get("proved_at"))
        email = {"id": str(given.id), "address": given.value, "state": "verified" if proved else "claimed"}
    return {"name": visitor.name if visitor is not None else "", "email": email, "user": bool(user_ref)}


def face_for(tx: Tx, conversation_id: int, locale: str | None = None) -> tuple[Face, Conversation]:
    """The face of a conversation's inbox. Raises LookupError."""
    found = conversations.get(tx, conversation_id, None)
    return Face.of(tx, settings.inbox(tx, found.inbox_id), locale), found


def faces_for(tx: Tx, conversation_ids: Iterable[int]) -> dict[int, tuple[Face, Conversation]]:
    """The same of many, in a few statements; without those that there are not."""
    found: dict[int, tuple[Face, Conversation]] = {}
    of_inbox: dict[int, Face] = {}
    for row in conversations.several(tx, conversation_ids):
        if row.inbox_id not in of_inbox:
            of_inbox[row.inbox_id] = Face.of(tx, settings.inbox(tx, row.inbox_id), None)
        found[row.id] = of_inbox[row.inbox_id], row
    return found
