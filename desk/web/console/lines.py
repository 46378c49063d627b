"""The lines of a timeline as the page shows them: ready texts, so that the template only lays them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from desk.conversations import Participant
from desk.outbound import Delivery
from desk.people import Addressed
from desk.sentiment import Sound
from desk.timeline import EntryView
from desk.web.base.words import file_size
from desk.web.console import (
    aside,
    beside,
    gone,
    later_words,
    machine,
    marked,
    meetings,
    prose,
    risky,
    ruled,
    said,
    trusted,
    unheard,
)
from desk.web.console.later_words import LaterText
from desk.web.console.look import Look

# Raster types that browsers draw without running anything; all else is only ever downloaded.
PREVIEWED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
LETTERS = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(frozen=True, slots=True)
class Context:
    """What the lines of one customer are read with."""

    look: Look
    now: datetime
    customer_name: str
    names: Mapping[int, str] = field(default_factory=dict)
    identities: Mapping[int, Addressed] = field(default_factory=dict)
    deliveries: Mapping[int, Delivery] = field(default_factory=dict)
    scores: Mapping[int, Sound] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)  # of messages, for the words of a shift
    others: Mapping[int, Participant] = field(default_factory=dict)  # who wrote or was copied beside the customer
    standing: Mapping[tuple[str, int], str] = field(default_factory=dict)  # of merges: whether they can be undone
    conversation_id: int | None = None  # the one that is open: lines of others say which they are of


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: its place in the entry, and what a person needs to know before opening it."""

    index: int
    name: str
    size: str
    preview: bool
    held: str = ""  # why nobody can have it until an admin releases it
    about: str = ""  # "not scanned", "released"
    meeting: meetings.MeetingText | None = None
    letter: bool = False  # a mail that was attached, which can be read here
    gone: str = ""  # it was redacted: what stands in its place


@dataclass(slots=True)  # not frozen: a page makes fifty of forty fields each, which takes three times as long then
class Line:
    """One line. `kind` chooses its form: said (a card), happened (one sentence), sentiment, survey, stage."""

    id: int
    kind: str
    entry_kind: str
    at: datetime
    day: date  # in the reader's zone: the page puts a heading where it changes
    clock: str
    full: str
    icon: str = ""
    css: str = ""  # of the card: from-agent, note, or nothing for the customer
    who: str = ""
    who_id: int = 0
    about: str = ""  # beside the name: an address, or "sent automatically: …"
    channel: str = ""
    channel_word: str = ""
    subject: str = ""
    body: Markup = Markup()
    rest: Markup = Markup()
    rest_size: int = 0
    quoted: str = ""
    has_html: bool = False
    files: tuple[File, ...] = ()
    delivery: said.DeliveryText | None = None
    trust: trusted.TrustText | None = None
    sentence: Markup = Markup()
    before: str = ""
    after: str = ""
    score: str = ""
    scale: tuple[int, ...] = ()  # the points of the scale, where an answer has one of at most seven
    answer: int | None = None
    tone: str = ""
    words: tuple[tuple[str, int], ...] = ()  # with the length of their bars in pixels
    comment: str = ""
    evidence: tuple[tuple[str, int | None], ...] = ()  # what is shown, and the entry to go to
    elsewhere: int | None = None  # the conversation, where it is not the one that is open
    linked: int | None = None  # the conversation that this message goes on from
    linked_title: str = ""
    forwards: bool = False  # it can be passed on
    later: LaterText | None = None  # an answer that goes at a time
    ruled: Markup = Markup()  # by which rule of the desk, why, and the way to what it did
    risks: Markup = Markup()  # what a person should look at in it
    level: str = ""  # of its conversation after a message that was scored
    unheard: Markup = Markup()  # why it was not
    by: int = 0  # the colleague whose doing it was: their own lines are no news to them


_NOTHING = Markup()
_CSS = {
    "reply": "from-agent",
    "scheduled": "scheduled",
    "note": "note",
    "forward": "forward",
    "third_party": "aside",
}


def lines(entries: Sequence[EntryView], context: Context) -> list[Line]:
    """The lines of these entries, in their order."""
    return [line(entry, context) for entry in entries]


def line(entry: EntryView, context: Context) -> Line:
    """One line; an entry of a kind that this version does not know still says that something happened."""
    look = context.look
    day, clock, full = look.moment(entry.occurred_at)
    common: dict[str, Any] = {
        "id": entry.id,
        "entry_kind": entry.kind,
        "by": entry.staff_id or 0,
        "ruled": ruled.by_rule(entry, look),
        "at": entry.occurred_at,
        "day": day,
        "clock": clock,
        "full": full,
        "elsewhere": entry.conversation_id
        if context.conversation_id is not None and entry.conversation_id != context.conversation_id
        else None,
    }
    match entry.kind:
        case "message" | "reply" | "scheduled" | "note" | "participant" | "third_party" | "forward":
            return _said(entry, context, common)
        case "sentiment":
            return _sentiment(entry, context, common)
        case "survey_answered":
            return _answered(entry, context, common)
        case "stage":
            return _stage(entry, context, common)
        case "bot":
            return Line(
                **common, **machine.turn(entry, look, context.customer_name), delivery=_delivery(entry, context)
            )
        case "handover":
            return Line(**common, **machine.handover(entry, look, context.now, context.customer_name))
        case _:
            icon, sentence = said.happened(entry, look, context.now, context.names, context.standing)
            return Line(kind="happened", icon=icon, sentence=sentence, **common)


def _said(entry: EntryView, context: Context, common: dict[str, Any]) -> Line:
    look, words = context.look, context.look.words
    ours = entry.author not in ("customer", "other")
    who = (context.names.get(entry.staff_id or 0) or look.gettext("The desk")) if ours else context.customer_name
    identity = context.identities.get(entry.identity_id or 0)
    if not ours and identity is not None:
        who = identity.name or who
    other = context.others.get(int(entry.detail.get("participant") or 0))
    if entry.kind in ("participant", "third_party"):
        who = (other.name or other.address) if other is not None else look.gettext("Somebody else")
    automatic = entry.detail.get("automatic")
    if automatic:
        about = look.gettext("Sent automatically: %(reason)s") % {"reason": said.automatic(automatic, look)}
    elif entry.detail.get("answers"):
        about = look.gettext("Answers the survey question")
    elif entry.detail.get("command") in ("stop", "start"):
        about = said.command(str(entry.detail["command"]), look)
    elif entry.kind == "participant":
        about = beside.participant(other, look)
    elif entry.kind == "third_party":
        about = aside.third_party(other, look)
    elif entry.kind == "forward":
        about = aside.forwarded(entry, context.others, look)
    else:
        # The name of a browser says nothing to anybody.
        about = identity.value if identity is not None and not ours and identity.kind != "visitor" else ""
        about = "" if about == who else about
    if entry.detail.get("missing"):
        number = int(entry.detail["missing"])
        about = look.ngettext("%(num)d file could not be fetched", "%(num)d files could not be fetched", number) % {
            "num": number
        }
    with_whom = beside.copied(entry, context.others, look)
    if with_whom:
        about = f"{about}, {with_whom}" if about else with_whom
    if entry.erased:
        body, rest, rest_text = (
            Markup("<p class=muted>{}</p>").format(gone.words(entry, look)),
            Markup(),
            "",
        )
    else:
        body, rest, rest_text = marked.shown(entry) or _plain(entry, context)
        if entry.kind == "forward" and not body:
            body = Markup("")
        elif not body and not entry.subject and not entry.attachments:
            body = Markup("<p class=muted>{}</p>").format(words["no_text"])
    return Line(
        kind="said",
        css=_CSS.get(entry.kind, ""),
        who=who,
        who_id=(entry.staff_id or 0) if ours else other.id if other is not None else entry.customer_id,
        about=about,
        channel=entry.channel or "",
        channel_word=words.get(entry.channel or "", entry.channel or ""),
        subject=entry.subject,
        **beside.linked(entry, look),
        body=body,
        rest=rest,
        rest_size=len(rest_text),
        quoted=entry.quoted,
        has_html=entry.has_html,
        files=tuple(_file(index, attached, look) for index, attached in enumerate(entry.attachments)),
        delivery=_delivery(entry, context) if entry.kind in ("reply", "forward") else None,
        forwards=entry.kind in aside.FORWARDED and not entry.erased and entry.conversation_id is not None,
        risks=risky.told(entry, context.scores.get(entry.id), context.names, look, context.now),
        level="" if ours or entry.id not in context.scores else context.scores[entry.id].level,
        unheard=_NOTHING if ours or entry.erased else unheard.told(context.scores.get(entry.id), look),
        later=later_words.of(entry, look, context.now),
        trust=None if ours else trusted.mark(entry.detail.get("trust"), look),
        **common,
    )


def _plain(entry: EntryView, context: Context) -> tuple[Markup, Markup, str]:
    """The words as they were typed: all that customers wrote, and what no colleague formatted."""
    score = context.scores.get(entry.id)
    shown, rest_text = prose.folded(entry.text)
    named = entry.detail.get("mentions") or ()
    body = prose.prose(shown, score.words if score is not None else (), named)
    rest = prose.prose(rest_text) if rest_text else _NOTHING
    if entry.attachments and entry.author not in ("customer", "other"):
        body, rest = (prose.with_pictures(part, entry.id, entry.attachments) for part in (body, rest))
    return body, rest, rest_text


def _file(index: int, attached: Mapping[str, Any], look: Look) -> File:
    about = trusted.about_file(attached, look)
    return File(
        index,
        str(attached.get("filename") or attached.get("name") or look.gettext("file")),
        file_size(int(attached.get("size") or 0), look.locale),
        str(attached.get("content_type") or attached.get("type") or "").lower() in PREVIEWED and not about,
        trusted.held(attached, look),
        about,
        meetings.text(attached.get("meeting"), look),
        attached.get("content_type") in LETTERS and not attached.get("held"),
        gone.file(attached, look),
    )


def _delivery(entry: EntryView, context: Context) -> said.DeliveryText | None:
    told = said.delivery(context.deliveries.get(entry.id), context.look, context.now)
    # What goes along as addresses is not in the words: then only the provider knows how many parts it was.
    return said.parts(entry.channel or "", "" if entry.attachments else entry.text, told, context.look)


def _sentiment(entry: EntryView, context: Context, common: dict[str, Any]) -> Line:
    detail, words = entry.detail, context.look.words
    message_id = int(detail.get("message_entry_id") or 0)
    spans = detail.get("spans") or []
    carried = prose.quoted(context.texts.get(message_id, ""), spans)
    corrected_by = context.names.get(entry.staff_id or 0, "") if entry.author == "staff" else ""
    return Line(
        kind="sentiment",
        icon=str(detail.get("after", "calm")),
        before=str(detail.get("before", "")),
        after=str(detail.get("after", "")),
        score=f"{float(detail.get('score') or 0):.2f}",
        words=tuple((word, max(3, round(weight * 64))) for word, weight in carried),
        who=corrected_by,
        sentence=Markup(context.look.gettext("Set by %(who)s")) % {"who": corrected_by} if corrected_by else Markup(),
        about=words.get(str(detail.get("after", "")), ""),
        channel_word=words.get(str(detail.get("before", "")), ""),
        comment="" if corrected_by else _judged(detail, context.look),
        **common,
    )


def _judged(detail: dict[str, Any], look: Look) -> str:
    """By what a shift was judged, and what besides the words counted."""
    _, model = look.gettext, str(detail.get("model") or "")
    head, _plus, taught = model.partition(" + ")
    said_by = []
    if head.startswith("vader"):
        said_by.append(_("Judged by the list of words"))
    elif head:
        said_by.append(_("Judged by the model %(name)s") % {"name": head})
    if taught:
        said_by.append(_("with %(num)s corrections made here") % {"num": taught.partition(" ")[0]})
    around = detail.get("circumstances") or {}
    if around.get("unanswered"):
        said_by.append(_("messages before it without an answer: %(num)s") % {"num": around["unanswered"]})
    if around.get("waited"):
        said_by.append(_("after a long wait"))
    if around.get("similarity"):
        said_by.append(_("much like what was written before"))
    return ", ".join(said_by)


def _answered(entry: EntryView, context: Context, common: dict[str, Any]) -> Line:
    detail, look = entry.detail, context.look
    kind, score = str(detail.get("kind", "csat")), int(detail.get("score") or 0)
    changed = detail.get("before") or {}
    note = look.gettext("Changed from %(before)s.") % {"before": changed.get("score")} if changed else ""
    return Line(
        kind="survey",
        icon="loop",
        sentence=said.survey_title(entry, look, context.now),
        scale=tuple(range(1, 6)) if kind == "csat" else tuple(range(1, 8)) if kind == "ces" else (),
        answer=score,
        tone=said.tone_of(kind, score),
        comment=gone.words(entry, look) if entry.erased else entry.text,
        about=" ".join(filter(None, [note, said.reasons(detail.get("reasons") or [], look)])),
        **common,
    )


def _stage(entry: EntryView, context: Context, common: dict[str, Any]) -> Line:
    detail, look = entry.detail, context.look
    because = tuple(
        (str(e.get("shown", "")), int(e["entry_id"]) if e.get("entry_id") else None)
        for e in detail.get("evidence") or []
        if e.get("shown")
    )
    return Line(
        kind="stage",
        icon="journey",
        before=str(detail.get("before_name") or detail.get("before") or ""),
        after=str(detail.get("after_name") or detail.get("after") or ""),
        tone=str(detail.get("direction", "forward")),
        sentence=Markup(look.gettext("Rule “%(rule)s”, %(model)s v%(version)s."))
        % {
            "rule": detail.get("rule_name") or detail.get("rule", ""),
            "model": detail.get("model_name") or detail.get("model", ""),
            "version": detail.get("version", ""),
        },
        evidence=because,
        **common,
    )
