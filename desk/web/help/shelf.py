"""What the pages of the help centre read: whose it is, in which language, what stands on its shelves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from markupsafe import Markup, escape

from desk import knowledge, settings, surveys
from desk.i18n import SOURCE, best
from desk.knowledge import Published
from desk.store import Tx

OFTEN, NEXT, TOPIC_LINES = 6, 3, 4
READING = 200  # words a minute


@dataclass(frozen=True, slots=True)
class Scene:
    """One visit: the brand, the language of the articles, and what was asked for in the address."""

    brand: str
    brand_id: int | None
    zone: str
    palette: surveys.Palette
    css: str
    mail: str
    lang: str
    direction: str
    languages: tuple[tuple[str, str], ...]  # in which there is something to read: code, own name
    asked_lang: str
    asked_brand: str
    staff: bool
    logo: settings.Logo | None = None

    @property
    def initial(self) -> str:
        return self.brand[:1].upper()

    def day(self, at: datetime) -> str:
        """A date in words, in the language of the page."""
        return format_date(at.astimezone(ZoneInfo(self.zone)), "long", locale=self.lang)


def scene(tx: Tx, *, wanted: str, accepted: Sequence[str], brand: str, staff: bool) -> Scene:
    """The language is the one that was asked for, else the first that the browser asks for and somebody wrote in."""
    rows = settings.brands(tx)
    chosen = next((row for row in rows if row.key == brand), rows[0] if rows else None)
    written = knowledge.locales(tx, chosen.id if chosen else None)
    asked = (wanted, *accepted, chosen.locale if chosen else "", SOURCE)
    wishes = [w.replace("_", "-").split("-")[0].lower() for w in asked]
    lang = next((w for w in wishes if w in written), written[0] if written else best(*wishes))
    mailbox = next((i for i in settings.inboxes(tx, "email", active=True) if chosen and i.brand_id == chosen.id), None)
    palette = surveys.palette(chosen.colour if chosen else "")
    return Scene(
        brand=chosen.name if chosen else settings.get(tx, "desk.name"),
        brand_id=chosen.id if chosen else None,
        zone=chosen.zone if chosen else "UTC",
        palette=palette,
        css=_css(palette),
        mail=mailbox.address if mailbox else "",
        lang=lang,
        direction=Locale.parse(lang).text_direction,
        languages=tuple((code, own_name(code)) for code in written),
        asked_lang=lang if wanted else "",
        asked_brand=chosen.key if chosen and brand == chosen.key else "",
        staff=staff,
        logo=settings.logo(tx, chosen),
    )


def own_name(code: str) -> str:
    """A language as those who speak it call it."""
    try:
        return (Locale.parse(code).get_display_name(code) or code).capitalize()
    except (ValueError, UnknownLocaleError):
        return code


def _css(palette: surveys.Palette) -> str:
    """The brand, and its tokens for browsers that cannot derive them; nothing but hex colours."""

    def tokens(values: Any) -> str:
        return "".join(f"--{name}:{value};" for name, value in values.items())

    return (
        f":root{{--brand:{palette.brand}}}"
        "@supports not ((color:oklch(from red l c h)) and (color:light-dark(red,red))){"
        f":root{{{tokens(palette.light)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{color-scheme:dark;{tokens(palette.dark)}}}}}}}"
    )


def home(tx: Tx, at: Scene) -> dict[str, Any]:
    """The topics with what stands under them, and what helped most lately."""
    rows = knowledge.published(tx, at.lang, brand_id=at.brand_id)
    topics: dict[str, list[Published]] = {}
    for row in rows:
        topics.setdefault(row.topic, []).append(row)
    by_id = {row.id: row for row in rows}
    often = [by_id[i] for i in knowledge.often_helpful(tx, list(by_id), OFTEN)]
    named = sorted((name, found) for name, found in topics.items() if name)
    return {"topics": named, "others": topics.get("", []), "often": often, "lines": TOPIC_LINES}


def around(tx: Tx, at: Scene, found: Published) -> dict[str, Any]:
    """What stands beside an article: others of its topic, and itself in other languages."""
    nearby = knowledge.published(tx, found.locale, brand_id=at.brand_id, topic=found.topic) if found.topic else []
    family = knowledge.published(tx, family_id=found.family_id, brand_id=at.brand_id)
    return {
        "nearby": [row for row in nearby if row.id != found.id][:NEXT],
        "translations": [(row, own_name(row.locale)) for row in family if row.id != found.id],
        "minutes": max(1, round(knowledge.page(found.body).words / READING)),
    }


def marked(text: str, marks: Sequence[tuple[int, int]]) -> Markup:
    """A snippet with the words that were asked for."""
    out, last = Markup(), 0
    for start, end in marks:
        out += escape(text[last:start]) + Markup("<mark>{}</mark>").format(text[start:end])
        last = end
    return out + escape(text[last:])
