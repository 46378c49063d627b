"""Each metric is defined once, listed in docs/metrics.md, and says all that a reader needs."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from desk.reports import DEFINITIONS, MEASURES

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
LISTED = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", DOCS, re.M))


@pytest.mark.parametrize("key", list(DEFINITIONS))
def test_every_metric_is_listed_in_its_version(key: str) -> None:
    assert LISTED.get(key) == str(DEFINITIONS[key].version), f"docs/metrics.md does not list {key} in its version"


def test_nothing_is_listed_that_is_not_computed() -> None:
    assert set(LISTED) == set(DEFINITIONS)


@pytest.mark.parametrize("key", list(DEFINITIONS))
def test_a_definition_leaves_nothing_open(key: str) -> None:
    definition = DEFINITIONS[key]
    assert definition.key == key
    assert all(getattr(definition, field.name) for field in fields(definition))
    assert definition.formula.endswith(".")


def test_every_measure_has_a_definition() -> None:
    assert set(MEASURES) <= set(DEFINITIONS)
