"""Redacting a message or a file of it: the page that asks what and why, and the post that does it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import privacy
from desk.conversations import NotVisible
from desk.timeline import EntryView
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.base.words import file_size
from desk.web.console.files import entry_of
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint

WORDS = 300  # of the message, so that nobody redacts another one


@blueprint.get("/e/<int:entry_id>/redact")
@allow("conversation.read")
def redact_form(entry_id: int) -> ResponseReturnValue:
    """Whoever may read the line sees the page; it says who can do it, where that is somebody else."""
    return _form(entry_of(entry_id), "", "all", "")


def _form(entry: EntryView, reason: str, what: str, wrong: str) -> ResponseReturnValue:
    reader = look_of(signed_in_viewer())
    files = [
        (index, str(file.get("filename") or _("file")), file_size(int(file.get("size") or 0)))
        for index, file in enumerate(entry.attachments)
        if file.get("sha256")
    ]
    begins = " ".join((entry.text or entry.subject).split())[:WORDS]
    page = render_template(
        "console/redact.html",
        entry=entry,
        files=files,
        begins=begins,
        reason=reason,
        what=what,
        wrong=wrong,
        **reader.speech,
    )
    return (page, 422) if wrong else page


@blueprint.post("/e/<int:entry_id>/redact")
@allow("entry.redact")
@limiter.limit("60/hour")
def redact(entry_id: int) -> ResponseReturnValue:
    """Redacts the whole message, or the one file that `what` names by its place."""
    entry, viewer, desk = entry_of(entry_id), signed_in_viewer(), the_desk()
    what, reason = request.form.get("what", "all"), request.form.get("reason", "")
    if what != "all" and not (what.isascii() and what.isdigit() and len(what) < 4):
        abort(400)
    try:
        with desk.store.transaction() as tx:
            if what == "all":
                privacy.redact(tx, desk.files, entry_id, viewer, reason)
            else:
                privacy.redact_file(tx, desk.files, entry_id, int(what), viewer, reason)
    except NotVisible:
        abort(404)
    except privacy.NotRedacted as error:
        return _form(entry, reason, what, _(str(error)))
    flash(_("It is gone, with every copy in this desk."))
    return redirect(f"/console/c/{entry.conversation_id}?view=all#e{entry_id}", 303)
