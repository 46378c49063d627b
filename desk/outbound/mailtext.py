"""The words of an outgoing mail around what a person wrote: subject, quoted history, signature, plain and HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_time

from desk.i18n import best, texts
from desk.outbound.pictures import mark

_PARAGRAPH = '<p style="margin:0 0 16px">'
# Programs that drop the head still get the light colours that stand in the text.
_HEAD = """<!doctype html>
<html lang="%(lang)s"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<style>
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
.m-bg { background: #15191a !important; } .m-ink { color: #e9efee !important; }
.m-soft { color: #a4b0af !important; } .m-link { color: #7fd0d4 !important; }
.m-rule { border-color: #354041 !important; }
}
</style></head>
<body class="m-bg" style="margin:0;padding:0;background:#ffffff">
"""
_TAIL = "\n</body></html>\n"
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
    written: str,
    *,
    signature: str,
    below: str,
    quoted: Quoted | None,
    locale: str | None,
    zone: str,
    number: int,
    pictures: Mapping[str, str] | None = None,
) -> Written:
    """A person's answer: no logo, no button, no box, because it is one. `below` stands under the name: the brand, or
    what the inbox is set to say there. `pictures` are the Content-IDs of those whose marks are in the text, by name."""
    t = texts(locale)
    plain, shown = _with_pictures(written, pictures or {}, t.gettext("image"))
    footer = t.gettext("Conversation #%(number)s") % {"number": number}
    lines = [plain.strip(), "", "-- ", signature, below]
    soft = "color:#55625f"
    font = "font:16px/1.6 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
    parts = [
        _HEAD % {"lang": html.escape(best(locale))},
        f'<div class="m-bg" dir="auto" style="background:#ffffff;padding:20px;{font}">'
        '<div class="m-ink" style="color:#1a2322;max-width:600px">',
        shown,
        f'<p style="margin:0">{html.escape(signature)}<br><span class="m-soft" style="{soft}">{_lines(below)}</span>'
        "</p></div>",
    ]
    if quoted is not None:
        local = quoted.at.astimezone(ZoneInfo(zone))
        day = format_skeleton("yMMMEd", local, locale=best(locale))
        when = f"{day}, {format_time(local, 'short', locale=best(locale))}"
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
    parts.append(f'<p class="m-soft" style="{soft};font-size:13px;margin:24px 0 0">{html.escape(footer)}</p></div>')
    parts.append(_TAIL)
    return Written("\n".join(lines) + "\n", "".join(parts))


def _with_pictures(written: str, pictures: Mapping[str, str], word: str) -> tuple[str, str]:
    """The words with their pictures: named in the plain form, shown in the HTML, each once."""
    plain, shown = written, paragraphs(written)
    for name, content_id in pictures.items():
        plain = plain.replace(mark(name), f"[{word}: {name}]")
        image = (
            f'<img src="cid:{html.escape(content_id)}" alt="{html.escape(name)}" '
            'style="display:block;max-width:100%;height:auto;border:0">'
        )
        shown = shown.replace(html.escape(mark(name)), image, 1)
    return plain, shown


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
