"""People and teams, as an admin changes them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, outbound
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_staff
from tests.web.conftest import post


def test_a_colleague_is_invited_by_a_mail_with_a_link_that_works(app: Flask, admin: FlaskClient, desk: Desk) -> None:
    post(admin, "/admin/teams", name="Home")
    with desk.store.reading() as tx:
        team = agents.teams(tx)[0].id
    answer = post(admin, "/admin/people", email="new@kiln.example", name="", role="supervisor", team=str(team))
    assert answer.status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        staff = agents.by_email(tx, "new@kiln.example")
        assert staff is not None
        assert (staff.name, staff.role, staff.password_hash) == ("New", "supervisor", None)
        assert agents.teams(tx)[0].staff_ids == (staff.id,)
        mail = outbound.outbox(tx, notices=True)[0]
    text = desk.files.get(mail.raw_sha256).decode().replace("=\r\n", "")
    link = re.search(r"http://127\.0\.0\.1:5000(/reset/[\w-]{40,})", text)
    assert link is not None
    assert app.test_client().get(link.group(1)).status_code == 200
    assert "Invited" in admin.get("/admin/people").text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"email": "nonsense", "role": "agent"}, "not a mail address"),
        ({"email": "admin0@kiln.example", "role": "agent"}, "has this address already"),
        ({"email": "a@kiln.example", "role": "owner"}, "Choose one of the roles"),
        ({"email": "a@kiln.example", "role": "agent", "name": "x" * 200}, "up to 120 characters"),
    ],
)
def test_a_bad_invitation_is_explained_and_sends_nothing(
    admin: FlaskClient, desk: Desk, data: dict[str, str], said: str
) -> None:
    answer = post(admin, "/admin/people", **data)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{data["email"]}"' in answer.text
    drain(desk)
    with desk.store.reading() as tx:
        assert outbound.outbox(tx, notices=True) == []
        assert len(agents.names(tx)) == 1


def test_roles_and_teams_change_and_the_last_admin_stays(app: Flask, admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        bo = make_staff(tx, name="Bo")
        team = agents.create_team(tx, "Returns")
        me = next(iter(set(agents.names(tx)) - {bo.id}))
    form = {"name": "Bo B", "role": "supervisor", "zone": "UTC", "locale": "en", "teams": str(team.id)}
    assert post(admin, f"/admin/people/{bo.id}", **form).status_code == 303
    with desk.store.reading() as tx:
        viewer = agents.viewer(tx, bo.id)
        assert viewer is not None
        assert (viewer.name, viewer.role, viewer.team_ids) == ("Bo B", "supervisor", {team.id})
    refused = post(admin, f"/admin/people/{me}", **(form | {"role": "agent"}))
    assert refused.status_code == 422
    assert "needs an admin" in refused.text
    assert post(admin, f"/admin/people/{me}/active", active="0").status_code == 422
    assert post(admin, f"/admin/people/{bo.id}", **(form | {"teams": "999"})).status_code == 400
    assert post(admin, "/admin/people/424242", **form).status_code == 404


def test_people_are_paged_by_name(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        for n in range(120):
            make_staff(tx, name=f"Person {n:03}")
    seen: list[str] = []
    address: str | None = "/admin/people"
    while address:
        page = admin.get(address).text
        seen += re.findall(r"<b>(Person \d+)</b>", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        address = found.group(1).replace("&amp;", "&") if found else None
    assert seen == [f"Person {n:03}" for n in range(120)]


def test_team_names_are_kept_apart(admin: FlaskClient, desk: Desk) -> None:
    assert post(admin, "/admin/teams", name="Home").status_code == 303
    assert "of this name already" in post(admin, "/admin/teams", name="HOME").text
    with desk.store.reading() as tx:
        team = agents.teams(tx)[0]
    assert post(admin, f"/admin/teams/{team.id}", name="Away").status_code == 303
    assert "Away" in admin.get("/admin/teams").text
    assert post(admin, "/admin/teams/99", name="X").status_code == 404
