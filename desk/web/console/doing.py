"""What became of a task, as its line on the timeline says it, and the times that a form offers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup

from desk.timeline import EntryView
from desk.web.console.bits import bold
from desk.web.console.look import Look


def line(entry: EntryView, look: Look, now: datetime, who: Markup, names: Mapping[int, str]) -> tuple[str, Markup]:
    """The icon and the sentence. The words of a task are in it: whoever reads it needs no other line."""
    _, detail = look.gettext, entry.detail
    what, owner = str(detail.get("what")), names.get(int(detail.get("assignee") or 0), "")
    text = {
        "added": _("%(who)s added a task: %(task)s"),
        "done": _("%(who)s ticked off a task: %(task)s"),
        "reopened": _("%(who)s opened a task again: %(task)s"),
        "changed": _("%(who)s changed a task: %(task)s"),
        "given": _("%(who)s gave a task to %(owner)s: %(task)s")
        if owner
        else _("%(who)s made a task nobody's: %(task)s"),
        "left": _("%(left)s works here no more, so a task is %(owner)s's now: %(task)s")
        if owner
        else _("%(left)s works here no more, so a task is nobody's: %(task)s"),
    }.get(what, "%(task)s")
    said = Markup(text) % {
        "who": who,
        "task": bold(entry.text) if entry.text else Markup("…"),
        "owner": bold(owner),
        "left": bold(names.get(int(detail.get("who") or 0), "?")),
    }
    more = []
    if (owner and what in ("added", "reopened")) or (owner and what == "changed" and detail.get("given")):
        more.append(Markup(_("for %(owner)s")) % {"owner": bold(owner)})
    if detail.get("due") and what in ("added", "reopened", "changed"):
        at = look.until(datetime.fromisoformat(str(detail["due"])), now)
        more.append(Markup(_("due %(time)s")) % {"time": at})
    rest = Markup(" (") + Markup(", ").join(more) + Markup(")") if more else Markup()
    return "task", said + rest
