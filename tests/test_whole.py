"""Rules that show only in the whole application: routes say who may call them, queued jobs have a task."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from desk.worker import OUTSIDE, SCHEDULE, TASKS

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.database("sqlite")


def rules(app: Flask) -> list[Rule]:
    return list(app.url_map.iter_rules())


def example(rule: Rule, argument: str) -> object:
    """Something that fits one part of a rule's path."""
    converter = rule._converters[argument]
    return sorted(converter.items)[0] if isinstance(converter, AnyConverter) else 1


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    unmarked = {rule.rule for rule in rules(app) if getattr(app.view_functions[rule.endpoint], "allowed", None) is None}
    assert unmarked == set()


def test_a_stranger_is_let_in_nowhere_but_at_the_public_doors(app: Flask) -> None:
    client = app.test_client()
    for rule in rules(app):
        if app.view_functions[rule.endpoint].allowed == "public":  # type: ignore[attr-defined]
            continue
        values = {name: example(rule, name) for name in rule._converters} | dict(rule.defaults or {})
        with app.test_request_context():
            path = app.url_for(rule.endpoint, **values)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method)
            # To the login, or refused; a form without its token is refused before anybody looks who sent it.
            assert answer.status_code in (302, 303, 400, 401, 403), f"{method} {path}: {answer.status_code}"
            if answer.status_code in (302, 303):
                assert "/login" in answer.headers["Location"], f"{method} {path}"


def queued() -> Iterator[tuple[str, ast.expr]]:
    """Where a job is queued, and the expression that names its task."""
    for path in sorted((ROOT / "desk").rglob("*.py")):
        if path.parent.name == "jobs":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name == "enqueue":
                    named = [word.value for word in node.keywords if word.arg == "task"]
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", (node.args[1:2] or named)[0]


def test_every_job_that_is_queued_has_a_task() -> None:
    found = list(queued())
    assert found, "nothing queues anything: this test looks in the wrong place"
    unnamed = [where for where, task in found if not isinstance(task, ast.Constant)]
    assert unnamed == [], "name the task as a plain string, so that this test can read it"
    names = {task.value for _, task in found if isinstance(task, ast.Constant)}
    assert names - set(TASKS) == set(), "a job that nothing would run"
    assert set(TASKS) - names == set(), "a task that nothing queues"


def test_tasks_and_periodic_work_say_what_they_are() -> None:
    assert set(TASKS) >= OUTSIDE
    assert len({periodic.name for periodic in SCHEDULE}) == len(SCHEDULE)
    assert all(periodic.purpose.endswith(".") and periodic.every.total_seconds() >= 1 for periodic in SCHEDULE)
