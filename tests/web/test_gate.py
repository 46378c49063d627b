"""Who may call each route: every one says so, and means it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from desk import agents
from desk.web import base

ROLES = ("nobody", *agents.ROLES)
# Said here once more, and not read from the gate itself, which is what is tested.
OPEN_TO = {
    "public": {"nobody", "agent", "supervisor", "admin"},
    "agent": {"agent", "supervisor", "admin"},
    "supervisor": {"supervisor", "admin"},
    "admin": {"admin"},
} | {permission: set(roles) for permission, roles in agents.PERMISSIONS.items()}


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every route with its mark."""
    for rule in app.url_map.iter_rules():
        yield rule, getattr(app.view_functions[rule.endpoint], "allowed", "")


def example(converter: BaseConverter) -> Any:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 999_999 if isinstance(converter, IntegerConverter) else "none"


def address(rule: Rule) -> str:
    built = rule.build({name: example(converter) for name, converter in rule._converters.items()})
    assert built is not None
    return built[1]


@pytest.mark.database("sqlite")
def test_every_route_says_who_may_call_it(app: Flask) -> None:
    known = {"public", *agents.ROLES, *agents.PERMISSIONS}
    assert {rule.endpoint for rule, who in rules(app) if who not in known} == set()


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("role", ROLES)
def test_every_route_is_open_to_those_it_names_and_closed_to_all_others(
    app: Flask, as_role: Callable[[str], FlaskClient], role: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # this is about the gate; what CSRF refuses has tests of its own
    base.limiter.enabled = False
    client = as_role(role)
    wrong = []
    for rule, who in rules(app):
        if rule.endpoint in {"auth.logout", "auth.start"}:
            continue  # the first would end this client's session, the second sends strangers to the login itself
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule), method=method)
            turned_away = answer.status_code in {401, 403} or answer.headers.get("Location", "").startswith("/login")
            if turned_away == (role in OPEN_TO[who]):
                wrong.append((method, rule.rule, who, answer.status_code))
    base.limiter.enabled = True
    assert wrong == []


@pytest.mark.database("sqlite")
def test_a_route_that_says_nothing_is_closed_even_to_admins(app: Flask, as_role: Callable[[str], FlaskClient]) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    for role in ROLES:
        answer = as_role(role).get("/forgotten")
        assert answer.status_code == 403
        assert "secret" not in answer.text


def test_a_mark_that_is_misspelt_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="neither a role nor a permission"):
        base.allow("supervisors")


@pytest.mark.database("sqlite")
def test_strangers_are_sent_to_the_login_and_back(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/admin/quarantine?before=5")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=%2Fadmin%2Fquarantine%3Fbefore%3D5"
    assert client.get("/admin/").headers["Location"] == "/login?next=%2Fadmin%2F"


@pytest.mark.database("sqlite")
def test_a_part_of_a_page_and_a_program_are_told_in_their_own_way(app: Flask, client: FlaskClient) -> None:
    part = client.get(
        "/admin/inboxes/1/check",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/admin/inboxes/1"},
    )
    assert (part.status_code, part.headers["HX-Redirect"]) == (401, "/login?next=%2Fadmin%2Finboxes%2F1")
    elsewhere = client.get(
        "/admin/inboxes/1/check", headers={"HX-Request": "true", "HX-Current-URL": "https://evil.example/x"}
    )
    assert elsewhere.headers["HX-Redirect"] == "/login"
    program = client.get("/admin/", headers={"Accept": "application/json"})
    assert program.status_code == 401
    assert program.get_json()["error"]["code"] == 401


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/\n//evil.example", "javascript:alert(1)", "http:/evil.example", "///evil.example", " //evil.example",
        "/login?next=/login", "/logout", "x" * 3000, "/%0d%0aSet-Cookie:x=1\r\nX: y",
    ],
)  # fmt: skip
def test_the_login_leads_nowhere_else(app: Flask, as_role: Callable[[str], FlaskClient], target: str) -> None:
    answer = as_role("agent").get("/login", query_string={"next": target})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


@pytest.mark.database("sqlite")
def test_the_start_leads_on(client: FlaskClient, as_role: Callable[[str], FlaskClient]) -> None:
    assert client.get("/").headers["Location"] == "/login"
    assert as_role("agent").get("/").headers["Location"] == "/console/"


@pytest.mark.database("sqlite")
def test_a_page_of_this_site_is_where_the_login_leads(app: Flask, as_role: Callable[[str], FlaskClient]) -> None:
    answer = as_role("agent").get("/login", query_string={"next": "/console/?view=mine&x=%2F%2F"})
    assert answer.headers["Location"] == "/console/?view=mine&x=%2F%2F"
