"""/bot/frustration/blind: messages drawn at random, one at a time, without what the desk said of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import SystemRandom

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, sentiment, timeline
from desk.sentiment.sampling import Card
from desk.store import Tx
from desk.timeline import EntryView
from desk.web.base import allow, number_argument, signed_in_viewer, the_desk, wants_part
from desk.web.bot.pages import blueprint

BEFORE = 2  # lines that were said before it, so that it can be understood
SAID = ("message", "reply", "bot")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows: the message and what came before, with nobody's mood on it."""

    card: Card
    entry: EntryView
    before: tuple[EntryView, ...]


@blueprint.get("/frustration/blind")
@allow("report.read")
def blind() -> ResponseReturnValue:
    """The next message that nobody judged, or the one that was asked for (`entry`)."""
    with the_desk().store.reading() as tx:
        shown = _shown(tx, number_argument("entry"))
        names = agents.names(tx)
        drawn = shown is not None or bool(sentiment.sampling.samples(tx, 1))
    return render_template("bot/blind.html", shown=shown, names=names, drawn=drawn, verdicts=_verdicts())


@blueprint.post("/frustration/samples")
@allow("report.read")
def draw() -> ResponseReturnValue:
    """Draws a sample anew; the ones before stay as they are."""
    with the_desk().store.transaction() as tx:
        made = sentiment.sampling.draw(tx, signed_in_viewer(), SystemRandom())
    if made is None:
        flash(_("There is nothing to draw from yet: no message was scored."))
        return redirect(url_for("bot.frustration"), 303)
    return redirect(url_for("bot.blind"), 303)


@blueprint.post("/frustration/samples/<int:sample_id>/<int:entry_id>")
@allow("report.read")
def judge(sample_id: int, entry_id: int) -> ResponseReturnValue:
    """One press: calm, upset, or one cannot tell. The next message comes."""
    with the_desk().store.transaction() as tx:
        try:
            sentiment.sampling.judge(tx, sample_id, entry_id, request.form.get("verdict", ""), signed_in_viewer())
        except LookupError:
            abort(404)
        except ValueError:
            abort(400)
        shown = _shown(tx, None)
        names = agents.names(tx)
    if wants_part():
        return render_template("bot/blind_card.html", shown=shown, names=names, verdicts=_verdicts())
    return redirect(url_for("bot.blind"), 303)


def _shown(tx: Tx, entry_id: int | None) -> Shown | None:
    found = sentiment.sampling.card(tx, entry_id)
    entry = timeline.one(tx, found.entry_id) if found is not None else None
    if found is None or entry is None:
        return None
    before: tuple[EntryView, ...] = ()
    if entry.conversation_id is not None:
        rows = timeline.of_conversation_before(
            tx, entry.conversation_id, entry.occurred_at, entry.id, BEFORE, kinds=SAID
        )
        before = tuple(row for row in rows if row.text.strip())
    return Shown(found, entry, before)


def _verdicts() -> tuple[tuple[str, str], ...]:
    return ("calm", _("Calm")), ("upset", _("Strained or frustrated")), ("unsure", _("Cannot tell"))
