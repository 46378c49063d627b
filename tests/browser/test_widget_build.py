"""What the widget weighs, and its texts: no key, value or plural form is missing in any language."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from babel.core import Locale

from scripts.assets import own_node, wheel_node
from tests.browser.desk_double import DIST
from tests.servers.needs import require

ROOT = Path(__file__).resolve().parents[2]
WIDGET = ROOT / "static" / "widget"
LANGUAGES = sorted(path.stem for path in (WIDGET / "locales").glob("*.json"))
KIB = 1024


def words(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WIDGET / "locales" / f"{language}.json").read_text("utf-8"))
    return found


def values(text: Any) -> set[str]:
    """The places for values of a text; of all its plural forms together."""
    return set(re.findall(r"\{(\w+)\}", json.dumps(text)))


def test_it_stays_within_its_budget() -> None:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    packed = {path.name.partition("-")[0]: len(gzip.compress(path.read_bytes(), 9)) for path in DIST.glob("*.js")}
    assert packed["widget.js"] <= 6 * KIB
    assert packed["app"] <= 30 * KIB
    for path in DIST.glob("*.gz"):
        assert gzip.decompress(path.read_bytes()) == (DIST / path.stem).read_bytes()


def test_a_build_over_budget_fails(tmp_path: Path) -> None:
    """The same sources with a script of a few bytes as all that is allowed."""
    script = (ROOT / "scripts" / "widget.mjs").read_text("utf-8")
    small = script.replace("app: 30 * KIB", "app: 1 * KIB").replace(
        'join(HERE, "dist")', json.dumps(str(tmp_path / "out"))
    )
    assert small.count("1 * KIB") == 1
    place = ROOT / "scripts" / f"widget-{tmp_path.name}.mjs"
    place.write_text(small, "utf-8")
    node, _npm = own_node() or wheel_node()
    try:
        run = subprocess.run([node, str(place)], capture_output=True, text=True, check=False)
    finally:
        place.unlink()
    assert run.returncode == 1
    assert re.search(r"app-\w+\.js has \d+ bytes packed, and may have 1024", run.stderr)


def test_the_widget_speaks_every_language_of_the_desk() -> None:
    assert LANGUAGES == ["ar", "de", "en", "es", "fr", "pt"]
    desk = {path.name for path in (ROOT / "desk" / "translations").iterdir() if path.is_dir()}
    assert desk | {"en"} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_in_a_language(language: str) -> None:
    english, own = words("en"), words(language)
    assert own.keys() == english.keys()
    plural = Locale(language).plural_form.tags | {"other"}
    for key, text in own.items():
        assert isinstance(text, dict) == isinstance(english[key], dict), key
        assert values(text) == values(english[key]), key
        forms = list(text.values()) if isinstance(text, dict) else [text]
        assert all(form and form.strip() == form for form in forms), key
        if isinstance(text, dict):
            # Only whole numbers are counted here; forms that none of them takes may be left out.
            assert {Locale(language).plural_form(n) for n in range(200)} <= text.keys() <= plural, key


def test_every_text_is_said_and_every_said_text_is_there() -> None:
    code = "\n".join(path.read_text("utf-8") for path in sorted((WIDGET / "src").glob("*.js")))
    english = words("en")
    said = set(re.findall(r'say(?:\.rich)?\(\s*"(\w+)"', code))
    assert said - english.keys() == set()
    assert english.keys() - set(re.findall(r"\w+", code)) == set(), "texts that nobody says"


def test_the_sources_read_no_markup_from_text_and_set_no_cookie() -> None:
    code = {path.name: path.read_text("utf-8") for path in (WIDGET / "src").glob("*.js")}
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "document.cookie",
    ):
        assert [name for name, text in code.items() if word in text] == [], word
    assert {name: len(text.splitlines()) for name, text in code.items() if len(text.splitlines()) > 400} == {}


def test_the_tests_that_the_table_of_states_names_are_there() -> None:
    table = (ROOT / "docs" / "widget.md").read_text().partition("## How each state is checked")[2]
    named = set(re.findall(r"`(test_\w+)`", table))
    there = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE))
    assert len(named) > 30
    assert named <= there, named - there
