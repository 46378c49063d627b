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
from desk.web.base.words import file_size
from desk.web.console import prose
from desk.web.console.files import entry_of, sealed_page
from desk.web.console.lines import LETTERS
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint

MOST_NAMED = 50  # recipients, and files
MOST_TEXT = 200_000  # characters; the file has the rest
DEEPEST = 20  # mails inside of each other that are opened one by one


@blueprint.get("/e/<int:entry_id>/mail/<int:index>")
@allow("conversation.read")
def enclosed(entry_id: int, index: int) -> ResponseReturnValue:
    """The attached mail. Nothing of it counts as the customer's; what cannot be read says so, and can be downloaded.
    One that came inside of it is told by its places (`?in=0.2`)."""
    entry, within = entry_of(entry_id), _within()
    mail = _mail(entry, index, within)
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
        files=[
            (a.filename, file_size(a.size), _places((*within, at)) if a.content_type in LETTERS else "")
            for at, a in enumerate(mail.attachments[:MOST_NAMED] if mail is not None else ())
        ],
        within=_places(within),
        around=_places(within[:-1]),
        **reader.speech,
    )


@blueprint.get("/e/<int:entry_id>/mail/<int:index>/html")
@allow("conversation.read")
def enclosed_html(entry_id: int, index: int) -> ResponseReturnValue:
    """Its sanitised HTML, for a sandboxed frame; pictures from elsewhere stay away until somebody asks."""
    mail = _mail(entry_of(entry_id), index, _within())
    if mail is None or not mail.html:
        abort(404)
    own = {a.content_id: a.content for a in mail.attachments if a.content_id}
    return sealed_page(mail.html, own.get, remote=request.args.get("images") == "1")


def _within() -> tuple[int, ...]:
    """At which places of the attached mail, and of those in it, the wanted one is."""
    told = request.args.get("in", "")
    places = told.split(".") if told else []
    if len(places) > DEEPEST or not all(place.isascii() and place.isdigit() and len(place) < 4 for place in places):
        abort(404)
    return tuple(map(int, places))


def _places(within: tuple[int, ...]) -> str:
    return ".".join(map(str, within))


def _mail(entry: EntryView, index: int, within: tuple[int, ...]) -> ParsedMail | None:
    """The mail at that place of an entry, or the one inside of it; None for one that cannot be read."""
    if index >= len(entry.attachments):
        abort(404)
    file = entry.attachments[index]
    if file.get("content_type") not in LETTERS or file.get("held"):
        abort(404)
    try:
        mail = parse(the_desk().files.get(str(file.get("sha256") or "")))
        for place in within:
            if place >= len(mail.attachments) or mail.attachments[place].content_type not in LETTERS:
                abort(404)
            mail = parse(mail.attachments[place].content)
        return mail
    except MissingBlob:
        abort(404)
    except Unreadable:
        return None


def _named(box: Mailbox) -> str:
    return f"{box.name} <{box.email}>" if box.name and box.email else box.email or box.name
