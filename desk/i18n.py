"""The desk's texts in other languages, for whoever works below the web layer (mails, surveys, exports)."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"


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
        loader=FileSystemLoader(folder),
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
