"""Training: the same numbers give the same bytes, a changed file is refused, and figures are what they are called."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.nlp import Models, ranking
from desk.sentiment import figures, fitting, training
from desk.sentiment.features import STYLES, buckets, plain, style
from desk.sentiment.head import Head, NoHead, beside, pack, save, unpack, usable
from desk.sentiment.network import Recipe

TINY = Recipe(hidden=8, rounds=2, batch=16)
BAD = ["I hate this", "what a stupid joke", "this is awful", "so annoying", "terrible, useless people", "disgusting"]
GOOD = ["I love it", "thank you", "what a nice day", "great work", "so happy for you", "this is funny"]


def made_up(folder: Path, lines: int = 60) -> Path:
    """The layout of the data, with a few sentences in it."""
    chance = Random(3)
    (folder / "emotions").mkdir(parents=True)
    (folder / "questions").mkdir()
    for part, count in (("train", lines), ("dev", lines // 2)):
        rows = []
        for number in range(count):
            bad = number % 3 == 0
            text = f"{chance.choice(BAD if bad else GOOD)} {chance.randint(0, 99)}"
            rows.append(f"{text}\t{'2,10' if bad else '17'}\tid{number}")
        (folder / "emotions" / f"goemotions_{part}.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    questions = {part: [[f"how do I pay {n}?", "pay"] for n in range(8)] for part in ("train", "val")}
    questions |= {part: [[f"who won in {n}?", "oos"] for n in range(4)] for part in ("oos_train", "oos_val")}
    (folder / "questions" / "clinc150.json").write_text(json.dumps(questions), "utf-8")
    return folder


@pytest.mark.timeout(300)
def test_the_same_data_and_seed_give_the_same_bytes(tmp_path: Path, models: Models) -> None:
    data = training.load(made_up(tmp_path / "data"))
    packed = []
    for number, seed in enumerate((4, 4, 5)):
        cache = tmp_path / f"cache{number}"  # each run reads the texts for itself
        head = training.make(data, Models(), cache, seed=seed, recipe=TINY, said=lambda _: None)
        packed.append(pack(head))
    assert packed[0] == packed[1]
    assert packed[0] != packed[2]
    head = unpack(packed[0])
    report = training.report(head, data, models, tmp_path / "cache0", lambda _: None)
    assert report["auroc"] > 0.8


@pytest.mark.parametrize(
    ("path", "content", "says"),
    [
        ("emotions/goemotions_train.tsv", None, "cannot be opened"),
        ("emotions/goemotions_train.tsv", "no tab here\n", "line 1"),
        ("emotions/goemotions_train.tsv", "a\tjoy\tid\n", "line 1"),
        ("emotions/goemotions_train.tsv", "a\t17\tid\n", "needs comments"),
        ("questions/clinc150.json", "[1, 2", "does not hold"),
        ("questions/clinc150.json", '{"train": []}', "does not hold"),
    ],
)
def test_a_folder_that_does_not_hold_the_data_is_said_in_a_sentence(
    tmp_path: Path, path: str, content: str | None, says: str
) -> None:
    folder = made_up(tmp_path / "data")
    if content is None:
        (folder / path).unlink()
    else:
        (folder / path).write_text(content, "utf-8")
    with pytest.raises(training.BadData, match=says):
        training.load(folder)


def small_head(reads: str = "some model") -> Head:
    chance = np.random.default_rng(1)
    zero = np.zeros(1 << 17, np.float32)
    return Head(
        name="frustration-t",
        reads=reads,
        into=chance.random((2 * 384 + 1 + STYLES, 4), np.float32).astype(np.float16).astype(np.float32),
        into_shift=np.zeros(4, np.float32),
        out=np.ones(4, np.float32),
        out_shift=0.25,
        idf=zero,
        words=zero,
        words_shift=0.0,
        slope=1.0,
        shift=0.0,
        centre=0.0,
        spread=1.0,
    )


def test_a_head_comes_back_from_its_file_and_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    head = small_head()
    save(head, path)
    found = Head.load(path)
    assert (found.name, found.reads, found.out_shift) == (head.name, head.reads, head.out_shift)
    assert np.array_equal(found.into, head.into)
    other = tmp_path / "other.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    other.write_bytes(data)
    beside(other).write_text(beside(path).read_text("ascii"), "ascii")
    with pytest.raises(NoHead, match="digest differs"):
        Head.load(other)
    with pytest.raises(NoHead, match="missing"):
        Head.load(tmp_path / "nothing.npz")
    with pytest.raises(NoHead, match="cannot be read"):
        unpack(b"no archive")


def test_a_head_for_another_language_model_is_not_used(tmp_path: Path, models: Models) -> None:
    path = tmp_path / "head.npz"
    save(small_head("folder-of-somebody"), path)
    head, why = usable(models, path)
    assert head is None
    assert "another language model" in why


def test_the_shipped_head_fits_the_shipped_model(models: Models) -> None:
    head, why = usable(models)
    assert head is not None, why


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=60))
def test_the_area_under_the_curve_counts_pairs(rows: list[tuple[bool, int]]) -> None:
    truth, scores = [int(bad) for bad, _ in rows], [score for _, score in rows]
    pairs = [(a > b) + 0.5 * (a == b) for t, a in zip(truth, scores, strict=True) if t
             for u, b in zip(truth, scores, strict=True) if not u]  # fmt: skip
    if not pairs:
        with pytest.raises(ValueError, match="both"):
            ranking.auroc(truth, scores)
    else:
        assert ranking.auroc(truth, scores) == pytest.approx(sum(pairs) / len(pairs))


def test_flags_are_counted_as_everybody_counts_them() -> None:
    found = figures.flagged([1, 1, 0, 0, 0], [0.9, 0.2, 0.8, 0.1, 0.1], 0.5)
    assert found == {"f1": 0.5, "precision": 0.5, "recall": 0.5, "false_alarm_rate": pytest.approx(1 / 3)}
    assert figures.flagged([0, 0], [0.1, 0.2], 0.5)["precision"] is None


@given(st.integers(0, 2**31))
def test_a_regression_ends_where_its_slope_is_flat(seed: int) -> None:
    chance = np.random.default_rng(seed)
    rows = chance.standard_normal((40, 3))
    target = (rows @ np.array([1.0, -2.0, 0.5]) + chance.standard_normal(40) > 0).astype(float)
    found = fitting.regression(rows, target, np.ones(40), c=0.5)
    turn = fitting.sigmoid(rows @ found[:-1] + found[-1]) - target
    assert np.abs(rows.T @ turn + found[:-1] / 0.5).max() < 1e-3
    assert abs(turn.sum()) < 1e-3


@given(st.text(max_size=3000))
def test_any_text_has_features(text: str) -> None:
    found, counts = buckets(text)
    assert len(found) == len(counts)
    assert np.isfinite(style([text])).all()
    assert len(plain(text)) <= 5000
