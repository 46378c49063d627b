"""Sentences of the timeline: who was given a conversation, by whom or by which policy, and why it is still nobody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from desk.timeline import EntryView
from desk.web.console.bits import bold
from desk.web.console.look import Look


def language(code: object, look: Look) -> str:
    """A language in the reader's: "German" for de."""
    try:
        return str(Locale.parse(str(code)).get_language_name(look.locale) or code)
    except (UnknownLocaleError, ValueError):
        return str(code)


def assigned(entry: EntryView, look: Look, who: Markup, names: Mapping[int, str]) -> tuple[str, Markup]:
    _ = look.gettext
    detail = entry.detail
    after, because = detail.get("after"), detail.get("because") or {}
    if "team" in detail:
        team = bold(str(detail.get("team_name") or "?"))
        return "both", Markup(_("%(who)s gave this to the team %(team)s.")) % {"who": who, "team": team}
    if because.get("back"):
        return "users", _back(because, look)
    if after is None:
        return "users", Markup(_("%(who)s gave this back to the queue.")) % {"who": who}
    other = bold(names.get(int(after), "?"))
    if because.get("how") in ("round", "load"):
        return "users", _chosen(because, other, look)
    if after == entry.staff_id:
        return "take", Markup(_("%(who)s took this.")) % {"who": who}
    return "users", Markup(_("%(who)s gave this to %(other)s.")) % {"who": who, "other": other}


def _chosen(because: dict[str, Any], other: Markup, look: Look) -> Markup:
    _ = look.gettext
    text = (
        _("Assigned to %(name)s by load: %(why)s.")
        if because["how"] == "load"
        else _("Assigned to %(name)s by round-robin: %(why)s.")
    )
    number, load, capacity = because.get("open"), because.get("load"), because.get("capacity")
    if number == load:
        why = [_("%(n)s of %(all)s open") % {"n": number, "all": capacity}]
    else:  # what weighs more than a mail
        why = [_("%(n)s open, %(load)s of %(all)s places") % {"n": number, "load": load, "all": capacity}]
    if because.get("language"):
        why.append(_("speaks %(language)s") % {"language": language(because["language"], look)})
    if because.get("skills"):
        why.append(_("knows %(skills)s") % {"skills": ", ".join(map(str, because["skills"]))})
    return Markup(text) % {"name": other, "why": ", ".join(why)}


def _back(because: dict[str, Any], look: Look) -> Markup:
    _ = look.gettext
    name, minutes = bold(str(because.get("from") or "?")), int(because.get("minutes") or 0)
    if because["back"] == "hours":
        return Markup(_("Back in the queue: the working hours of %(name)s are over.")) % {"name": name}
    return Markup(_("Back in the queue: %(name)s has been away for %(time)s.")) % {
        "name": name,
        "time": look.span(minutes * 60),
    }


def waits(entry: EntryView, look: Look) -> tuple[str, Markup]:
    """Why nobody was given it."""
    _ = look.gettext
    detail = entry.detail
    why: dict[str, Callable[[], str]] = {
        "nobody": lambda: _("the team has no members"),
        "declined": lambda: _("everybody who could take it has given it away today"),
        "offline": lambda: _("nobody is online"),
        "hours": lambda: _("nobody who is online is in working hours"),
        "language": lambda: (
            _("nobody who is there speaks %(language)s") % {"language": language(detail.get("language"), look)}
        ),
        "skills": lambda: (
            _("nobody who is there knows %(skills)s") % {"skills": ", ".join(map(str, detail.get("skills") or []))}
        ),
        "full": lambda: _("everybody who is there has their hands full"),
    }
    said = why.get(str(detail.get("reason")), lambda: str(detail.get("reason")))()
    text = _("Nobody’s yet: %(why)s. It is looked at again when that changes.")
    return "clock", Markup(text) % {"why": said}
