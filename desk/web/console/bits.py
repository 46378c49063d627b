"""Pieces that the sentences of a timeline are made of: a name, a time."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup, escape

from desk.web.console.look import Look


def bold(who: str) -> Markup:
    return Markup(f"<b>{escape(who)}</b>")


def time(at: datetime, look: Look, now: datetime) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), look.full(at), look.short(at, now))


def when(value: object, look: Look, now: datetime) -> Markup:
    """A time out of an entry's detail, where it is one."""
    try:
        return time(datetime.fromisoformat(str(value)), look, now)
    except ValueError:
        return Markup("…")


def conversation(number: object) -> Markup:
    """The link to a conversation, by its number."""
    return Markup('<a class="link" href="/console/c/{0}">#{0}</a>').format(number)
