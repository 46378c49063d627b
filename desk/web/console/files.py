"""What came with a message, handed out so that it cannot run: attachments, and mail as its sender formatted it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations, timeline
from desk.channels.email import framed, waiting
from desk.files import FilesUnreachable, MissingBlob
from desk.timeline import EntryView
from desk.web.base import allow, handed_out, signed_in_viewer, the_desk
from desk.web.console.lines import PREVIEWED
from desk.web.console.routes import blueprint, reading


def entry_of(entry_id: int) -> EntryView:
    with reading() as tx:
        entry = timeline.one(tx, entry_id)
        if entry is None or entry.conversation_id is None:
            abort(404)
        conversations.get(tx, entry.conversation_id, signed_in_viewer())
    return entry


@blueprint.get("/e/<int:entry_id>/file/<int:index>")
@allow("conversation.read")
def attachment(entry_id: int, index: int) -> ResponseReturnValue:
    """One attachment, as a download; `inline=1` shows it, for raster images alone. One that is held is not handed out:
    its page says why."""
    entry = entry_of(entry_id)
    if index >= len(entry.attachments):
        abort(404)
    found = entry.attachments[index]
    kind = str(found.get("content_type") or "").lower()
    if found.get("held"):
        return redirect(url_for("console.held_file", entry_id=entry_id, index=index), 303)
    try:
        content = the_desk().files.get(str(found.get("sha256") or ""))
    except MissingBlob:
        abort(404)
    shown = request.args.get("inline") == "1" and kind in PREVIEWED and not found.get("released_by")
    return handed_out(content, str(found.get("filename") or _("file")), kind if shown else "")


@blueprint.get("/e/<int:entry_id>/html")
@allow("conversation.read")
def formatted(entry_id: int) -> Response:
    """The sanitised HTML of a mail, for a sandboxed frame. Pictures from elsewhere tell the sender that the mail was
    read, so they stay away until somebody asks (`images=1`); how many there are stands in `X-Remote-Pictures`."""
    entry = entry_of(entry_id)
    with reading() as tx:
        html = timeline.html_of(tx, entry_id)
    if not html:
        abort(404)
    wanted = request.args.get("images") == "1"
    return sealed_page(html, lambda name: _picture(entry, name), remote=wanted)


def sealed_page(html: str, picture: Callable[[str], bytes | None], *, remote: bool) -> Response:
    """Sanitised HTML of a mail as the page of a sandboxed frame, under a policy of its own."""
    images = "data: https: http:" if remote else "data:"
    try:
        shown = framed(html, picture, remote=remote)
    except FilesUnreachable as error:  # its words are here all the same
        current_app.logger.error("a mail is shown without its pictures: %s", error)
        shown = framed(html, lambda _name: None, remote=remote)
    hidden = "img:not([src]){display:none}" + ("" if remote else "img:not([src^='data:']){display:none}")
    page = (
        "<!doctype html><meta charset=utf-8><base target=_blank><style>"
        ":root{color-scheme:light}body{margin:12px;font:14px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
        f"img{{max-width:100%;height:auto}}table{{max-width:100%}}.leads-to{{color:#b42318}}{hidden}</style>{shown}"
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        f"style-src 'unsafe-inline'; img-src {images}; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Remote-Pictures"] = str(waiting(html))
    return response


def _picture(entry: EntryView, content_id: str) -> bytes | None:
    """The bytes of a picture of a mail by its Content-ID; None where there is none, or it waits for an admin."""
    for file in entry.attachments:
        if file.get("content_id") == content_id and not file.get("held"):
            try:
                return the_desk().files.get(str(file.get("sha256") or ""))
            except MissingBlob:
                return None
    return None
