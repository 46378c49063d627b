"""`flask sentiment train`, `evaluate` and `score`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from flask.cli import with_appcontext

from config import ROOT
from desk import sentiment as frustration
from desk.cli.common import fail, the_desk
from desk.nlp import NoModel
from desk.sentiment import adapting, features, training
from desk.sentiment.head import SHIPPED, NoHead, save
from desk.sentiment.network import Recipe

CACHE = ROOT / "build" / "sentiment"
BATCH = 64


@click.group()
def sentiment() -> None:
    """Frustration."""


@sentiment.command()
@with_appcontext
def score() -> None:
    """Scores each line of standard input; an object a line. A frustration of null: not scored, for its language."""
    judge = _judge()
    for raw in sys.stdin.buffer:
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        found = judge.score([text])[0]
        words = [text[start:end] for start, end, _ in found.words]
        out: dict[str, Any] = {"compound": found.compound, "frustration": found.frustration, "words": words}
        if found.frustration is None:
            out["not_scored"] = f"the language is {found.language}"
        click.echo(json.dumps(out))


@sentiment.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--adapt", "labels", type=click.Path(path_type=Path), help="Learn from these first, as from corrections.")
@with_appcontext
def evaluate(file: Path, labels: Path | None) -> None:
    """How well the shipped model tells frustrated messages, on lines of {"text", "frustrated": 0 or 1}.

    What is in a language that it does not hear counts by how loud it is, and standard error says how many those are.
    """
    texts, truth = _labelled(file)
    judge = _judge(None if labels is None else _taught(labels))
    if judge.trained:
        judge.score(texts[:1], words=False)  # the model is loaded before the clock runs
    begun = time.perf_counter()
    said = [found.frustration for batch in _batches(texts) for found in judge.score(batch, words=False)]
    took = time.perf_counter() - begun
    unscored = sum(one is None for one in said)
    if unscored:
        click.echo(
            f"{unscored} of {len(said)} are in a language that is not scored; they count by how loud they are.",
            err=True,
        )
    chances = np.array(
        [frustration.guessed(text) if one is None else one for text, one in zip(texts, said, strict=True)]
    )
    vader = -features.style(texts)[:, 0]
    both = 0 < sum(truth) < len(truth)
    out: dict[str, Any] = {"n": len(texts), "auroc": frustration.auroc(truth, chances) if both else None}
    out |= frustration.flagged(truth, chances, frustration.FLAGGED_AT)
    out |= {
        "ms_per_message": took * 1000 / len(texts),
        "vader_auroc": frustration.auroc(truth, vader) if both else None,
    }
    click.echo(json.dumps({name: round(v, 4) if isinstance(v, float) else v for name, v in out.items()}))


@sentiment.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="The folder of emotions/ and questions/.")
@click.option("--out", default=SHIPPED, type=click.Path(path_type=Path), help="The file to write; the shipped head.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0, 10_000))
@click.option("--rounds", default=Recipe().rounds, show_default=True, type=click.IntRange(1, 1000))
@click.option("--cache", default=CACHE, type=click.Path(path_type=Path), help="Where readings of texts are kept.")
@with_appcontext
def train(data: Path, out: Path, seed: int, rounds: int, cache: Path) -> None:
    """Trains the head; the same data, seed, machine and lock give the same bytes."""
    models = the_desk().models
    begun = time.monotonic()

    def said(what: str) -> None:
        click.echo(f"{time.monotonic() - begun:6.0f} s  {what}", err=True)

    try:
        found = training.load(data)
        head = training.make(found, models, cache, seed=seed, recipe=Recipe(rounds=rounds), said=said)
        digest = save(head, out)
        figures = training.report(head, found, models, cache, said)
    except (training.BadData, NoModel) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or out} cannot be written: {error.strerror or error}")
    click.echo(json.dumps({"file": str(out), "bytes": out.stat().st_size, "sha256": digest, "seed": seed, **figures}))


def _judge(taught: adapting.Taught | None = None) -> frustration.Judge:
    judge = frustration.Judge(the_desk().models, None if taught is None else ("labels", taught))
    if not judge.trained:
        click.echo(f"Scored by VADER and cues alone. {judge.why_not}", err=True)
    return judge


def _taught(file: Path) -> adapting.Taught:
    texts, truth = _labelled(file)
    judge = frustration.Judge(the_desk().models)
    try:
        look = judge.look(texts)
        return judge.taught(look, np.array(truth, np.float64))
    except (NoModel, NoHead) as error:
        fail(f"Nothing can be learned from {file}. {error}")


def _labelled(file: Path) -> tuple[list[str], list[int]]:
    texts, truth = [], []
    try:
        lines = file.read_text("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        fail(f"{file} is not a text in UTF-8.")
    except OSError as error:
        fail(f"{file} cannot be opened: {error.strerror}")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, frustrated = row["text"], row["frustrated"]
        except (ValueError, KeyError, TypeError):
            text, frustrated = None, None
        if not isinstance(text, str) or frustrated not in (0, 1):
            fail(f'{file}, line {number}: it should be {{"text": …, "frustrated": 0 or 1}}.')
        texts.append(text)
        truth.append(int(frustrated))
    if not texts:
        fail(f"{file} holds no messages.")
    return texts, truth


def _batches(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]
