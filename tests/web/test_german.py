"""Agents and supervisors who read German find none of their pages half in English."""

from __future__ import annotations

from babel.messages.extract import extract_from_file

from tests.surveys.test_catalogues import ROOT, catalogue

# What colleagues look at all day. A text that is new there is put into the German catalogue with it; what the other
# catalogues hold of these pages is shown in the reader's language too, and the rest in English.
SOURCES = (
    "templates/shell.html",
    "templates/partials/*.html",
    "templates/console/*.html",
    "templates/notices/*.html",
    "templates/search/*.html",
    "templates/wall/*.html",
    "templates/auth/profile.html",
    "templates/admin/audit*.html",
    "templates/admin/calendar.html",
    "templates/admin/canned/*.html",
    "templates/admin/first*.html",
    "templates/admin/check*.html",
    "templates/admin/home.html",
    "templates/admin/hours.html",
    "templates/admin/policy.html",
    "templates/admin/rules/*.html",
    "templates/admin/sla.html",
    "desk/notices/*.py",
    "desk/web/admin/audit*.py",
    "desk/web/admin/canned.py",
    "desk/web/admin/first.py",
    "desk/web/admin/hours.py",
    "desk/web/admin/promises.py",
    "desk/web/admin/rule*.py",
    "desk/web/admin/trying.py",
    "desk/web/base/rule_words.py",
    "desk/web/console/*.py",
    "desk/web/notices/*.py",
    "desk/web/search/*.py",
    "desk/web/wall/*.py",
)


def test_no_page_of_the_day_is_left_in_english() -> None:
    whole = [m for m in catalogue("de") if m.string and not m.fuzzy and all(m.string)]
    translated = {text for m in whole for text in ([m.id] if isinstance(m.id, str) else m.id)}
    missing = set()
    for pattern in SOURCES:
        paths = list(ROOT.glob(pattern))
        assert paths, pattern
        for path in paths:
            method = "python" if path.suffix == ".py" else "jinja2"
            keywords = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
            for _line, message, _comments, _context in extract_from_file(method, path, keywords=keywords):
                missing |= set([message] if isinstance(message, str) else message) - translated
    assert sorted(missing) == []
