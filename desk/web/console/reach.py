"""By which channels the open conversation can be answered, as the composer shows it: whom each reaches, what it costs,
and why one is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import current_app

from desk import outbound, settings, visitors
from desk.channels.base import known
from desk.conversations import Conversation, Row
from desk.outbound import Refused, Way, attaching
from desk.outbound.attaching import UNREACHED
from desk.outbound.ways import CAME_BACK, NO_ADDRESS, NO_INBOX, NOT_HERE, OFF, STOPPED
from desk.store import Tx
from desk.web.console.look import Look

COUNTED = frozenset({"sms"})  # static/js/segments.js counts as their channel does, while somebody types


@dataclass(frozen=True, slots=True)
class Shown:
    """One way. `key` is the number of its Alt shortcut; `online` is None where nobody can tell."""

    channel: str
    word: str
    key: int
    address: str
    evidence: str
    evidence_word: str
    usable: bool
    title: str
    checked: bool
    own: bool  # by which the customer wrote last
    longest: int
    counted: bool
    online: bool | None
    cost: str
    bounced: str = ""  # why the last mail to it came back
    instead: str = ""  # that it stands for another address, and why
    files: str = ""  # what becomes of files there
    link: int = 0  # characters that each file adds to the text there, as an address
    room: int = 0  # bytes of files that a message holds; 0: no end of its own, -1: it takes none


def reach(tx: Tx, found: Conversation, reader: Look) -> list[Shown]:
    """The ways of a conversation that the reader may see. The one by which the customer wrote last is chosen, else the
    first that is open."""
    ways = outbound.ways(tx, found.id)
    own = next((w for w in ways if w.channel == found.channel and w.usable), None)
    first = own or next((w for w in ways if w.usable), None)
    return [_shown(tx, found, way, way is first, reader, n) for n, way in enumerate(ways, len(outbound.ORDER) + 1)]


def at_first(found: Conversation | Row, reader: Look) -> list[Shown]:
    """The way by which the customer wrote last, as far as the conversation's own row knows it: what the composer shows
    until it has asked for all of them, and what a plain form answers by."""
    channel = known().get(found.channel)
    if channel is None or not found.reply_address:
        return []
    word = reader.words.get(found.channel, found.channel)
    address = found.customer_name or reader.gettext("the widget") if channel.direct else found.reply_address
    key = outbound.ORDER.index(found.channel) + 1 if found.channel in outbound.ORDER else len(outbound.ORDER) + 1
    counted = found.channel in COUNTED
    return [
        Shown(found.channel, word, key, address, "", "", True, word, True, True, channel.longest, counted, None, "")
    ]


def _shown(tx: Tx, found: Conversation, way: Way, chosen: bool, reader: Look, further: int) -> Shown:
    _ = reader.gettext
    word = reader.words.get(way.channel, way.channel)
    channel = known()[way.channel]
    online = _online(tx, found) if channel.direct and way.identity_id is not None else None
    address = way.address
    if channel.direct:
        address = way.name or _("the widget")
    evidence = {"verified": _("Verified"), "claimed": _("Claimed"), "inferred": _("Seen")}.get(way.evidence, "")
    if not way.usable:
        title = f"{word}: {_reason(way.why_not, _)}"
    elif channel.direct:
        title = f"{word}: {_('on the site now') if online else _('not on the site now')}"
    else:
        title = f"{word}: {address} ({evidence})"
    return Shown(
        channel=way.channel,
        word=word,
        key=outbound.ORDER.index(way.channel) + 1 if way.channel in outbound.ORDER else further,
        address=address if way.identity_id is not None else "",
        evidence=way.evidence,
        evidence_word=evidence,
        usable=way.usable,
        title=title,
        checked=chosen,
        own=way.channel == found.channel,
        longest=channel.longest,
        counted=way.channel in COUNTED,
        online=online,
        cost=_cost(way, online, _),
        bounced=way.bounced,
        instead=_instead(way, _),
        **_files(tx, way, _),
    )


def _files(tx: Tx, way: Way, _: Callable[[str], str]) -> dict[str, Any]:
    """What becomes of files there, said while there are some."""
    if not way.usable:
        return {}
    try:
        found = outbound.carriage(tx, way)
    except Refused as error:
        return {"files": _reason(str(error), _), "room": -1}
    if found.how == "screen":
        return {"files": _("Files are shown in the chat.")}
    if found.how == "bytes":
        return {
            "files": _("Files go in the mail, %(mb)s MB at most.") % {"mb": found.total // 1_000_000},
            "room": found.total,
        }
    days = int(settings.get(tx, "sms.link_days"))
    if found.how == "media":
        values = {"num": found.most, "mb": f"{found.total / 1_000_000:g}", "days": days}
        said = _("Up to %(num)s pictures, %(mb)s MB together, go as MMS; else all go as links for %(days)s days.")
        if found.most == 1:
            said = _("One picture of up to %(mb)s MB goes as MMS; else all go as links for %(days)s days.")
        return {"files": said % values}
    values = {"days": days, "num": attaching.link_length(tx)}
    said = _("Files go as links that work for %(days)s days; each takes %(num)s characters.") % values
    return {"files": said, "link": values["num"]}


def _instead(way: Way, _: Callable[[str], str]) -> str:
    if way.instead_why:
        values = {"address": way.instead, "why": way.instead_why}
        return _("Mail to %(address)s came back (%(why)s). A colleague corrected the address.") % values
    return _("A colleague corrected %(address)s.") % {"address": way.instead} if way.instead else ""


def _cost(way: Way, online: bool | None, _: Callable[[str], str]) -> str:
    """What is not counted while somebody types."""
    if way.channel == "email":
        # Whoever owns an address that was only typed gets the answer alone.
        return _("one mail, nothing quoted") if way.evidence == "claimed" else _("one mail")
    if online is not None:
        return _("on the site now") if online else _("not on the site now")
    return ""


def _reason(why_not: str, _: Callable[[str], str]) -> str:
    return {
        NO_INBOX: _("No inbox of this channel is in use."),
        NO_ADDRESS: _("No address of this customer is known there."),
        STOPPED: _("STOP came from this number: it takes no texts until START comes."),
        NOT_HERE: _("The customer has not written in this conversation on that screen."),
        CAME_BACK: _("The last mail to this address came back. Choose “Send anyway” to try it once more."),
        OFF: _("The inbox that this conversation came to is switched off."),
        UNREACHED: _("Files cannot go by this channel: this desk has no address that the internet knows (PUBLIC_URL)."),
    }.get(why_not, why_not)


def _online(tx: Tx, found: Conversation) -> bool:
    """Whether a widget of the visitor is connected, as far as this process sees."""
    push: Any = current_app.extensions.get("loopdesk.visitor_push")
    thread = visitors.threads_of(tx, [found.id]).get(found.id)
    return bool(push is not None and thread is not None and push.is_here(thread.owner))
