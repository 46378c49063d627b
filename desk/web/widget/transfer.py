"""Files between a visitor and the desk: taken by their content, handed out by signed address; and the transcript."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Response, jsonify, make_response, request
from werkzeug.datastructures import FileStorage

from desk import conversations, settings, timeline, visitors
from desk.files import MissingBlob, kind_of
from desk.i18n import texts
from desk.visitors import views
from desk.web.base import allow, limiter, the_desk
from desk.web.widget.boot import file_bytes, types_of
from desk.web.widget.routes import SEALED, asked_locale, blueprint, chat_inbox, refuse

LONGEST_TRANSCRIPT = 1000  # entries


@blueprint.post("/widget/<key>/files")
@limiter.limit("10 per minute; 60 per hour")
@allow("public")
def upload(key: str) -> Response:
    """Keeps a file of a visitor and gives a token for it; it belongs to nothing until a message names it."""
    desk = the_desk()
    with desk.store.reading() as tx:
        inbox = chat_inbox(tx, key)
    if not inbox.active:
        refuse(404, "inbox")
    biggest = file_bytes(inbox)
    if (request.content_length or 0) > biggest + 64 * 1024:
        refuse(413, "too_big", limit=biggest >> 20)
    request.max_content_length = biggest + 64 * 1024
    now = desk.store.clock.now()
    try:
        named = visitors.read_visitor(desk.store.keys, inbox.id, request.form.get("visitor"), now)
    except visitors.BadToken:
        refuse(403, "visitor")
    sent = request.files.get("file")
    if not isinstance(sent, FileStorage):
        refuse(422, "shape")
    content = sent.stream.read(biggest + 1)
    if len(content) > biggest:
        refuse(413, "too_big", limit=biggest >> 20)
    if not content:
        refuse(422, "empty")
    name = _name(sent.filename or "")
    kind = kind_of(content, name)
    if kind not in types_of(inbox):
        refuse(415, "type")
    told = {
        "v": named.visitor_id, "i": inbox.id, "n": name, "t": kind, "s": len(content), "h": desk.files.put(content),
    }  # fmt: skip
    token = visitors.sign_for_a_day(desk.store.keys, visitors.UPLOAD, told, now)
    return make_response(
        jsonify(file=token, name=name, type=kind, size=len(content), image=kind in views.PICTURES), 201
    )


def _name(sent: str) -> str:
    """The last part of a path, without what no file is called."""
    last = sent.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(" .")
    return kept[-150:] or "file"


@blueprint.get("/widget/<key>/files/<token>")
@limiter.limit("300 per minute")
@allow("public")
def download(key: str, token: str) -> Response:
    """A file of a conversation, by an address that only its visitor was given; pictures are shown."""
    desk = the_desk()
    with desk.store.reading() as tx:
        inbox = chat_inbox(tx, key)
        try:
            told = visitors.read_signed(desk.store.keys, visitors.DOWNLOAD, token, tx.now())
        except visitors.BadToken:
            refuse(403, "visitor")
        entry = timeline.one(tx, told["e"]) if told.get("i") == inbox.id else None
    if entry is None or not visitors.shown(entry) or told["n"] >= len(entry.attachments):
        refuse(404, "file_token")
    found = entry.attachments[told["n"]]
    if found.get("held"):
        refuse(404, "file_token")
    try:
        content = desk.files.get(str(found.get("sha256") or ""))
    except MissingBlob:
        refuse(404, "file_token")
    kind = str(found.get("content_type") or "")
    shown = kind in views.PICTURES
    return _file(content, kind if shown else "application/octet-stream", str(found.get("filename") or "file"), shown)


def _file(content: bytes, kind: str, name: str, shown: bool) -> Response:
    response = Response(content, mimetype=kind)
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\/;' else "_" for c in name)[-100:] or "file"
    way = "inline" if shown else "attachment"
    response.headers["Content-Disposition"] = f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return response


@blueprint.get("/widget/<key>/transcript/<token>")
@limiter.limit("20 per minute")
@allow("public")
def transcript(key: str, token: str) -> Response:
    """What was said in a conversation, as a text to keep."""
    desk = the_desk()
    with desk.store.reading() as tx:
        inbox = chat_inbox(tx, key)
        try:
            told = visitors.read_signed(desk.store.keys, visitors.TRANSCRIPT, token, tx.now())
            if told.get("i") != inbox.id:
                raise visitors.BadToken
            found = conversations.get(tx, told["c"], None)
        except (visitors.BadToken, LookupError):
            refuse(403, "visitor")
        face = views.Face.of(tx, inbox, request.args.get("locale") or asked_locale())
        brand = settings.brand(tx, inbox.brand_id)
        _ = texts(face.locale).gettext
        place = ZoneInfo(str(inbox.config.get("zone") or brand.zone))
        who = {"me": _("You"), "bot": _("Assistant")}
        lines = [f"{brand.name} · {found.subject}", ""]
        entries, _more = visitors.newest(tx, found.id, LONGEST_TRANSCRIPT)
        for said in views.messages(face, entries):
            if said["who"] == "event":
                continue
            at = datetime.fromisoformat(said["at"]).astimezone(place)
            words = "\n".join(filter(None, (said["text"], *(f["name"] for f in said["files"]))))
            lines += [f"{at:%Y-%m-%d %H:%M} {who.get(said['who']) or said['name']}", words, ""]
    content = "\n".join(lines).encode()
    response = _file(content, "text/plain", f"{_('conversation')}-{found.id}.txt", False)
    response.headers["Cache-Control"] = "no-store"
    return response
