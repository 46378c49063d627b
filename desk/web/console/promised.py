"""What was promised to a customer, in words: the chip that counts down, the timeline's line, a row's urgency."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from markupsafe import Markup

from desk.conversations import PRIORITY, PROMISE, Row, head_start_of
from desk.sla import Promise
from desk.timeline import EntryView
from desk.web.console.look import Look


class Promised(Protocol):
    """As much of a conversation as its chip shows."""

    @property
    def due_at(self) -> datetime | None: ...
    @property
    def due_warn_at(self) -> datetime | None: ...
    @property
    def due_kind(self) -> str: ...
    @property
    def due_state(self) -> str: ...


def chip(row: Promised, reader: Look, now: datetime) -> str:
    """The chip that counts down: what is due, in how long or since how long, by words, a mark and a colour. The script
    of the page goes on counting by what stands in its attributes."""
    words = reader.words
    kind = words.get(f"due_{row.due_kind}", "")
    name = f'<span class="kind">{kind}</span>'
    if row.due_state == "paused":
        mark = '<svg class="ic"><use href="#pause"/></svg>'
        return f'<span class="chip line">{mark}{name} {words["due_paused"]}</span>'
    if row.due_at is None:
        return ""
    late = row.due_at <= now
    soon = not late and row.due_warn_at is not None and row.due_warn_at <= now
    span = counted(abs((row.due_at - now).total_seconds()), reader)
    text = words["due_late" if late else "due_in"] % {"time": span}
    css, icon = ("late", "warn") if late else ("warn", "clock") if soon else ("line", "clock")
    warn = (row.due_warn_at or row.due_at).isoformat()
    mark = f'<svg class="ic"><use href="#{icon}"/></svg>'
    return (
        f'<span class="chip due promise {css}" data-warn="{warn}">{mark}{name} '
        f'<time class="until" datetime="{row.due_at.isoformat()}">{text}</time></span>'
    )


def counted(seconds: float, reader: Look) -> str:
    """A length of time as a countdown needs it: under ten hours the minutes count too."""
    minutes = int(seconds // 60)
    return length(minutes, reader) if 60 <= minutes < 600 else reader.span(seconds)


def head_chip(row: Promised, reader: Look, now: datetime) -> Markup:
    return Markup(chip(row, reader, now))


def formula(row: Row, reader: Look, now: datetime) -> str:
    """Why a row stands where it stands, with the numbers of `conversations.urgency`."""
    words = reader.words
    if row.status not in ("open", "pending", "snoozed"):
        return ""
    parts = []
    if row.waiting_since is None:
        parts.append(words["nobody_waits"])
    else:
        parts.append(words["waits"] % {"time": reader.span(max(0.0, (now - row.waiting_since).total_seconds()))})
    felt = head_start_of(
        row.urgency,
        waiting_since=row.waiting_since,
        last_at=row.last_at,
        priority=row.priority,
        due_at=row.due_at,
        due_state=row.due_state,
    )
    for name, ahead in (
        (words.get(row.level, row.level), felt if row.level != "calm" else None),
        (words.get(f"promise_{row.due_state}", ""), PROMISE.get(row.due_state)),
        (words["high" if row.priority > 0 else "low"], PRIORITY.get(row.priority)),
    ):
        if ahead:
            parts.append(f"{name} {ahead.total_seconds() / 3600:+.3g} h")
    return words["urgency"] % {"parts": ", ".join(parts)}


def line(entry: EntryView, reader: Look) -> tuple[str, Markup]:
    """The icon and the sentence of a warning or a breach."""
    _ = reader.gettext
    detail = entry.detail
    what = {"first": _("first reply"), "next": _("reply"), "resolution": _("solution")}.get(
        str(detail.get("target")), ""
    )
    values = {"what": what, "policy": str(detail.get("policy") or ""), "length": length(detail.get("minutes"), reader)}
    if detail.get("what") == "breach":
        text = Markup(_("<b>Promise missed:</b> no %(what)s within %(length)s (%(policy)s)."))
        return "warn", text % values
    try:
        due = reader.clock(datetime.fromisoformat(str(detail.get("due"))))
    except ValueError:
        due = "…"
    text = Markup(_("<b>Due soon:</b> the %(what)s is due at %(time)s, within %(length)s (%(policy)s)."))
    return "clock", text % {**values, "time": due}


def length(minutes: object, reader: Look) -> str:
    """A target as it was promised: "45 min", "8 h", "2 h 30 min"."""
    if not isinstance(minutes, int):
        return "…"
    hours, rest = divmod(minutes, 60)
    parts = [reader.words["hours"] % {"n": hours}] if hours else []
    return " ".join([*parts, *([reader.words["minutes"] % {"n": rest}] if rest or not hours else [])])


def why(because: Mapping[str, Any], reader: Look) -> str:
    """Why this policy: its conditions, and that none before it fits."""
    _ = reader.gettext
    parts = []
    if because.get("inbox"):
        parts.append(_("inbox %(name)s") % {"name": because["inbox"]})
    if because.get("segment"):
        parts.append(_("segment %(name)s") % {"name": because["segment"]})
    if because.get("priority") is not None:
        names = {1: _("high priority"), 0: _("normal priority"), -1: _("low priority")}
        parts.append(names.get(int(because["priority"]), ""))
    fits = ", ".join(parts) if parts else _("it fits every conversation")
    if int(because.get("place") or 1) > 1:
        return _("Because: %(fits)s; no policy before it fits.") % {"fits": fits}
    return _("Because: %(fits)s.") % {"fits": fits}


def states(promise: Promise, reader: Look, now: datetime) -> tuple[str, str, str]:
    """How a clock stands: the colour of its chip, its icon, its words."""
    _ = reader.gettext
    match promise.state:
        case "met":
            return "ok", "check", _("Kept")
        case "breached":
            return "late", "warn", _("Missed")
        case "dropped":
            return "line", "x", _("Nobody waits any more")
        case "paused":
            left = counted(max(0.0, promise.left_seconds), reader)
            return "line", "pause", _("Paused, %(time)s left") % {"time": left}
        case "never":
            return "line", "clock", _("Never due: its calendar opens no more")
    if promise.due_at is None:
        return "line", "clock", ""
    span = counted(abs((promise.due_at - now).total_seconds()), reader)
    if promise.due_at <= now:
        return "late", "warn", _("%(time)s late") % {"time": span}
    return ("warn" if promise.state == "soon" else "line"), "clock", _("due in %(time)s") % {"time": span}
