"""The customer beside a conversation: the ribbon of their life, who they are by what evidence, what they said of us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import conversations, facts, people, privacy, sentiment, settings, timeline, visitors
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.facts import FactView
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer
from desk.web.console import beside, same, stages, tasked, why
from desk.web.console.look import Look, look
from desk.web.console.reading import look_of
from desk.web.console.ribbon import Ask, Contact, Life, Ribbon, Sound, ribbon, tone_of
from desk.web.console.routes import blueprint, reading, wants_fragment
from desk.web.console.stages import Stages

MEASURES = ("csat", "nps", "ces")
FEEDBACK, OTHERS = 4, 8


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answer to a survey."""

    at: datetime
    score: int
    tone: str
    text: str
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class MarkText:
    """A word under the axis of the ribbon."""

    x: float
    text: str
    near: bool


@blueprint.get("/c/<int:conversation_id>/customer")
@allow("customer.read")
def customer_panel(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        values = panel_values(tx, viewer, found)
    return render_template("console/customer.html" if wants_fragment() else "console/customer_page.html", **values)


def panel_values(tx: Tx, viewer: Viewer, found: Conversation) -> dict[str, Any]:
    """What templates/console/customer.html reads."""
    reader, now = look_of(viewer), tx.now()
    person = people.customer(tx, found.customer_id)
    known = facts.view(tx, person.id)
    standing = stages.standing(tx, person.id, reader, now)
    life = Life(
        since=person.created_at,
        moves=standing.moves,
        sounds=[Sound(at, value, level) for at, value, level in sentiment.history(tx, person.id)],
        asks=_asks(tx, viewer, found, known),
        contacts=[Contact(at, ch) for at, ch, author in timeline.contacts(tx, person.id) if author == "customer"],
    )
    drawn = ribbon(life, now, reader.zone)
    inbox = settings.inbox(tx, found.inbox_id)
    rows = conversations.of_customer(tx, person.id, viewer, limit=OTHERS + 1)
    mine = people.identities(tx, person.id)
    browser = next(iter(visitors.visitors_of(tx, [i.id for i in mine if i.kind in ("visitor", "user")])), None)
    zone = person.zone or (browser.zone if browser is not None else None)
    return {
        "id": found.id,
        "ribbon": drawn,
        "marks": _marks(drawn, reader),
        "name": person.name or found.reply_address,
        "sentence": sentence(person.name or found.reply_address, life, drawn, standing, reader, now),
        "loop_text": _loop_text(drawn, now),
        "person": person,
        "since": _since(person.created_at, reader, now),
        "identities": same.identity_texts(mine, reader, now, may_ask=True),
        "taking_part": beside.others(conversations.participants(tx, found.id), reader),
        "tasks": tasked.shown(tx, viewer, found.id),
        "me": viewer,
        "links": conversations.links(tx, found.id, viewer),
        "same": same.cards(tx, viewer, person.id),
        "stage": standing.shown,
        "feedback": _feedback(tx, known),
        "labels": conversations.label_tones(tx, found.id),
        "why": why.shown(tx, viewer, found),
        "kept": privacy.kept(tx, found),
        "attributes": [
            *_attributes(known, facts.declared(tx, retired=True), inbox.name, person.locale, zone, reader, now),
            *_page(browser),
        ],
        "others": [r for r in rows if r.id != found.id][:OTHERS],
        **reader.speech,
        "now": now,
    }


def _asks(tx: Tx, viewer: Viewer, found: Conversation, known: FactView) -> list[Ask]:
    """Answers from the facts, each once; what was withheld from the lines of this conversation."""
    asks = [
        Ask(fact.occurred_at, kind, int(fact.value), fact.entry_id)
        for kind in MEASURES
        for fact in known.series(kind).facts
        if isinstance(fact.value, int | float)
    ]
    withheld = timeline.of_conversation(tx, found.id, limit=20, kinds=("survey_withheld",))
    asks += [Ask(e.occurred_at, str(e.detail.get("kind", "csat")), None, e.id) for e in withheld]
    return sorted(asks, key=lambda ask: ask.at)


def _marks(drawn: Ribbon, reader: Look) -> list[MarkText]:
    found: list[MarkText] = []
    year = 0
    for mark in drawn.marks:
        here = reader.here(mark.at)
        if mark.near:
            text = reader.weekday(mark.at) if found and found[-1].near else f"{reader.weekday(mark.at)} {here.day}"
        else:
            text, year = reader.month(mark.at, year=here.year != year), here.year
        found.append(MarkText(mark.x, text, mark.near))
    return found


def _loop_text(drawn: Ribbon, now: datetime) -> str:
    if drawn.loop is None:
        return ""
    if drawn.loop.closed_at is not None:
        return _("Loop closed")
    days = drawn.loop.days(now)
    return ngettext("Loop open 1 day", "Loop open %(num)s days", days) if days else _("Loop open since today")


def sentence(name: str, life: Life, drawn: Ribbon, standing: Stages, reader: Look, now: datetime) -> str:
    """The ribbon for somebody who hears the page: since when, where, how it sounds, the last answer, the loop."""
    parts = [_("Loop ribbon: %(name)s since %(date)s.", name=name, date=reader.month(life.since, year=True))]
    if standing.shown is not None:
        parts.append(_("Stage %(stage)s, %(since)s.", stage=standing.shown.name, since=standing.shown.since))
    if drawn.level:
        parts.append(_("Sounds %(level)s now.", level=reader.words[drawn.level].lower()))
    answered = [a for a in life.asks if a.score is not None]
    if answered:
        last = answered[-1]
        parts.append(
            _(
                "Last %(measure)s %(score)s, %(date)s.",
                measure=last.kind.upper(),
                score=last.score,
                date=reader.date(last.at, now),
            )
        )
    loop = _loop_text(drawn, now)
    if loop:
        parts.append(f"{loop}.")
    return " ".join(parts)


def _since(created_at: datetime, reader: Look, now: datetime) -> str:
    days = (now - created_at) // timedelta(days=1)
    if days < 1:
        return _("Customer since today")
    if days < 60:
        return ngettext("Customer for 1 day", "Customer for %(num)s days", days)
    return _("Customer since %(month)s", month=reader.month(created_at, year=True))


def _feedback(tx: Tx, known: FactView) -> list[Feedback]:
    newest = sorted(
        ((fact, kind) for kind in MEASURES for fact in known.series(kind).facts if isinstance(fact.value, int | float)),
        key=lambda pair: pair[0].occurred_at,
        reverse=True,
    )
    shown = []
    for fact, kind in newest[:FEEDBACK]:
        entry = timeline.one(tx, fact.entry_id) if fact.entry_id is not None else None
        comment = f"“{entry.text}”" if entry is not None and entry.text else _("no comment")
        score = int(fact.value) if isinstance(fact.value, int | float) else 0
        shown.append(
            Feedback(fact.occurred_at, score, tone_of(kind, score), f"{kind.upper()}, {comment}", fact.entry_id)
        )
    return shown


def _attributes(
    known: FactView,
    named: Sequence[facts.Attribute],
    inbox: str,
    locale: str | None,
    zone: str | None,
    reader: Look,
    now: datetime,
) -> Sequence[tuple[str, str]]:
    found = [(_("Inbox"), inbox)]
    if locale:
        found.append((_("Language"), _language(locale, reader)))
    if zone:
        there = look(str(reader.locale), zone)
        found.append((_("Time there"), f"{there.clock(now)} ({zone})" if there.zone_name == zone else zone))
    labels = {f"attribute.{one.key}": one.label for one in named}
    hidden = {f"attribute.{one.key}" for one in named if one.retired_at is not None or not one.shown}
    for name in known.names():
        if name.startswith("attribute.") and name not in hidden:
            fact = known.latest(name)
            if fact is not None and fact.value is not None:
                plain = labels.get(name) or _plain(name.removeprefix("attribute."))
                found.append((plain, _value(fact.value, reader, now)))
    return found


def _page(browser: visitors.Visitor | None) -> list[tuple[str, str]]:
    """Where on the site somebody who writes in the widget was last."""
    if browser is None or not (browser.page_title or browser.page_url):
        return []
    return [(_("Page"), browser.page_title or browser.page_url)]


def _plain(name: str) -> str:
    text = name.replace("_", " ").replace(".", " ")
    return text[:1].upper() + text[1:]


def _value(value: object, reader: Look, now: datetime) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return reader.date(value, now)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)[:200]


def _language(locale: str, reader: Look) -> str:
    name = reader.locale.languages.get(locale.replace("_", "-").split("-")[0].lower())
    return name[:1].upper() + name[1:] if name else locale
