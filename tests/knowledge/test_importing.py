"""Articles out of files: what is taken of each kind, again without doubling, and what is told of bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from desk import knowledge
from desk.knowledge import from_html, importing
from desk.knowledge.importing import Taken, Wrong
from desk.knowledge.tables import Article
from desk.parts import Desk
from desk.store import Store

PAGE = b"""<!doctype html><html><head><title>Returns | Kiln &amp; Co.</title><style>p { color: red }</style></head>
<body><nav><a href="/">Home</a></nav><main><h1>Send something  back</h1>
<p>You have <b>30 days</b>, see <a href="https://kiln.example/label">the label</a>
or <a href="javascript:alert(1)">this</a>.<br>Free.</p>
<h3>Steps</h3><ol><li>Print it</li><li>Stick it on<ul><li>both sides</li></ul></li></ol>
<table><tr><th>Size</th><th>Days</th></tr><tr><td>S</td><td>2 | 3</td></tr></table>
<script>alert(2)</script><pre>KK-1\nKK-2</pre><p>2 * 3 _is_ [six]</p></main><footer>Imprint</footer></body></html>"""


def test_a_page_becomes_markdown_without_its_frame() -> None:
    title, body = from_html.article(PAGE)
    assert title == "Send something back"
    assert body.split("\n\n") == [
        "You have **30 days**, see [the label](https://kiln.example/label) or this.\nFree.",
        "### Steps",
        "1. Print it\n2. Stick it on\n   - both sides",
        "| Size | Days |\n| --- | --- |\n| S | 2 \\| 3 |",
        "```\nKK-1\nKK-2\n```",
        "2 \\* 3 \\_is\\_ \\[six\\]",
    ]
    shown = knowledge.page(body).html
    assert "<strong>30 days</strong>" in shown and "javascript" not in shown and "2 * 3 _is_ [six]" in shown


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_any_bytes_are_an_article_or_told_to_be_none(raw: bytes) -> None:
    for name in ("a/b.html", "b.md", "c.csv"):
        for one in importing.read(name, raw):
            assert isinstance(one, Wrong) or one.title
            assert not isinstance(one, Wrong) or one.why.endswith(".")


def test_markdown_says_what_it_is_in_front_or_by_its_heading_and_folder() -> None:
    front = (
        "title: Wash it\ntopic: Care\nlanguage: de\nvisibility: internal\nexamples:\n- Can I wash it?\n- Dishwasher?"
    )
    raw = f"---\n{front}\n---\nBy hand.\n".encode()
    assert importing.read("x/wash.md", raw) == [
        Taken("x/wash.md", "Wash it", "By hand.", "Care", "de", "internal", ("Can I wash it?", "Dishwasher?"))
    ]
    (plain,) = importing.read("care-and-use/wash_it.md", b"\xef\xbb\xbf# Wash it\r\n\r\nBy hand.")
    assert plain == Taken("care-and-use/wash_it.md", "Wash it", "By hand.", "Care and use")
    (bare,) = importing.read("wash_it-well.md", b"By hand.")
    assert isinstance(bare, Taken) and (bare.title, bare.topic) == ("Wash it well", "")


def test_questions_with_one_answer_are_examples_of_one_article() -> None:
    rows = ["Question;Answer;Topic", "Is it free?;Yes.;Price", "Does it cost?;Yes.;Price", "When?;", "How?;By hand.;"]
    raw = "\n".join(rows)
    found = importing.read("faq.csv", raw.encode())
    assert found == [
        Wrong("faq.csv:4", "This row has a question without an answer, or an answer without a question."),
        Taken("faq.csv:2", "Is it free?", "Yes.", "Price", examples=("Does it cost?",)),
        Taken("faq.csv:5", "How?", "By hand."),
    ]


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("a.docx", b"x", "Only .md, .html and .csv are read."),
        ("a.md", b"\xff\xfe\x00", "This file is not UTF-8."),
        ("a.md", b"---\n{: [\n---\n", "The lines between --- and --- are no YAML."),
        ("a.md", b"---\n- 1\n---\n", "The lines between --- and --- name no fields."),
        ("a.md", b"---\nexamples: 3\n---\nx", "The examples are no list of questions."),
        ("a.md", b"x" * (importing.LARGEST + 1), "This file is too large to be an article."),
        ("a.html", b"", "There is nothing in this page that could be read."),
        ("a.csv", b"a,b\n1,2\n", "The first line must name the columns question and answer."),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(name: str, raw: bytes, why: str) -> None:
    assert importing.read(name, raw) == [Wrong(name, why)]


def test_the_same_files_again_change_what_changed_and_double_nothing(store: Store) -> None:
    def take(text: str) -> tuple[list[str], list[str], list[str]]:
        with store.transaction() as tx:
            done = importing.take(tx, importing.read("care/a.md", text.encode()), None, locale="en", publish=True)
        return done.created, done.updated, done.unchanged

    assert take("# Wash it\n\nBy hand.") == (["Wash it"], [], [])
    with store.transaction() as tx:
        row = tx.scalars(select(Article)).one()
        knowledge.add_example(tx, row.id, "Can I wash it?", None)
    assert take("# Wash it\n\nBy hand.") == ([], [], ["Wash it"])
    assert take("# Wash it\n\nBy hand, or at 30 degrees.") == ([], ["Wash it"], [])
    with store.reading() as tx:
        row = tx.scalars(select(Article)).one()
        live = knowledge.live(tx, row.id)
        assert live is not None and live.body == "By hand, or at 30 degrees."
        assert (row.topic, list(row.examples)) == ("Care", ["Can I wash it?"])


def run(app: Flask, *args: str) -> tuple[int, dict[str, Any]]:
    done = app.test_cli_runner().invoke(args=["knowledge", "import", *args])
    return done.exit_code, json.loads(done.stdout) if done.stdout.startswith("{") else {"said": done.stderr}


def test_the_command_takes_a_folder_and_tells_what_it_left(app: Flask, tmp_path: Path) -> None:
    desk: Desk = app.extensions["loopdesk"]
    (tmp_path / "care").mkdir()
    (tmp_path / "care" / "wash.md").write_text("# Wash it\n\nBy hand.")
    (tmp_path / "back.html").write_bytes(PAGE)
    (tmp_path / "faq.csv").write_text("question,answer\nIs it free?,Yes.\n")
    (tmp_path / "photo.png").write_bytes(b"x")
    expected = ["Send something back", "Wash it", "Is it free?"]
    assert run(app, str(tmp_path), "--dry-run") == (
        0,
        {"created": expected, "updated": [], "unchanged": 0, "wrong": []},
    )
    with desk.store.reading() as tx:
        assert tx.scalars(select(Article)).all() == []
    assert run(app, str(tmp_path))[1]["created"] == expected
    with desk.store.reading() as tx:
        assert {row.live_version for row in tx.scalars(select(Article))} == {0}, "drafts"
    (tmp_path / "bad.md").write_text("x" * 210_000 + "\n")
    code, said = run(app, str(tmp_path), "--publish")
    assert (code, said["unchanged"], [one["where"] for one in said["wrong"]]) == (1, 3, ["bad.md"])
    with desk.store.reading() as tx:
        assert {row.live_version for row in tx.scalars(select(Article))} == {1}
    (tmp_path / "empty").mkdir()
    assert "There is no .md" in run(app, str(tmp_path / "empty"))[1]["said"]
