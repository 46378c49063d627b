"""Events of a site on the timeline, as a sentence: what happened, with what, and who says so."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from desk import facts
from desk.timeline import EntryView
from desk.web.console import gone
from desk.web.console.look import Look

SHOWN = 6  # properties in one line; a line is no table


def sentence(entry: EntryView, look: Look) -> Markup:
    """One line. What nobody proved says so: the page of a browser may say anything."""
    _ = look.gettext
    name = str(entry.detail.get("name") or "")
    declared = facts.find(name)
    said = _properties(entry)
    what = Markup("<b>{}</b>").format(_(declared.label) if declared is not None and declared.label else name)
    page = str(said.pop("title", "") or _path(said.get("url"))) if name == "page.viewed" else ""
    if page:
        said.pop("url", None)
        what += Markup(" <bdi>{}</bdi>").format(page)
    listed = list(said.items())[:SHOWN]
    if listed:
        pairs = Markup(", ").join(Markup("<bdi>{}: {}</bdi>").format(key, _shown(value, look)) for key, value in listed)
        what += Markup(' <span class="soft">{}</span>').format(pairs)
    if entry.erased:
        what += Markup(' <span class="muted">{}</span>').format(gone.words(entry, look))
    by = (
        _("The page says so, for a signed-in user.")
        if entry.detail.get("proved")
        else _("Claimed by the page: nobody proved it.")
    )
    return what + Markup(' <span class="xs muted">{}</span>').format(by)


def icon(entry: EntryView) -> str:
    """The mark of the evidence."""
    return "verified" if entry.detail.get("proved") else "claimed"


def _properties(entry: EntryView) -> dict[str, Any]:
    try:
        found = json.loads(entry.text) if entry.text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _path(url: object) -> str:
    try:
        return urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        return ""


def _shown(value: object, look: Look) -> Markup:
    if isinstance(value, bool):
        return escape(look.gettext("yes") if value else look.gettext("no"))
    return escape("–" if value is None else str(value))
