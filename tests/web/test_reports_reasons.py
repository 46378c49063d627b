"""The report of contact reasons: its lines with n, interval and definition, their rows, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from desk import reactions, reasons
from desk.clock import SetClock
from desk.parts import Desk
from tests.reasons.conftest import World

As = Callable[[str], FlaskClient]


@pytest.fixture
def world(desk: Desk, clock: SetClock) -> World:
    desk.store.react_with(reactions.react)
    return World(desk, clock)


def filled(world: World) -> dict[str, int]:
    with world.desk.store.transaction() as tx:
        delivery = reasons.add(tx, "Delivery", None)
        late = reasons.add(tx, "Late", None, delivery.id)
        group = world.group(tx)
        reasons.say_what(tx, group, late.id, world.lead)
        talks = [world.ask(tx, group, subject=f"Parcel {n}") for n in range(12)]
        for n in range(3):
            world.ask(tx, None, subject=f"Else {n}")
        reasons.choose(tx, talks[0].id, world.lead, delivery.id)
        return {"delivery": delivery.id, "late": late.id}


def lines(client: FlaskClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(path).text.removeprefix("\ufeff"))))


def test_leads_see_why_customers_came(as_role: As, world: World) -> None:
    lead = as_role("supervisor")
    assert "No contact began in this choice" in lead.get("/reports/reasons").text
    assert as_role("agent").get("/reports/reasons").status_code == 403
    assert "/reports/reasons" in lead.get("/reports/csat").text
    filled(world)
    page = lead.get("/reports/reasons").text
    assert "15 contacts" in page and "All contacts" in page and "No reason" in page
    assert "80.0 %" in page and "54.8 to 93.0" in page, "12 of 15 with Wilson's interval"
    assert "no data to compare" in page and "Contacts of a reason" in page
    assert lead.get("/reports/reasons?period=never").status_code == 400


def test_each_number_leads_to_its_rows(as_role: As, world: World) -> None:
    ids, lead = filled(world), as_role("supervisor")
    page = lead.get("/reports/reasons").text
    assert f"/reports/reasons/rows?reason={ids['late']}" in page and "/reports/reasons/rows?reason=none" in page
    late = lead.get(f"/reports/reasons/rows?reason={ids['late']}").text
    assert late.count("by its question") == 11 and "Else" not in late
    assert late.count("Delivery › Late") == 12, "the head names the reason, and so does each row"
    whole = lead.get(f"/reports/reasons/rows?reason={ids['delivery']}").text
    assert whole.count('class="about"') == 12 and f"by {world.lead.name}" in whole
    none = lead.get("/reports/reasons/rows?reason=none").text
    assert none.count('class="about"') == 3 and "Parcel" not in none
    assert lead.get("/reports/reasons/rows?reason=999999").status_code == 400
    assert lead.get("/reports/reasons/rows?after=nowhere").status_code == 400


def test_what_is_shown_can_be_taken_as_csv(as_role: As, world: World, clock: SetClock) -> None:
    ids, lead = filled(world), as_role("supervisor")
    table = lines(lead, "/reports/reasons/table.csv")
    assert [(row["reason"], row["contacts"], row["of"]) for row in table] == [
        ("All contacts", "15", "15"), ("Delivery", "12", "15"), ("Delivery › Late", "11", "15"),
        ("No reason", "3", "15"),
    ]  # fmt: skip
    assert float(table[1]["share"]) == 80 and table[3]["frustrated_share"] == "", "three are counts"
    stages = lines(lead, "/reports/reasons/stages.csv")
    assert (stages[0]["reason"], stages[0]["stage_name"], stages[0]["contacts"]) == ("All contacts", "No stage", "15")
    rows = lines(lead, f"/reports/reasons/rows.csv?reason={ids['late']}")
    assert len(rows) == 11 and {row["reason_id"] for row in rows} == {str(ids["late"])}
    assert len(lines(lead, "/reports/reasons/rows.csv")) == 15
    clock.advance(timedelta(days=200))
    assert lines(as_role("supervisor"), "/reports/reasons/rows.csv") == []
    assert as_role("supervisor").get("/reports/reasons/nothing.csv").status_code == 404
    assert as_role("agent").get("/reports/reasons/table.csv").status_code == 403
