"""Stage models as files: the shipped templates, what a file may say, and what is wrong with one in sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk import lifecycle
from desk.facts import FactView, Known
from desk.lifecycle import ModelError, read, read_yaml
from desk.lifecycle.engine import Standing, walk
from desk.lifecycle.models import TEMPLATES

FILES = sorted(TEMPLATES.glob("*.yaml"))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

STAGES = {
    "commerce": "awareness engagement conversion retention cross_sell loyalty lapsed won_back",
    "five_stages": "reach acquisition conversion retention loyalty",
    "six_stages": "awareness consideration acquisition service loyalty advocacy",
    "subscription": "awareness sales onboarding adoption renewal upsell advocacy churned",
    "value": "awareness acquisition onboarding engagement value_realisation retention expansion advocacy churned",
}


def template(path):
    return read_yaml(path.read_text("utf-8"))


def test_all_five_templates_ship_with_the_stages_of_their_definition():
    assert {template(path).key: " ".join(stage.key for stage in template(path).stages) for path in FILES} == STAGES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_template_says_everything_in_every_language(path):
    definition = template(path)
    assert read_yaml(lifecycle.dump_yaml(definition)).as_json() == definition.as_json()
    for stage in definition.stages:
        assert set(stage.names) == {"de", "es"}, stage.key
        assert len(stage.criteria) > 30
        assert all((stage.goals, stage.owner, stage.touchpoints, stage.measures)), stage.key
    for rule in definition.rules:
        assert set(rule.names) == {"de", "es"}, rule.key
    directions = {
        definition.direction(stage.key, rule.to)
        for stage in definition.stages
        for rule in definition.rules_from(stage.key)
    }
    assert directions == {"forward", "backward"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_stage_but_the_lowest_has_a_way_back_on_a_bad_answer(path):
    definition = template(path)
    lowest = min(stage.order for stage in definition.stages if stage.kind == "forward")
    for stage in definition.stages:
        if stage.kind != "forward" or stage.order == lowest:
            continue
        facts = [
            Known("stage", stage.key, NOON - timedelta(days=3), NOON, 1),
            Known("conversation.opened", None, NOON - timedelta(days=2), NOON, 2),
            Known("message.received", None, NOON - timedelta(days=2), NOON, 3),
            Known("csat", 1.0, NOON - timedelta(days=1), NOON, 4),
            Known("referral.made", None, NOON - timedelta(days=9), NOON, 5),  # an advocate did speak for us
        ]
        standing = Standing(definition.key, stage.key, NOON - timedelta(days=3))
        moves = walk([definition], FactView(1, facts), standing, standing.since, NOON).moves
        back = [move for move in moves if move.direction == "backward"]
        assert back, stage.key
        assert any("CSAT 1" in one.shown for one in back[0].evidence)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_stage_is_a_dead_end(path):
    definition = template(path)
    reached = {definition.entry} | {rule.to for rule in definition.rules}
    for stage in definition.stages:
        assert stage.key in reached
        assert definition.rules_from(stage.key)


def test_names_come_in_the_language_asked_for():
    stage = template(TEMPLATES / "commerce.yaml").by_key["won_back"]
    assert [stage.name_in(locale) for locale in ("en", "de-AT", "es_MX", "fr")] == [
        "Won back",
        "Zurückgewonnen",
        "Recuperado",
        "Won back",
    ]


def small(**changes):
    return {
        "key": "small",
        "name": "Small",
        "entry": "first",
        "stages": [
            {"key": "first", "name": "First", "criteria": "New."},
            {"key": "second", "name": "Second", "criteria": "Bought."},
        ],
        "rules": [{"key": "up", "name": "Up", "from": "first", "to": "second", "when": "count(order.placed) >= 1"}],
        **changes,
    }


def rule(**changes):
    return [{"key": "up", "name": "Up", "from": "first", "to": "second", "when": "csat >= 4", **changes}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (None, "A stage model is a list of fields such as key, name, entry, stages and rules."),
        ([], "A stage model is a list of fields such as key, name, entry, stages and rules."),
        (small(key="Small!"), "The model needs a key of lower-case letters, digits and _, such as “won_back”."),
        (small(name=""), "The model has no name."),
        (small(entry=None), "The model has no entry: name the stage in which a new customer starts (entry)."),
        (small(entry="fist"), "The entry “fist” is no stage of this model. Did you mean “first”?"),
        (small(stages=[]), "The model has no stages."),
        (small(stages=["first"]), "Stage 1 is no list of fields such as key, name and criteria."),
        (
            small(stages=[{"key": "first", "name": "First"}], rules=[]),
            "Stage “first” has no criteria: write down when a customer belongs there.",
        ),
        (
            small(stages=[{"key": "first", "name": "First", "criteria": "x", "kind": "gone"}], rules=[]),
            "Stage “first” has the kind “gone”; there are forward, lapsed and exit.",
        ),
        (small(stages=small()["stages"] * 2), "There are 2 stages with the key “first”."),
        (small(rules=small()["rules"] * 2), "There are 2 rules with the key “up”."),
        (small(colour="red"), "The model has a field “colour” that means nothing."),
        (
            small(rules=rule(prioritty=1)),
            "Rule “up” has a field “prioritty” that means nothing. Did you mean “priority”?",
        ),
        (
            small(rules=rule(to="seconds")),
            "Rule “up” leads to “seconds”, which is no stage of this model. Did you mean “second”?",
        ),
        (small(rules=rule(to=None)), "Rule “up” leads nowhere: name a stage (to)."),
        (small(rules=rule(to="first")), "Rule “up” leads from “first” to itself."),
        (small(rules=rule(**{"from": None})), "Rule “up” starts nowhere: name a stage, several, or any (from)."),
        (small(rules=rule(**{"from": ["third"]})), "Rule “up” starts in “third”, which is no stage of this model."),
        (small(rules=rule(when=None)), "The condition of rule “up” (when) is missing."),
        (
            small(rules=rule(when="csta >= 4")),
            "The condition of rule “up” (when): There is no fact called “csta”. Did you mean “csat”? (at character 1)",
        ),
        (small(rules=rule(priority=1.5)), "Rule “up”: the priority is no whole number from 0 to 10000."),
        (small(rules=rule(min_days_in_stage="3")), "Rule “up”: the min_days_in_stage is no number from 0 to 3650."),
        (
            small(applies="csat >= 4"),
            "Who the model is for may only depend on attributes, and csat is none: "
            "a customer would change models with each answer.",
        ),
        (
            small(rules=rule() + rule(key="down", name="Down", **{"from": "second", "to": "first"})),
            "The rules “Up” and “Down” have the same condition and lead back and forth: "
            "a customer would never come to rest.",
        ),
    ],
)
def test_problems_are_sentences(given, problem):
    with pytest.raises(ModelError) as caught:
        read(given)
    assert problem in caught.value.problems


def test_all_problems_come_at_once():
    with pytest.raises(ModelError) as caught:
        read(small(name="", entry="nowhere", rules=rule(when="csat >")))
    assert len(caught.value.problems) == 3
    assert str(caught.value) == " ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("key: [", "This is no YAML file in line 1"),
        ("a: &x [1]\nb: *x", "References (& and *) are not taken"),
        ("key: a\n" * 60_000, "The file has more than 256 KB"),
        ("!!python/object/apply:os.system ['true']", "This is no YAML file"),
        ("[" * 200_000, "This file is nested too deeply"),
        ("", "A stage model is a list of fields"),
    ],
)
def test_a_file_that_is_no_model_is_refused(text, problem):
    with pytest.raises(ModelError) as caught:
        read_yaml(text)
    assert caught.value.problems[0].startswith(problem)
