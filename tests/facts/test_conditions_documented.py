"""docs/conditions.md names everything that the language has, and its examples are conditions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desk.facts import CATALOG, CONVERSATION, FUNCTIONS, OPEN, UNITS, Condition
from desk.facts.parser import DEEPEST, LONGEST_SPAN_DAYS
from desk.facts.tokens import LONGEST

TEXT = Path(__file__).parents[2].joinpath("docs/conditions.md").read_text("utf-8")


@pytest.mark.parametrize(("name", "fact"), [*CATALOG.items(), *CONVERSATION.items()])
def test_every_fact_is_documented_as_the_catalog_says(name, fact):
    line = next((line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |")), "")
    assert fact.description in line
    assert fact.recorded_by in line


def test_every_open_family_function_unit_and_limit_is_documented():
    for prefix in OPEN:
        assert f"| `{prefix}…` |" in TEXT
    for function in FUNCTIONS:
        assert f"`{function}(" in TEXT
    for unit in UNITS:
        assert f"{unit}s" in TEXT
    for word in (
        "and",
        "or",
        "not",
        "unless",
        "in",
        "contains",
        "is known",
        "in stage",
        "since",
        "until",
        "first",
        "segment",
    ):
        assert word in TEXT
    assert f"{LONGEST:,} characters and {DEEPEST} levels" in TEXT
    assert f"{LONGEST_SPAN_DAYS // 365} years" in TEXT


def test_no_fact_is_documented_that_is_not_there():
    for name in re.findall(r"^\| `([\w.]+)` \|", TEXT.split("## Facts")[1], re.M):
        assert name in CATALOG or name in CONVERSATION


@pytest.mark.parametrize("example", re.findall(r"^    (.+)$", TEXT, re.M))
def test_every_example_is_a_condition(example):
    Condition.parse(example)
