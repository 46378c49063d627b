"""/admin/quarantine: what could not be taken in, why, and what a person makes of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import intake, settings
from desk.files import Blobs, FilesUnreachable, MissingBlob
from desk.store import Tx
from desk.web.admin.face import PAGE, blueprint
from desk.web.admin.raw import Peek, download, peek, peek_form
from desk.web.base import allow, answer, number_argument, signed_in_viewer, the_desk

SHOWN = 64 * 1024  # characters of the raw message on the page; the rest is in the download
PEEKED = 512 * 1024  # larger ones are not read for a list


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    arrival: Any
    inbox: str
    peek: Peek


def _peek(files: Blobs, arrival: Any) -> Peek:
    sender = str(arrival.envelope.get("mail_from") or "")
    if arrival.size > PEEKED:
        return Peek(sender=sender)
    try:
        raw = files.get(arrival.raw_sha256)
    except MissingBlob:
        return Peek(sender=sender)
    found = peek(raw) if arrival.channel == "email" else peek_form(raw)
    return found if found.sender else Peek(sender=sender, subject=found.subject)


@blueprint.get("/quarantine")
@allow("quarantine.read")
def quarantine() -> ResponseReturnValue:
    desk = the_desk()
    with desk.store.reading() as tx:
        blocked = request.args.get("held") == "blocked"  # what the block list kept aside, or one block of it
        found = intake.quarantined(
            tx,
            before=number_argument("before"),
            limit=PAGE + 1,
            state="blocked" if blocked else "quarantined",
            block_id=number_argument("block") if blocked else None,
        )
        names = {inbox.id: inbox.name for inbox in settings.inboxes(tx)}
    rows, away = [], False
    for arrival in found[:PAGE]:
        sender = str(arrival.envelope.get("mail_from") or "")
        try:  # a store that is away is asked once a page
            shown = Peek(sender=sender) if away else _peek(desk.files, arrival)
        except FilesUnreachable as error:
            current_app.logger.error("quarantine is shown without subjects: %s", error)
            shown, away = Peek(sender=sender), True
        rows.append(Row(arrival, names.get(arrival.inbox_id or 0, ""), shown))
    return render_template(
        "admin/quarantine.html",
        away=away,
        rows=rows,
        blocked=blocked,
        block=request.args.get("block", "")[:19] if blocked else "",
        next=found[PAGE - 1].id if len(found) > PAGE else None,
        older="before" in request.args,
    )


def _arrival(tx: Tx, arrival_id: int) -> Any:
    try:
        found = intake.get(tx, arrival_id)
    except LookupError:
        abort(404)
    if found.state not in {*intake.HELD, "discarded"} and not found.envelope.get("released"):
        abort(404)  # everyone else's mail is none of this page's business
    return found


@blueprint.get("/quarantine/<int:arrival_id>")
@allow("quarantine.read")
def held(arrival_id: int) -> ResponseReturnValue:
    """One of them: the reason, and the message as it came, as text and nothing else."""
    desk = the_desk()
    with desk.store.reading() as tx:
        arrival = _arrival(tx, arrival_id)
        inboxes = settings.inboxes(tx, arrival.channel, active=True)
        pieces = len(intake.whole(tx, arrival)) if arrival.state in intake.HELD else 1
    raw: bytes | None = None
    with contextlib.suppress(MissingBlob):
        raw = desk.files.get(arrival.raw_sha256)
    return render_template(
        "admin/held.html",
        arrival=arrival,
        inboxes=inboxes,
        pieces=pieces,
        text="" if raw is None else raw[:SHOWN].decode("utf-8", "replace"),
        missing=raw is None,
        cut=raw is not None and len(raw) > SHOWN,
        peek=_peek(desk.files, arrival),
    )


@blueprint.get("/quarantine/<int:arrival_id>/raw")
@allow("quarantine.read")
def held_raw(arrival_id: int) -> Response:
    desk = the_desk()
    with desk.store.reading() as tx:
        arrival = _arrival(tx, arrival_id)
    try:
        name = f"arrival-{arrival.id}.{'eml' if arrival.channel == 'email' else 'txt'}"
        return download(desk.files.get(arrival.raw_sha256), name)
    except MissingBlob:
        abort(404)


@blueprint.post("/quarantine/<int:arrival_id>/release")
@allow("quarantine.release")
def release(arrival_id: int) -> ResponseReturnValue:
    """Sends it through the corridor of the chosen inbox."""
    chosen = request.form.get("inbox", "")
    try:
        with the_desk().store.transaction() as tx:
            arrival = _arrival(tx, arrival_id)
            inboxes = {str(inbox.id): inbox.id for inbox in settings.inboxes(tx, arrival.channel, active=True)}
            if chosen not in inboxes:
                abort(400)
            intake.release(tx, arrival_id, inboxes[chosen], signed_in_viewer().id)
    except ValueError:
        return answer(409, text=_("This one is no longer in quarantine."))
    flash(_("Released. If it can be read now, it is on its way into its conversation; if not, it comes back here."))
    return redirect(url_for("admin.quarantine"), 303)


@blueprint.post("/quarantine/<int:arrival_id>/discard")
@allow("quarantine.release")
def discard(arrival_id: int) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            _arrival(tx, arrival_id)
            intake.discard(tx, arrival_id, signed_in_viewer().id)
    except ValueError:
        return answer(409, text=_("This one is no longer in quarantine."))
    flash(_("Discarded."))
    return redirect(url_for("admin.quarantine"), 303)
