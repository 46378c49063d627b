"""Languages, times and numbers on pages: chosen for whoever reads, made by Babel, marked up for machines too."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import Locale
from babel.numbers import format_decimal
from flask import Flask, request, url_for
from flask_babel import Babel, format_date, format_datetime, format_timedelta, get_locale, get_timezone
from flask_babel import format_decimal as babel_decimal
from markupsafe import Markup

from desk import i18n
from desk.web.base.access import known_viewer, the_desk

TONES = 8  # classes tone-0 … tone-7 of desk.css


def chosen_locale() -> str:
    """The reader's own language and country if they are signed in, else the browser's language, else English."""
    viewer = known_viewer()
    if viewer is not None and viewer.locale:
        return i18n.regional(viewer.locale)
    return i18n.best(*(name for name, _quality in request.accept_languages))


def chosen_zone() -> str:
    viewer = known_viewer()
    if viewer is not None:
        try:
            ZoneInfo(viewer.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return "UTC"
        return viewer.zone
    return "UTC"


def full_time(at: datetime) -> str:
    """The whole time in the reader's zone and language, with the zone's name: for titles."""
    return format_datetime(at, "full")


def short_time(at: datetime) -> str:
    """The shortest that is not mistaken: 14:02 today, Mon 14:02 this week, 2 Mar this year, else with the year; by the
    reader's clock, as everywhere on their screen."""
    zone = get_timezone() or UTC
    now = the_desk().store.clock.now().astimezone(zone)
    local = at.astimezone(zone)
    if local.date() == now.date():
        return _clock(local)
    if timedelta(0) <= now - local < timedelta(days=6):
        return f"{format_date(local, 'EEE', rebase=False)} {_clock(local)}"
    if local.year == now.year:
        return i18n.day(local.date(), "d MMM", get_locale() or "en")
    return i18n.day(local.date(), "d MMM y", get_locale() or "en")


def _clock(local: datetime) -> str:
    return i18n.clock(local.time(), get_locale() or "en")


def language_name(code: str) -> str:
    """A language as those who speak it call it, and the country where that makes the difference."""
    name = str(Locale.parse("en-US" if code == "en" else code.replace("_", "-"), sep="-").get_display_name())
    return name[:1].upper() + name[1:]


def when(at: datetime | None, css: str = "") -> Markup:
    """A <time> with the machine's form, the full one as its title and the short one as its text; a dash for None."""
    if at is None:
        return Markup('<span class="muted">–</span>')
    return Markup('<time class="{}" datetime="{}" title="{}">{}</time>').format(
        css, at.astimezone(UTC).isoformat(), full_time(at), short_time(at)
    )


def number(value: float | None, digits: int = 0) -> str:
    """A number as the reader writes it, with up to `digits` after the point; "no data" is the caller's to say."""
    if value is None:
        return "–"
    return babel_decimal(round(value, digits))


def span(length: timedelta) -> str:
    """A length of time in its largest unit: 15 seconds, 1 hour, 3 days."""
    return str(format_timedelta(length))


def file_size(size: int, locale: Locale | None = None) -> str:
    """Bytes in the unit that people use for them. Where no request says who reads (a line that is pushed), `locale`
    does."""
    for unit, power, digits in (("GB", 3, 1), ("MB", 2, 1), ("kB", 1, 0)):
        if size >= 1000**power:
            return f"{format_decimal(round(size / 1000**power, digits), locale=locale or get_locale())} {unit}"
    return f"{size} B"


def tone(key: object) -> str:
    """The class of one of eight avatar tones, always the same for the same id or name."""
    if isinstance(key, int):
        return f"tone-{key % TONES}"
    return f"tone-{hashlib.blake2b(str(key).encode(), digest_size=1).digest()[0] % TONES}"


def initials(name: str) -> str:
    """At most two letters of a name; of an address the first one; a question mark for nothing at all."""
    words = [w for w in name.partition("@")[0].replace(".", " ").split() if any(c.isalnum() for c in w)]
    if not words:
        return "?"
    letters = [next(c for c in w if c.isalnum()) for w in words]
    return (letters[0] + (letters[-1] if len(letters) > 1 else "")).upper()


def _lang() -> str:
    return str(get_locale() or "en").replace("_", "-")


def _direction() -> str:
    locale = get_locale()
    return locale.text_direction if isinstance(locale, Locale) else "ltr"


@lru_cache(maxsize=512)
def _version(path: str, _changed: int, _size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


def setup(app: Flask) -> None:
    Babel(
        app,
        locale_selector=chosen_locale,
        timezone_selector=chosen_zone,
        default_translation_directories=str(i18n.FOLDER),
    )
    folder = Path(app.static_folder or "static")

    def asset(name: str) -> str:
        """The address of a static file with its version in it, so that browsers keep it for good."""
        try:
            stat = (folder / name).stat()
        except OSError:
            return url_for("static", filename=name)
        return url_for("static", filename=name, v=_version(str(folder / name), stat.st_mtime_ns, stat.st_size))

    filters: dict[str, Any] = {
        "full_time": full_time,
        "short_time": short_time,
        "when": when,
        "number": number,
        "file_size": file_size,
        "span": span,
        "tone": tone,
        "initials": initials,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals |= {"asset": asset, "language_name": language_name}
    app.context_processor(lambda: {"lang": _lang(), "text_direction": _direction()})
