"""Rows of a queue as HTML, and where each belongs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from html import escape

from markupsafe import Markup

from desk.conversations import Row
from desk.web.base.words import TONES, initials
from desk.web.console import promised
from desk.web.console.look import Look

ENDLESS = 10**12  # seconds: later than any date
_ICON = {"pending": "pause", "resolved": "check", "spam": "x"}

# Neutral: whose screen it is on shows in what the page itself sets, so that one rendering serves everybody who reads in
# the same language and zone. Written with one format a row: as a template it took five times as long as its query.
_ROW = """<li id="c%(id)d" data-k="%(key)s"><input type="checkbox" class="pick" tabindex="-1" \
aria-label="%(pick)s"><a class="convo%(unread)s" href="/console/c/%(id)d%(suffix)s"%(current)s \
aria-describedby="y%(id)d">\
<span class="av tone-%(tone)d" aria-hidden="true">%(letters)s\
<span class="badge ch-%(channel)s"><svg class="ic"><use href="#%(channel)s"/></svg></span></span>
<span class="row-flex"><span class="who" dir="auto">%(name)s</span>\
<time class="when" datetime="%(at)s">%(ago)s</time></span>
<span class="line" dir="auto">%(ours)s%(line)s</span>
<span class="marks" title="%(urgency)s">%(marks)s</span></a><span id="y%(id)d" hidden>%(urgency)s</span></li>
"""


@lru_cache(maxsize=20_000)
def letters(name: str) -> str:
    """The letters of an avatar, escaped."""
    return escape(initials(name))


def sort_key(row: Row, view: str) -> str:
    """What a screen sorts a row by, biggest first; numbers, so that a script needs no dates to compare."""
    if view == "longest":
        return "" if row.waiting_since is None else f"{-row.waiting_since.timestamp():.3f}"
    if view == "due":
        return "" if row.due_at is None else f"{-row.due_at.timestamp():.3f}"
    if view == "snoozed":
        # What waits for a reply alone stands behind all that has a time, in the order of its numbers.
        return f"{-ENDLESS - row.id}" if row.snoozed_until is None else f"{-row.snoozed_until.timestamp():.3f}"
    if view in ("resolved", "spam"):
        return f"{row.last_at.timestamp():.3f}"
    return f"{row.urgency:.4f}"


def sorted_by(row: Row, order: str) -> str:
    """The same for a saved view: those without the time that it is sorted by stand behind the others, by urgency."""
    if order == "latest":
        return f"{row.last_at.timestamp():.3f}"
    if order in ("waiting", "due"):
        at = row.waiting_since if order == "waiting" else row.due_at
        return f"{row.urgency - ENDLESS:.4f}" if at is None else f"{-at.timestamp():.3f}"
    return f"{row.urgency:.4f}"


def views_of(row: Row) -> list[str]:
    """The views that hold this row; `mine` holds it for its assignee alone."""
    found = []
    if row.assignee_id is not None and row.status in ("open", "pending", "snoozed"):
        found.append("mine")
    if row.status == "open":
        found.append("all")
        if row.team_id is not None:
            found.append(f"team-{row.team_id}")
        if row.assignee_id is None:
            found.append("unassigned")
        if row.level == "frustrated":
            found.append("frustrated")
        if row.waiting_since is not None:
            found.append("longest")
    elif row.status in ("snoozed", "resolved", "spam"):
        found.append(row.status)
    if row.due_at is not None:
        found.append("due")
    return found


def written(
    rows: Sequence[Row], view: str, reader: Look, now: datetime, current: int | None = None, order: str = ""
) -> Markup:
    """The rows of one view as HTML, for one language and zone; `current` is the conversation that stands open, `order`
    is how a saved view is sorted."""
    suffix = f"?view={view}" if view else ""
    ours = f'<span class="muted">{escape(reader.words["we"])}</span> '
    picks = reader.words["select"]
    bots = f'<span class="muted">{escape(reader.words["bot"])}</span> '
    return Markup(
        "".join(
            _ROW
            % {
                "id": row.id,
                "key": sorted_by(row, order) if order else sort_key(row, view),
                "unread": " unread" if row.unread else "",
                "suffix": suffix,
                "current": ' aria-current="true"' if row.id == current else "",
                "tone": row.customer_id % TONES,
                "letters": letters(row.customer_name),
                "channel": escape(row.channel),
                "name": escape(row.customer_name or row.reply_address),
                "at": row.last_at.isoformat(),
                "ago": reader.ago(row.last_at, now),
                "ours": {"customer": "", "other": "", "bot": bots}.get(row.last_author, ours),
                "line": escape(row.preview or row.subject),
                "urgency": escape(promised.formula(row, reader, now)),
                "pick": escape(picks % {"name": row.customer_name or row.reply_address}),
                "marks": _marks(row, reader, now),
            }
            for row in rows
        )
    )


def _chip(css: str, icon: str, text: str) -> str:
    return f'<span class="chip {css}"><svg class="ic"><use href="#{icon}"/></svg>{text}</span>'


def _marks(row: Row, reader: Look, now: datetime) -> str:
    """The chips of a row. Their words come from the catalogue and from our own columns, never from a customer."""
    words, out, name = reader.words, promised.chip(row, reader, now), escape(row.status_name)
    if row.status == "open":
        if not out and row.waiting_since is not None:
            span = reader.span((now - row.waiting_since).total_seconds())
            out += _chip(
                "due", "clock", f'<time class="waits" datetime="{row.waiting_since.isoformat()}">{span}</time>'
            )
        if name:
            out += _chip("line", "inbox", name)
    elif row.status == "snoozed":
        until = words["reply"] if row.snoozed_until is None else reader.until(row.snoozed_until, now)
        out += _chip("line", "moon", f"{name}, {until}" if name else until)
    else:
        out += _chip("line", _ICON.get(row.status, "inbox"), name or words[row.status])
    if row.bot == "talking" and row.status == "open":
        out += _chip("accent", "bot", words["bot_talks"])
    elif row.bot == "handed_over" and row.status == "open":
        out += _chip("line", "bot", words["bot_over"])
    if row.level != "calm":
        out += _chip(row.level, row.level, words[row.level])
    for kind in row.risks.split()[:1]:  # the gravest; the head has them all
        out += _chip("danger", "warn", words[f"risk_{kind}"])
    if row.priority > 0:
        out += _chip("warn", "flag", words["high"])
    if row.unread:
        out += f'<span class="count end" aria-label="{words["unread"] % {"n": row.unread}}">{row.unread}</span>'
    return out
