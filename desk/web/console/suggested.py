"""The article that would answer the open conversation: asked for when somebody has it before them, noted when used."""

from __future__ import annotations

from flask import Response, abort, render_template, request

from desk import bot
from desk.agents import Viewer
from desk.conversations import NotVisible
from desk.store import Tx
from desk.timeline import EntryView
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.console.routes import blueprint, reading

WAITS = 202  # a job looks for it; the screen is told when it is there


@blueprint.post("/c/<int:conversation_id>/suggested")
@limiter.limit("120 per minute")
@allow("conversation.reply")
def suggestion(conversation_id: int) -> Response:
    """What stands beside the composer: nothing (204) where nothing is sure enough or nothing waits for an answer."""
    viewer = signed_in_viewer()
    with reading() as tx:
        found = bot.standing(tx, conversation_id, viewer)
    if found.new:  # writes only where nobody has looked at this question yet
        try:
            found = the_desk().store.attempt(lambda tx: bot.ask_for_suggestion(tx, conversation_id, viewer))
        except NotVisible:
            abort(404)
    if found.found is None:
        return Response(status=WAITS if found.waits else 204)
    one = found.found
    html = render_template(
        "console/suggested.html", one=one, sure=f"{one.confidence:.2f}", least=f"{one.threshold:.2f}"
    )
    return Response(html)


def note_use(tx: Tx, viewer: Viewer, conversation_id: int, entry: EntryView) -> None:
    """Counts the suggestion that an answer was made with (`suggestion` in the form)."""
    given = request.form.get("suggestion", "")
    if given.isascii() and given.isdigit() and len(given) < 18:
        bot.suggestion_used(tx, int(given), conversation_id, viewer, entry.id)
