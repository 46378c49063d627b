"""/bot/: the lab: from which confidence the bot answers and what that costs, a question to try, what it said lately.

No model runs in a request: what was learned stands in a row, and a question is tried by a job whose answer the page
fetches a moment later. A desk whose worker is another process so loads its models there alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import bot, conversations, knowledge, settings, timeline
from desk.agents import Viewer
from desk.bot import BotFit, BotTurn
from desk.knowledge import BadArticle
from desk.store import Tx
from desk.web.base import allow, may, number_argument, signed_in_viewer, the_desk, wants_part
from desk.web.bot.drawing import curve
from desk.web.bot.presses import Control, choices, control

blueprint = Blueprint("bot", __name__, url_prefix="/bot")
RECENT = 20
LOOKS = 60  # of the page for the answer to a try, one a second, before it says that nobody has taken it up


@dataclass(frozen=True, slots=True)
class Said:
    """One turn with its question, as far as the viewer may read it."""

    turn: BotTurn
    question: str
    customer: str
    article: str
    detail: dict[str, Any]
    press: Control | None = None


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned of one language. `state`: fresh, old (articles changed since), none (nothing yet)."""

    locale: str
    state: str
    articles: int
    fit: BotFit | None


@blueprint.get("/")
@allow("bot.read")
def home() -> ResponseReturnValue:
    """The whole lab, for one language."""
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        learned = _learned(tx)
        precision = settings.get(tx, "bot.precision")
        recent = [_said(tx, turn, viewer) for turn in bot.recent(tx, RECENT)]
        wanted = number_argument("turn")
        looked_at = _turn(tx, wanted, viewer) if wanted is not None else None
        trial_id = number_argument("trial")
        trial = bot.trial(tx, trial_id, viewer.id) if trial_id is not None else None
        endings = bot.endings(tx)
        offered = {one.turn.locale: choices(tx, one.turn.locale) for one in recent} if may("knowledge.write") else {}
        recent = _with_presses(tx, recent, offered)
        replays = bot.replay.newest(tx, 5)
        drafts = bot.replay.drafts(tx) if may("knowledge.publish") else []
    waiting = [row.locale for row in learned if row.state != "fresh"]
    if waiting:  # a restored desk, a new model: nobody need publish anything for the lab to know
        with the_desk().store.transaction() as tx:
            for locale in waiting:
                bot.ask_to_learn(tx, locale)
    asked = request.args.get("locale", "")
    shown = next((row for row in learned if row.locale == asked), next(iter(learned), None))
    fit = shown.fit if shown else None
    return render_template(
        "bot/lab.html",
        learned=learned,
        shown=shown,
        fit=fit,
        drawn=curve(fit.curve, fit.threshold["value"], fit.precision) if fit else None,
        per=_per(fit, 1000),
        precision=precision,
        recent=recent,
        looked_at=looked_at,
        trial=trial,
        look=0,
        endings=endings,
        total=sum(endings.values()),
        model=the_desk().models.status,
        others=the_desk().models.others(),
        limit=bot.LONGEST_QUESTION,
        replays=replays,
        offered=offered,
        drafts=drafts,
        enough=bot.marks.ENOUGH,
    )


def _learned(tx: Tx) -> list[Learned]:
    """Each language in which something is published."""
    fits = {row.locale: row for row in bot.fits(tx)}
    wanted = settings.get(tx, "bot.precision") / 100
    out = []
    for locale in knowledge.locales(tx):
        fit = fits.get(locale)
        state = "none"
        if fit is not None:
            state = "fresh" if bot.is_learned(tx, fit) and abs(fit.precision - wanted) < 1e-9 else "old"
        out.append(Learned(locale, state, fit.articles if fit else 0, fit))
    return sorted(out, key=lambda row: (-row.articles, row.locale))


def _per(fit: BotFit | None, n: int) -> dict[str, int] | None:
    """What the threshold means for `n` questions: answered, of these wrong, passed on."""
    if fit is None or not fit.threshold["reached"]:
        return None
    near = [p for p in fit.curve if p["threshold"] <= fit.threshold["value"]]
    answered = round(n * float(near[-1]["answered"])) if near else n
    wrong = round(answered * (1 - float(fit.threshold["precision"])))
    return {"n": n, "answered": answered, "wrong": wrong, "rest": n - answered}


def _said(tx: Tx, turn: BotTurn, viewer: Viewer) -> Said:
    row = conversations.row_of(tx, turn.conversation_id)
    visible = row is not None and conversations.may_see(viewer, row.team_id, row.assignee_id)
    question, customer, detail = "", "", {}
    if visible and row is not None:
        customer = row.customer_name
        entry = timeline.one(tx, turn.entry_id)
        detail = entry.detail if entry is not None else {}
        asked = timeline.one(tx, turn.question_entry_id) if turn.question_entry_id else None
        question = " ".join(asked.text.split())[:160] if asked is not None else ""
    return Said(turn, question, customer, str(detail.get("article_title") or ""), detail)


def _with_presses(tx: Tx, said: list[Said], offered: dict[str, tuple[tuple[int, str], ...]]) -> list[Said]:
    """The same with what is marked of each question that stands there, for who may mark."""
    if not offered:
        return said
    marks = bot.marks.marks_of(tx, [one.turn.question_entry_id for one in said if one.turn.question_entry_id])
    out = []
    for one in said:
        entry_id, locale = one.turn.question_entry_id, one.turn.locale
        if one.question and entry_id and one.turn.outcome in ("answer", "did_you_mean", "hand_over"):
            press = control(tx, entry_id, locale, "turn", one.turn.article_id, marks, offered[locale])
            one = replace(one, press=press)
        out.append(one)
    return out


def _turn(tx: Tx, entry_id: int, viewer: Viewer) -> Said:
    """One turn that somebody wants to look at. 404 where it is not for this colleague."""
    found = bot.turns(tx, [entry_id]).get(entry_id) or abort(404)
    said = _said(tx, found, viewer)
    if not said.detail:
        abort(404)
    return said


@blueprint.post("/try")
@allow("bot.read")
def put() -> ResponseReturnValue:
    """Puts a question to the bot; nobody is written to."""
    text = request.form.get("q", "").strip()
    locale = request.form.get("locale", "")[:3]
    if not text:
        flash(_("Type a question first."))
        return redirect(url_for("bot.home", locale=locale or None), 303)
    with the_desk().store.transaction() as tx:
        row = bot.ask(tx, text, locale if locale in knowledge.locales(tx) else "", signed_in_viewer().id)
    return redirect(url_for("bot.home", trial=row.id, locale=locale or None) + "#try", 303)


@blueprint.get("/trial/<int:trial_id>")
@allow("bot.read")
def trial(trial_id: int) -> ResponseReturnValue:
    """The answer to a try, as a part that asks again until it is there."""
    look = request.args.get("look", "0")
    with the_desk().store.reading() as tx:
        row = bot.trial(tx, trial_id, signed_in_viewer().id) or abort(404)
    if not wants_part():
        return redirect(url_for("bot.home", trial=trial_id) + "#try", 302)
    return render_template(
        "bot/trial.html", trial=row, look=min(int(look), LOOKS) if look.isdigit() and len(look) < 4 else 0, looks=LOOKS
    )


@blueprint.post("/turns/<int:entry_id>/example")
@allow("knowledge.write")
def teach(entry_id: int) -> ResponseReturnValue:
    """ "Not right?": the question of a turn becomes an example of the article that it belongs to."""
    viewer = signed_in_viewer()
    wanted = request.form.get("article", "")
    if not (wanted.isdigit() and len(wanted) < 19):
        abort(400)
    with the_desk().store.transaction() as tx:
        said = _turn(tx, entry_id, viewer)
        question = request.form.get("question", "").strip() or said.question
        try:
            row = knowledge.add_example(tx, int(wanted), question, viewer.id)
        except BadArticle as bad:
            flash(_(next(iter(bad.problems.values()))))
            return redirect(url_for("bot.home", turn=entry_id), 303)
        except LookupError:
            abort(404)
    flash(_("Added to the examples of the draft; the bot learns it once that is published."))
    return redirect(url_for("knowledge.edit", article_id=row.id), 303)
