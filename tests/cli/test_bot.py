"""`flask bot evaluate`: its JSON, its exit status, and one line when a file is bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from desk import knowledge
from desk.bot import sets
from desk.parts import Desk
from tests import factories

ARTICLES: list[dict[str, Any]] = [
    {
        "id": "returns",
        "title": "Send something back",
        "body": "You have thirty days. Print the label in your account.",
        "examples": ["How do I return an item?", "I want to send my order back", "Can I give it back?"],
    },
    {
        "id": "password",
        "title": "Change the password",
        "examples": ["I forgot my password", "How can I reset my password?", "I cannot log in"],
    },
    {"id": "delivery", "title": "Delivery times", "body": "Parcels take two to four days.", "examples": []},
]
QUESTIONS: list[dict[str, Any]] = [
    {"text": "how do I give the kettle back", "article": "returns"},
    {"text": "reset the password please", "article": "password"},
    {"text": "how many days do parcels take", "article": "delivery"},
    {"text": "what do lions eat", "article": None},
    {"text": "🙂", "article": None},
]
KEYS = ["n", "accuracy", "answered", "precision", "coverage", "refused", "auroc", "threshold", "ms_per_question"]

pytestmark = pytest.mark.database("sqlite")  # it reads files alone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text(json.dumps(ARTICLES), "utf-8")
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(q) for q in QUESTIONS) + "\n", "utf-8")
    return tmp_path


def run(app: Flask, folder: Path, *more: str, articles: str = "a.json", questions: str = "q.jsonl") -> Result:
    files = ["--articles", str(folder / articles), "--questions", str(folder / questions)]
    return app.test_cli_runner().invoke(args=["bot", "evaluate", *files, *more])


def test_it_reports_one_object(app: Flask, folder: Path) -> None:
    done = run(app, folder, "--calibrate", str(folder / "q.jsonl"), "--details", str(folder / "d.jsonl"))
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == KEYS
    assert found["n"] == 5
    assert found["accuracy"] == found["precision"] == found["coverage"] == found["refused"] == found["auroc"] == 1.0
    assert found["answered"] == 3
    assert found["ms_per_question"] > 0
    assert "By 5 questions: answering at a confidence of" in done.stderr
    details = [json.loads(line) for line in (folder / "d.jsonl").read_text().splitlines()]
    assert [line["text"] for line in details] == [question["text"] for question in QUESTIONS]
    assert [line["best"] for line in details[:3]] == ["returns", "password", "delivery"]
    assert [line["answered"] for line in details] == [True, True, True, False, False]
    assert details[4]["candidates"] == []


def test_without_questions_to_calibrate_on_it_uses_the_examples(app: Flask, folder: Path) -> None:
    done = run(app, folder, "--precision", "0.5")
    assert done.exit_code == 0
    assert "By the articles' examples" in done.stderr
    assert json.loads(done.stdout)["n"] == 5


def test_what_cannot_be_counted_is_null(app: Flask, folder: Path) -> None:
    (folder / "q.jsonl").write_text('{"text": "what do lions eat", "article": null}\n')
    (folder / "a.json").write_text('[{"id": 7, "title": "Delivery times"}]')
    done = run(app, folder)
    found = json.loads(done.stdout)
    assert (found["accuracy"], found["precision"], found["coverage"], found["auroc"]) == (None,) * 4
    assert (found["answered"], found["refused"]) == (0, 1.0)
    assert "no threshold makes 95.0% of the answers right: nothing is answered" in done.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", "must be a list of articles with at least one in it."),
        ('{"id": 1}', "must be a list of articles"),
        ("[3]", "article 1 of"),
        ('[{"title": "x"}]', "has no id"),
        ('[{"id": true}]', "has no id"),
        ('[{"id": 1, "title": 5}]', "needs texts for title and body"),
        ('[{"id": 1, "examples": "how"}]', "needs texts for title and body, and a list of texts for examples."),
        ('[{"id": 1}, {"id": 1}]', "has two articles with the id 1."),
        ("[" * 100_000, "is not JSON"),
        (b"\xff\xfe\x00", "is not a text in UTF-8."),
    ],
)
def test_bad_articles_are_one_line(app: Flask, folder: Path, content: str | bytes, says: str) -> None:
    (folder / "a.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert_one_line(run(app, folder), says)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "has no questions."),
        ("not json", "line 1 of"),
        ("[1]", "needs a text, and an article that is an id or null."),
        ('{"text": "hello"}', "needs a text, and an article"),
        ('{"text": 5, "article": null}', "needs a text"),
        ('{"text": "hello", "article": ["returns"]}', "needs an article that is an id or null."),
        ('{"text": "hello", "article": "refunds"}', "names the article 'refunds', which is not among the articles."),
    ],
)
@pytest.mark.parametrize("option", ["--questions", "--calibrate"])
def test_bad_questions_are_one_line(app: Flask, folder: Path, option: str, line: str, says: str) -> None:
    (folder / "bad.jsonl").write_text(line + "\n")
    if option == "--questions":
        assert_one_line(run(app, folder, questions="bad.jsonl"), says)
    else:
        assert_one_line(run(app, folder, "--calibrate", str(folder / "bad.jsonl")), says)


def test_files_that_are_not_there_are_one_line(app: Flask, folder: Path) -> None:
    assert_one_line(run(app, folder, articles="none.json"), "cannot be opened: No such file or directory")
    assert_one_line(run(app, folder, "--details", str(folder / "no" / "d.jsonl")), "cannot be written")


@pytest.mark.parametrize("more", [["--precision", "0"], ["--precision", "1.5"], ["--precision", "x"], ["--colour"]])
def test_a_wrong_call_is_exit_two(app: Flask, folder: Path, more: list[str]) -> None:
    assert run(app, folder, *more).exit_code == 2
    assert app.test_cli_runner().invoke(args=["bot", "evaluate"]).exit_code == 2


def assert_one_line(done: Result, says: str) -> None:
    assert done.exit_code == 1
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert says in last
    assert "Traceback" not in done.stderr


def test_a_set_of_the_desk_is_evaluated_by_its_name(app: Flask, folder: Path) -> None:
    desk: Desk = app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        ada = factories.make_staff(tx, "admin").id
        for row in ARTICLES:
            fields = {"title": row["title"], "body": row.get("body") or "-", "examples": row["examples"]}
            knowledge.publish(tx, knowledge.create(tx, None, locale="en", **fields).id, None)
        kept = sets.make(tx, "Autumn", ada).id
        for text, slug in (("how do I give the kettle back", "send-something-back"), ("what do lions eat", "")):
            sets.add(tx, kept, text, slug, "", ada)
    runner = app.test_cli_runner()
    done = runner.invoke(args=["bot", "evaluate", "--set", "Autumn", "--details", str(folder / "d.jsonl")])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == KEYS and found["n"] == 2 and found["accuracy"] == 1.0
    assert len((folder / "d.jsonl").read_text("utf-8").splitlines()) == 2
    wrong = runner.invoke(args=["bot", "evaluate", "--set", "Winter"])
    assert wrong.exit_code == 1 and "There is no set 'Winter'. Sets: Autumn." in wrong.stderr
    both = runner.invoke(args=["bot", "evaluate", "--set", "Autumn", "--articles", str(folder / "a.json")])
    assert both.exit_code == 2
