"""The small network of the frustration head: how it is trained, in numpy, and how it becomes what is shipped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from desk.sentiment.features import Floats


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained. `decay` stands apart from the gradient (Loshchilov and Hutter 2019)."""

    hidden: int = 512
    rounds: int = 15
    batch: int = 256
    rate: float = 1e-3
    decay: float = 0.1
    drop_inputs: float = 0.2
    drop_hidden: float = 0.5


@dataclass(frozen=True, slots=True)
class Network:
    """One hidden layer of rectified units: inputs [n, d] to the log-odds of each output [n, k]."""

    into: Floats  # [d, hidden]
    into_shift: Floats  # [hidden]
    out: Floats  # [hidden, k]
    out_shift: Floats  # [k]

    def odds(self, rows: Floats) -> Floats:
        return np.maximum(rows @ self.into + self.into_shift, 0.0) @ self.out + self.out_shift

    def alone(self, output: int, mean: Floats, spread: Floats) -> Network:
        """The network for one output, on rows as they come: the scaling of its inputs goes into its first layer."""
        into = self.into / spread[:, None]
        return Network(
            into,
            self.into_shift - mean @ into,
            self.out[:, output : output + 1],
            self.out_shift[output : output + 1],
        )


def scaling(rows: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of each column; a column that never changes has the spread 1."""
    spread = rows.std(0, dtype=np.float64)
    mean = rows.mean(0, dtype=np.float64)
    return mean.astype(np.float32), np.where(spread > 1e-6, spread, 1.0).astype(np.float32)


def train(
    rows: Floats, target: Floats, weight: Floats, recipe: Recipe, *, seed: int, said: Callable[[int, float], None]
) -> Network:
    """Trains on standardised rows [n, d] and targets [n, k] in [0, 1], each with its weight [n, k], by Adam.

    `said` hears of each round and its mean loss. The order of rows and what is dropped follow from the seed alone.
    """
    chance = np.random.default_rng(seed)
    n, d = rows.shape
    hidden = recipe.hidden
    into = (chance.standard_normal((d, hidden)) * np.sqrt(2.0 / d)).astype(np.float32)
    into_shift = np.zeros(hidden, np.float32)
    out = (chance.standard_normal((hidden, target.shape[1])) * np.sqrt(1.0 / hidden)).astype(np.float32)
    out_shift = np.zeros(target.shape[1], np.float32)
    adam = _Adam([into, into_shift, out, out_shift], recipe, recipe.rounds * -(-n // recipe.batch))
    for number in range(recipe.rounds):
        order = chance.permutation(n)
        total = 0.0
        for start in range(0, n, recipe.batch):
            some = order[start : start + recipe.batch]
            y, w = target[some], weight[some]
            x = rows[some] * _kept(chance, (len(some), d), recipe.drop_inputs)
            kept = _kept(chance, (len(some), hidden), recipe.drop_hidden)
            bent = np.maximum(x @ into + into_shift, 0.0)
            seen = bent * kept
            odds = seen @ out + out_shift
            total += float((w * (np.logaddexp(np.float32(0), odds) - y * odds)).sum())
            back = w * (np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * odds)) - y) / np.float32(len(some))
            through = (back @ out.T) * kept * (bent > 0)
            adam.step([x.T @ through, through.sum(0), seen.T @ back, back.sum(0)])
        said(number + 1, total / n)
    return Network(into, into_shift, out, out_shift)


def _kept(chance: np.random.Generator, shape: tuple[int, int], dropped: float) -> Floats:
    stays = chance.random(shape, np.float32) >= dropped
    return stays.astype(np.float32) / np.float32(1 - dropped)


class _Adam:
    """Adam in place (Kingma and Ba 2015), with a rate that falls to nothing over the steps there are."""

    def __init__(self, parts: list[Floats], recipe: Recipe, steps: int) -> None:
        self.parts, self.recipe, self.steps, self.done = parts, recipe, steps, 0
        self.first = [np.zeros_like(part) for part in parts]
        self.second = [np.zeros_like(part) for part in parts]

    def step(self, slopes: list[Floats]) -> None:
        self.done += 1
        rate = self.recipe.rate * (1 - self.done / (self.steps + 1))
        near, far = 1 - 0.9**self.done, 1 - 0.999**self.done
        for part, m, v, slope in zip(self.parts, self.first, self.second, slopes, strict=True):
            m += np.float32(0.1) * (slope - m)
            v += np.float32(0.001) * (slope * slope - v)
            if part.ndim == 2:
                part -= np.float32(rate * self.recipe.decay) * part
            part -= np.float32(rate / near) * m / (np.sqrt(v / np.float32(far)) + np.float32(1e-8))
