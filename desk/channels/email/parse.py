"""A mail from its bytes: who, to whom, when, what it says, what is attached. Raises Unreadable and nothing else."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass, field
from datetime import datetime

from desk.channels.base import Unreadable
from desk.channels.email import charsets, headers, mime, sanitise, tnef, transfer

MAX_TEXT = 2_000_000  # characters of text that are kept; the raw mail keeps the rest
MAX_ATTACHMENTS = 500

_INLINE_MEDIA = ("image/", "audio/", "video/")
_UNSAFE_NAME = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]+')
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_EXTENSIONS = {"message/rfc822": ".eml", "message/global": ".eml", "text/calendar": ".ics", "text/plain": ".txt"}
_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([A-Za-z0-9_:.-]+)", re.IGNORECASE)
_FLOWED_QUOTE = re.compile(r"^>+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address as a mail writes them; the address keeps its case."""

    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file of a mail, decoded."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str | None = None
    inline: bool = False
    turned: bool = False  # its name holds a mark that turns the direction of writing, so that fdp.exe reads exe.pdf

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail, read. `text` is the plain version (made from the HTML where there is none), `html` is sanitised,
    `raw_html` is not and must not be shown; message ids are without angle brackets; times are UTC."""

    sender: Mailbox | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    subject: str
    date: datetime | None
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    html: str
    raw_html: str = field(repr=False)
    plain: str = field(repr=False)  # the text/plain part alone; empty where there was none
    attachments: tuple[MailAttachment, ...]
    root: mime.Part = field(repr=False)

    def header(self, name: str) -> str:
        """The first header line of that name as text; empty where there is none."""
        return headers.text(self.root.header(name.lower()))


def parse(raw: bytes) -> ParsedMail:
    """Reads a mail. Raises Unreadable where there is nothing that could be one."""
    if not raw.strip():
        raise Unreadable("this mail is empty: not a single header line and no text")
    try:
        return _parse(raw)
    except Unreadable:
        raise
    except (RecursionError, MemoryError) as error:
        raise Unreadable(f"this mail is built to be unreadable ({type(error).__name__})") from error
    except Exception as error:  # the door must stay open whatever bytes come: the mail goes to quarantine, whole
        raise Unreadable(f"this mail could not be read ({type(error).__name__}: {str(error)[:200]})") from error


def _parse(raw: bytes) -> ParsedMail:
    root = mime.read(raw)
    bodies = _Bodies()
    _sort([root], "mixed", False, bodies, bodies.text, bodies.html)
    for part in bodies.text or []:
        if part.content_type not in ("text/plain", "text/html") and part not in bodies.files:
            bodies.files.append(part)
    plain_parts = [_text(p) for p in bodies.text or [] if p.content_type == "text/plain"]
    html_parts = [p for p in bodies.html or [] if p.content_type == "text/html"]
    if not html_parts:
        html_parts = [p for p in bodies.text or [] if p.content_type == "text/html"]
    raw_html = "\n".join(_text(p) for p in html_parts)[: sanitise.MAX_HTML]
    plain = "\n".join(plain_parts)[:MAX_TEXT]
    files, packed = _files(bodies.files, wordless=not raw_html.strip() and not plain.strip())
    if packed is not None:
        raw_html, plain = packed.html[: sanitise.MAX_HTML], packed.text[:MAX_TEXT]
        bodies.text = []
    text = _whole_text(bodies, plain, raw_html)
    boxes = _mailboxes(root)
    return ParsedMail(
        sender=_sender(root, boxes),
        to=boxes["to"],
        cc=boxes["cc"],
        bcc=boxes["bcc"],
        reply_to=boxes["reply-to"],
        subject=headers.text(root.header("subject"))[:2000],
        date=headers.date(root.header("date")),
        message_id=next(iter(headers.message_ids(root.all("message-id"))), ""),
        in_reply_to=tuple(headers.message_ids(root.all("in-reply-to"))),
        references=tuple(headers.message_ids(root.all("references"))),
        text=text[:MAX_TEXT],
        html=sanitise.safe_html(raw_html) if raw_html.strip() else "",
        raw_html=raw_html,
        plain=plain,
        attachments=tuple(files[:MAX_ATTACHMENTS]),
        root=root,
    )


class _Bodies:
    """What the walk of RFC 8621 4.1.4 sorts the parts into."""

    def __init__(self) -> None:
        self.text: list[mime.Part] = []
        self.html: list[mime.Part] = []
        self.files: list[mime.Part] = []


def _sort(
    parts: list[mime.Part],
    multipart: str,
    in_alternative: bool,
    bodies: _Bodies,
    text: list[mime.Part] | None,
    html: list[mime.Part] | None,
) -> None:
    """Which parts are the text, which the HTML, which are files: RFC 8621 section 4.1.4 (JMAP), but that an image
    inside the text is always a file as well, because a desk shows it among the files too."""
    text_before, html_before = len(text or ()), len(html or ())
    for i, part in enumerate(parts):
        if part.is_multipart:
            kind = part.content_type.removeprefix("multipart/")
            _sort(part.parts, kind, in_alternative or kind == "alternative", bodies, text, html)
            continue
        if not _is_inline(part, multipart, i):
            bodies.files.append(part)
            continue
        if multipart == "alternative":
            target = {"text/plain": text, "text/html": html}.get(part.content_type, bodies.files)
            (bodies.files if target is None else target).append(part)
            continue
        if in_alternative and part.content_type == "text/plain":
            html = None
        elif in_alternative and part.content_type == "text/html":
            text = None
        if part.content_type.startswith(_INLINE_MEDIA):
            bodies.files.append(part)
            continue
        if text is not None:
            text.append(part)
        if html is not None:
            html.append(part)
    if multipart == "alternative" and text is not None and html is not None:
        if len(text) == text_before and len(html) != html_before:
            text.extend(html[html_before:])
        elif len(html) == html_before and len(text) != text_before:
            html.extend(text[text_before:])


def _is_inline(part: mime.Part, multipart: str, index: int) -> bool:
    disposition, params = headers.parameters(part.header("content-disposition") or b"", "")
    if disposition == "attachment":
        return False
    media = part.content_type.startswith(_INLINE_MEDIA)
    if part.content_type not in ("text/plain", "text/html") and not media:
        return False
    named = bool(params.get("filename") or part.params.get("name"))
    return index == 0 or (multipart != "related" and (media or not named))


def _whole_text(bodies: _Bodies, plain: str, raw_html: str) -> str:
    pieces = []
    for part in bodies.text:
        if part.content_type == "text/plain":
            pieces.append(_text(part))
        elif part.content_type == "text/html":
            pieces.append(sanitise.text_of(_text(part)))
    joined = "\n".join(p for p in pieces if p.strip())
    if joined.strip():
        return joined
    return sanitise.text_of(raw_html) if raw_html.strip() else plain


def decoded(part: mime.Part) -> bytes:
    """The content of a part with its transfer encoding undone."""
    encoding = headers.text(part.header("content-transfer-encoding")).lower()
    body = part.body
    if encoding.startswith("base64") and part.content_type.startswith("text/") and not transfer.looks_like_base64(body):
        return body
    return transfer.decode(body, encoding)[0]


def _text(part: mime.Part) -> str:
    raw = decoded(part)
    label = part.params.get("charset", "")
    if not label and part.content_type == "text/html":
        meta = _META_CHARSET.search(raw[:4096])
        label = meta.group(1).decode("ascii", "replace") if meta else ""
    text = charsets.clean(charsets.decode(raw, label))
    if part.content_type == "text/plain" and part.params.get("format", "").lower() == "flowed":
        text = unflow(text, part.params.get("delsp", "").lower() == "yes")
    return text


def unflow(text: str, delete_space: bool = False) -> str:
    """Lines of format=flowed joined to paragraphs (RFC 3676)."""
    out: list[str] = []
    open_line: tuple[str, str] | None = None  # quote marks, text so far
    for line in text.split("\n"):
        match = _FLOWED_QUOTE.match(line)
        quote = match.group() if match else ""
        rest = line[len(quote) :]
        if rest.startswith(" "):
            rest = rest[1:]
        soft = rest.endswith(" ") and rest != "-- "
        if soft and delete_space:
            rest = rest[:-1]
        if open_line is not None and open_line[0] == quote and rest != "-- ":
            rest = open_line[1] + rest
        elif open_line is not None:
            out.append(_flow_line(*open_line))
        open_line = (quote, rest) if soft else None
        if not soft:
            out.append(_flow_line(quote, rest))
    if open_line is not None:
        out.append(_flow_line(*open_line))
    return "\n".join(out)


def _flow_line(quote: str, rest: str) -> str:
    return f"{quote} {rest}" if quote and rest else quote + rest


def _mailboxes(root: mime.Part) -> dict[str, tuple[Mailbox, ...]]:
    return {
        name: tuple(Mailbox(email, shown) for shown, email in headers.addresses(root.all(name)) if email)
        for name in ("from", "sender", "to", "cc", "bcc", "reply-to")
    }


def _sender(root: mime.Part, boxes: dict[str, tuple[Mailbox, ...]]) -> Mailbox | None:
    """The first author with an address; a From of a bare name is filled from Sender, and stands by its name without."""
    if boxes["from"]:
        return boxes["from"][0]
    names = headers.addresses(root.all("from"))
    if boxes["sender"]:
        return Mailbox(boxes["sender"][0].email, names[0][0] if names else boxes["sender"][0].name)
    return Mailbox("", names[0][0]) if names else None


def _files(parts: list[mime.Part], wordless: bool) -> tuple[list[MailAttachment], tnef.Winmail | None]:
    """The files of a mail, those in a winmail.dat taken out of it; and the winmail.dat whose text is the mail's, where
    the mail is wordless. One that is broken, or that nothing comes out of, stays a file as it came."""
    out: list[MailAttachment] = []
    words: tnef.Winmail | None = None
    for i, part in enumerate(parts[:MAX_ATTACHMENTS], 1):
        whole = _attachment(part, i)
        packed = tnef.read(whole.content) if _is_winmail(whole) else None
        if packed is None:
            out.append(whole)
            continue
        says = wordless and words is None and bool((packed.text + packed.html).strip())
        words = packed if says else words
        inside = [_unpacked(file, number) for number, file in enumerate(packed.files, len(out) + 1)]
        out += inside if inside or says else [whole]
    return out, words


def _is_winmail(file: MailAttachment) -> bool:
    return file.content.startswith(tnef.SIGNATURE) and (
        file.content_type in ("application/ms-tnef", "application/vnd.ms-tnef")
        or file.filename.lower().endswith(".dat")
    )


def _unpacked(file: tnef.File, number: int) -> MailAttachment:
    content_type = file.content_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return MailAttachment(
        filename=_filename(file.name, content_type, file.content, number),
        content_type=content_type,
        content=file.content,
        content_id=file.content_id,
        inline=file.content_id is not None,
        turned=_TURNS.search(file.name) is not None,
    )


def _attachment(part: mime.Part, number: int) -> MailAttachment:
    disposition, params = headers.parameters(part.header("content-disposition") or b"", "")
    content = decoded(part)
    name = params.get("filename") or part.params.get("name") or ""
    if not name:
        uu = transfer.decode_uu(content[:4096]) if content.startswith((b"begin ", b"\nbegin ")) else None
        name = uu[1] if uu else ""
    found_id = headers.message_ids(part.all("content-id"))
    return MailAttachment(
        filename=_filename(name, part.content_type, content, number),
        content_type=part.content_type,
        content=content,
        content_id=found_id[0] if found_id else None,
        inline=disposition == "inline" or (part.parent_type == "related" and disposition != "attachment"),
        turned=_TURNS.search(name) is not None,
    )


def _filename(name: str, content_type: str, content: bytes, number: int) -> str:
    """The name that the mail gives, without folders and what no file system takes; else one made from the type."""
    name = _UNSAFE_NAME.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    if name:
        if len(name) > 150:
            stem, dot, extension = name.rpartition(".")
            name = f"{stem[: 149 - len(extension)]}.{extension}" if dot and len(extension) < 12 else name[:150]
        return name
    if content_type in mime.EMBEDDED:
        inner, _ = mime.read_headers(content[:100_000], 0, min(len(content), 100_000))
        subject = headers.text(next((v for k, v in inner if k == "subject"), b""))
        subject = _UNSAFE_NAME.sub("_", subject.replace("/", "_").replace("\\", "_")).strip(". ")[:100]
        return f"{subject or f'mail-{number}'}.eml"
    extension = _EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
    return f"{content_type.split('/')[0]}-{number}{extension}"
