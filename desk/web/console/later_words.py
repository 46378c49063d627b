"""An answer that goes at a time, as its line says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.outbound import scheduling
from desk.timeline import EntryView
from desk.web.console.look import Look


@dataclass(frozen=True, slots=True)
class LaterText:
    """When it goes, why it is held (empty: it is not), and what can be done: (act, word)."""

    when: str
    held: str
    acts: tuple[tuple[str, str], ...]


def of(entry: EntryView, look: Look, now: datetime) -> LaterText | None:
    if entry.kind != scheduling.KIND or entry.erased:
        return None
    _, held = look.gettext, str(entry.detail.get("held") or "")
    try:
        at = look.until(datetime.fromisoformat(str(entry.detail.get("send_at"))), now)
    except ValueError:
        at = ""
    when = _("Held; it was to go %(time)s") if held else _("Goes out %(time)s")
    acts = (("now", _("Send now")), ("edit", _("Edit")), ("cancel", _("Cancel")))
    return LaterText(when % {"time": at}, reason(held, look) if held else "", acts)


def reason(why: str, look: Look) -> str:
    """Why it does not go by itself."""
    _ = look.gettext
    return {
        scheduling.WROTE: _("The customer has written since. Read it, then send this, change it, or cancel it."),
        scheduling.LEFT: _("Whoever wrote it works here no more."),
        scheduling.UNSEEN: _("Whoever wrote it may not see this conversation any more."),
    }.get(why) or _(why)
