"""A file that waits: why, and the button by which an admin lets it go."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import timeline
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.base.words import file_size
from desk.web.console import trusted
from desk.web.console.files import entry_of
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint


@blueprint.get("/e/<int:entry_id>/held/<int:index>")
@allow("conversation.read")
def held_file(entry_id: int, index: int) -> ResponseReturnValue:
    """What is known of a held file; of one that was released, that it was."""
    entry = entry_of(entry_id)
    if index >= len(entry.attachments):
        abort(404)
    file = entry.attachments[index]
    if not file.get("held") and not file.get("released_by"):
        abort(404)
    reader = look_of(signed_in_viewer())
    return render_template(
        "console/held.html",
        entry=entry,
        index=index,
        file=file,
        size=file_size(int(file.get("size") or 0)),
        reason=trusted.held(file, reader) or trusted.held({"held": file.get("was_held")}, reader),
        **reader.speech,
    )


@blueprint.post("/e/<int:entry_id>/held/<int:index>/release")
@allow("quarantine.release")
def release_file(entry_id: int, index: int) -> ResponseReturnValue:
    """An admin lets colleagues have the file; the timeline says who."""
    entry_of(entry_id)
    try:
        with the_desk().store.transaction() as tx:
            timeline.release_file(tx, entry_id, index, signed_in_viewer().id)
    except timeline.NotHeld:
        flash(_("This file is not held any more."))
    else:
        flash(_("Released. Your name stands beside it on the timeline."))
    return redirect(url_for("console.held_file", entry_id=entry_id, index=index), 303)
