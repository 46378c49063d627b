"""What the shipped head is worth on published data, and a conversation beside a message alone: needs CORPORA."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest

from desk.nlp import Models
from desk.sentiment import FLAGGED_AT, auroc, features, guessed, training
from desk.sentiment.following import Heard, Limits, State, course, patiences
from desk.sentiment.judging import Judge
from desk.sentiment.scoring import Scored

CORPORA = Path(os.environ.get("CORPORA") or "nowhere")
pytestmark = [
    pytest.mark.skipif(not (CORPORA / "emotions").is_dir(), reason="CORPORA names no folder with published data"),
    pytest.mark.timeout(600),
]
SOME = 1200


def some(texts: list[str], count: int = SOME) -> list[int]:
    return sorted(Random(1).sample(range(len(texts)), min(count, len(texts))))


@pytest.fixture(scope="module")
def comments() -> tuple[list[str], np.ndarray]:
    lines = (CORPORA / "emotions" / "goemotions_dev.tsv").read_text("utf-8").splitlines()
    texts = [line.split("\t")[0] for line in lines]
    truth = [bool(set(training.FRUSTRATED) & {int(n) for n in line.split("\t")[1].split(",")}) for line in lines]
    kept = some(texts)
    return [texts[i] for i in kept], np.array([truth[i] for i in kept], float)


@pytest.fixture(scope="module")
def questions() -> dict[str, list[str]]:
    """Calm questions by their category."""
    with (CORPORA / "questions" / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        out: dict[str, list[str]] = {}
        for row in csv.DictReader(file):
            out.setdefault(row["category"], []).append(row["text"])
        return out


def chances(models: Models, texts: list[str]) -> np.ndarray:
    return np.array(
        [known(text, found) for text, found in zip(texts, Judge(models).score(texts, words=False), strict=True)]
    )


def known(text: str, found: Scored) -> float:
    """A few comments are taken for another language: they count as they do in `flask sentiment evaluate`."""
    return guessed(text) if found.frustration is None else found.frustration


def test_the_head_beats_the_word_list_on_comments_it_was_not_trained_on(
    models: Models, comments: tuple[list[str], np.ndarray]
) -> None:
    texts, truth = comments
    found = chances(models, texts)
    assert auroc(truth, found) > 0.85
    assert auroc(truth, found) > auroc(truth, -features.style(texts)[:, 0]) + 0.08
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 1.0)):  # a probability is what it says
        kept = (found >= low) & (found < high)
        assert abs(found[kept].mean() - truth[kept].mean()) < 0.08


def test_calm_questions_hardly_ever_raise_a_flag(models: Models, questions: dict[str, list[str]]) -> None:
    texts = [text for category in questions.values() for text in category]
    banking = [texts[i] for i in some(texts)]
    clinc = [text for text, _ in json.loads((CORPORA / "questions" / "clinc150.json").read_text("utf-8"))["val"]]
    for calm in (banking, [clinc[i] for i in some(clinc)]):
        assert (chances(models, calm) >= FLAGGED_AT).mean() <= 0.03


@dataclass
class Turn:
    text: str
    unanswered: int
    minutes: float


def dialogues(questions: dict[str, list[str]], angry: list[str], count: int) -> tuple[list[list[Turn]], list[int]]:
    """Chats of three or four turns: calm ones ask about different things and are answered; in the others the customer
    asks the same thing again in other words, waits for it, and in half of them says something angry at last."""
    chance = Random(7)
    names = sorted(questions)
    made: list[list[Turn]] = []
    truth: list[int] = []
    for number in range(count):
        turns = []
        bad = number % 2 == 1
        name = chance.choice(names)
        for place in range(chance.randint(3, 4)):
            name = name if bad else chance.choice(names)
            left = place if bad else int(place > 0 and chance.random() < 0.3)  # people send two messages in a row
            minutes = chance.uniform(3, 15) * place if bad else chance.uniform(0, 2) * left
            turns.append(Turn(chance.choice(questions[name]), left, minutes))
        if bad and chance.random() < 0.5:
            turns[-1].text = chance.choice(angry)
        made.append(turns)
        truth.append(int(bad))
    return made, truth


def test_a_conversation_tells_more_than_its_last_message(
    models: Models, questions: dict[str, list[str]], comments: tuple[list[str], np.ndarray]
) -> None:
    angry = [text for text, bad in zip(*comments, strict=True) if bad]
    made, truth = dialogues(questions, angry, 120)
    judge = Judge(models)
    alone, followed = [], []
    for turns in made:
        texts = [turn.text for turn in turns]
        scored = judge.score(texts, words=False)
        heard = [
            Heard(
                found.frustration,
                turn.unanswered,
                patiences(turn.minutes, "chat"),
                judge.similarity(turn.text, texts[max(0, place - 3) : place]),
            )
            for place, (turn, found) in enumerate(zip(turns, scored, strict=True))
        ]
        alone.append(known(texts[-1], scored[-1]))
        followed.append(course(State(), heard, Limits(0.4, 0.65))[-1].value)
    labels = np.array(truth)

    def caught(values: list[float]) -> float:
        """The share of bad ones above what 3 % of calm ones reach."""
        limit = np.quantile(np.array(values)[labels == 0], 0.97)
        return float((np.array(values)[labels == 1] > limit).mean())

    assert auroc(labels, followed) > auroc(labels, alone) + 0.05
    assert caught(followed) > caught(alone) + 0.2
