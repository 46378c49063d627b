"""Training the frustration head from published data: the same data, seed, machine and lock give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from desk.nlp import Models, Reading
from desk.nlp.ranking import auroc
from desk.sentiment import features, fitting
from desk.sentiment.features import BUCKETS, Floats
from desk.sentiment.fitting import Doubles, Sparse
from desk.sentiment.head import WORDS_COUNT, Head, weighed
from desk.sentiment.network import Network, Recipe, scaling, train

EMOTIONS = 28
FRUSTRATED = (2, 3, 9, 10, 11)  # anger, annoyance, disappointment, disapproval, disgust
SEEDS = 3
CALM_COUNTS = 0.1  # of a calm question, beside one of a comment that people judged
WORDS_C = 1.0
RARE = 5  # a bucket that fewer texts hit teaches nothing
STEP = 2000  # texts read at a time: progress is told between them

Said = Callable[[str], None]


class BadData(ValueError):
    """The folder does not hold what it should; the message says in one sentence what is wrong."""


@dataclass(frozen=True, slots=True)
class Data:
    """Comments with their emotions [n, 28] to train on and to check by, and calm questions for both."""

    train: list[str]
    train_emotions: Floats
    dev: list[str]
    dev_emotions: Floats
    calm: list[str]
    calm_dev: list[str]


def load(folder: Path) -> Data:
    """Reads emotions/goemotions_{train,dev}.tsv and questions/clinc150.json. Raises BadData."""
    train_texts, train_emotions = _comments(folder / "emotions" / "goemotions_train.tsv")
    dev_texts, dev_emotions = _comments(folder / "emotions" / "goemotions_dev.tsv")
    path = folder / "questions" / "clinc150.json"
    try:
        found = json.loads(path.read_text("utf-8"))
        calm = [str(text) for part in ("train", "oos_train") for text, _ in found[part]]
        calm_dev = [str(text) for part in ("val", "oos_val") for text, _ in found[part]]
    except OSError:
        raise BadData(f"{path} cannot be opened.") from None
    except (ValueError, KeyError, TypeError):
        raise BadData(f"{path} does not hold the lists train, oos_train, val and oos_val of [text, intent].") from None
    if not calm or not calm_dev:
        raise BadData(f"{path} holds no questions.")
    return Data(train_texts, train_emotions, dev_texts, dev_emotions, calm, calm_dev)


def _comments(path: Path) -> tuple[list[str], Floats]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadData(f"{path} cannot be opened.") from None
    texts, emotions = [], np.zeros((len(lines), EMOTIONS), np.float32)
    for number, line in enumerate(lines):
        parts = line.split("\t")
        try:
            for label in parts[1].split(","):
                emotions[number, int(label)] = 1.0
        except (IndexError, ValueError):
            raise BadData(f"{path}, line {number + 1}: not a text, a tab and numbers of emotions.") from None
        texts.append(parts[0])
    bad = emotions[:, FRUSTRATED].max(1) if lines else emotions[:, 0]
    if not 0 < bad.sum() < len(lines):
        raise BadData(f"{path} needs comments that are frustrated and comments that are not.")
    return texts, emotions


def frustrated(emotions: Floats) -> Doubles:
    """[n]: 1 where any of the emotions of frustration was seen."""
    return emotions[:, FRUSTRATED].max(1).astype(np.float64)


def make(data: Data, models: Models, cache: Path, *, seed: int, recipe: Recipe, said: Said) -> Head:
    """Trains a head. Readings of the texts are kept in `cache`, by their digest. Raises NoModel."""
    read = [
        readings(texts, models, cache, name, said)
        for name, texts in (("train", data.train), ("calm", data.calm), ("dev", data.dev), ("calm_dev", data.calm_dev))
    ]
    said("the style of each text")
    rows = [
        features.joined(reading, features.style(texts))
        for reading, texts in zip(read, (data.train, data.calm, data.dev, data.calm_dev), strict=True)
    ]
    idf, words, words_shift = _words(data, said)
    mean, spread = scaling(rows[0])
    nets = _networks(data, (rows[0], rows[1]), (mean, spread), seed, recipe, said)
    halves = [_halved(net, mean, spread) for net in nets]
    head = Head(
        name="frustration-1",
        reads=models.key,
        into=np.concatenate([net.into for net in halves], 1),
        into_shift=np.concatenate([net.into_shift for net in halves]),
        out=(np.concatenate([net.out[:, 0] for net in halves]) / SEEDS).astype(np.float32),
        out_shift=float(np.mean([net.out_shift[0] for net in halves])),
        idf=idf.astype(np.float16).astype(np.float32),
        words=words.astype(np.float16).astype(np.float32),
        words_shift=round(words_shift, 6),
        slope=1.0,
        shift=0.0,
        centre=0.0,
        spread=1.0,
    )
    said("calibrating")
    return calibrated(head, data, (read[2], read[3]))


def readings(texts: Sequence[str], models: Models, cache: Path, name: str, said: Said) -> Reading:
    """What the model reads in the texts, kept in a file named after them and the model."""
    plain = [features.plain(text) for text in texts]
    key = hashlib.sha256(("\n".join(plain) + "\0" + models.key).encode("utf-8", "replace")).hexdigest()[:16]
    path = cache / f"readings-{name}-{key}.npz"
    if not path.exists():
        parts = []
        for start in range(0, len(plain), STEP):
            said(f"reading {name}: {start} of {len(plain)}")
            parts.append(models.read(plain[start : start + STEP]))
        cache.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"draft-{path.name}")
        np.savez(
            draft,
            mean=np.concatenate([part.mean for part in parts]).astype(np.float16),
            norm=np.concatenate([part.norm for part in parts]),
            peak=np.concatenate([part.peak for part in parts]).astype(np.float16),
        )
        draft.replace(path)
    # Always from the file, so that a first run and a second see the same numbers.
    with np.load(path, allow_pickle=False) as kept:
        return Reading(kept["mean"].astype(np.float32), kept["norm"], kept["peak"].astype(np.float32))


def _words(data: Data, said: Said) -> tuple[Doubles, Doubles, float]:
    said("words, pairs of words and letters in a row")
    texts = data.train + data.calm
    hits = np.zeros(BUCKETS)
    for text in texts:
        hits[features.buckets(text)[0]] += 1
    idf = np.where(hits >= RARE, np.log((1 + len(texts)) / (1 + hits)) + 1, 0.0)
    rows = Sparse([weighed(text, idf.astype(np.float32)) for text in texts], BUCKETS)
    target = np.concatenate([frustrated(data.train_emotions), np.zeros(len(data.calm))])
    weight = np.concatenate([np.ones(len(data.train)), np.full(len(data.calm), CALM_COUNTS)])
    fitted = rows.regression(target, weight, c=WORDS_C)
    return idf, fitted[:-1], float(fitted[-1])


def _networks(
    data: Data, rows: tuple[Floats, Floats], scale: tuple[Floats, Floats], seed: int, recipe: Recipe, said: Said
) -> list[Network]:
    """Networks that tell 28 emotions and frustration at once; of a calm question only the frustration counts."""
    mean, spread = scale
    n, calm = len(rows[0]), len(rows[1])
    inputs = np.concatenate([(part - mean) / spread for part in rows])
    target = np.zeros((n + calm, EMOTIONS + 1), np.float32)
    target[:n, :EMOTIONS] = data.train_emotions
    target[:n, EMOTIONS] = frustrated(data.train_emotions)
    weight = np.zeros_like(target)
    weight[:n] = 1.0
    weight[n:, EMOTIONS] = CALM_COUNTS
    nets = []
    with one_thread() as pool, TemporaryDirectory() as folder:
        path = Path(folder) / "examples.npz"
        np.savez(path, rows=inputs, target=target, weight=weight)
        for number in range(SEEDS):
            network, losses = pool.submit(train_from, path, recipe, seed * 1000 + number).result()
            said(f"network {number + 1} of {SEEDS}: its loss went from {losses[0]:.4f} to {losses[-1]:.4f}")
            nets.append(network)
    return nets


def train_from(path: Path, recipe: Recipe, seed: int) -> tuple[Network, list[float]]:
    """Trains on the rows, targets and weights of a file; the network and its loss after each round."""
    losses: list[float] = []
    with np.load(path, allow_pickle=False) as kept:
        network = train(
            kept["rows"], kept["target"], kept["weight"], recipe, seed=seed, said=lambda _, loss: losses.append(loss)
        )
    return network, losses


@contextmanager
def one_thread() -> Iterator[ProcessPoolExecutor]:
    """A process of its own, in which numpy uses one thread: small products are faster so where others work too, and
    sums come out alike whatever the number of cores. numpy reads these variables only when it is loaded."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _halved(network: Network, mean: Floats, spread: Floats) -> Network:
    """The network for frustration alone as the file will hold it: what rounding moves, the shift takes back."""
    alone = network.alone(EMOTIONS, mean, spread)
    into = alone.into.astype(np.float16).astype(np.float32)
    shift = network.into_shift - mean @ into
    return Network(into, shift, alone.out.astype(np.float16).astype(np.float32), alone.out_shift)


def calibrated(head: Head, data: Data, read: tuple[Reading, Reading]) -> Head:
    """The head with its log-odds made honest on the comments and calm questions that it was not trained on (Platt)."""
    dev, calm = head.odds(data.dev, read[0]), head.odds(data.calm_dev, read[1])
    target = np.concatenate([frustrated(data.dev_emotions), np.zeros(len(calm))])
    weight = np.concatenate([np.ones(len(dev)), np.full(len(calm), CALM_COUNTS)])
    raw = np.concatenate([dev, calm]).astype(np.float64)
    slope, shift = fitting.regression(raw[:, None], target, weight, c=1e6)
    odds = slope * dev + shift
    return replace(
        head,
        slope=round(float(slope), 6),
        shift=round(float(shift), 6),
        centre=round(float(odds.mean()), 6),
        spread=round(float(odds.std()), 6),
    )


def report(head: Head, data: Data, models: Models, cache: Path, said: Said) -> dict[str, Any]:
    """What is published of a head: AUROC on the development comments, and false alarms on calm questions."""
    dev = head.odds(data.dev, readings(data.dev, models, cache, "dev", said))
    calm = head.odds(data.calm_dev, readings(data.calm_dev, models, cache, "calm_dev", said))
    truth = frustrated(data.dev_emotions)
    return {
        "auroc": round(auroc(truth, dev), 4),
        "vader_auroc": round(auroc(truth, -features.style(data.dev)[:, 0]), 4),
        "calm_flagged": round(float((calm > 0).mean()), 4),
        "words_count": WORDS_COUNT,
    }
