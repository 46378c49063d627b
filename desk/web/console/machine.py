"""The bot's lines on the timeline: what it said, from which article and how sure; and what it handed over with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from markupsafe import Markup

from desk.timeline import EntryView
from desk.web.console import gone, prose
from desk.web.console.look import Look

_LEVEL = (
    '<svg class="level" width="64" height="8" role="img" aria-label="{label}">'
    '<rect class="ground" width="64" height="8" rx="3"/>'
    '<rect class="value" width="{value:.1f}" height="8" rx="3"/>{mark}</svg>'
)


def level(value: float, threshold: float | None, label: str) -> Markup:
    """A confidence in [0, 1] against the threshold; lengths are attributes, because no element carries a style."""
    mark = Markup()
    if threshold is not None and threshold <= 1:
        mark = Markup('<rect class="mark" x="{:.1f}" y="-2" width="1.5" height="12"/>').format(64 * threshold)
    return Markup(_LEVEL).format(label=label, value=64 * max(0.0, min(1.0, value)), mark=mark)


def turn(entry: EntryView, look: Look, name: str) -> dict[str, Any]:
    """The values of a Line for a turn of the bot."""
    detail, _ = entry.detail, look.gettext
    outcome = str(detail.get("outcome", ""))
    about = {
        "hand_over": _("did not answer, handed over"),
        "did_you_mean": _("asked back"),
    }.get(outcome, "")
    flow = detail.get("flow")
    if isinstance(flow, dict):
        about = _step(flow, about, look)
    chip = Markup()
    if detail.get("helped") is True:
        chip = Markup(
            '<span class="chip ok"><svg class="ic" aria-hidden="true"><use href="#check"/></svg>{}</span>'
        ).format(_("Confirmed by %(name)s") % {"name": name})
    elif detail.get("helped") is False:
        chip = Markup(
            '<span class="chip danger"><svg class="ic" aria-hidden="true"><use href="#x"/></svg>{}</span>'
        ).format(_("Did not help"))
    body = prose.prose(entry.text)
    if entry.erased:
        body = Markup("<p class=muted>{}</p>").format(gone.words(entry, look))
    return {
        "kind": "bot",
        "who": _("Bot"),
        "about": about,
        "body": body,
        "sentence": Markup(" ").join(filter(None, (_sources(detail, look.gettext), _written(detail, look)))),
        "rest": chip,
    }


def _step(flow: dict[str, Any], about: str, look: Look) -> str:
    """Which flow, which step, and why it said this."""
    _ = look.gettext
    why = {
        "asked": _("asks"),
        "again": _("asks again: the answer did not hold good"),
        "looking": _("looks something up"),
        "still": _("still looks something up"),
        "told": _("is at its end"),
        "left": _("was left by the customer"),
        "failed": _("the call failed, a person is offered"),
        "stuck": _("did not get further"),
        "policy": _("leads to a person here"),
        "unverified": _("needs a proved identity"),
        "wanted": _("a person was asked for"),
    }.get(str(flow.get("why")), about)
    named = {"name": flow.get("name"), "n": flow.get("step"), "of": flow.get("steps"), "why": why}
    said = _("flow “%(name)s”, step %(n)s of %(of)s: %(why)s") % named
    call = flow.get("call")
    if isinstance(call, dict) and call.get("trouble"):
        said = f"{said} ({call['trouble']})"
    return said


def _written(detail: dict[str, Any], look: Look) -> Markup:
    """Who put the article's words differently, and what they were; or why they stayed as they are."""
    _, writer = look.gettext, detail.get("writer")
    if not isinstance(writer, dict):
        return Markup()
    model = str(writer.get("model") or _("the writer"))
    if not writer.get("refused"):
        return Markup('<span>{}</span> <q dir="auto">{}</q>').format(
            _("In the words of %(model)s. The article says:") % {"model": model}, str(writer.get("passage") or "")
        )
    why = {
        "unreachable": _("it did not answer in time"),
        "language": _("nobody could check this language"),
        "empty": _("it said nothing"),
        "long": _("it said too much"),
        "markup": _("it used markup"),
        "word": _("it used a word that the article has not"),
        "apart": _("it joined what stands apart in the article"),
        "turned": _("it turned a “not”, “only” or “if”"),
        "number": _("it put a number elsewhere"),
        "missing": _("it left out a condition or a number"),
    }.get(str(writer["refused"]), _("it did not hold"))
    return Markup("<span>{}</span>").format(
        _("The article’s own words: what %(model)s wrote was dropped, because %(why)s.") % {"model": model, "why": why}
    )


def _sources(detail: dict[str, Any], _: Any) -> Markup:
    """Where it has it from, how sure it was, and from where it answers."""
    threshold = detail.get("threshold")
    out = []
    shown = [c for c in detail.get("candidates") or [] if isinstance(c, list) and len(c) == 3]
    if detail.get("outcome") == "answer" and detail.get("article_title"):
        shown = [[detail.get("article_id"), detail["article_title"], detail.get("confidence") or 0.0]]
    for article_id, title, confidence in shown:
        number = f"{float(confidence):.2f}"
        said = _("confidence %(value)s") % {"value": number}
        out.append(
            Markup('<a class="link" href="/knowledge/{}">{}</a> <b class="num">{}</b> {}').format(
                article_id, title, number, level(float(confidence), threshold, said)
            )
        )
    if not out:
        return Markup()
    first = _("From") if detail.get("outcome") == "answer" else _("Closest:")
    end = Markup()
    if threshold is not None:
        end = Markup(" {}").format(
            _("answers from %(value)s") % {"value": f"{threshold:.2f}"} if threshold <= 1 else _("it only asks back")
        )
    return Markup("{} {}{}").format(first, Markup(", ").join(out), end)


def handover(entry: EntryView, look: Look, now: datetime, name: str) -> dict[str, Any]:
    """The values of a Line for a hand-over: why, and what was asked, tried and felt."""
    detail, _ = entry.detail, look.gettext
    why = {
        "customer": _("%(name)s asked for a person") % {"name": name},
        "frustrated": _("%(name)s is frustrated") % {"name": name},
        "people": _("What %(name)s wrote is for people alone") % {"name": name},
        "language": _("no article in this language"),
        "not_helped": _("the answer did not help"),
        "agent": _("a colleague took over"),
        "unsent": _("its answer could not be sent"),
        "stuck": _("a flow did not get further"),
        "policy": _("a flow leads to a person here"),
        "unverified": _("a flow needs a proved identity"),
    }.get(str(detail.get("why")), _("it did not know"))
    said = []
    if entry.erased:
        said.append(Markup("{}").format(gone.words(entry, look)))
    elif entry.text:
        words, _gap, answers = entry.text.partition("\n\n")
        asked = Markup(" ").join(Markup('<q dir="auto">{}</q>').format(line) for line in words.splitlines() if line)
        said.append(Markup("{} {}.").format(_("Asked:"), asked))
        if answers:
            listed = Markup("; ").join(Markup("<b dir=auto>{}</b>").format(line) for line in answers.splitlines())
            said.append(Markup("{} {}.").format(_("Answered in the flow:"), listed))
    flow = detail.get("flow")
    if isinstance(flow, dict):
        named = {"name": flow.get("name"), "n": flow.get("step"), "of": flow.get("steps")}
        said.append(Markup("{}").format(_("It was in the flow “%(name)s”, step %(n)s of %(of)s.") % named))
    tried = [t for t in detail.get("tried") or [] if isinstance(t, list) and len(t) == 2]
    if tried:
        links = Markup(", ").join(Markup('<a class="link" href="/knowledge/{}">{}</a>').format(*t) for t in tried)
        end = "" if str(tried[-1][1]).endswith(("?", "!", ".", "…", "؟")) else "."
        said.append(Markup("{} {}{}").format(_("Tried:"), links, end))
    else:
        said.append(Markup("{}").format(_("No article was given.")))
    felt = look.words.get(str(detail.get("felt")), "")
    if felt:
        said.append(Markup("{} {}.").format(_("Felt:"), felt.lower()))
    waiting = _moment(detail.get("waiting"))
    if waiting is not None:
        at = Markup('<time datetime="{}" title="{}">{}</time>').format(
            waiting.isoformat(), look.full(waiting), look.short(waiting, now)
        )
        said.append(Markup("{} {}.").format(_("Waits since"), at))
    return {
        "kind": "handover",
        "icon": "bot",
        "who": _("Handed over: %(why)s") % {"why": why},
        "sentence": Markup(" ").join(said),
    }


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
