"""What a colleague formatted, as the timeline and the preview show it: the small Markdown as safe HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from desk import formatting
from desk.formatting import Node
from desk.outbound import pictures
from desk.timeline import EntryView
from desk.web.console.prose import LONG

_ATTRIBUTES = {
    "a": ' class="link" target="_blank" rel="noopener noreferrer nofollow"',
    "pre": ' dir="ltr"',
}


def shown(entry: EntryView) -> tuple[Markup, Markup, str] | None:
    """The words of a line, the rest that is folded away, and that rest without marks; None where nothing in them is
    formatted."""
    if not entry.source:
        return None
    images = {
        pictures.mark(name): picture(name, f"/console/e/{entry.id}/file/{index}")
        for index, file in reversed(list(enumerate(entry.attachments)))
        if file.get("inline") and not file.get("held") and (name := str(file.get("filename") or ""))
    }
    found = formatting.read(entry.source, tuple(sorted(images)))
    if found is None:
        return None
    named = [entry.text[int(one[0]) : int(one[1])] for one in entry.detail.get("mentions") or ()]
    first, rest = _folded(found)
    body = html(first, images, named)
    return body, html(rest, images, named), formatting.plain(rest)


def html(nodes: Iterable[Node], images: dict[str, str], named: Sequence[str] = ()) -> Markup:
    """The HTML of these pieces. `images` gives each picture by its mark, once; `named` are colleagues in a note."""
    dress = formatting.Dress(_ATTRIBUTES, lambda mark: images.pop(mark, escape(mark)), _names(named))
    return Markup(formatting.html(nodes, dress))


def picture(name: str, url: str) -> str:
    """A picture among the words, and the way to its file."""
    return (
        f'<a class="in-text" href="{escape(url)}" download><img src="{escape(url)}?inline=1" alt="{escape(name)}" '
        'loading="lazy"></a>'
    )


def _names(named: Sequence[str]) -> Any:
    if not any(named):
        return escape
    wanted = re.compile("|".join(re.escape(escape(one)) for one in sorted(named, key=len, reverse=True) if one))
    return lambda text: wanted.sub(lambda m: f'<span class="mention">{m.group()}</span>', escape(text))


def _folded(nodes: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """Cut between two blocks, where a message is as long as others are when they are cut."""
    length = 0
    for index, node in enumerate(nodes):
        length += len(formatting.plain([node]))
        if length > LONG and index:
            return nodes[:index], nodes[index:]
    return nodes, ()
