"""What is written for people leads somewhere: every link of the README and of docs/ to a file and a heading in it, and
the keys of the guides to keys that the desk knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
COMMAND = re.compile(r"command\(\{ keys: (\"[^\"]+\"|`[^`]+`)")
TYPED = {"↵": "enter", "⇧": "shift", "esc": "escape"}


def anchors(text: str) -> set[str]:
    """Of each heading, as a forge makes it: small letters, no punctuation, hyphens for spaces, numbers for the same."""
    found: dict[str, int] = {}
    made = set()
    for title in HEADING.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        plain = re.sub(r"[^\w\- ]", "", LINK.sub(lambda link: link.group(0)[1:].split("]")[0], title).lower())
        slug = plain.strip().replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        made.add(f"{slug}-{found[slug]}" if found[slug] else slug)
    return made


def links(path: Path) -> Iterator[str]:
    for target in LINK.findall(CODE.sub("", path.read_text("utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    lost = []
    for target in links(path):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and anchor not in anchors(there.read_text("utf-8"))):
            lost.append(target)
    assert lost == []


def test_anchors_are_those_of_a_forge() -> None:
    text = "# One\n## What a `test` says: it's\n```\n# no heading\n```\n## One\n### [Linked](x.md) too\n"
    assert anchors(text) == {"one", "what-a-test-says-its", "one-1", "linked-too"}


def test_every_guide_is_found_from_the_readme() -> None:
    named = set(links(ROOT / "README.md"))
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("guide-*.md")} <= named


def known_keys() -> set[str]:
    """What the scripts of the desk listen to, with the letters that links of the rail bring."""
    keys = set()
    for script in (ROOT / "static" / "js").glob("*.js"):
        keys |= {key[1:-1] for key in COMMAND.findall(script.read_text("utf-8"))}
    shell = (ROOT / "templates" / "shell.html").read_text("utf-8")
    keys |= {f"g {letter}" for letter in re.findall(r'data-key="(\w)"', shell)}
    keys |= {f"alt+{n}" for n in "123"} | set("alptsi")  # made in a loop
    return {key for key in keys if "$" not in key}


def written_keys(path: Path) -> set[str]:
    """The keys in the first and third column of a guide's tables of keys."""
    found = set()
    for line in path.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        for cell in cells[0:3:2] if len(cells) in (2, 4) else []:
            for shown in re.findall(r"`([^`]+)`", cell):
                parts = [TYPED.get(part.lower(), part.lower()) for part in shown.split()]
                found.add(" ".join(parts) if parts[0] == "g" else "+".join(parts))
    return found


def test_the_guides_name_every_key_and_no_other() -> None:
    guides = [ROOT / "docs" / f"guide-{who}.md" for who in ("agent", "supervisor")]
    assert written_keys(guides[0]) | written_keys(guides[1]) == known_keys()
