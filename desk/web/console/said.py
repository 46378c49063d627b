"""Sentences of the timeline: what happened, how a delivery stands, why nobody was asked, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from typing import Any

from markupsafe import Markup, escape

from desk import surveys
from desk.channels.base import known
from desk.i18n import texts
from desk.outbound import Delivery
from desk.surveys.scales import reason_labels
from desk.timeline import EntryView
from desk.web.console import tracked
from desk.web.console.look import Look


@dataclass(frozen=True, slots=True)
class DeliveryText:
    """How an answer stands: a mark, a word, and the whole story as a title. `css` is "" or "danger"."""

    state: str
    icon: str
    text: str
    title: str = ""
    css: str = ""
    settles: bool = False  # a colleague may say what became of it
    again: bool = False  # a colleague may send it again
    left: float | None = None  # seconds in which its writer can take it back
    then: str = ""  # what is done once it goes: resolve


def _bold(who: str) -> Markup:
    return Markup("<b>{}</b>").format(who)


def _time(at: datetime, look: Look, now: datetime) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), look.full(at), look.short(at, now))


def _when(value: object, look: Look, now: datetime) -> Markup:
    """A time out of an entry's detail, where it is one."""
    try:
        return _time(datetime.fromisoformat(str(value)), look, now)
    except ValueError:
        return Markup("…")


def happened(entry: EntryView, look: Look, now: datetime, names: Mapping[int, str]) -> tuple[str, Markup]:
    """The icon and the sentence of an entry that is neither words nor a judgement."""
    _ = look.gettext
    detail = entry.detail
    who = _bold(names.get(entry.staff_id or 0, "") or _("The desk"))
    match entry.kind:
        case "status":
            return _status(entry, look, now, who)
        case "assigned":
            return _assigned(entry, look, who, names)
        case "priority":
            level = {1: _("high"), 0: _("normal"), -1: _("low")}.get(int(detail.get("after") or 0), "")
            return "flag", Markup(_("%(who)s set the priority to %(priority)s.")) % {
                "who": who,
                "priority": _bold(level),
            }
        case "merge":
            return merged(entry, look, who)
        case "event":
            return tracked.icon(entry), tracked.sentence(entry, look)
        case "label":
            text = (
                _("%(who)s put on the label %(label)s.")
                if detail.get("on")
                else _("%(who)s took off the label %(label)s.")
            )
            return "label", Markup(text) % {"who": who, "label": _bold(str(detail.get("label", "")))}
        case "talk":
            return talked(entry, look, who)
        case "block":
            text = (
                _("%(who)s blocked %(sender)s: what comes from there is kept aside.")
                if detail.get("on")
                else _("%(who)s unblocked %(sender)s.")
            )
            return "shield", Markup(text) % {"who": who, "sender": _bold(entry.text or _("the sender"))}
        case "file_released":
            return "lock", Markup(_("%(who)s released a held file.")) % {"who": who}
        case "redacted":
            text = (
                _("%(who)s redacted a file: %(why)s")
                if detail.get("what") == "file"
                else _("%(who)s redacted a message: %(why)s")
            )
            link = Markup('<a class="link" href="#e{}" data-evidence>{}</a>').format(
                detail.get("entry_id"), _("Show the line")
            )
            return "shield", Markup(text) % {"who": who, "why": entry.text or "…"} + " " + link
        case "erased":
            return "shield", Markup(_("%(who)s erased this customer.")) % {"who": who}
        case "sent_again":
            text = (
                _("%(who)s had the answer sent to a corrected address: %(address)s.")
                if detail.get("corrected")
                else _("%(who)s had the answer sent again.")
            )
            return "retry", Markup(text) % {"who": who, "address": _bold(entry.text or "…")}
        case "mailed":
            return "mail", Markup(_("Not seen in the chat, so the answer went out by mail as well."))
        case "survey_asked":
            until = detail.get("waits_until")
            asked = _asked(entry, look, now)
            if not until:
                return "loop", asked
            rest = Markup(_("It goes out on %(when)s, after the quiet hours."))
            return "loop", asked + " " + rest % {"when": look.full(datetime.fromisoformat(str(until)))}
        case "survey_withheld":
            return "pause", Markup(_("<b>%(measure)s withheld.</b> %(reason)s")) % {
                "measure": measure(detail),
                "reason": withheld(detail, look, now),
            }
    return "info", Markup(_("Something happened that this page does not know: %(kind)s.")) % {"kind": entry.kind}


def channel_word(channel: object, look: Look) -> str:
    """A channel inside a sentence: "email", "chat", "SMS"."""
    name = str(channel or "email")
    word = look.words.get(name, name)
    return word if word.isupper() else word.lower()


def _asked(entry: EntryView, look: Look, now: datetime) -> Markup:
    """By which channel a question went out, and how long it can be answered."""
    _ = look.gettext
    detail, channel = entry.detail, entry.channel or "email"
    if detail.get("reason") == "unseen":
        text = _("<b>%(measure)s asked</b> by %(channel)s too: nobody saw the one of %(asked_at)s in the chat.")
    elif not detail.get("open_until"):
        text = _("<b>%(measure)s asked</b> by %(channel)s.")
    elif channel == "email":
        text = _("<b>%(measure)s asked</b> by %(channel)s. The link closes on %(day)s.")
    else:
        text = _("<b>%(measure)s asked</b> by %(channel)s. It can be answered until %(day)s.")
    return Markup(text) % {
        "measure": measure(detail),
        "channel": channel_word(channel, look),
        "day": _when(detail.get("open_until"), look, now),
        "asked_at": _when(detail.get("asked_at"), look, now),
    }


def merged(entry: EntryView, look: Look, who: Markup) -> tuple[str, Markup]:
    """Two customers became one, or two again: who did it, why, what moved, and the way to undo it."""
    _, n = look.gettext, look.ngettext
    detail = entry.detail
    other = _bold(entry.text or _("somebody"))
    link = Markup(' <a class="link" href="/console/merges/{}">{}</a>').format(
        detail.get("merge_id", ""), _("Why, and undo") if detail.get("direction") == "joined" else _("Why")
    )
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
    return "merge", sentence + Markup(" ") + escape(_("Moved: %(what)s.") % {"what": parts}) + link


def talked(entry: EntryView, look: Look, who: Markup) -> tuple[str, Markup]:
    """Two conversations became one, or one became two, or that was taken back."""
    _, detail = look.gettext, entry.detail
    link, what = Markup('<a class="link" href="/console/c/{0}">#{0}</a>'), str(detail.get("what"))
    ends = {name: link.format(detail.get(name)) for name in ("from", "to")}
    lines = int(detail.get("lines") or 0)
    moved = look.ngettext("%(num)s line", "%(num)s lines", lines) % {"num": lines}
    text = {
        "merge": _("%(who)s merged %(from)s into this conversation: %(lines)s. What answers it comes here."),
        "split": _("%(who)s began %(to)s with %(lines)s of this conversation."),
    }.get(what, _("%(who)s took it back: %(from)s and %(to)s are as they were."))
    icon = {"merge": "merge", "split": "split"}.get(what, "undo")
    return icon, Markup(text) % {"who": who, "lines": moved, **ends}


def _status(entry: EntryView, look: Look, now: datetime, who: Markup) -> tuple[str, Markup]:
    _ = look.gettext
    detail = entry.detail
    before, after, episode = str(detail.get("before", "")), str(detail.get("after", "")), detail.get("episode", 1)
    if detail.get("not_spam"):
        return "undo", Markup(_("%(who)s said that this is no spam.")) % {"who": who}
    if after == "resolved":
        sentence = Markup(_("%(who)s resolved episode %(n)s.")) % {"who": who, "n": episode}
        seconds = detail.get("first_reply_seconds")
        if seconds is not None:
            span = _bold(look.span(float(seconds)))
            sentence += Markup(" ") + Markup(_("First reply after %(time)s.")) % {"time": span}
        return "check", sentence
    if after == "snoozed":
        return "moon", Markup(_("%(who)s snoozed this to %(time)s.")) % {
            "who": who,
            "time": _when(detail.get("until"), look, now),
        }
    if after == "pending":
        return "pause", Markup(_("%(who)s waits for the customer.")) % {"who": who}
    if after == "spam":
        return "x", Markup(_("%(who)s marked this as spam.")) % {"who": who}
    if detail.get("aside"):
        return "inbox", Markup(_("A third party answered: this is open again."))
    if before in ("resolved", "spam"):
        return "loop", Markup(_("%(who)s reopened this: episode %(n)s.")) % {"who": who, "n": episode}
    if before == "snoozed" and entry.staff_id is not None:
        return "inbox", Markup(_("%(who)s woke this up.")) % {"who": who}
    if before == "snoozed":
        return "moon", Markup(_("The snooze is over: this is open again."))
    return "inbox", Markup(_("%(who)s opened this.")) % {"who": who}


def _assigned(entry: EntryView, look: Look, who: Markup, names: Mapping[int, str]) -> tuple[str, Markup]:
    _ = look.gettext
    after = entry.detail.get("after")
    if after is None:
        return "users", Markup(_("%(who)s gave this back to the queue.")) % {"who": who}
    if after == entry.staff_id:
        return "take", Markup(_("%(who)s took this.")) % {"who": who}
    return "users", Markup(_("%(who)s gave this to %(other)s.")) % {
        "who": who,
        "other": _bold(names.get(int(after), "?")),
    }


def automatic(reason: str, look: Look) -> str:
    """Why a mail counts as a machine's; a reason that has no words here is shown as it is."""
    _ = look.gettext
    known = {
        "auto-submitted": _("the sender says so"),
        "auto_submitted": _("the sender says so"),
        "out-of-office": _("out of office"),
        "precedence": _("bulk mail"),
        "list": _("mailing list"),
        "bounce": _("a mail that came back"),
        "null sender": _("a mail server"),
        "calendar reply": _("the answer of a calendar"),
    }
    return known.get(reason, reason)


def command(word: str, look: Look) -> str:
    """What a word did by which people switch texts off and on."""
    _ = look.gettext
    return _("Takes no more texts from now on") if word == "stop" else _("Takes texts again")


def measure(detail: Mapping[str, Any]) -> str:
    """CSAT, NPS or CES."""
    return str(detail.get("kind", "csat")).upper()


def survey_title(entry: EntryView, look: Look, now: datetime) -> Markup:
    """The head of an answer: "CSAT asked by chat Mon 09:12, answered by email"."""
    detail = entry.detail
    values = {"measure": measure(detail), "answered_by": channel_word(entry.channel, look)}
    if not detail.get("asked_at"):
        return Markup(look.gettext("%(measure)s answered by %(answered_by)s")) % values
    values["time"] = _when(detail["asked_at"], look, now)
    asked_by = channel_word(detail.get("asked_by") or entry.channel, look)
    if asked_by == values["answered_by"]:
        return Markup(look.gettext("%(measure)s asked by %(answered_by)s %(time)s, answered")) % values
    values["asked_by"] = asked_by
    return Markup(look.gettext("%(measure)s asked by %(asked_by)s %(time)s, answered by %(answered_by)s")) % values


def reasons(keys: list[str], look: Look) -> str:
    """What the customer named as having mattered."""
    if not keys:
        return ""
    labels = reason_labels(texts(look.language))
    return look.gettext("Named: %(reasons)s.") % {"reasons": ", ".join(labels.get(k, k) for k in keys)}


def withheld(detail: Mapping[str, Any], look: Look, now: datetime) -> Markup:
    """Why nobody was asked, with what the reason rests on."""
    _ = look.gettext
    because = detail.get("because") or {}
    reason = str(detail.get("reason", ""))
    known = {
        "switched_off": _("Surveys are switched off."),
        "spam": _("The conversation was spam."),
        "reopened": _("The customer wrote again before the question went out."),
        "automatic": _("Only a machine wrote in this conversation."),
        "not_answered": _("Nobody answered in this episode, so there is nothing to rate."),
        "no_address": _("There is no address to ask at."),
        "opted_out": _("The customer asked not to be asked."),
        "stopped_texts": _("STOP came from this number, so that it gets no texts."),
        "still_open": _("An earlier question from %(asked_at)s is still open until %(open_until)s."),
        "cooldown": _("The customer was asked on %(asked_at)s; the quiet period lasts until %(until)s."),
    }
    return Markup(known[reason]) % _Times(because, look, now) if reason in known else escape(reason)


class _Times(dict[str, Any]):
    """The times of a decision's detail, written out when a sentence names them."""

    def __init__(self, because: Mapping[str, Any], look: Look, now: datetime) -> None:
        super().__init__(because)
        self._look, self._now = look, now

    def __getitem__(self, key: str) -> Any:
        return _when(self.get(key, ""), self._look, self._now)


def tone_of(kind: str, score: int) -> str:
    """good, plain or bad, by the scale's own definition of somebody who is unhappy."""
    scale = surveys.SCALES.get(kind)
    if scale is None:
        return "plain"
    if scale.is_low(score):
        return "bad"
    return "good" if score >= scale.highest - 1 else "plain"


def delivery(row: Delivery | None, look: Look, now: datetime) -> DeliveryText | None:
    """How an answer stands on its way to the customer."""
    if row is None:
        return None
    _ = look.gettext
    title = row.detail
    if row.sent_at is not None:
        title = f"{look.full(row.sent_at)}. {row.detail}".strip()
    match row.state:
        case "seen":
            return DeliveryText(row.state, "checks", _("Seen"), title)
        case "sent" | "delivered":
            if row.uncertain_times and row.channel == "email":  # a text is sent again only where that is sure
                return DeliveryText(
                    row.state, "checks", _("Sent again; the outcome of the first try is unknown"), title
                )
            if row.state == "delivered":
                return DeliveryText(row.state, "checks", _("Delivered"), title)
            return DeliveryText(row.state, "check", _("Sent"), title)
        case "failed":
            again = row.purpose == "reply" and row.channel in known() and not known()[row.channel].direct
            return DeliveryText(row.state, "x", _("Not delivered"), title, "danger", again=again)
        case "uncertain":
            if row.channel != "email":
                return DeliveryText(row.state, "retry", _("Outcome unknown, waiting for word"), title, settles=True)
            return DeliveryText(row.state, "retry", _("Outcome unknown, sending again"), title)
        case "sending":
            return DeliveryText(row.state, "clock", _("Sending"), title)
    if row.held_until is not None:
        left = max(0.0, (row.held_until - now).total_seconds())
        text = _("Sending in %(num)s s, then resolved") if row.follows == "resolve" else _("Sending in %(num)s s")
        return DeliveryText("held", "clock", text % {"num": ceil(left)}, title, left=left, then=row.follows)
    if row.attempts:
        return DeliveryText(row.state, "retry", _("Could not be sent yet, trying again"), title)
    return DeliveryText(row.state, "clock", _("Waiting to be sent"), title)


def parts(channel: str, text: str, told: DeliveryText | None, look: Look) -> DeliveryText | None:
    """The same with what it was counted as, where a channel counts parts: "Delivered, 2 segments"."""
    counter = known().get(channel)
    if told is None or told.css or counter is None or not text:
        return told
    cost = counter.cost(text)
    if not cost.encoding:
        return told
    number = look.ngettext("%(num)d segment", "%(num)d segments", cost.parts) % {"num": cost.parts}
    return replace(told, text=f"{told.text}, {number}")
