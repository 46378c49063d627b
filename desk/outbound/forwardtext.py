"""The words of a mail that passes messages on: a note on top, and below it each message as every mail program, ours
too, knows a forwarded one."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from gettext import NullTranslations
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from desk.channels.email.addresses import subject_with
from desk.channels.email.quoting import FORWARD_SUBJECT
from desk.i18n import best, texts
from desk.outbound.mailtext import Quoted, Written, page, paragraphs
from desk.outbound.mailtext import body as mail_body
from desk.outbound.marked import Typed

_SOFT = "color:#55625f"
# The part of our reply address that names a conversation: whoever gets it from somebody else could write there.
_TOKEN = re.compile(r"\+r-[0-9a-z]{1,13}-[a-z2-7]{8,16}(?=@|%40|&#64;)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passed:
    """One message that is passed on. `address` may be empty; `html` is sanitised, empty where its text stands for it;
    `inside` says that colleagues alone were meant to read it."""

    name: str
    address: str
    at: datetime
    subject: str
    to: str
    text: str
    html: str = ""
    inside: bool = False


def forward_subject(subject: str) -> str:
    """`Fwd: ` once, whatever stood before the subject; what names a conversation of ours stays here."""
    bare = subject_with(subject, "")
    while found := FORWARD_SUBJECT.match(bare):
        bare = bare[found.end() :]
    return f"Fwd: {bare.strip() or '…'}"


def without_tokens(text: str) -> str:
    """Text without what in our addresses names a conversation."""
    return _TOKEN.sub("", text)


def forward(
    note: Typed,
    passed: Sequence[Passed],
    *,
    signature: str,
    below: str,
    answered: Quoted | None,
    locale: str | None,
    zone: str,
) -> Written:
    """The mail: the colleague's own words with their name, what they answer, and what they pass on."""
    t = texts(locale)
    place = ZoneInfo(zone)
    lines = [*([note.text.strip(), ""] if note.text.strip() else []), "-- ", signature, below]
    own = mail_body(note) if note.text.strip() else ""
    name = f'{html.escape(signature)}<br><span class="m-soft" style="{_SOFT}">{_lines(below)}</span>'
    parts = [f'<div class="m-ink" style="color:#1a2322;max-width:600px">{own}<p style="margin:0">{name}</p></div>']
    if answered is not None:
        when = format_datetime(answered.at.astimezone(place), "medium", locale=best(locale))
        intro = t.gettext("On %(when)s, %(name)s wrote:") % {"when": when, "name": answered.name}
        lines += ["", intro, *(f"> {line}".rstrip() for line in answered.text.strip().splitlines())]
        parts.append(
            f'<div class="m-soft m-rule gmail_quote" style="{_SOFT};border-inline-start:2px solid #d5dddc;'
            f'margin:24px 0 0;padding-inline-start:14px;font-size:15px">'
            f'<p style="margin:0 0 8px">{html.escape(intro)}</p>'
            f'<div dir="auto">{paragraphs(answered.text)}</div></div>'
        )
    for one in passed:
        head = _head(one, t, place, best(locale))
        title = f"---------- {t.gettext('Forwarded message')} ----------"
        lines += ["", title, *(f"{label}: {value}" for label, value in head), "", one.text.strip()]
        rows = "<br>".join(f"{html.escape(label)}: {html.escape(value)}" for label, value in head)
        # A mail as its sender formatted it stays on the light page that it was made for.
        day = 'style="background:#ffffff;color:#1a2322;color-scheme:light"'
        ground = day if one.html else 'class="m-ink" style="color:#1a2322"'
        body = one.html or paragraphs(one.text)
        parts.append(
            f'<div class="gmail_quote" style="margin:24px 0 0"><div dir="auto" class="gmail_attr m-soft" '
            f'style="{_SOFT};margin:0 0 12px">{title}<br>{rows}</div><div dir="auto" {ground}>{body}</div></div>'
        )
    return Written("\n".join(lines) + "\n", page("".join(parts), locale))


def _head(one: Passed, t: NullTranslations, place: ZoneInfo, locale: str) -> list[tuple[str, str]]:
    name = _line(one.name)
    if one.inside:
        name = f"{name} ({t.gettext('internal note')})"
    address = _line(one.address)
    sender = f"{name} <{address}>" if name and address and name != address else name or address
    when = format_datetime(one.at.astimezone(place), "long", locale=locale)
    return [
        (t.gettext("From"), sender),
        (t.gettext("Date"), when),
        (t.gettext("Subject"), _line(one.subject) or "…"),
        (t.gettext("To"), _line(one.to)),
    ]


def _line(text: str) -> str:
    return " ".join(text.split())[:500]


def _lines(text: str) -> str:
    return "<br>".join(html.escape(line) for line in text.strip().splitlines())
