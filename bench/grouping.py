"""How pure the groups of questions are that the desk makes, on published questions: python -m bench.grouping FOLDER.

FOLDER holds clinc150.json and banking77_train.csv (or set CORPORA to the folder above). Questions come in a shuffled
order, 200 at a time, as they come to the job; groups that stand are never made anew. docs/models.md has the figures.
"""

from __future__ import annotations

import csv
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from desk.nlp import Models, Without
from desk.nlp.encoding import Floats
from desk.questions import grouping, lens
from desk.questions.grouping import BARE, BY_LETTERS, THROUGH_LENS

BATCH, LOOSE = 200, 1500  # as desk/questions/working.py has them
SHUFFLES = 3

Labelled = list[tuple[str, str]]


def corpora(folder: Path, draw: random.Random) -> dict[str, Labelled]:
    """Even volumes, one shop's questions, and volumes as they are in life: a few subjects often, most of them rarely.
    Questions that belong to no intent are each a label of their own."""
    data = json.loads((folder / "clinc150.json").read_text("utf-8"))
    train: Labelled = [(text, label) for text, label in data["train"]]
    strange = [(text, f"oos-{n}") for n, (text, _) in enumerate([*data["oos_train"], *data["oos_val"]])]
    with (folder / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        bank: Labelled = [(row[0], row[1]) for row in list(csv.reader(file))[1:]]
    by_label: dict[str, list[str]] = {}
    for text, label in train:
        by_label.setdefault(label, []).append(text)
    labels = sorted(by_label)
    draw.shuffle(labels)
    skewed = [
        (text, label)
        for rank, label in enumerate(labels)
        for text in draw.sample(by_label[label], max(2, min(100, int(200 / (rank + 1) ** 0.7))))
    ]
    return {
        "CLINC150, 4,500 and 100 of no intent": draw.sample(train, 4500) + draw.sample(strange, 100),
        "CLINC150, skewed, and 200 of no intent": skewed + draw.sample(strange, 200),
        "BANKING77, 4,000 (one bank)": draw.sample(bank, 4000),
    }


def stream(vectors: Floats, *, lensed: bool = True, model: bool = True) -> tuple[list[int], float]:
    """The group of each question after all have come (-1: none), and the longest run in seconds."""
    found = np.full(len(vectors), -1)
    sums: list[Floats] = []
    held: list[int] = []
    loose: list[int] = []
    look, longest = lens.Lens(), 0.0
    for start in range(0, len(vectors), BATCH):
        new = list(range(start, min(len(vectors), start + BATCH)))
        seen = start + len(new)
        began = time.perf_counter()
        if lensed and model and look.is_due(start) and start >= lens.FIRST:
            look = lens.make(vectors[max(0, start - lens.SAMPLE) : start], seen)
        near = BY_LETTERS if not model else BARE if look.mean is None else THROUGH_LENS
        middles = np.stack(sums) / np.array(held)[:, None] if sums else vectors[:0]
        out = grouping.group(look(vectors[new]), look(middles.astype(np.float32)), look(vectors[loose]), near)
        names = new + loose
        for number, place in zip(new, out.joined, strict=True):
            if place >= 0:
                found[number] = place
                sums[place] = sums[place] + vectors[number]
                held[place] += 1
        for heap in out.made:
            members = [names[i] for i in heap]
            found[members] = len(sums)
            sums.append(vectors[members].sum(axis=0))
            held.append(len(members))
        loose = [number for number in names if found[number] < 0][:LOOSE]
        longest = max(longest, time.perf_counter() - began)
    return [int(number) for number in found], longest


def figures(groups: Sequence[int], labels: Sequence[str]) -> dict[str, Any]:
    """Purity of what is grouped, how much is, groups, labels that three questions have, and how much of such a label
    is in its biggest group."""
    many = {label for label, n in Counter(labels).items() if n >= grouping.LEAST}
    biggest = 0
    for label in many:
        inside = Counter(g for g, own in zip(groups, labels, strict=True) if own == label and g >= 0)
        biggest += max(inside.values(), default=0)
    return {
        "purity": round(100 * grouping.purity(groups, labels), 1),
        "grouped": round(100 * sum(g >= 0 for g in groups) / len(groups), 1),
        "groups": len({g for g in groups if g >= 0}),
        "labels": len(many),
        "together": round(100 * biggest / sum(label in many for label in labels), 1),
    }


def main() -> int:
    where = sys.argv[1] if len(sys.argv) > 1 else str(Path(os.environ.get("CORPORA", "")) / "questions")
    folder = Path(where)
    if not (folder / "clinc150.json").is_file():
        print("Name the folder that holds clinc150.json and banking77_train.csv.", file=sys.stderr)
        return 2
    models, without = Models(), Without()
    for name, pairs in corpora(folder, random.Random(1)).items():
        for how, of, options in (
            ("as shipped", models, {}),
            ("without the lens", models, {"lensed": False}),
            ("without a model", without, {"model": False}),
        ):
            vectors = of.embed([text for text, _ in pairs])
            rows: list[dict[str, Any]] = []
            for seed in range(SHUFFLES):
                order = list(range(len(pairs)))
                random.Random(seed).shuffle(order)
                groups, longest = stream(vectors[order], **options)
                rows.append(figures(groups, [pairs[i][1] for i in order]) | {"longest run, s": round(longest, 2)})
            mean = {key: round(sum(row[key] for row in rows) / SHUFFLES, 2) for key in rows[0]}
            print(json.dumps({"questions": name, "how": how, **mean}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
