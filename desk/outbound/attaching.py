"""How the files of an answer go by its channel: in the message, as media, or as addresses in the text that end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from desk import settings, timeline
from desk.channels.base import known
from desk.clock import new_id
from desk.conversations import Conversation
from desk.keys import KeyRing
from desk.messages import Attachment, Carriage, OutboundMessage
from desk.outbound import pictures
from desk.outbound.marked import Typed
from desk.outbound.ways import Way
from desk.outbound.writing import Refused, checked, written
from desk.store import Tx
from desk.timeline import EntryView

PURPOSE = "file-link"
MAC_BYTES = 10  # 80 bits: nobody guesses one, and a letter more in a text costs money
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_NEAR = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])?([:/]|$)")
UNREACHED = "Files cannot go by this channel: this desk has no address that the internet knows (PUBLIC_URL)."


@dataclass(frozen=True, slots=True)
class Packed:
    """What a message carries: `files` go with it, `links` stand below its words."""

    files: tuple[Attachment, ...] = ()
    links: tuple[str, ...] = ()


def carriage(tx: Tx, way: Way) -> Carriage:
    """How files go by this way. Raises Refused where none can."""
    channel = known()[way.channel]
    config: Mapping[str, Any] = settings.inbox(tx, way.inbox_id).config if way.inbox_id else {}
    found = channel.carriage(config)
    # A desk that only keeps its messages to be looked at shows them to somebody who reaches this address.
    if found.how in ("media", "link") and config.get("transport", "outbox") != "outbox" and _NEAR.match(tx.public_url):
        raise Refused(UNREACHED)
    return found


def packed_for(tx: Tx, way: Way, entry_id: int, files: Sequence[Attachment]) -> Packed:
    """The files of an entry, as its message carries them. Raises Refused where they do not fit."""
    if not files:
        return Packed()
    found = carriage(tx, way)
    if found.how == "link" or (found.how == "media" and not _fit(found, files)):
        return Packed(links=tuple(link(tx, entry_id, n) for n in range(len(files))))
    if found.how == "media":
        return Packed(tuple(replace(file, url=link(tx, entry_id, n)) for n, file in enumerate(files)))
    if not _fit(found, files):
        raise Refused(
            f"A mail carries {found.total // 1_000_000} MB of files at most, and these are "
            f"{sum(file.size for file in files) / 1_000_000:.1f} MB: send some of them in a second one."
        )
    return Packed(tuple(files))


def message_for(
    tx: Tx,
    conversation: Conversation,
    way: Way,
    entry_id: int,
    said: Typed,
    *,
    signature: str,
    automatic: bool = False,
    files: Sequence[Attachment] = (),
) -> OutboundMessage:
    """The message of an entry for one way, with its files as that way carries them. Raises Refused where it cannot."""
    packed = packed_for(tx, way, entry_id, files)
    if packed.links:
        bare = pictures.without(said.text, [file.filename for file in files if file.inline])
        said = Typed(checked("\n".join(filter(None, (bare, *packed.links))), way.channel))
    return written(tx, conversation, way, [said], signature=signature, automatic=automatic, files=packed.files)


def _fit(found: Carriage, files: Sequence[Attachment]) -> bool:
    return (
        (not found.most or len(files) <= found.most)
        and (not found.total or sum(file.size for file in files) <= found.total)
        and (not found.kinds or all(file.content_type in found.kinds for file in files))
    )


def kept(files: Sequence[Attachment]) -> list[dict[str, Any]]:
    """Files as the words of an entry keep them."""
    names = ("filename", "content_type", "size", "sha256", "content_id", "inline")
    return [{name: value for name, value in asdict(file).items() if name in names} for file in files]


def of_entry(entry: EntryView) -> tuple[Attachment, ...]:
    """The other way: what of an entry's files may go out."""
    return tuple(attachment(file) for file in entry.attachments if not file.get("held"))


def attachment(file: Mapping[str, Any]) -> Attachment:
    """A file that the words of an entry keep, as a message carries it."""
    return Attachment(
        str(file.get("filename") or "file"),
        str(file.get("content_type") or ""),
        int(file.get("size") or 0),
        str(file.get("sha256") or ""),
        content_id=file.get("content_id"),
        inline=bool(file.get("inline")),
    )


def fitting(files: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """As many of these as one mail takes, the first ones first: what is left out still stands where it was sent."""
    room, out, names = known()["email"].carriage({}).total, [], set()
    for file in files:
        if file.size <= room:
            room -= file.size
            # Two answers may each have an image.png: only the first mark of that name is filled.
            out.append(replace(file, inline=file.inline and file.filename not in names))
            names.add(file.filename)
    return tuple(out)


# ---- addresses of files: short, because they stand in texts that are paid for by the letter


def link(tx: Tx, entry_id: int, index: int) -> str:
    """The address of a file of an entry, good for as many days as the desk is set to."""
    last = tx.now() + timedelta(days=float(settings.get(tx, "sms.link_days")) + 1)
    return f"{tx.public_url}/f/{_token(tx.keys, entry_id, index, int(last.timestamp()) // 86400)}"


def as_links(tx: Tx, way: Way) -> bool:
    """Whether files go by this way as addresses in the text, whatever they are."""
    try:
        return carriage(tx, way).how == "link"
    except Refused:
        return False


def link_length(tx: Tx) -> int:
    """How many characters of a text such an address takes, with the line break before it."""
    return len(tx.public_url) + len("\n/f/") + len(_token(tx.keys, new_id(tx.now()), 0, 40_000))


def _token(keys: KeyRing, entry_id: int, index: int, day: int) -> str:
    text = f"{_short(entry_id)}-{_short(index)}-{_short(day)}"
    return f"{text}-{keys.mac(PURPOSE, text, MAC_BYTES)}"


def _short(number: int) -> str:
    out = ""
    while number:
        number, rest = divmod(number, 36)
        out = _DIGITS[rest] + out
    return out or "0"


@dataclass(frozen=True, slots=True)
class Linked:
    """What an address of a file names. `over`: its time is over."""

    file: Mapping[str, Any] | None
    over: bool = False


def linked(tx: Tx, token: str) -> Linked:
    """The file behind an address; nothing for what this desk never gave out, or is there no more."""
    text, _, mac = token.rpartition("-")
    if not re.fullmatch(r"[0-9a-z]{1,14}-[0-9a-z]{1,2}-[0-9a-z]{1,5}", text) or not mac.isascii():
        return Linked(None)
    if not tx.keys.mac_fits(PURPOSE, text, mac, MAC_BYTES):
        return Linked(None)
    entry_id, index, day = (int(part, 36) for part in text.split("-"))
    if tx.now() >= datetime.fromtimestamp(day * 86400, UTC):
        return Linked(None, over=True)
    entry = timeline.one(tx, entry_id)
    if entry is None or entry.kind != "reply" or index >= len(entry.attachments):
        return Linked(None)
    file = entry.attachments[index]
    return Linked(None if file.get("held") else file)
