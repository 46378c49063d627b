"""What the palette leads to beside what was said: every page that one may open, queues, views, canned replies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, automation, conversations, views
from desk.agents import PERMISSIONS, ROLES
from desk.parts import Desk
from desk.web.console.places import PAGES, QUEUES
from tests.factories import make_team

AsRole = Callable[[str], FlaskClient]
# Routes of staff that are no page of their own: parts, files, and the way back from a provider.
NO_PAGES = {
    "/admin/audit.csv", "/admin/hours/preview", "/admin/sla/preview", "/admin/inboxes/connected", "/console/",
    "/console/counts", "/console/find", "/console/mentions/among", "/console/new/find", "/console/presence",
    "/console/self", "/console/views/menu", "/knowledge/gaps.csv", "/notices/unread", "/wall/now",
}  # fmt: skip


@pytest.mark.database("sqlite")
def test_every_page_that_has_an_address_is_in_it_with_who_may_open_it(app: Flask) -> None:
    wanted = {
        rule.rule: app.view_functions[rule.endpoint].allowed  # type: ignore[attr-defined]
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.rule not in NO_PAGES
    }
    staff = {path: allowed for path, allowed in wanted.items() if allowed in ROLES or allowed in PERMISSIONS}
    assert {path: needs for path, needs, _icon, _title in PAGES} == staff
    assert set(QUEUES) == set(conversations.VIEWS)


def places(client: FlaskClient, text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get("/console/find", query_string={"q": text}).get_json()["places"]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_it_offers_nothing_that_would_be_refused(as_role: AsRole, role: str) -> None:
    client = as_role(role)
    offered = {}
    for _path, _needs, _icon, title in PAGES:
        offered |= {one["url"]: one["text"] for one in places(client, str(title)) if one["group"] == "Pages"}
    assert offered
    for path in offered:
        answer = client.get(path)
        assert answer.status_code < 400 and "/login" not in answer.headers.get("Location", ""), path
    for path, needs, _icon, _title in PAGES:
        allowed = role in PERMISSIONS[needs] if needs in PERMISSIONS else ROLES.index(role) >= ROLES.index(needs)
        assert (path in offered) == allowed, path


def test_queues_views_and_canned_replies_are_found_by_their_names(desk: Desk, as_role: AsRole) -> None:
    client, other = as_role("agent"), as_role("agent")
    with client.session_transaction() as session:
        me = int(session["staff_id"])
    with desk.store.transaction() as tx:
        team, closed = make_team(tx, name="Glaze room"), make_team(tx, name="Glaze vault")
        agents.add_member(tx, team.id, me)
        viewer = agents.viewer(tx, me)
        assert viewer is not None
        wanted = {"filters": "is:open", "sort": "urgency", "shared": "private"}
        view = views.create(tx, viewer, name="Broken glaze", **wanted)
        texts = [{"locale": "en", "text": "Our glaze holds"}]
        said = automation.save_canned(tx, viewer, {"name": "About glaze", "shortcut": "gl", "texts": texts})
    found = places(client, "GLAZE")
    assert [(one["text"], one["url"]) for one in found] == [
        ("Glaze room", f"/console/team-{team.id}"),
        ("Broken glaze", f"/console/view-{view.id}"),
        ("About glaze", "/admin/canned?q=About+glaze"),
    ]
    assert found[0]["view"] == f"team-{team.id}" and found[2]["canned"] == said.id and closed.name not in str(found)
    assert places(other, "glaze") == [], "what is another's own is not offered"
    assert [one["url"] for one in places(client, "mention")] == ["/console/mentions"]
    assert places(client, "") == [] and places(client, "no such thing") == []
    with desk.store.transaction() as tx:
        automation.remove_canned(tx, viewer, said.id)
    assert len(places(client, "glaze")) == 2
