"""/bot/sets: questions with known answers, kept to measure with: typed, brought in a file, evaluated by a job."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import FileStorage

from desk import bot, conversations, knowledge, timeline
from desk.bot import BotSet
from desk.bot.marks import MARKED, BadMark
from desk.store import Tx
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk
from desk.web.bot.pages import blueprint

PAGE = 50
MOST_BYTES = 2_000_000
_WRONG = {
    "name": _l("Give the set a name of at most 80 characters."),
    "taken": _l("There is a set of that name already."),
    "words": _l("A question needs words."),
    "article": _l("There is no such article. Give its number or its address, or nothing where none answers."),
    "many": _l("A set holds 5,000 questions at most."),
    "empty": _l("There is no question in this file."),
    "file": _l("This is no CSV with the columns text and article, and no JSON lines with these fields."),
}


@blueprint.get("/sets")
@allow("bot.read")
def set_list() -> ResponseReturnValue:
    """All sets, with what their last evaluation found."""
    with the_desk().store.reading() as tx:
        found = bot.sets.every(tx)
        waits = {one.id for one in found if bot.evaluating.under_way(tx, one.id)}
        by_locale = bot.marks.counts(tx)
    return render_template(
        "bot/sets.html", found=found, waits=waits, own=MARKED, by_locale=by_locale, enough=bot.marks.ENOUGH
    )


@blueprint.post("/sets")
@allow("knowledge.write")
def make_set() -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            made = bot.sets.make(tx, request.form.get("name", ""), signed_in_viewer().id).id
    except BadMark as bad:
        flash(str(_WRONG[bad.reason]))
        return redirect(url_for("bot.set_list"), 303)
    return redirect(url_for("bot.one_set", set_id=made), 303)


@blueprint.get("/sets/<int:set_id>")
@allow("bot.read")
def one_set(set_id: int) -> ResponseReturnValue:
    """The questions of a set. What a customer asked is shown to who may read their conversation."""
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        row = _get(tx, set_id)
        found = bot.sets.questions(tx, set_id, number_argument("after") or 0, PAGE + 1)
        more, found = len(found) > PAGE, found[:PAGE]
        homes = timeline.homes(tx, [q.entry_id for q in found if q.entry_id])
        seen = conversations.visible_among(tx, set(homes.values()), viewer)
        words = timeline.texts(tx, [i for i, home in homes.items() if home in seen])
        titles = {a.id: a.title for a in knowledge.some(tx, sorted({q.article_id for q in found if q.article_id}))}
        return render_template(
            "bot/set.html",
            row=row,
            own=MARKED,
            found=found,
            more=more,
            words={i: " ".join(text.split())[:160] for i, text in words.items()},
            titles=titles,
            waits=bot.evaluating.under_way(tx, set_id),
            limit=bot.LONGEST_QUESTION,
            choices=[
                (number, title, locale)
                for locale in knowledge.locales(tx)
                for number, title in sorted(knowledge.titles(tx, locale).items(), key=lambda pair: pair[1].casefold())
            ],
        )


@blueprint.post("/sets/<int:set_id>")
@allow("knowledge.write")
def change_set(set_id: int) -> ResponseReturnValue:
    """One press on the page of a set: add, bring, out, evaluate."""
    do, viewer = request.form.get("do", ""), signed_in_viewer()
    sent = request.files.get("file")
    data = sent.stream.read(MOST_BYTES + 1) if isinstance(sent, FileStorage) and sent.filename else b""
    number = request.form.get("question", "")
    back = redirect(url_for("bot.one_set", set_id=set_id), 303)
    try:
        with the_desk().store.transaction() as tx:
            row = _get(tx, set_id)
            if do == "evaluate":
                bot.evaluating.ask(tx, set_id)
            elif do == "out" and number.isascii() and number.isdigit() and len(number) < 19:
                bot.sets.take_out(tx, set_id, int(number))
            elif row.name == MARKED:
                abort(400)  # what is marked comes from the lab alone
            elif do == "add":
                text, article = request.form.get("text", ""), request.form.get("article", "")
                bot.sets.add(tx, set_id, text, article, request.form.get("locale", ""), viewer.id)
            elif do == "bring":
                if len(data) > MOST_BYTES:
                    raise BadMark("many")
                n = bot.sets.bring(tx, set_id, data, viewer.id)
                flash(_("%(n)s questions were taken in.", n=n))
            else:
                abort(400)
    except BadMark as bad:
        said = str(_WRONG[bad.reason])
        flash(_("Line %(line)s: %(said)s", line=bad.line, said=said) if bad.line and do == "bring" else said)
    except LookupError:
        abort(404)
    return back


@blueprint.post("/sets/<int:set_id>/remove")
@allow("knowledge.publish")
def remove_set(set_id: int) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            bot.sets.remove(tx, set_id)
    except LookupError:
        abort(404)
    flash(_("The set was removed."))
    return redirect(url_for("bot.set_list"), 303)


def _get(tx: Tx, set_id: int) -> BotSet:
    return bot.sets.one(tx, set_id) or abort(404)
