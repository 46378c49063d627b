"""The words of an outgoing mail around what a person wrote: subject, quoted history, signature, plain and HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_skeleton
from markupsafe import Markup

from desk import formatting
from desk.i18n import best, clock, templates, texts
from desk.outbound.marked import Typed
from desk.outbound.pictures import mark

FOLDER = Path(__file__).parent / "templates"
_PARAGRAPH = '<p style="margin:0 0 16px">'
# A person's mail wears no brand.
_LIGHT = {"surface": "#ffffff", "ink": "#1a2322", "soft": "#55625f", "link": "#0b5f63", "line": "#d5dddc"}
_DARK = {
    "surface": "#15191a", "ink": "#e9efee", "soft": "#a4b0af", "link": "#7fd0d4", "line": "#354041",
    "sunken": "#1f2829", "edge": "#6f8283",
}  # fmt: skip
_MONO = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:14px"
# No colour that a dark page would have to turn: the frame's own classes do that for lines and soft words.
_DRESS = {
    "p": ' style="margin:0 0 16px"',
    "ul": ' style="margin:0 0 16px;padding-inline-start:24px"',
    "ol": ' style="margin:0 0 16px;padding-inline-start:24px"',
    "li": ' style="margin:0 0 4px"',
    "blockquote": ' class="m-soft m-rule" style="color:#55625f;border-inline-start:2px solid #d5dddc;margin:0 0 16px;'
    'padding-inline-start:14px"',
    "code": f' style="{_MONO}"',
    "pre": f' dir="ltr" class="m-rule" style="{_MONO};border:1px solid #d5dddc;border-radius:6px;margin:0 0 16px;'
    'padding:10px 12px;text-align:left;white-space:pre-wrap;overflow-wrap:anywhere"',
    "a": ' class="m-link" style="color:#0b5f63"',
}  # fmt: skip
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that is answered."""

    name: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """Both forms of one mail."""

    text: str
    html: str


def reply_subject(subject: str) -> str:
    """`Re: ` once, whatever the mail program of the customer put before the subject."""
    bare = re.sub(r"^\s*((re|aw|sv|antw|vs|odp|ynt|rif|回复|回覆)\s*(\[\d+\])?\s*[:：]\s*)+", "", subject, flags=re.I)
    return f"Re: {bare.strip() or '…'}"


def reply(
    written: Sequence[Typed],
    *,
    signature: str,
    below: str,
    quoted: Quoted | None,
    locale: str | None,
    zone: str,
    number: int,
    pictures: Mapping[str, str] | None = None,
) -> Written:
    """A person's answer, or several below each other: no logo, no button, no box, because it is one. `below` stands
    under the name: the brand, or what the inbox is set to say there. `pictures` are the Content-IDs of those whose
    marks are in the text, by name."""
    t = texts(locale)
    plain, shown = _with_pictures(written, pictures or {}, t.gettext("image"))
    footer = t.gettext("Conversation #%(number)s") % {"number": number}
    lines = [plain.strip(), "", "-- ", signature, below]
    soft = "color:#55625f"
    parts = [
        '<div class="m-ink" style="color:#1a2322;max-width:600px">',
        shown,
        f'<p style="margin:0">{html.escape(signature)}<br><span class="m-soft" style="{soft}">{_lines(below)}</span>'
        "</p></div>",
    ]
    if quoted is not None:
        local = quoted.at.astimezone(ZoneInfo(zone))
        day = format_skeleton("yMMMEd", local, locale=best(locale))
        when = f"{day}, {clock(local.time(), best(locale))}"
        intro = t.gettext("On %(when)s, %(name)s wrote:") % {"when": when, "name": quoted.name}
        body = quoted.text.strip()[:20000]
        lines += ["", intro, *(f"> {line}".rstrip() for line in body.splitlines())]
        parts.append(
            f'<div class="m-soft m-rule gmail_quote" style="{soft};border-inline-start:2px solid #d5dddc'
            ';margin:24px 0 0;padding-inline-start:14px;font-size:15px">'
            f'<p style="margin:0 0 8px">{html.escape(intro)}</p>'
            f'<div dir="auto">{paragraphs(body)}</div></div>'
        )
    lines += ["", footer]
    parts.append(f'<p class="m-soft" style="{soft};font-size:13px;margin:24px 0 0">{html.escape(footer)}</p>')
    return Written("\n".join(lines) + "\n", page("".join(parts), locale))


def page(inside: str, locale: str | None) -> str:
    """The HTML of a person's mail around what it says, in the frame that every mail of the desk stands in. `inside` is
    HTML already."""
    language = best(locale)
    return (
        templates(FOLDER, language)
        .get_template("answer.html")
        .render(
            inside=Markup(inside),  # escaped piece by piece by whoever made it
            locale=language.replace("_", "-"),
            direction=Locale.parse(language).text_direction,
            title="",
            light=_LIGHT,
            dark=_DARK,
        )
    )


def _with_pictures(written: Sequence[Typed], pictures: Mapping[str, str], word: str) -> tuple[str, str]:
    """The words with their pictures: named in the plain form, shown in the HTML, each once."""
    plain, images = together(written), {}
    for name, content_id in pictures.items():
        plain = plain.replace(mark(name), f"[{word}: {name}]")
        images[mark(name)] = (
            f'<img src="cid:{html.escape(content_id)}" alt="{html.escape(name)}" '
            'style="display:block;max-width:100%;height:auto;border:0">'
        )
    return plain, "".join(body(one, images) for one in written)


def together(said: Sequence[Typed]) -> str:
    """The words of several answers below each other."""
    return "\n\n".join(one.text for one in said)


def body(said: Typed, images: dict[str, str] | None = None) -> str:
    """What a colleague wrote as HTML: with its marks, where it has any. `images` are the tags of pictures by their
    marks; each is taken by the first mark of its name."""
    images = images if images is not None else {}
    found = formatting.read(said.source, tuple(sorted(images))) if said.source else None
    if found is None:
        shown = paragraphs(said.text)
        for one in [one for one in images if html.escape(one) in shown]:
            shown = shown.replace(html.escape(one), images.pop(one), 1)
        return shown
    dress = formatting.Dress(_DRESS, picture=lambda one: images.pop(one, html.escape(one)))
    return formatting.html(found, dress)


def _lines(text: str) -> str:
    """Lines as they are, escaped, with links that can be followed."""
    return paragraphs(re.sub(r"\n\s*\n", "\n", text.strip())).removeprefix(_PARAGRAPH).removesuffix("</p>")


def paragraphs(text: str) -> str:
    """Plain text as HTML: escaped, paragraphs by empty lines, links that can be followed."""
    out = []
    for block in re.split(r"\n\s*\n", text.strip()):
        pieces, at = [], 0
        for link in _LINK.finditer(block):
            pieces.append(html.escape(block[at : link.start()]))
            url = html.escape(link.group())
            pieces.append(f'<a class="m-link" href="{url}" style="color:#0b5f63">{url}</a>')
            at = link.end()
        pieces.append(html.escape(block[at:]))
        out.append(f"{_PARAGRAPH}{''.join(pieces).replace(chr(10), '<br>')}</p>")
    return "".join(out)
