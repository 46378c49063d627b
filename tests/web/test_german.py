"""Colleagues who read German find none of their pages half in English."""

from __future__ import annotations

from babel.messages.extract import extract_from_file
from flask.testing import FlaskClient

from desk.store import Store
from tests import factories
from tests.surveys.test_catalogues import ROOT, catalogue
from tests.web.conftest import sign_in

# Every text that is marked for the catalogues. A new one is put into the German catalogue with it; what the other
# catalogues hold is shown in the reader's language too, and the rest in English.
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


def test_what_is_marked_far_below_the_pages_is_shown_in_german(client: FlaskClient, store: Store) -> None:
    """Settings, fields of inboxes and facts are described where no page is: they are marked there, and put into
    the reader's words where they are shown."""
    with store.transaction() as tx:
        admin = factories.make_staff(tx, name="Jürgen Weiß", role="admin", locale="de").id
        inbox = factories.make_inbox(tx).id
    sign_in(client, admin)
    for path, said in (
        ("/admin/settings", "Steht auf der Anmeldeseite und in Hinweisen."),
        (f"/admin/inboxes/{inbox}", "Das Zertifikat des Servers prüfen"),
        ("/admin/rules/new", "ob sie danke sagt und sonst nichts"),
        ("/customers/segments/new", "eine Zahlung scheiterte"),
        ("/reports/csat", "Anteil von 4 und 5, mit Intervall (95 %)"),  # codespell:ignore
    ):
        assert said in client.get(path).text, path
