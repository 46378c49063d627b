"""What people wrote, as safe HTML: paragraphs, links, and the words that carried a judgement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from desk.outbound import pictures

LONG = 2400  # characters; the rest of a longer message is folded away
_LINK = re.compile(r"https?://[^\s<>\"'|]+", re.IGNORECASE)
_BLANK = re.compile(r"\n[ \t]*\n\s*")


def prose(text: str, marks: Iterable[Sequence[float]] = (), named: Iterable[Sequence[int]] = ()) -> Markup:
    """The text as paragraphs. `marks` are (start, end, …) into `text`; those that are linked already are left out;
    `named` are the places of colleagues who are named in a note.

    Links open in a new tab, tell nothing to where they lead, and show their whole address: no text of a mail can
    dress one up as another.
    """
    cuts = (
        [(m.start(), m.start() + len(_trimmed(m.group())), "a") for m in _LINK.finditer(text)] if "://" in text else []
    )
    for mark in marks:
        start, end = int(mark[0]), int(mark[1])
        if 0 <= start < end <= len(text) and not any(start < e and s < end for s, e, _ in cuts):
            cuts.append((start, end, "mark"))
    for start, end, *_who in named:
        if 0 <= start < end <= len(text) and not any(start < e and s < end for s, e, _ in cuts):
            cuts.append((start, end, "named"))
    cuts.sort()
    out, at = [], 0
    for start, end, tag in cuts:
        out.append(str(escape(text[at:start])))
        piece = escape(text[start:end])
        if tag == "a":
            out.append(f'<a class="link" href="{piece}" target="_blank" rel="noopener noreferrer nofollow">{piece}</a>')
        elif tag == "named":
            out.append(f'<span class="mention">{piece}</span>')
        else:
            out.append(f"<mark>{piece}</mark>")
        at = end
    out.append(str(escape(text[at:])))
    paragraphs = _BLANK.split("".join(out).strip("\n"))
    return Markup("".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs if p.strip()))


def with_pictures(body: Markup, entry_id: int, files: Sequence[Mapping[str, Any]]) -> Markup:
    """The same with the pictures of an answer where their marks stand, each once."""
    out = str(body)
    for index, file in enumerate(files):
        if file.get("inline") and not file.get("held"):
            name, url = str(file.get("filename") or ""), f"/console/e/{entry_id}/file/{index}"
            picture = (
                f'<a class="in-text" href="{url}" download><img src="{url}?inline=1" alt="{escape(name)}" '
                'loading="lazy"></a>'
            )
            out = out.replace(str(escape(pictures.mark(name))), picture, 1)
    return Markup(out)


def _trimmed(url: str) -> str:
    """A link without the full stop, bracket or comma of the sentence around it."""
    url = url.rstrip(".,;:!?…»”’")
    if url.endswith(")") and "(" not in url:
        url = url.rstrip(").,;:!?")
    return url


def folded(text: str) -> tuple[str, str]:
    """The text and the rest that is folded away: cut at a paragraph or a line where there is one near enough."""
    if len(text) <= LONG:
        return text, ""
    cut = max(text.rfind("\n\n", LONG // 2, LONG), text.rfind("\n", LONG // 2, LONG), text.rfind(" ", LONG // 2, LONG))
    cut = cut if cut > 0 else LONG
    return text[:cut], text[cut:]


def quoted(text: str, spans: Sequence[Sequence[float]]) -> list[tuple[str, float]]:
    """The words at these places with their weights, heaviest first, each said once."""
    found: dict[str, tuple[str, float]] = {}
    for span in spans:
        start, end, weight = int(span[0]), int(span[1]), float(span[2])
        word = " ".join(text[start:end].split())
        if word and (word.casefold() not in found or found[word.casefold()][1] < weight):
            found[word.casefold()] = (word, weight)
    return sorted(found.values(), key=lambda pair: -pair[1])
