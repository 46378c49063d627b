"""The report of promises as a lead reads it: shares with interval and n, rows, CSV, and what cannot be read."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents
from desk.clock import SetClock
from desk.parts import Desk
from tests.reports.test_promises import HOUR, NOW, Past
from tests.servers.browser import accessibility
from tests.web.conftest import sign_in
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]


@pytest.fixture
def lead(app: Flask, desk: Desk, clock: SetClock) -> FlaskClient:
    clock.set(NOW)
    with desk.store.transaction() as tx:
        past = Past(tx)
        for n in range(22):
            past.clock("met", NOW - n * HOUR, by=past.ada)
        for n in range(3):
            past.clock("breached", NOW - n * HOUR, by=past.ada, stopped_at=NOW + HOUR)
        past.clock("met", NOW - HOUR, "next", owner=past.bea)
        staff = agents.create(tx, email="helena@kiln.example", name="Helena Ström", role="supervisor")
    return sign_in(app.test_client(), staff.id)


def test_every_number_has_its_n_its_interval_its_definition_and_its_rows(lead: FlaskClient) -> None:
    page = lead.get("/reports/promises").text
    assert "88.0" in page and "70.0 to 95.8, the 95 % interval" in page
    assert "1 of 1" in page and "Fewer than 10 promises: counts, no percentage." in page
    assert "That is not a share of 0." in page, "no data for solutions"
    for kind in ("first", "next", "resolution"):
        assert f'popovertarget="def-sla_{kind}"' in page and f'id="def-sla_{kind}"' in page
    rows = lead.get("/reports/promises/rows?kind=first&which=missed&period=13w").text
    assert rows.count("<tr>") == 4 and "late" in rows
    assert (
        'aria-current="page"' in lead.get("/reports/csat").text
        and "/reports/promises" in lead.get("/reports/csat").text
    )


@pytest.mark.parametrize("what", ["headline", "inbox", "team", "agent", "policy", "rows"])
def test_all_of_it_goes_out_as_csv(lead: FlaskClient, what: str) -> None:
    answer = lead.get(f"/reports/promises/{what}.csv")
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    lines = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    if what == "rows":
        assert len(lines) == 26 and {line["became"] for line in lines} == {"met", "missed"}
        assert len(list(csv.reader(io.StringIO(lead.get("/reports/promises/rows.csv?kind=next").text)))) == 2
    else:
        first = next(line for line in lines if line["promise"] == "first" and line["n"] != "0")
        assert (first["met"], first["missed"], first["n"], first["share"]) == ("22", "3", "25", "88")
        few = next(line for line in lines if line["promise"] == "next" and line["n"] == "1")
        assert few["share"] == few["low"] == "", "a share of one says nothing"


@pytest.mark.parametrize("bad", ["policy=99", "policy=x", "period=ever", "inbox=99", "from=2026-13-01"])
def test_a_filter_that_cannot_be_read_is_said(lead: FlaskClient, bad: str) -> None:
    answer = lead.get(f"/reports/promises?{bad}")
    assert answer.status_code == 400 and "could not be read" in answer.text


def test_rows_and_files_that_are_none(lead: FlaskClient, app: Flask, desk: Desk) -> None:
    for path in (
        "/reports/promises/rows?kind=third",
        "/reports/promises/rows?which=lost",
        "/reports/promises/rows?after=x",
    ):
        assert lead.get(path).status_code == 400, path
    assert lead.get("/reports/promises/stage.csv").status_code == 404
    with desk.store.transaction() as tx:
        agent = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
    assert sign_in(app.test_client(), agent.id).get("/reports/promises").status_code == 403


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(("dark", "width"), [(False, "desktop"), (True, "phone")])
def test_the_page_in_light_and_dark(scene: Scene, tmp_path: Path, dark: bool, width: str) -> None:
    with scene.store.transaction() as tx:
        past, now = Past(tx), tx.now()
        for n in range(40):
            kind = ("first", "next", "first", "resolution")[n % 4]
            past.clock(
                "breached" if n % 7 == 0 else "met", now - timedelta(hours=n + 1), kind, by=(past.ada, past.bea)[n % 2]
            )
    for name, path in (("report", "/reports/promises"), ("rows", "/reports/promises/rows?which=missed")):
        page = scene.screen(scene.bea, dark=dark, width=width, bypass_csp=True)
        page.goto(scene.url + path)
        page.screenshot(path=tmp_path / f"{name}-{'dark' if dark else 'light'}-{width}.png", full_page=True)
        assert accessibility(page) == []
