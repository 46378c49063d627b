"""`flask sentiment train`, `evaluate` and `score`: their JSON, their one line when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from desk.nlp import Without
from tests.sentiment.test_training import made_up

pytestmark = [pytest.mark.database("sqlite"), pytest.mark.timeout(300)]

ANGRY = [
    "This is the third time I ask and still no answer. Ridiculous!",
    "I am fed up with you, what a useless and stupid company",
    "You people are a joke. I hate this so much.",
    "Terrible service, I am so disappointed and angry.",
]
CALM = [
    "How do I change the address of my order?",
    "Thank you, that was quick!",
    "Could you tell me the opening hours on Monday?",
    "I would like to order three more cups, please.",
]
KEYS = ["n", "auroc", "f1", "precision", "recall", "false_alarm_rate", "ms_per_message", "vader_auroc"]


def labelled(path: Path, times: int = 1) -> Path:
    rows = [(text, 1) for text in ANGRY] + [(text, 0) for text in CALM]
    path.write_text("".join(json.dumps({"text": t, "frustrated": y}) + "\n" for t, y in rows * times), "utf-8")
    return path


def run(app: Flask, *args: str, **more: Any) -> Any:
    return app.test_cli_runner().invoke(args=["sentiment", *args], **more)


def test_evaluate_reports_what_it_promises(app: Flask, tmp_path: Path) -> None:
    file = labelled(tmp_path / "messages.jsonl")
    found = run(app, "evaluate", str(file))
    assert found.exit_code == 0, found.stderr
    report = json.loads(found.stdout)
    assert list(report) == KEYS
    assert report["n"] == 8
    assert report["auroc"] > 0.9
    assert report["false_alarm_rate"] == 0
    assert 0 < report["ms_per_message"] < 2000


def test_what_agents_said_is_learned_before_it_is_measured(app: Flask, tmp_path: Path) -> None:
    """A desk whose agents find calm what the world finds angry gets its own way."""
    file = labelled(tmp_path / "messages.jsonl")
    upside_down = tmp_path / "labels.jsonl"
    rows = [{"text": t, "frustrated": 0} for t in ANGRY] + [{"text": t, "frustrated": 1} for t in CALM]
    upside_down.write_text("\n".join(json.dumps(row) for row in rows * 40), "utf-8")
    plain = json.loads(run(app, "evaluate", str(file)).stdout)
    taught = run(app, "evaluate", str(file), "--adapt", str(upside_down))
    assert taught.exit_code == 0, taught.stderr
    assert json.loads(taught.stdout)["auroc"] < 0.5 < plain["auroc"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no messages"),
        (b'{"text": "a", "frustrated": 1}\n{"text": "a"}\n', "line 2"),
        (b'{"text": "a", "frustrated": 2}\n', "line 1"),
        (b'{"text": 7, "frustrated": 1}\n', "line 1"),
        (b"not json\n", "line 1"),
        (b"\xff\xfe\x00", "UTF-8"),
        (None, "cannot be opened"),
    ],
)
def test_bad_lines_are_answered_in_one_line(app: Flask, tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "bad.jsonl"
    if content is not None:
        file.write_bytes(content)
    good = labelled(tmp_path / "good.jsonl")
    for args in (("evaluate", str(file)), ("evaluate", str(good), "--adapt", str(file))):
        found = run(app, *args)
        assert found.exit_code == 1
        assert says in found.stderr.splitlines()[-1]
        assert found.stdout == ""


def test_one_kind_of_messages_has_no_area_under_the_curve(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "calm.jsonl"
    file.write_text("".join(json.dumps({"text": t, "frustrated": 0}) + "\n" for t in CALM), "utf-8")
    report = json.loads(run(app, "evaluate", str(file)).stdout)
    assert report["auroc"] is None
    assert report["recall"] is None
    assert report["false_alarm_rate"] == 0


def test_score_gives_an_object_for_each_line_whatever_the_line(app: Flask) -> None:
    lines = [*ANGRY, *CALM, "", "🎉🎉🙂", "😡😡😡", "wait " * 10_000, "Das ist eine Unverschämtheit!", "\x00\x07"]
    found = run(app, "score", input="".join(f"{line}\n" for line in lines).encode() + b"\xff broken \xfe\n")
    assert found.exit_code == 0, found.stderr
    scored = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(scored) == len(lines) + 1
    assert all(list(one) == ["compound", "frustration", "words"] for one in scored)
    assert all(0 <= one["frustration"] <= 1 and -1 <= one["compound"] <= 1 for one in scored)
    angry, calm = scored[: len(ANGRY)], scored[len(ANGRY) : len(ANGRY) + len(CALM)]
    assert min(one["frustration"] for one in angry) > 0.5 > max(one["frustration"] for one in calm)
    assert all(one["words"] for one in angry)
    assert all(word in line for one, line in zip(angry, ANGRY, strict=True) for word in one["words"])
    assert scored[lines.index("")]["frustration"] < 0.3
    assert scored[lines.index("Das ist eine Unverschämtheit!")]["frustration"] > 0.3


def test_what_is_not_scored_says_so_and_counts_by_how_loud_it_is(app: Flask, tmp_path: Path) -> None:
    polish = "Gdzie jest moja paczka? Czekam już trzy tygodnie i nikt nie odpowiada"
    found = run(app, "score", input=f"{polish}\n{CALM[0]}\n".encode())
    strange, calm = [json.loads(line) for line in found.stdout.splitlines()]
    assert strange == {"compound": 0.0, "frustration": None, "words": [], "not_scored": "the language is pl"}
    assert list(calm) == ["compound", "frustration", "words"]
    file = tmp_path / "polish.jsonl"
    file.write_text(
        "".join(json.dumps({"text": t, "frustrated": y}) + "\n" for t, y in ((polish + "!!! ???", 1), (polish, 0))),
        "utf-8",
    )
    found = run(app, "evaluate", str(file))
    assert json.loads(found.stdout)["auroc"] == 1.0
    assert "2 of 2 are in a language that is not scored" in found.stderr


def test_without_the_model_it_says_so_and_scores_all_the_same(app: Flask, tmp_path: Path) -> None:
    app.extensions["loopdesk"].models = Without()
    found = run(app, "evaluate", str(labelled(tmp_path / "messages.jsonl")))
    assert found.exit_code == 0
    assert json.loads(found.stdout)["auroc"] > 0.8
    assert "VADER and cues alone" in found.stderr
    refused = run(app, "evaluate", str(tmp_path / "messages.jsonl"), "--adapt", str(tmp_path / "messages.jsonl"))
    assert refused.exit_code == 1
    assert "Nothing can be learned" in refused.stderr


def test_train_writes_a_head_and_its_digest_and_says_what_it_is_worth(app: Flask, tmp_path: Path) -> None:
    folder, out = made_up(tmp_path / "data"), tmp_path / "new" / "head.npz"
    args = ("train", "--data", str(folder), "--out", str(out), "--rounds", "1", "--cache", str(tmp_path / "cache"))
    found = run(app, *args)
    assert found.exit_code == 0, found.stderr
    report = json.loads(found.stdout)
    assert out.with_suffix(".sha256").read_text("ascii").split()[0] == report["sha256"]
    assert report["bytes"] == out.stat().st_size
    first = out.read_bytes()
    assert run(app, *args).exit_code == 0
    assert out.read_bytes() == first
    refused = run(app, "train", "--data", str(tmp_path / "nowhere"), "--out", str(out))
    assert refused.exit_code == 1
    assert "cannot be opened" in refused.stderr
