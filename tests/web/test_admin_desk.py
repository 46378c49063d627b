"""The settings' home, the settings themselves and the background work, as an admin and a supervisor use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from desk import jobs, settings
from desk.jobs.tables import Job
from desk.parts import Desk
from desk.worker import SCHEDULE
from tests.factories import make_inbox
from tests.web.conftest import post


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, config={"transport": "outbox"}).id


@pytest.mark.parametrize("role", ["supervisor", "admin"])
def test_home_shows_the_tiles_that_this_role_may_open(
    app: Flask, as_role: Callable[[str], FlaskClient], role: str, inbox_id: int
) -> None:
    page = as_role(role).get("/admin/").text
    tiles = set(re.findall(r'class="tile" href="([^"]+)"', page))
    for tile in tiles:
        assert as_role(role).get(tile).status_code == 200
    assert {"/admin/quarantine", "/admin/outbox"} <= tiles
    assert ("/admin/people" in tiles) == (role == "admin")


def test_a_setting_is_changed_kept_in_the_history_and_undone(admin: FlaskClient, desk: Desk) -> None:
    group = {name: spec.default for name, spec in settings.SPECS.items() if spec.group == "Surveys"}
    values = {name: "on" if value is True else str(value) for name, value in group.items()}
    values["survey.cooldown_days"] = "30"
    assert post(admin, "/admin/settings", group="Surveys", **values).status_code == 303
    page = admin.get("/admin/").text
    assert "<del>14</del>" in page
    assert "<ins>30</ins>" in page
    assert "Admin 0" in page
    undo = re.search(r'action="(/admin/settings/changes/\d+/undo)"', page)
    assert undo is not None
    post(admin, undo.group(1))
    with desk.store.reading() as tx:
        assert settings.get(tx, "survey.cooldown_days") == 14
        assert len(settings.changes(tx)) == 2


def test_a_value_that_does_not_fit_changes_nothing_and_stays_typed(admin: FlaskClient, desk: Desk) -> None:
    answer = post(
        admin, "/admin/settings", group="Surveys",
        **{"survey.cooldown_days": "9999", "survey.expires_days": "soon <b>"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "is at most 365." in answer.text
    assert "needs a number." in answer.text
    assert 'value="soon &lt;b&gt;"' in answer.text
    with desk.store.reading() as tx:
        assert settings.get(tx, "survey.enabled") is True  # its box was empty, and nothing of the group was taken
        assert settings.changes(tx) == []


def test_an_unknown_group_or_change_is_a_plain_error(admin: FlaskClient) -> None:
    assert post(admin, "/admin/settings", group="Secrets").status_code == 400
    assert post(admin, "/admin/settings/changes/77/undo").status_code == 404


def test_the_history_is_paged_without_gaps(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        for n in range(1, 121):
            settings.set(tx, "mail.reopen_days", 1000 + n, None)
    seen: list[str] = []
    address: str | None = "/admin/settings/changes"
    while address:
        page = admin.get(address).text
        seen += re.findall(r"<ins>(\d+)</ins>", page)
        found = re.search(r'href="(/admin/settings/changes\?before=\d+)"', page)
        address = found.group(1) if found else None
    assert seen == [str(n) for n in range(1120, 1000, -1)]
    assert admin.get("/admin/settings/changes?before=x").status_code == 400
    assert admin.get("/admin/settings/changes?before=99999999999999999999").status_code == 400


def test_a_job_that_was_given_up_shows_its_error_and_gets_another_life(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        jobs.enqueue(tx, "lifecycle.consider", {"customer_id": 5})
        tx.execute(
            update(Job).values(state="dead", error="ValueError: <the reason>", attempts=12, finished_at=tx.now())
        )
    page = admin.get("/admin/jobs").text
    assert "ValueError: &lt;the reason&gt;" in page
    assert "customer_id 5" in page
    assert "12 tries" in page
    retry = re.search(r'action="(/admin/jobs/\d+/retry)"', page)
    assert retry is not None
    assert post(admin, retry.group(1)).status_code == 303
    with desk.store.reading() as tx:
        assert jobs.counts(tx) == {"ready": 1, "leased": 0, "dead": 0}
    assert post(admin, retry.group(1)).status_code == 303
    assert "not among those given up any more" in admin.get("/admin/jobs").text


def test_every_background_loop_stands_on_one_screen(admin: FlaskClient, desk: Desk, app: Flask) -> None:
    app.extensions["loopdesk.schedule"] = SCHEDULE
    with desk.store.transaction() as tx:
        jobs.beat(tx, SCHEDULE[0].name, SCHEDULE[0].every)
        jobs.beat(tx, "an older task", timedelta(hours=1))
        jobs.beat_failed(tx, SCHEDULE[0].name, "OSError: disk full")
    page = admin.get("/admin/jobs").text
    for one in SCHEDULE:
        assert one.name in page
        assert one.purpose in page
    assert "an older task" in page
    assert "OSError: disk full" in page
    assert "Has not run yet" in page


@pytest.mark.database("sqlite")
def test_what_a_page_refers_to_is_there_once(admin: FlaskClient, inbox_id: int) -> None:
    """A part that htmx replaces is found by its id, and so is an icon: the first of two alike would win."""
    for address in ("", "settings", "people", "people/1", "teams", "inboxes", f"inboxes/{inbox_id}", "outbox", "jobs"):
        page = admin.get(f"/admin/{address}").text
        ids = re.findall(r'\bid="([^"]+)"', page)
        meant = re.findall(r'\bhx-target="#([^"]+)"', page)
        for names in re.findall(r'\baria-(?:labelledby|describedby|controls)="([^"]+)"', page):
            meant += names.split()
        assert {name: ids.count(name) for name in meant if ids.count(name) != 1} == {}, address
