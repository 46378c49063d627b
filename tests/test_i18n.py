"""Texts come in the reader's language where the desk speaks it, in English otherwise, whatever the locale is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from desk import i18n

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "How did we do?"
msgstr "Wie waren wir?"

msgid "%(num)d answer"
msgid_plural "%(num)d answers"
msgstr[0] "%(num)d Antwort"
msgstr[1] "%(num)d Antworten"
"""


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text(PO, encoding="utf-8")
    with (folder / "messages.po").open("rb") as po, (folder / "messages.mo").open("wb") as mo:
        write_mo(mo, read_po(po, locale="de"))
    monkeypatch.setattr(i18n, "FOLDER", tmp_path)
    i18n.languages.cache_clear()
    i18n._load.cache_clear()


@pytest.fixture(autouse=True)
def forget_catalogues() -> Iterator[None]:
    yield
    i18n.languages.cache_clear()
    i18n._load.cache_clear()


@pytest.mark.usefixtures("german")
def test_a_text_comes_in_the_readers_language() -> None:
    for locale in ("de", "de-AT", "de_DE", "DE"):
        assert i18n.texts(locale).gettext("How did we do?") == "Wie waren wir?"
    assert i18n.texts("de").ngettext("%(num)d answer", "%(num)d answers", 3) % {"num": 3} == "3 Antworten"
    assert i18n.texts("de").gettext("Not translated") == "Not translated"


@pytest.mark.usefixtures("german")
def test_a_language_that_the_desk_does_not_speak_falls_back_to_english() -> None:
    for locale in (None, "", "fr", "tlh", "x", "../../../etc", "de/../../x"):
        assert i18n.texts(locale).gettext("How did we do?") == "How did we do?"
    assert i18n.best("fr", "de-CH", "en") == "de"


@given(st.text())
def test_any_text_at_all_is_taken_as_a_locale(locale: str) -> None:
    assert i18n.texts(locale).gettext("How did we do?") != ""
    assert i18n.best(locale) in i18n.languages()
    assert i18n.regional(locale).partition("_")[0] in i18n.languages()


def test_words_are_the_languages_and_clocks_are_the_countrys() -> None:
    wanted = {"en": "en", "en-GB": "en_GB", "de_AT": "de_AT", "en-ZZZ": "en", "tlh": "en", "": "en"}
    assert {name: i18n.regional(name) for name in wanted} == wanted
    assert i18n.regional("tlh", "fr-CA") == "fr_CA"
    five = time(17, 5)
    shown = {"en": "5:05 PM", "en_GB": "17:05", "de": "17:05", "es": "17:05", "fr_CA": "17 h 05"}
    assert {locale: i18n.clock(five, locale) for locale in shown} == shown


def test_days_are_written_as_each_language_writes_them() -> None:
    at = date(2026, 11, 20)
    for locale, short, long in (
        ("en", "20 Nov", "Friday 20 November 2026"),
        ("de", "20. Nov.", "Freitag, 20. November 2026"),
        ("es", "20 nov", "viernes, 20 de noviembre de 2026"),
        ("fr", "20 nov.", "vendredi 20 novembre 2026"),
        ("pt", "20 de nov.", "sexta-feira, 20 de novembro de 2026"),
    ):
        assert (i18n.day(at, "d MMM", locale), i18n.day(at, "EEEE d MMMM y", locale)) == (short, long)
    assert i18n.day(at, "EEEE d MMMM", "de") == "Freitag, 20. November"
    assert i18n.day(at, "EEEE d MMMM", "es") == "viernes, 20 de noviembre"


def test_a_colleague_can_choose_english_with_either_clock() -> None:
    assert i18n.for_readers()[:2] == ("en", "en-GB")
    assert set(i18n.languages()) < set(i18n.for_readers())
