"""Passing messages on to somebody outside: the form, its preview, and the post that sends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, conversations, outbound, timeline
from desk.channels.email import framed
from desk.conversations import NotVisible
from desk.files import MissingBlob
from desk.outbound import Refused, Wish, WrongPeople, forwarding
from desk.store import Tx
from desk.timeline import EntryView
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.base.words import file_size
from desk.web.console import trusted
from desk.web.console.acting import toast
from desk.web.console.files import entry_of
from desk.web.console.look import Look
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading, wants_fragment

COLLEAGUES = 200
WORDS = 110  # of a message, in the list


@dataclass(frozen=True, slots=True)
class OfferedFile:
    place: str
    name: str
    size: str
    bytes: int
    held: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class OfferedLine:
    """A message that can go: who wrote it, when, how it begins; `secret` why the customer does not see it."""

    id: int
    who: str
    when: str
    words: str
    secret: str
    ticked: bool
    raw: bool
    files: tuple[OfferedFile, ...]


@blueprint.get("/c/<int:conversation_id>/forward")
@allow("conversation.reply")
def forward_all(conversation_id: int) -> str:
    """The form with everything ticked that the customer sees too."""
    return _form(conversation_id, lambda entry: entry.kind in forwarding.PUBLIC)


@blueprint.get("/e/<int:entry_id>/forward")
@allow("conversation.reply")
def forward_one(entry_id: int) -> str:
    """The form with one message ticked."""
    return _form(entry_of(entry_id).conversation_id or 0, lambda entry: entry.id == entry_id)


@blueprint.get("/e/<int:entry_id>/answer")
@allow("conversation.reply")
def answer_third_party(entry_id: int) -> str:
    """The form for an answer to somebody outside: it goes to them, and nothing is ticked."""
    entry = entry_of(entry_id)
    if entry.kind != "third_party":
        abort(404)
    return _form(entry.conversation_id or 0, lambda _entry: False, answers=entry)


@blueprint.get("/c/<int:conversation_id>/forward/address")
@allow("conversation.reply")
def check_address(conversation_id: int) -> Response:
    """Whether a forward can go to `address`: `why` is a sentence where it cannot."""
    with reading() as tx:
        found = conversations.get(tx, conversation_id, signed_in_viewer())
        why = forwarding.cannot_write(tx, found, request.args.get("address", "")[:400])
    return jsonify(why=_sentence(why))


@blueprint.post("/c/<int:conversation_id>/forward/preview")
@allow("conversation.reply")
def preview_forward(conversation_id: int) -> Response:
    """What would be sent, for a frame that can do nothing but show it."""
    viewer = signed_in_viewer()
    with reading() as tx:
        try:
            mail = outbound.made(tx, conversation_id, viewer, _wish())
        except Refused as error:
            return _framed(f"<p>{escape(_told(error))}</p>")
    message = mail.message
    pictures = {a.content_id: a.sha256 for a in message.attachments if a.inline and a.content_id}
    rows = [
        (_("From"), f"{message.sender_name} <{message.sender_address}>"),
        (_("To"), ", ".join(a.value for a in message.to)),
        (_("Copies"), ", ".join(a.value for a in message.cc)),
        (_("Answers come to"), message.reply_to or message.sender_address),
        (_("Subject"), message.subject),
        (_("Files"), ", ".join(f"{a.filename} ({file_size(a.size)})" for a in message.attachments)),
    ]
    head = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows if value)
    shown = framed(message.html, lambda name: _picture(pictures.get(name)))
    plain = f"<details><summary>{escape(_('As plain text'))}</summary><pre>{escape(message.text)}</pre></details>"
    return _framed(f"<dl>{head}</dl>{shown}{plain}")


def _picture(sha256: str | None) -> bytes | None:
    try:
        return the_desk().files.get(sha256) if sha256 else None
    except MissingBlob:
        return None


def _framed(body: str) -> Response:
    page = (
        f'<!doctype html><html lang="en"><meta charset=utf-8><title>{escape(_("Preview"))}</title><base target=_blank>'
        "<style>:root{color-scheme:light}body{margin:12px;font:14px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
        "img{max-width:100%;height:auto}pre{white-space:pre-wrap}dl{display:grid;grid-template-columns:auto 1fr;gap:2px"
        " 12px;margin:0 0 12px;padding-bottom:10px;border-bottom:1px solid #d5dddc}dt{color:#55625f}dd{margin:0}"
        f"summary{{cursor:pointer}}</style>{body}"
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.post("/c/<int:conversation_id>/forward")
@allow("conversation.reply")
def forward(conversation_id: int) -> ResponseReturnValue:
    """Sends it. The same `request_id` sends once, however often it is posted."""
    viewer, desk, wish = signed_in_viewer(), the_desk(), _wish()
    request_id = request.form.get("request_id", "")[:64] or None

    def write(tx: Tx) -> EntryView:
        return outbound.send_forward(tx, desk.files, conversation_id, viewer, wish, request_id=request_id)

    try:
        entry = desk.store.attempt(write)
    except NotVisible:
        abort(404)
    except Refused as error:
        if not wants_fragment():
            answers = _entry(wish.answers)
            html = _form(conversation_id, lambda e: e.id in set(wish.lines), answers=answers, wish=wish, error=error)
            return html, 422
        wrong = {text: _sentence(why) for text, why in error.told.items()} if isinstance(error, WrongPeople) else {}
        text = _("Nothing was sent: look at the addresses.") if wrong else _told(error)
        return jsonify(text=text, wrong=wrong), 422
    news = _("On its way to %(names)s", names=", ".join([*wish.to, *wish.cc])[:200])
    if not wants_fragment():
        flash(news)
        return redirect(f"{url_for('console.conversation', conversation_id=conversation_id)}#e{entry.id}", 303)
    return Response(status=204, headers={"X-Toast": toast(news), "X-Entry": str(entry.id)})


def _wish() -> Wish:
    """What the form asks for. Without `chosen`, the form showed no files: all of them go."""
    places = [p.partition(":") for p in request.form.getlist("file")]
    files = {(int(e), int(i)) for e, _c, i in places if _number(e) and _number(i)}
    answers = request.form.get("answers", "")
    return Wish(
        to=_addresses("to"),
        cc=_addresses("cc"),
        note=request.form.get("note", ""),
        lines=[int(n) for n in request.form.getlist("line") if _number(n)],
        files=files if request.form.get("chosen") == "1" else None,
        whole=request.form.get("whole") == "1",
        answers=int(answers) if _number(answers) else None,
    )


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) < 2**63


def _addresses(name: str) -> list[str]:
    typed = (one.strip() for text in request.form.getlist(name) for one in re.split(r"[,;\n]", text[:8000]))
    return [one for one in typed if one]


def _entry(entry_id: int | None) -> EntryView | None:
    if entry_id is None:
        return None
    with reading() as tx:
        return timeline.one(tx, entry_id)


def _form(
    conversation_id: int,
    ticks: Callable[[EntryView], bool],
    *,
    answers: EntryView | None = None,
    wish: Wish | None = None,
    error: Refused | None = None,
) -> str:
    viewer = signed_in_viewer()
    reader = look_of(viewer)
    with reading() as tx:
        found, entries = forwarding.offered(tx, conversation_id, viewer)
        numbers = [int(e.detail.get("participant") or 0) for e in [*entries, *([answers] if answers else [])]]
        others = conversations.participants_of(tx, numbers)
        names = agents.names(tx)
        lines = [_offered(e, ticks(e), found.customer_name, names, others, wish, reader, tx) for e in entries]
        colleagues = [(s.email, s.name) for s in agents.page(tx, limit=COLLEAGUES).rows if s.active]
        known = [*((a, "") for a in conversations.forwarded_before(tx, viewer)), *colleagues]
        most = forwarding.limit(tx)
    to = list(wish.to) if wish is not None else []
    third = others.get(int(answers.detail.get("participant") or 0)) if answers is not None else None
    if wish is None and third is not None:
        to = [third.address]
    values: dict[str, Any] = {
        "id": conversation_id,
        "customer": found.customer_name or found.reply_address,
        "offered": lines,
        "answers": answers,
        "to": to,
        "cc": list(wish.cc) if wish is not None else [],
        "note": wish.note if wish is not None else "",
        "whole": wish is not None and wish.whole,
        "known": [k for k in dict(known).items() if k[0] != viewer.email],
        "most": most,
        "most_shown": _megabytes(most),
        "error": _told(error) if error is not None else "",
        "many": len(entries) == forwarding.MOST_LINES,
        "limit": forwarding.MOST_LINES,
        "script": wants_fragment(),
        **reader.speech,
    }
    return render_template("console/forward_form.html" if wants_fragment() else "console/forward.html", **values)


def _offered(
    entry: EntryView,
    ticked: bool,
    customer: str,
    names: Mapping[int, str],
    others: Mapping[int, conversations.Participant],
    wish: Wish | None,
    reader: Look,
    tx: Tx,
) -> OfferedLine:
    other = others.get(int(entry.detail.get("participant") or 0))
    who = names.get(entry.staff_id or 0, "") or (customer if entry.author == "customer" else _("The assistant"))
    if other is not None:
        who = other.name or other.address
    secret = {"note": _("Private note"), "third_party": _("Third party")}.get(entry.kind, "")
    return OfferedLine(
        id=entry.id,
        who=who,
        when=reader.short(entry.occurred_at, tx.now()),
        words=" ".join((entry.text or entry.subject).split())[:WORDS],
        secret=secret,
        ticked=ticked,
        raw=forwarding.has_raw(entry),
        files=tuple(_file(entry, i, file, wish, reader) for i, file in enumerate(entry.attachments)),
    )


def _file(entry: EntryView, index: int, file: dict[str, Any], wish: Wish | None, reader: Look) -> OfferedFile:
    held, size = trusted.held(file, reader), int(file.get("size") or 0)
    chosen = wish is None or wish.files is None or (entry.id, index) in wish.files
    name = str(file.get("filename") or _("file"))
    return OfferedFile(f"{entry.id}:{index}", name, file_size(size), size, held, chosen and not held)


def _told(error: Refused) -> str:
    """Why it was not sent, in one sentence for each thing that is wrong."""
    if isinstance(error, WrongPeople):
        return " ".join(f"{text}: {_sentence(why)}" for text, why in error.told.items())
    if isinstance(error, forwarding.TooLarge):
        return _(
            "The mail would have %(size)s, and a mail holds %(most)s: leave files out, or send a link to them.",
            size=_megabytes(error.size),
            most=_megabytes(error.most),
        )
    return _sentence(str(error))


def _megabytes(count: int) -> str:
    """As the setting counts them."""
    return f"{round(count / 1048576, 1):g} MB"


def _sentence(why: str) -> str:
    return {
        forwarding.NOBODY: _("Say to whom it goes."),
        forwarding.NOT_AN_ADDRESS: _("That is not a mail address."),
        forwarding.OURS: _("That is an address of this desk: it would answer itself."),
        forwarding.CUSTOMER: _("That is the customer: answer them instead."),
        forwarding.NOTHING: _("Choose what to forward, or write a note."),
        forwarding.NOT_HERE: _("One of these messages is not in this conversation, or its words were erased."),
        forwarding.HELD: _("One of these files waits for an admin, who can release it."),
        forwarding.HELD_INSIDE: _("A mail with a file that waits for an admin cannot go as it came."),
        forwarding.NOT_KEPT: _("Of one of these messages no mail is kept that could go as it came."),
    }.get(why, why)
