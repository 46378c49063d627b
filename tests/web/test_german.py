"""Colleagues who read German find none of their pages half in English."""

from __future__ import annotations

from babel.messages.extract import extract_from_file

from tests.surveys.test_catalogues import ROOT, catalogue

# Every page and every sentence of the desk. A new text is put into the German catalogue with it; what the other catalogues
# hold of them is shown in the reader's language too, and the rest in English.
SOURCES = ("templates/**/*.html", "desk/**/*.py")


def test_no_page_is_left_in_english() -> None:
    whole = [m for m in catalogue("de") if m.string and not m.fuzzy and all(m.string)]
    translated = {text for m in whole for text in ([m.id] if isinstance(m.id, str) else m.id)}
    missing = set()
    for pattern in SOURCES:
        paths = list(ROOT.glob(pattern))
        assert paths, pattern
        for path in paths:
            method = "python" if path.suffix == ".py" else "jinja2"
            keywords = {"N_": None, "_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
            for _line, message, _comments, _context in extract_from_file(method, path, keywords=keywords):
                missing |= set([message] if isinstance(message, str) else message) - translated
    assert sorted(missing) == []
