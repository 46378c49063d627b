"""/wall/: the page, its live part, the rows behind each number, whispers and taking over."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, conversations, outbound
from desk.agents import Viewer
from desk.conversations import NotPossible, NotVisible
from desk.outbound import Refused
from desk.reports.live_definitions import DEFINITIONS
from desk.reports.live_rows import WHICH, BadPlace, behind
from desk.store import Tx
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk, wants_part
from desk.web.wall import parts

blueprint = Blueprint("wall", __name__, url_prefix="/wall")
PAGE = 50


def _now() -> str:
    viewer, here = signed_in_viewer(), parts.screens()
    with the_desk().store.reading() as tx:
        now = parts.gather(tx, viewer, here)
    return render_template("wall/now.html", now=now, me=viewer, definitions=DEFINITIONS, **parts.columns())


@blueprint.get("/")
@allow("report.read")
def wall() -> str:
    return render_template("wall/page.html", now_html=_now(), definitions=DEFINITIONS)


@blueprint.get("/now")
@allow("report.read")
def now() -> str:
    """The live part, which the page's script asks for when something changed."""
    return _now()


@blueprint.get(f"/rows/<any({','.join(WHICH)}):which>")
@allow("report.read")
def rows(which: str) -> ResponseReturnValue:
    """The rows behind a number; `inbox` and `team` (0: of no team) narrow what waits."""
    viewer = signed_in_viewer()
    inbox_id, team_id = number_argument("inbox"), number_argument("team")
    with the_desk().store.reading() as tx:
        at = tx.now()
        try:
            found = behind(
                tx,
                which,
                at,
                parts.midnight(at, viewer.zone),
                inbox_id=inbox_id,
                team_id=team_id,
                after=request.args.get("after", ""),
                limit=PAGE + 1,
            )
        except BadPlace:
            abort(404)
    more = found[PAGE - 1].place if len(found) > PAGE else ""
    onward = ""
    if more:
        onward = url_for("wall.rows", which=which, inbox=inbox_id, team=team_id, after=more)
    return render_template(
        "wall/rows.html", which=which, rows=found[:PAGE], onward=onward, definition=DEFINITIONS.get(which) or
        DEFINITIONS["waiting"], definitions=DEFINITIONS, at=at, **parts.columns(),
    )  # fmt: skip


def _done(do: Callable[[Tx, Viewer], object], news: str) -> ResponseReturnValue:
    """Runs one act of the wall: a sentence for its script, the wall again for a plain form."""
    viewer = signed_in_viewer()
    try:
        the_desk().store.attempt(lambda tx: do(tx, viewer))
    except NotVisible:
        abort(404)
    except (NotPossible, Refused) as error:
        if wants_part() or request.headers.get("X-Part") == "1":
            return Response(_(str(error)), status=409, mimetype="text/plain")
        flash(_(str(error)))
        return redirect(url_for("wall.wall"), 303)
    if wants_part() or request.headers.get("X-Part") == "1":
        return Response(news, status=201, mimetype="text/plain")
    flash(news)
    return redirect(url_for("wall.wall"), 303)


@blueprint.post("/c/<int:conversation_id>/whisper")
@allow("report.read")
def whisper(conversation_id: int) -> ResponseReturnValue:
    """Says `text` to the colleague `to`: a note on the conversation, and at once beside their composer."""
    text, to = request.form.get("text", ""), request.form.get("to", "")
    number = int(to) if to.isascii() and to.isdigit() and len(to) <= 18 else 0
    with the_desk().store.reading() as tx:
        colleague = agents.viewer(tx, number)
    name = colleague.name if colleague is not None else ""
    request_id = request.form.get("request_id", "")[:64] or None
    return _done(
        lambda tx, who: outbound.whisper(tx, conversation_id, who, number, text, request_id=request_id),
        _("%(name)s can read it now", name=name),
    )


@blueprint.post("/c/<int:conversation_id>/take")
@allow("report.read")
def take(conversation_id: int) -> ResponseReturnValue:
    """It is the viewer's from now on; whoever had it is told."""
    return _done(
        lambda tx, who: conversations.take_over(tx, conversation_id, who),
        _("#%(number)s is yours now", number=conversation_id),
    )
