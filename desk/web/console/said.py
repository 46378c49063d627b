"""Sentences of the timeline: what happened, how a delivery stands, why nobody was asked, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil
from types import MappingProxyType
from typing import Any

from babel.numbers import format_decimal
from markupsafe import Markup, escape

from desk import surveys, tasks
from desk.channels.base import known
from desk.i18n import texts
from desk.outbound import Delivery
from desk.outbound.receipts import missed
from desk.surveys.scales import reason_labels
from desk.timeline import EntryView
from desk.web.base.held import WHY_HELD
from desk.web.console import doing, done, owned, promised, tracked
from desk.web.console.bits import bold, when
from desk.web.console.look import Look


@dataclass(frozen=True, slots=True)
class DeliveryText:
    """How an answer stands: a mark, a word, and the whole story as a title. `css` is "", "warn" or "danger"."""

    state: str
    icon: str
    text: str
    title: str = ""
    css: str = ""
    settles: bool = False  # a colleague may say what became of it
    again: bool = False  # a colleague may send it again
    left: float | None = None  # seconds in which its writer can take it back
    then: str = ""  # what is done once it goes: resolve


def happened(
    entry: EntryView,
    look: Look,
    now: datetime,
    names: Mapping[int, str],
    standing: Mapping[tuple[str, int], str] = MappingProxyType({}),
) -> tuple[str, Markup]:
    """The icon and the sentence of an entry that is neither words nor a judgement. `standing` says of the merges among
    them whether they can be undone (desk.merging.standing)."""
    _ = look.gettext
    detail = entry.detail
    who = bold(names.get(entry.staff_id or 0, "") or _("The desk"))
    match entry.kind:
        case "status":
            return done.status(entry, look, now, who)
        case "status_name":
            return done.named(entry, look, who)
        case "link":
            return done.linked(entry, look, who)
        case "inbox":
            return done.moved(entry, look, who)
        case "assigned":
            return owned.assigned(entry, look, who, names)
        case "waits":
            return owned.waits(entry, look)
        case "priority":
            level = {1: _("high"), 0: _("normal"), -1: _("low")}.get(int(detail.get("after") or 0), "")
            return "flag", Markup(_("%(who)s set the priority to %(priority)s.")) % {
                "who": who,
                "priority": bold(level),
            }
        case "merge":
            return done.merged(entry, look, who, standing)
        case "event":
            return tracked.icon(entry), tracked.sentence(entry, look)
        case "label":
            text = (
                _("%(who)s put on the label %(label)s.")
                if detail.get("on")
                else _("%(who)s took off the label %(label)s.")
            )
            return "label", Markup(text) % {"who": who, "label": bold(str(detail.get("label", "")))}
        case "talk":
            return done.talked(entry, look, who, standing)
        case "block":
            text = (
                _("%(who)s blocked %(sender)s: what comes from there is kept aside.")
                if detail.get("on")
                else _("%(who)s unblocked %(sender)s.")
            )
            return "shield", Markup(text) % {"who": who, "sender": bold(entry.text or _("the sender"))}
        case "bot_back":
            return "bot", Markup(_("%(who)s gave it back to the bot.")) % {"who": who}
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
        case "hold":
            if not detail.get("on"):
                return "lock", Markup(_("%(who)s lifted the hold.")) % {"who": who}
            text = _("%(who)s put this conversation on hold: %(why)s")
            return "lock", Markup(text) % {"who": who, "why": entry.text or "…"}
        case "erased":
            return "shield", Markup(_("%(who)s erased this customer.")) % {"who": who}
        case "sent_again":
            text = (
                _("%(who)s had the answer sent to a corrected address: %(address)s.")
                if detail.get("corrected")
                else _("%(who)s had the answer sent again.")
            )
            return "retry", Markup(text) % {"who": who, "address": bold(entry.text or "…")}
        case "sla":
            return promised.line(entry, look)
        case tasks.LINE:
            return doing.line(entry, look, now, who, names)
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
            text = (
                _("<b>%(measure)s: no reminder.</b> %(reason)s")
                if detail.get("reminder")
                else _("<b>%(measure)s withheld.</b> %(reason)s")
            )
            return "pause", Markup(text) % {
                "measure": measure(detail),
                "reason": withheld(detail, look, now, who),
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
    if detail.get("reminder"):
        text = _("<b>%(measure)s: reminded</b> of the question of %(asked_at)s. The link closes on %(day)s.")
    elif detail.get("reason") == "unseen":
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
        "day": when(detail.get("open_until"), look, now),
        "asked_at": when(detail.get("asked_at"), look, now),
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
    values["time"] = when(detail["asked_at"], look, now)
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


def withheld(detail: Mapping[str, Any], look: Look, now: datetime, who: Markup) -> Markup:
    """Why nobody was asked, with what the reason rests on. `who` held it back, where a person did."""
    _ = look.gettext
    because = detail.get("because") or {}
    reason = str(detail.get("reason", ""))
    if reason == "left_out":
        return _left_out(detail, because, look)
    if reason == "suppressed":
        return Markup(_("%(who)s said that nobody is to be asked: %(why)s.")) % {
            "who": who,
            "why": _(WHY_HELD.get(str(because.get("why")), "?")),
        }
    if reason == "frustrated_now":
        link = Markup('<a class="link" href="/console/c/{0}">#{0}</a>').format(because.get("conversation_id", ""))
        return Markup(_("The customer waits, frustrated, for the answer in %(conversation)s.")) % {"conversation": link}
    if reason == "not_drawn":
        share, drawn = (format_decimal(because.get(name, 0), locale=look.locale) for name in ("share", "draw"))
        return Markup(_("Not drawn: %(share)s %% are asked, and this one drew %(drawn)s of 100.")) % {
            "share": share,
            "drawn": drawn,
        }
    known = {
        "switched_off": _("Surveys are switched off."),
        "spam": _("The conversation was spam."),
        "reopened": _("The customer wrote again before the question went out."),
        "automatic": _("Only a machine wrote in this conversation."),
        "not_answered": _("Nobody answered in this episode, so there is nothing to rate."),
        "no_address": _("There is no address to ask at."),
        "opted_out": _("The customer asked not to be asked."),
        "stopped_texts": _("STOP came from this number, so that it gets no texts."),
        "internal": _("Who wrote is one of ourselves: a colleague, or somebody of a domain of ours."),
        "still_open": _("An earlier question from %(asked_at)s is still open until %(open_until)s."),
        "cooldown": _("The customer was asked on %(asked_at)s; the quiet period lasts until %(until)s."),
    }
    return Markup(known[reason]) % _Times(because, look, now) if reason in known else escape(reason)


def _left_out(detail: Mapping[str, Any], because: Mapping[str, Any], look: Look) -> Markup:
    """By the condition of the inbox: what it asks for, and the facts that say no, each with its line."""
    _ = look.gettext
    if because.get("segment"):
        said = Markup(_("The customer is not in the segment “%(segment)s”.")) % {"segment": because["segment"]}
    else:
        asks = Markup("<code>%s</code>") % because.get("condition", "")
        said = Markup(_("Only those are asked for whom this holds: %(condition)s.")) % {"condition": asks}
    link = Markup('<a class="link" href="#e{1}" data-evidence>{0}</a>')
    facts = [(one.get("shown", ""), one.get("entry_id")) for one in detail.get("evidence") or []]
    told = Markup("; ").join(link.format(shown, entry) if entry else escape(shown) for shown, entry in facts)
    return said + " " + told + "." if told else said


class _Times(dict[str, Any]):
    """The times of a decision's detail, written out when a sentence names them."""

    def __init__(self, because: Mapping[str, Any], look: Look, now: datetime) -> None:
        super().__init__(because)
        self._look, self._now = look, now

    def __getitem__(self, key: str) -> Any:
        return when(self.get(key, ""), self._look, self._now)


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
            if lost := missed(row.detail):
                text = look.ngettext("Sent, without %(num)s copy", "Sent, without %(num)s copies", len(lost))
                title = ". ".join(part[:1].upper() + part[1:] for part in lost)
                return DeliveryText(row.state, "warn", text % {"num": len(lost)}, title, "warn")
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
        text = {
            "resolve": _("Sending in %(num)s s, then resolved"),
            "pending": _("Sending in %(num)s s, then waiting for the customer"),
            "snooze": _("Sending in %(num)s s, then snoozed"),
        }.get(row.follows.partition(":")[0], _("Sending in %(num)s s"))
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
