"""/bot/frustration: how right the desk is about frustration, by its own people, and which of its layers judges."""

from __future__ import annotations

from babel import Locale
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from desk import agents, sentiment, timeline
from desk.reports import frustration as figures
from desk.reports.blind import FEWEST
from desk.reports.blind import blind as figures_of
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.bot import drawing
from desk.web.bot.pages import blueprint


@blueprint.get("/frustration")
@allow("report.read")
def frustration() -> ResponseReturnValue:
    """All of it, of the last half year. Leads see every team's conversations, and so every row here."""
    with the_desk().store.reading() as tx:
        found = figures.frustration(tx)
        blind = [figures_of(sample) for sample in sentiment.sampling.samples(tx)]
        homes = timeline.homes(tx, [row.entry_id for row in blind[0].rows] if blind else [])
        layers = sentiment.layers(tx)
        used = sentiment.in_use(tx)
        used_id = used.id if used is not None else None
        waiting = sentiment.waiting(tx)
        names = agents.names(tx)
    return render_template(
        "bot/frustration.html",
        found=found,
        blind=blind,
        homes=homes,
        spots=drawing.reliability(blind[0].bands) if blind else (),
        fewest_blind=FEWEST,
        layers=layers,
        used_id=used_id,
        shipped=used is None or used.how == "shipped",
        waiting=waiting,
        names=names,
        spoken=_spoken,
        days=figures.DAYS,
        fewest=figures.FEWEST,
        needed=sentiment.FEWEST,
        model=sentiment.status(the_desk().models),
    )


def _spoken(code: str) -> str:
    """A language in the reader's own."""
    return (get_locale() or Locale("en")).languages.get(code) or (
        _("another writing") if code == "und" else _("not known")
    )


@blueprint.post("/frustration/layer")
@allow("admin.settings")
def choose_layer() -> ResponseReturnValue:
    """Lets an earlier layer judge (`layer`: its number), or the head as it came (`layer` empty)."""
    wanted = request.form.get("layer", "")
    if wanted and not (wanted.isdigit() and len(wanted) < 19):
        abort(400)
    with the_desk().store.transaction() as tx:
        try:
            sentiment.choose(tx, int(wanted) if wanted else None, signed_in_viewer())
        except LookupError:
            abort(404)
    flash(_("From now on messages are judged by it. What was judged before stays."))
    return redirect(url_for("bot.frustration"), 303)


@blueprint.post("/frustration/learn")
@allow("admin.settings")
def learn_now() -> ResponseReturnValue:
    """Asks for a lesson before there are twenty new corrections; a job does it."""
    with the_desk().store.transaction() as tx:
        sentiment.ask_to_learn(tx)
    flash(_("The desk learns anew. Load this page again in a moment."))
    return redirect(url_for("bot.frustration"), 303)
