"""A mail that was attached to a mail, to be read in the console: whom it was from, when, and what it said."""

from __future__ import annotations

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from desk.channels.base import Unreadable
from desk.channels.email import ParsedMail, parse
from desk.channels.email.parse import Mailbox
from desk.files import MissingBlob
from desk.timeline import EntryView
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console import prose, said
from desk.web.console.files import entry_of, sealed_page
from desk.web.console.lines import LETTERS
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint

MOST_NAMED = 50  # recipients, and files
MOST_TEXT = 200_000  # characters; the file has the rest


@blueprint.get("/e/<int:entry_id>/mail/<int:index>")
@allow("conversation.read")
def enclosed(entry_id: int, index: int) -> ResponseReturnValue:
    """The attached mail. Nothing of it counts as the customer's; what cannot be read says so, and can be downloaded."""
    entry = entry_of(entry_id)
    mail = _mail(entry, index)
    reader = look_of(signed_in_viewer())
    text = mail.text if mail is not None else ""
    return render_template(
        "console/enclosed.html",
        entry=entry,
        index=index,
        name=entry.attachments[index].get("filename"),
        mail=mail,
        sender=_named(mail.sender) if mail is not None and mail.sender is not None else "",
        recipients=[_named(box) for box in (*mail.to, *mail.cc)[:MOST_NAMED]] if mail is not None else [],
        body=prose.prose(text[:MOST_TEXT]),
        cut=len(text) > MOST_TEXT,
        files=[(a.filename, said.filesize(a.size)) for a in mail.attachments[:MOST_NAMED]] if mail is not None else [],
        **reader.speech,
    )


@blueprint.get("/e/<int:entry_id>/mail/<int:index>/html")
@allow("conversation.read")
def enclosed_html(entry_id: int, index: int) -> ResponseReturnValue:
    """Its sanitised HTML, for a sandboxed frame; pictures from elsewhere stay away until somebody asks."""
    mail = _mail(entry_of(entry_id), index)
    if mail is None or not mail.html:
        abort(404)
    own = {a.content_id: a.content for a in mail.attachments if a.content_id}
    return sealed_page(mail.html, own.get, remote=request.args.get("images") == "1")


def _mail(entry: EntryView, index: int) -> ParsedMail | None:
    """The mail at that place of an entry; None for one that cannot be read."""
    if index >= len(entry.attachments):
        abort(404)
    file = entry.attachments[index]
    if file.get("content_type") not in LETTERS or file.get("held"):
        abort(404)
    try:
        return parse(the_desk().files.get(str(file.get("sha256") or "")))
    except MissingBlob:
        abort(404)
    except Unreadable:
        return None


def _named(box: Mailbox) -> str:
    return f"{box.name} <{box.email}>" if box.name and box.email else box.email or box.name
