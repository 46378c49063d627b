"""Marks of the lab: which article answers a question that a customer asked, said with one press."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import bot, conversations, knowledge, timeline
from desk.bot.marks import BadMark, Source
from desk.web.base import allow, safe_next, signed_in_viewer, the_desk, wants_part
from desk.web.bot.pages import blueprint
from desk.web.bot.presses import choices, control


@blueprint.post("/marks/<int:entry_id>")
@allow("knowledge.write")
def put_mark(entry_id: int) -> ResponseReturnValue:
    """One press: right, wrong, belongs to another, or nothing fits."""
    viewer = signed_in_viewer()
    verdict, _sep, number = request.form.get("mark", "").partition(":")
    article_id = int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None
    source: Source = "replay" if request.form.get("source") == "replay" else "turn"
    back = safe_next(request.form.get("back"), url_for("bot.home"))
    with the_desk().store.transaction() as tx:
        entry = timeline.one(tx, entry_id)
        home = timeline.homes(tx, [entry_id]).get(entry_id)
        if entry is None or entry.kind != "message" or home is None:
            abort(404)
        if home not in conversations.visible_among(tx, [home], viewer):
            abort(404)
        said = request.form.get("locale", "")
        locale = said if said in knowledge.locales(tx) else "en"
        offered = choices(tx, locale)
        if verdict == "belongs":
            wanted = " ".join(request.form.get("article", "").split()).casefold()
            verdict = "article"
            article_id = next((i for i, title in offered if title.casefold() == wanted), None)
        try:
            bot.marks.mark(tx, entry_id, locale, verdict, article_id, viewer.id, source)
        except BadMark as bad:
            if wants_part():
                abort(422)
            flash(_("Its words are gone.") if bad.reason == "words" else _("Choose the article first."))
            return redirect(back, 303)
        shown = request.form.get("shown", "")
        held = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 19 else None
        now = control(tx, entry_id, locale, source, held, bot.marks.marks_of(tx, [entry_id]), offered)
    if wants_part():
        return render_template("bot/mark.html", one=now, back=back)
    return redirect(f"{back}#m{entry_id}", 303)
