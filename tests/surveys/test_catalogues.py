"""The catalogues: everything that a customer reads is there in every language, whole and with its placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from babel.util import pathmatch

from desk import i18n

ROOT = Path(__file__).resolve().parents[2]
# What customers, and strangers at a public door, read.
SOURCES = (
    "desk/surveys/*.py",
    "desk/surveys/templates/*",
    "desk/web/survey/*.py",
    "desk/templates/*",
    "desk/merging/letters.py",
    "desk/merging/templates/*",
    "desk/web/verify/*.py",
    "desk/outbound/copies.py",
    "desk/outbound/mailtext.py",
    "desk/outbound/forwardtext.py",
    "desk/outbound/transcripts.py",
    "desk/web/linked/*.py",
    "desk/realtime/transcripts.py",
    "desk/realtime/templates/*",
    "desk/bot/sayings.py",
    "desk/web/help/*.py",
    "templates/help/*.html",
    "desk/visitors/words.py",
    "desk/web/base/errors.py",
    "desk/web/widget/*.py",
    "templates/survey/*.html",
    "templates/verify/*.html",
    "templates/errors/*.html",
    "templates/widget/*.html",
)
LANGUAGES = ("ar", "de", "es", "fr", "pt")


def test_gathering_new_texts_looks_at_every_file_that_customers_read() -> None:
    """What `make translations` does not see, it would take out of the catalogues as no longer used."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as settings:
        methods, _options = parse_mapping_cfg(settings)
    for pattern in SOURCES:
        for path in ROOT.glob(pattern):
            name = path.relative_to(ROOT).as_posix()
            assert any(pathmatch(looked_at, name) for looked_at, _method in methods), name


def test_the_desk_speaks_these_and_english() -> None:
    assert i18n.languages() == ("en", *LANGUAGES)


def read_by_customers() -> set[str]:
    found: set[str] = set()
    for pattern in SOURCES:
        paths = list(ROOT.glob(pattern))
        assert paths, pattern
        for path in paths:
            method = "python" if path.suffix == ".py" else "jinja2"
            for _line, message, _comments, _context in extract_from_file(method, path):
                found.update([message] if isinstance(message, str) else message)
    return found


def catalogue(language: str) -> Catalog:
    with (ROOT / f"desk/translations/{language}/LC_MESSAGES/messages.po").open("rb") as po:
        return read_po(po, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_customers_read_is_left_in_english(language: str) -> None:
    whole = [m for m in catalogue(language) if m.string and not m.fuzzy and all(m.string)]
    translated = {text for m in whole for text in ([m.id] if isinstance(m.id, str) else m.id)}
    missing = sorted(read_by_customers() - translated)
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders_and_the_shape(language: str) -> None:
    for message in catalogue(language):
        if not message.id or not isinstance(message.id, str) or not message.string:
            continue
        assert sorted(re.findall(r"%\(\w+\)s", message.id)) == sorted(re.findall(r"%\(\w+\)s", message.string)), message
        assert message.string.strip() == message.string
        assert message.id.endswith(":") == message.string.endswith(":"), message
        assert len(message.string) < len(message.id) * 1.4 + 40, message  # the pages leave that much room
