"""/bot/replays: last month's questions put to the bot as it is and to a variation: asking for it, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from desk import bot, conversations, knowledge, timeline
from desk.agents import Viewer, may
from desk.bot import BotReplay, BotReplayed, comparing
from desk.bot.replay import BadReplay
from desk.store import Tx
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk, wants_part
from desk.web.bot.pages import blueprint
from desk.web.bot.presses import Control, choices, control

PAGE = 50
Offered = dict[str, tuple[tuple[int, str], ...]]
VIEWS = ("changed", *comparing.CHANGES, "sample", "all")
_WRONG = {
    "busy": _l("A replay is under way; it has to end first."),
    "precision": _l("A target lies between 50 and 99.9 per cent."),
    "model": _l("This model is no longer there; choose anew."),
    "drafts": _l("One of these drafts was published or is gone; choose anew."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One question of a replay, as far as the viewer may read it."""

    row: BotReplayed
    question: str
    home: int | None
    change: str
    control: Control | None


@blueprint.post("/replays")
@allow("knowledge.publish")
def put_replay() -> ResponseReturnValue:
    """Asks for a replay; nobody is written to."""
    ids = [int(one) for one in request.form.getlist("draft") if one.isascii() and one.isdigit() and len(one) < 19]
    try:
        precision = float(request.form.get("precision", "").replace(",", "."))
    except ValueError:
        precision = 0.0
    try:
        with the_desk().store.transaction() as tx:
            made = bot.replay.ask(
                tx,
                signed_in_viewer().id,
                ids,
                precision,
                models=the_desk().models,
                model=request.form.get("model", "")[:100],
            ).id
    except BadReplay as bad:
        flash(str(_WRONG[bad.reason]))
        return redirect(url_for("bot.home") + "#replay", 303)
    return redirect(url_for("bot.one_replay", replay_id=made), 303)


@blueprint.get("/replays/<int:replay_id>")
@allow("bot.read")
def one_replay(replay_id: int) -> ResponseReturnValue:
    """The figures, what changes, and a sample to mark."""
    viewer = signed_in_viewer()
    view = request.args.get("view", "")
    view = view if view in VIEWS else "changed"
    page = max(1, number_argument("page") or 1)
    with the_desk().store.reading() as tx:
        row = _get(tx, replay_id)
        rows = bot.replay.lines(tx, replay_id)
        marks = bot.marks.marks_of(tx, [each.entry_id for each in rows])
        found = comparing.summary(rows, marks)
        wanted = _wanted(rows, view) if view != "sample" else comparing.sample(rows, marks)
        part = wanted[(page - 1) * PAGE : page * PAGE]
        offered = {locale: choices(tx, locale) for locale in sorted({each.locale for each in part})}
        shown = _lines(tx, part, viewer, offered)
        ids = {i for line in shown for i in (line.row.before_article, line.row.after_article) if i}
        titles = {each.id: each.title for each in knowledge.some(tx, sorted(ids | set(row.drafts)))}
        running = bot.replay.under_way(tx, row)
    return render_template(
        "bot/replay.html",
        replay=row,
        running=running,
        found=found,
        shown=shown,
        offered=offered if may(viewer, "knowledge.write") else {},
        view=view,
        page=page,
        more=len(wanted) > page * PAGE,
        titles=titles,
        marked=sum(line.row.entry_id in marks for line in shown),
    )


@blueprint.get("/replays/<int:replay_id>/progress")
@allow("bot.read")
def replay_progress(replay_id: int) -> ResponseReturnValue:
    """How far it is, as a part that asks again; when it is over, the page is loaded anew."""
    with the_desk().store.reading() as tx:
        row = _get(tx, replay_id)
        running = bot.replay.under_way(tx, row)
    page = url_for("bot.one_replay", replay_id=replay_id)
    if not wants_part():
        return redirect(page, 302)
    if not running:
        return "", 200, {"HX-Redirect": page}
    return render_template("bot/progress.html", replay=row)


def _get(tx: Tx, replay_id: int) -> BotReplay:
    return bot.replay.one(tx, replay_id) or abort(404)


def _wanted(rows: Sequence[BotReplayed], view: str) -> list[BotReplayed]:
    """Those of a view: what changes most for customers first, and the surest of them."""
    order = {name: place for place, name in enumerate((*comparing.CHANGES, ""))}
    known = [(comparing.change(row), row) for row in rows]
    some = [(name, row) for name, row in known if view == "all" or name == view or (view == "changed" and name)]
    some.sort(key=lambda pair: (order[pair[0]], -(pair[1].after_confidence or 0.0), pair[1].entry_id))
    return [row for _name, row in some]


def _lines(tx: Tx, rows: Sequence[BotReplayed], viewer: Viewer, offered: Offered) -> list[Line]:
    ids = [row.entry_id for row in rows]
    homes = timeline.homes(tx, ids)
    seen = conversations.visible_among(tx, set(homes.values()), viewer)
    words = timeline.texts(tx, [i for i in ids if homes.get(i) in seen])
    marks = bot.marks.marks_of(tx, ids)
    out = []
    for row in rows:
        text = " ".join(words.get(row.entry_id, "").split())[:160]
        judged = row.after_article if row.after == "answer" or row.before != "answer" else row.before_article
        made = (
            control(tx, row.entry_id, row.locale, "replay", judged, marks, offered[row.locale])
            if text and may(viewer, "knowledge.write")
            else None
        )
        out.append(Line(row, text, homes.get(row.entry_id) if text else None, comparing.change(row), made))
    return out
