"""A mail's sanitised HTML as it goes into its frame: its own pictures in it, those of others left out or let in, and
links that show where they lead."""

from __future__ import annotations

import base64
import html as entities
import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from desk.channels.email import sniff

SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MAX_PICTURES = 12 << 20  # bytes of pictures in one frame, each counted as often as it is shown

# What the sanitiser writes has every attribute in double quotes, and no quote inside of them.
_BEFORE = r'(<img(?: [\w-]+="[^"]*")*? )'
_REMOTE = re.compile(_BEFORE + r'src="((?:https?:)?//[^"]*)"', re.IGNORECASE)
_WAITING = re.compile(_BEFORE + r'data-remote-src="([^"]*)"', re.IGNORECASE)
_OWN = re.compile(_BEFORE + r'src="cid:([^"]*)"', re.IGNORECASE)
_WAITING_WHOLE = re.compile(r'<img(?: [\w-]+="[^"]*")*? data-remote-src="[^"]*"[^>]*>', re.IGNORECASE)
_OWN_WHOLE = re.compile(r'<img(?: [\w-]+="[^"]*")*? src="cid:([^"]*)"[^>]*>', re.IGNORECASE)
_LINK = re.compile(r'<a((?: [\w-]+="[^"]*")*)>(.*?)</a>', re.IGNORECASE | re.DOTALL)
_HREF = re.compile(r' href="([^"]*)"', re.IGNORECASE)
_TITLE = re.compile(r' title="[^"]*"', re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_NAMED = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,24}\b", re.IGNORECASE)


def waiting(html: str) -> int:
    """How many pictures from elsewhere are in it."""
    return len(_WAITING.findall(_REMOTE.sub(r'\1data-remote-src="\2"', html)))


def own_pictures(html: str, kept: Callable[[str], bool]) -> str:
    """The HTML as it may be sent on: pictures from elsewhere are gone, of its own only those stay that `kept` names."""
    html = _WAITING_WHOLE.sub("", _REMOTE.sub(r'\1data-remote-src="\2"', html))
    return _OWN_WHOLE.sub(lambda m: m.group() if kept(_cid(m.group(1))) else "", html)


def _cid(text: str) -> str:
    return unquote(entities.unescape(text)).strip("<> ")


def framed(html: str, picture: Callable[[str], bytes | None], *, remote: bool = False) -> str:
    """The HTML for the frame. `picture` gives the bytes of a picture of the mail by its Content-ID; `remote` lets
    pictures from elsewhere in, which somebody asked for."""
    html = _REMOTE.sub(r'\1data-remote-src="\2"', html)
    if remote:
        html = _WAITING.sub(r'\1src="\2"', html)
    return _LINK.sub(_shown, _with_pictures(html, picture))


def _with_pictures(html: str, picture: Callable[[str], bytes | None]) -> str:
    """The mail's own pictures as data: the frame has no origin of its own, so it could fetch none from us."""
    left = MAX_PICTURES
    made: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        nonlocal left
        name = _cid(match.group(2))
        if name not in made:
            content = picture(name)
            kind = sniff.kind(content, "") if content is not None else ""
            fits = content is not None and kind in SHOWN and len(content) <= left
            made[name] = f"data:{kind};base64,{base64.b64encode(content).decode()}" if content and fits else ""
        left -= len(made[name]) * 3 // 4
        return f'{match.group(1)}src="{made[name]}"' if made[name] and left >= 0 else match.group(1)

    return _OWN.sub(put, html)


def _shown(match: re.Match[str]) -> str:
    """A link says on hover where it leads; one whose words name another place says so beside them."""
    attributes, words = match.group(1), match.group(2)
    href = _HREF.search(attributes)
    if href is None:
        return match.group()
    attributes = _TITLE.sub("", attributes)
    target = _host(entities.unescape(href.group(1)))
    named = _NAMED.search(entities.unescape(_TAG.sub("", words)))
    said = _host(named.group()) if named is not None else ""
    other = bool(target and said) and not _same(target, said)
    beside = f' <small class="leads-to">({entities.escape(target)})</small>' if other else ""
    return f'<a{attributes} title="{href.group(1)}">{words}{beside}</a>'


def _host(url: str) -> str:
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        if parts.scheme == "mailto":
            return ""
        return (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return "?"


def _same(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}")
