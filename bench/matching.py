"""What `flask bot evaluate` says on proxies made of published questions: python -m bench.matching FOLDER.

FOLDER holds clinc150.json and banking77_train.csv (or set CORPORA to the folder above). The files that it evaluates are
left in build/proxies, for whoever wants to run the command on them by hand.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "proxies"
ASKED = 1000  # questions of each proxy
KNOWN = 500  # other questions, to calibrate on
EXAMPLES = 10

Pair = tuple[str, str | None]
Proxy = tuple[list[dict[str, Any]], list[Pair], list[Pair]]  # articles, questions, questions to calibrate on


def by_label(pairs: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text, label in pairs:
        found.setdefault(label, []).append(text)
    return dict(sorted(found.items()))


def article(label: str, examples: Sequence[str] = (), body: str = "") -> dict[str, Any]:
    return {"id": label, "title": label.replace("_", " "), "body": body, "examples": list(examples)}


def clinc(folder: Path, draw: random.Random, examples: int) -> Proxy:
    """150 intents; one question in ten is outside of all of them."""
    data = json.loads((folder / "clinc150.json").read_text("utf-8"))
    train = by_label(data["train"])
    articles = [article(label, draw.sample(texts, min(examples, len(texts)))) for label, texts in train.items()]
    inside: list[Pair] = [(text, label) for text, label in data["val"]]
    draw.shuffle(inside)
    asked = inside[:900] + [(text, None) for text, _ in data["oos_val"]]
    known = inside[900:1350] + [(text, None) for text, _ in data["oos_train"][:50]]
    return articles, asked, known


def banking(folder: Path, draw: random.Random, examples: int, near: bool = False, faq: bool = False) -> Proxy:
    """77 categories of one bank. `near`: every second one is held out, and its questions have no answer.

    `faq`: an article is a category's name and one question as its body, without examples.
    """
    with (folder / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        labels = by_label(list(csv.reader(file))[1:])
    inside: list[Pair] = []
    outside: list[Pair] = []
    articles = []
    for number, (label, texts) in enumerate(labels.items()):
        texts = draw.sample(texts, len(texts))
        if near and number % 2:
            outside += [(text, None) for text in texts]
            continue
        took = 1 if faq else min(examples, len(texts) * 4 // 5)
        articles.append(article(label, body=texts[0]) if faq else article(label, texts[:took]))
        inside += [(text, label) for text in texts[took:]]
    draw.shuffle(inside)
    draw.shuffle(outside)
    half, known = (ASKED // 2, KNOWN // 2) if near else (ASKED, KNOWN)
    asked = inside[:half] + outside[: ASKED - half]
    return articles, asked, inside[half : half + known] + outside[half : half + KNOWN - known]


def help_centre(draw: random.Random, examples: int) -> Proxy:
    """The help centre of the sample data: whole articles, and the questions that are written beside them."""
    found = yaml.safe_load((ROOT / "desk" / "simulate" / "texts" / "articles.yaml").read_text("utf-8"))["en"]
    articles, questions = [], []
    for each in found:
        texts = draw.sample(each["examples"], len(each["examples"]))
        articles.append({"id": each["key"], "title": each["title"], "body": each["body"], "examples": texts[:examples]})
        questions += [(text, each["key"]) for text in texts[examples:]]
    return articles, questions, []


def proxies(folder: Path) -> dict[str, Callable[[random.Random], Proxy]]:
    return {
        "CLINC150, 10 examples": lambda draw: clinc(folder, draw, EXAMPLES),
        "CLINC150, all examples": lambda draw: clinc(folder, draw, 1000),
        "BANKING77, 10 examples": lambda draw: banking(folder, draw, EXAMPLES),
        "BANKING77, four fifths": lambda draw: banking(folder, draw, 1000),
        "near-domain, 10 examples": lambda draw: banking(folder, draw, EXAMPLES, near=True),
        "near-domain, four fifths": lambda draw: banking(folder, draw, 1000, near=True),
        "BANKING77 as a FAQ": lambda draw: banking(folder, draw, 0, faq=True),
        "help centre, bodies only": lambda draw: help_centre(draw, 0),
        "help centre, 3 examples": lambda draw: help_centre(draw, 3),
    }


def evaluate(name: str, proxy: Proxy) -> dict[str, dict[str, Any]]:
    """What the command says, with the threshold from the examples and from questions to calibrate on."""
    folder = OUT / "".join(c if c.isalnum() else "-" for c in name.lower())
    folder.mkdir(parents=True, exist_ok=True)
    articles, asked, known = proxy
    (folder / "articles.json").write_text(json.dumps(articles), "utf-8")
    for file, pairs in (("questions.jsonl", asked), ("calibrate.jsonl", known)):
        lines = [json.dumps({"text": text, "article": label}) for text, label in pairs]
        (folder / file).write_text("\n".join(lines) + "\n", "utf-8")
    call = ["bot", "evaluate", "--articles", folder / "articles.json", "--questions", folder / "questions.jsonl"]
    calls = {"examples": [*call, "--details", folder / "details.jsonl"]}
    if known:
        calls["questions"] = [*call, "--calibrate", folder / "calibrate.jsonl"]
    found = {}
    for by, arguments in calls.items():
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found[by] = json.loads(done.stdout)
    return found


def main(arguments: Sequence[str]) -> None:
    given = arguments[0] if arguments else os.environ.get("CORPORA", "") + "/questions"
    folder = Path(given)
    if not (folder / "clinc150.json").is_file():
        sys.exit(f"{folder} has no clinc150.json: name the folder, or set CORPORA to the one above it.")
    wanted = arguments[1:]
    print("| proxy | accuracy | AUROC | by its examples: precision, coverage, refused | by 500 questions | ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, make in proxies(folder).items():
        if wanted and not any(part in name for part in wanted):
            continue
        found = evaluate(name, make(random.Random(7)))
        first = found["examples"]
        cells = [
            ", ".join(percent(each[key]) for key in ("precision", "coverage", "refused")) for each in found.values()
        ]
        cells += ["–"] * (2 - len(cells))
        head = f"| {name} | {percent(first['accuracy'])} | {percent(first['auroc'])} |"
        print(head, " | ".join(cells), f"| {first['ms_per_question']:.1f} |", flush=True)


def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
