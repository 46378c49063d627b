"""What a calendar file says, in the words of its card on the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from desk import i18n
from desk.i18n import clock
from desk.web.console.look import Look


@dataclass(frozen=True, slots=True)
class MeetingText:
    """`title` says what it is; `when` is by the reader's clock, unless `clock` says that nobody knows whose it is."""

    title: str
    summary: str
    when: str
    clock: str = ""
    where: str = ""
    organiser: str = ""


def text(told: Mapping[str, Any] | None, look: Look) -> MeetingText | None:
    """The card of a calendar file; None where it says nothing that this version understands."""
    if not isinstance(told, Mapping) or not told:
        return None
    _ = look.gettext
    when = _when(told, look)
    if told.get("repeats") and when:
        when = _("%(time)s, repeats") % {"time": when}
    return MeetingText(
        title=_title(told, look),
        summary=str(told.get("summary") or ""),
        when=when,
        clock=_("by the sender's clock; its zone is not known") if told.get("own_clock") and when else "",
        where=str(told.get("where") or ""),
        organiser=str(told.get("organiser") or ""),
    )


def _title(told: Mapping[str, Any], look: Look) -> str:
    _ = look.gettext
    if told.get("method") == "reply":
        return {
            "accepted": _("Invitation accepted"),
            "declined": _("Invitation declined"),
            "tentative": _("Invitation accepted, maybe"),
        }.get(str(told.get("answer")), _("Answer to an invitation"))
    return {
        "request": _("Invitation"),
        "cancel": _("Cancelled"),
        "counter": _("Another time proposed"),
    }.get(str(told.get("method")), _("Calendar entry"))


def _when(told: Mapping[str, Any], look: Look) -> str:
    try:
        if told.get("whole_day"):
            first = date.fromisoformat(str(told["starts"]))
            # The day of the end is the first one that is over (RFC 5545 3.6.1).
            last = date.fromisoformat(str(told["ends"])) - timedelta(days=1) if told.get("ends") else first
            shown = _day(first, look)
            return shown if last <= first else f"{shown} – {_day(last, look)}"
        starts = _here(str(told["starts"]), look)
        ends = _here(str(told["ends"]), look) if told.get("ends") else None
    except (KeyError, ValueError, OverflowError):
        return ""
    shown = f"{_day(starts.date(), look)}, {clock(starts.time(), look.locale)}"
    if ends is not None and ends.date() == starts.date():
        shown = f"{shown}–{clock(ends.time(), look.locale)}"
    elif ends is not None:
        shown = f"{shown} – {_day(ends.date(), look)}, {clock(ends.time(), look.locale)}"
    return f"{shown} {starts.tzname() or ''}".rstrip()


def _here(iso: str, look: Look) -> datetime:
    at = datetime.fromisoformat(iso)
    return at if at.tzinfo is None else look.here(at)


def _day(day: date, look: Look) -> str:
    return i18n.day(day, "EEE d MMM y", look.locale)
