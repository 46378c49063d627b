"""Logistic regression for small and for sparse data, in numpy alone: the same numbers in give the same bytes out."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Objective = Callable[[Doubles], tuple[float, Doubles]]


def sigmoid(x: Doubles) -> Doubles:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def loss(odds: Doubles, target: Doubles, weight: Doubles) -> tuple[float, Doubles]:
    """The weighted sum of the log losses at these log-odds, and its derivative by them. Targets lie in [0, 1]."""
    total = float((weight * (np.logaddexp(0.0, odds) - target * odds)).sum())
    return total, weight * (sigmoid(odds) - target)


def minimise(objective: Objective, start: Doubles, *, rounds: int = 200, keep: int = 10, tol: float = 1e-6) -> Doubles:
    """The place where a smooth convex function is least, by L-BFGS (Nocedal and Wright 2006, algorithm 7.5)."""
    x = start.copy()
    value, slope = objective(x)
    steps: deque[tuple[Doubles, Doubles, float]] = deque(maxlen=keep)
    for _ in range(rounds):
        if np.abs(slope).max() < tol * max(1.0, abs(value)):
            break
        way = -_scaled(slope, steps)
        falls = float(way @ slope)
        if falls >= 0:  # rounding has spoilt the memory: begin again downhill
            steps.clear()
            way, falls = -slope, -float(slope @ slope)
        length = 1.0 if steps else min(1.0, 1.0 / float(np.abs(slope).sum()))
        for _try in range(30):
            there = x + length * way
            new_value, new_slope = objective(there)
            if new_value <= value + 1e-4 * length * falls:
                break
            length *= 0.5
        else:
            break
        moved, turned = there - x, new_slope - slope
        curved = float(moved @ turned)
        if curved > 1e-12:
            steps.append((moved, turned, 1.0 / curved))
        x, value, slope = there, new_value, new_slope
    return x


def _scaled(slope: Doubles, steps: deque[tuple[Doubles, Doubles, float]]) -> Doubles:
    way = slope.copy()
    used = []
    for moved, turned, rho in reversed(steps):
        share = rho * float(moved @ way)
        used.append(share)
        way -= share * turned
    if steps:
        moved, turned, rho = steps[-1]
        way *= 1.0 / (rho * float(turned @ turned))
    for (moved, turned, rho), share in zip(steps, reversed(used), strict=True):
        way += (share - rho * float(turned @ way)) * moved
    return way


def regression(
    rows: Doubles,
    target: Doubles,
    weight: Doubles,
    *,
    c: float,
    toward: Doubles | None = None,
    constant_c: float = math.inf,
) -> Doubles:
    """Weights w [d + 1] (the last is the constant) of a logistic regression with the penalty |w - toward|^2 / 2c;
    without `toward`, |w|^2 / 2c. The constant has its own C, and is free unless one is given.

    `rows` [n, d]; `target` [n] in [0, 1]; `weight` [n].
    """
    free = np.ones(rows.shape[1] + 1)
    free[-1] = c / constant_c
    start = np.zeros(rows.shape[1] + 1) if toward is None else toward

    def objective(w: Doubles) -> tuple[float, Doubles]:
        total, turn = loss(rows @ w[:-1] + w[-1], target, weight)
        off = free * (w - start)
        return total + float(off @ (w - start)) / (2 * c), np.append(rows.T @ turn, turn.sum()) + off / c

    return minimise(objective, start)


class Sparse:
    """Rows of a few numbers among very many columns: where each row starts, which columns, which numbers."""

    def __init__(self, rows: list[tuple[NDArray[np.int64], NDArray[np.float32]]], columns: int) -> None:
        lengths = np.array([len(found) for found, _ in rows], np.int64)
        self.columns = columns
        self.row = np.repeat(np.arange(len(rows)), lengths)
        self.column = np.concatenate([found for found, _ in rows])
        self.value = np.concatenate([numbers for _, numbers in rows]).astype(np.float64)
        self.n = len(rows)

    def times(self, w: Doubles) -> Doubles:
        return np.bincount(self.row, self.value * w[self.column], self.n).astype(np.float64)

    def turned_times(self, v: Doubles) -> Doubles:
        return np.bincount(self.column, self.value * v[self.row], self.columns).astype(np.float64)

    def regression(self, target: Doubles, weight: Doubles, *, c: float) -> Doubles:
        """As the function of that name."""

        def objective(w: Doubles) -> tuple[float, Doubles]:
            total, turn = loss(self.times(w[:-1]) + w[-1], target, weight)
            slope = np.append(self.turned_times(turn) + w[:-1] / c, turn.sum())
            return total + float(w[:-1] @ w[:-1]) / (2 * c), slope

        return minimise(objective, np.zeros(self.columns + 1), rounds=150)
