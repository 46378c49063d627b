"""The desk's texts in other languages, for whoever works below the web layer (mails, surveys, exports)."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

FOLDER = Path(__file__).parent / "translations"
LETTERS = Path(__file__).parent / "templates"  # what the letters of every package stand in
SOURCE = "en"


def N_(text: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return text


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """What the desk speaks, the source language first: `("en", "ar", "de", …)`."""
    found = sorted(catalogue.parent.parent.name for catalogue in FOLDER.glob("*/LC_MESSAGES/messages.po"))
    return (SOURCE, *(language for language in found if language != SOURCE))


def best(*wanted: str | None) -> str:
    """The first of the wanted locales (`de-AT`, `pt_BR`) that the desk speaks, else the source language.

    Accepts anything: what a mail's header says is not to be trusted to be a locale.
    """
    for locale in wanted:
        language = _language(locale or "")
        if language in languages():
            return language
    return SOURCE


def regional(*wanted: str | None) -> str:
    """As `best`, with the country where one is named ("en_GB"): words are those of the language, clocks and numbers
    those of the country."""
    for locale in wanted:
        language = _language(locale or "")
        if language in languages():
            country = Locale.parse((locale or "")[:32].strip().replace("-", "_")).territory
            return f"{language}_{country}" if country and "_" not in language else language
    return SOURCE


def for_readers() -> tuple[str, ...]:
    """What a colleague chooses from: the languages, and English once more with a clock of 24 hours."""
    return tuple(code for one in languages() for code in ((one, "en-GB") if one == SOURCE else (one,)))


def clock(at: time, locale: Locale | str) -> str:
    """The time of day as this locale writes it: "2:05 PM", "14:05". On every page, in every mail."""
    # Many programs and fonts do not know the narrow space that the tables of locales put before "PM".
    return str(format_time(at, "short", locale=locale)).replace("\u202f", " ")


# How days are written in English, and the skeleton by which other languages order and dot the same parts.
_DAYS = {"d MMM": "MMMd", "d MMM y": "yMMMd", "EEE d MMM y": "yMMMEd"}
_YEAR = re.compile(r"(\s*'[^']*')?[\s,،]*y$")


def day(at: date, pattern: str, locale: Locale | str) -> str:
    """A day as this locale writes it: "20 Nov", "20. Nov.", "20 de nov."; `pattern` is that of English."""
    found = Locale.parse(locale)
    if found.language == SOURCE or not (pattern in _DAYS or pattern.startswith("EEEE d MMMM")):
        return str(format_date(at, pattern, locale=found))
    if pattern in _DAYS:
        return str(format_skeleton(_DAYS[pattern], datetime.combine(at, time()), locale=found))
    whole = found.date_formats["full"].pattern
    return str(format_date(at, whole if pattern.endswith("y") else _YEAR.sub("", whole), locale=found))


def _language(locale: str) -> str:
    try:
        parsed = Locale.parse(locale[:32].strip().replace("-", "_"))
    except (ValueError, TypeError, UnknownLocaleError):
        return ""
    name = f"{parsed.language}_{parsed.territory}"
    return name if name in languages() else parsed.language


def texts(locale: str | None) -> NullTranslations:
    """The catalogue of a locale: `texts("de").gettext("…")`, `.ngettext(one, many, n)`, `.pgettext(context, text)`.

    Texts that are not translated, and locales that the desk does not speak, come back as they stand in the source.
    """
    return _load(best(locale))


@lru_cache(maxsize=32)
def _load(language: str) -> NullTranslations:
    if language == SOURCE and not (FOLDER / SOURCE).exists():
        return NullTranslations()
    return Translations.load(FOLDER, [language])


@lru_cache(maxsize=64)
def templates(folder: Path, locale: str) -> Environment:
    """The letters of a folder, to be rendered in one language: HTML escaped, plain text as it is."""
    env = Environment(
        loader=FileSystemLoader([folder, LETTERS]),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    # New style: placeholders are escaped one by one in HTML, and left as they are in plain text.
    env.install_gettext_translations(texts(locale), newstyle=True)  # type: ignore[attr-defined]
    return env
