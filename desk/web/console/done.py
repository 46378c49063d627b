"""Sentences of the timeline about what was done with a conversation: its status, its links, its inbox, its merges."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from markupsafe import Markup, escape

from desk.timeline import EntryView
from desk.web.console.bits import bold, conversation, when
from desk.web.console.look import Look


def merged(entry: EntryView, look: Look, who: Markup, standing: Mapping[tuple[str, int], str]) -> tuple[str, Markup]:
    """Two customers became one, or two again: who did it, why, what moved, and the way to undo it."""
    _, n = look.gettext, look.ngettext
    detail = entry.detail
    other = bold(entry.text or _("somebody"))
    link = Markup(' <a class="link" href="/console/merges/{}">{}</a>').format(detail.get("merge_id", ""), _("Why"))
    if detail.get("direction") != "joined":
        return "undo", Markup(_("%(who)s took %(other)s apart again: two customers.")) % {
            "who": who,
            "other": other,
        } + link
    if detail.get("because") == "proved":
        sentence = Markup(_("%(who)s joined %(other)s: one address, proved by both.")) % {"who": who, "other": other}
    else:
        sentence = Markup(_("%(who)s joined %(other)s into this customer.")) % {"who": who, "other": other}
    moved = detail.get("moved") or {}
    talks, entries = int(moved.get("conversation_count") or 0), int(moved.get("entries") or 0)
    parts = ", ".join(
        [
            n("%(num)s conversation", "%(num)s conversations", talks) % {"num": talks},
            n("%(num)s entry", "%(num)s entries", entries) % {"num": entries},
        ]
    )
    moved_ = sentence + Markup(" ") + escape(_("Moved: %(what)s.") % {"what": parts})
    return "merge", moved_ + link + _way_back("merge", "merges", detail.get("merge_id"), look, standing)


def _way_back(kind: str, path: str, number: object, look: Look, standing: Mapping[tuple[str, int], str]) -> Markup:
    """Behind the line of a merge: the button that undoes it, or why it cannot be undone any more."""
    _ = look.gettext
    text = str(number)
    state = standing.get((kind, int(text))) if text.isascii() and text.isdigit() else None
    if state is None:  # nobody knows of it any more
        return Markup()
    if state == "":
        button = Markup(' <button type="button" class="link" data-take-back="/console/{}/{}/undo">{}</button>')
        return button.format(path, text, _("Undo"))
    why = {
        "undone": _("It was undone."),
        "erased": _("It cannot be undone: the customer was erased."),
        "later": _("To undo it, first take back the later merge or split of these lines."),
    }.get(state, "")
    return Markup(' <span class="muted">{}</span>').format(why)


def talked(entry: EntryView, look: Look, who: Markup, standing: Mapping[tuple[str, int], str]) -> tuple[str, Markup]:
    """Two conversations became one, or one became two, or that was taken back."""
    _, detail = look.gettext, entry.detail
    what = str(detail.get("what"))
    ends = {name: conversation(detail.get(name)) for name in ("from", "to")}
    lines = int(detail.get("lines") or 0)
    counted = look.ngettext("%(num)s line", "%(num)s lines", lines) % {"num": lines}
    text = {
        "merge": _("%(who)s merged %(from)s into this conversation: %(lines)s. What answers it comes here."),
        "split": _("%(who)s began %(to)s with %(lines)s of this conversation."),
    }.get(what, _("%(who)s took it back: %(from)s and %(to)s are as they were."))
    icon = {"merge": "merge", "split": "split"}.get(what, "undo")
    sentence = Markup(text) % {"who": who, "lines": counted, **ends}
    if what in ("merge", "split"):
        sentence += _way_back("talk", "talks", detail.get("move_id"), look, standing)
    return icon, sentence


def status(entry: EntryView, look: Look, now: datetime, who: Markup) -> tuple[str, Markup]:
    """A change of status, and the desk's own name for the new one where it was given one."""
    icon, sentence = _changed(entry, look, now, who)
    name = str(entry.detail.get("name") or "")
    if name:
        sentence += Markup(" ") + Markup(look.gettext("Status: %(name)s.")) % {"name": bold(name)}
    return icon, sentence


def _changed(entry: EntryView, look: Look, now: datetime, who: Markup) -> tuple[str, Markup]:
    _ = look.gettext
    detail = entry.detail
    before, after, episode = str(detail.get("before", "")), str(detail.get("after", "")), detail.get("episode", 1)
    if detail.get("not_spam"):
        return "undo", Markup(_("%(who)s said that this is no spam.")) % {"who": who}
    if detail.get("back"):
        name = look.words.get(after, after)
        return "undo", Markup(_("%(who)s took that back: %(status)s again.")) % {"who": who, "status": bold(name)}
    if after == "resolved":
        sentence = Markup(_("%(who)s resolved episode %(n)s.")) % {"who": who, "n": episode}
        seconds = detail.get("first_reply_seconds")
        if seconds is not None:
            span = bold(look.span(float(seconds)))
            sentence += Markup(" ") + Markup(_("First reply after %(time)s.")) % {"time": span}
        return "check", sentence
    if after == "snoozed":
        if not detail.get("until"):
            return "moon", Markup(_("%(who)s snoozed this until the customer writes.")) % {"who": who}
        return "moon", Markup(_("%(who)s snoozed this to %(time)s, or until the customer writes.")) % {
            "who": who,
            "time": when(detail.get("until"), look, now),
        }
    if after == "pending":
        text = _("%(who)s set this to pending.") if detail.get("name") else _("%(who)s waits for the customer.")
        return "pause", Markup(text) % {"who": who}
    if after == "spam":
        return "x", Markup(_("%(who)s marked this as spam.")) % {"who": who}
    if detail.get("aside"):
        return "inbox", Markup(_("A third party answered: this is open again."))
    if before in ("resolved", "spam"):
        return "loop", Markup(_("%(who)s reopened this: episode %(n)s.")) % {"who": who, "n": episode}
    if before == "snoozed" and entry.staff_id is not None:
        return "inbox", Markup(_("%(who)s woke this up.")) % {"who": who}
    if before == "snoozed" and detail.get("wrote"):
        return "inbox", Markup(_("The customer wrote: this is open again."))
    if before == "snoozed":
        return "moon", Markup(_("The snooze is over: this is open again."))
    return "inbox", Markup(_("%(who)s opened this.")) % {"who": who}


def named(entry: EntryView, look: Look, who: Markup) -> tuple[str, Markup]:
    """Another of the desk's own names within one status."""
    _ = look.gettext
    name = str(entry.detail.get("name") or "") or look.words.get(str(entry.detail.get("status")), "")
    return "label", Markup(_("%(who)s set the status to %(name)s.")) % {"who": who, "name": bold(name)}


def linked(entry: EntryView, look: Look, who: Markup) -> tuple[str, Markup]:
    """Linked with another conversation, which is named by its number alone: not everybody may know more of it."""
    _ = look.gettext
    text = (
        _("%(who)s linked %(here)s with %(there)s.")
        if entry.detail.get("on")
        else _("%(who)s took the link of %(here)s with %(there)s off.")
    )
    ends = {"here": conversation(entry.conversation_id), "there": conversation(entry.detail.get("other"))}
    return "link", Markup(text) % {"who": who, **ends}


def moved(entry: EntryView, look: Look, who: Markup) -> tuple[str, Markup]:
    """Moved to another inbox, or back."""
    _, detail = look.gettext, entry.detail
    values = {"who": who, "before": bold(str(detail.get("from", ""))), "after": bold(str(detail.get("to", "")))}
    if detail.get("back"):
        return "undo", Markup(_("%(who)s moved this back from the inbox %(before)s to %(after)s.")) % values
    text = _("%(who)s moved this from the inbox %(before)s to %(after)s. Answers go out from there.")
    return "inbox", Markup(text) % values
