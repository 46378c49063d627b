"""The pages of rules: written, checked while one writes, tried, switched, read in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import automation, inbound, reactions
from desk.clock import SetClock
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_inbox, make_staff, make_team
from tests.inbound.messages import message
from tests.web.conftest import post, sign_in

RULE = {
    "name": "Refunds first",
    "trigger": "message",
    "wait": "",
    "unit": "hours",
    "condition": 'message.text contains "refund"',
    "do": ["priority", ""],
    "value_priority": ["1", "1"],
    "value_text": ["", ""],
    "per_hour": "60",
    "per_day": "3",
}


@pytest.fixture
def lead(as_role: Callable[[str], FlaskClient], desk: Desk) -> FlaskClient:
    desk.store.react_with(reactions.react)
    return as_role("supervisor")


@pytest.fixture
def walk(desk: Desk, clock: SetClock) -> Callable[..., inbound.Outcome]:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id

    def receive(text: str, **more: Any) -> inbound.Outcome:
        clock.advance(timedelta(minutes=5))
        said = inbound.receive(desk, message(inbox_id, clock.now(), text, **more))
        drain(desk)
        return said

    return receive


def test_a_rule_is_written_tried_switched_on_and_its_firing_read(
    lead: FlaskClient, desk: Desk, walk: Callable[..., inbound.Outcome]
) -> None:
    assert "No rule yet" in lead.get("/admin/rules").text
    before = walk("I want a refund", sender="early@other.example").conversation_id
    made = post(lead, "/admin/rules/new", **RULE)
    assert made.status_code == 303 and made.location.endswith("/admin/rules/1/try")
    post(lead, "/admin/rules/1/try")
    assert "500 conversations" in lead.get("/admin/rules/1/try").text
    drain(desk)
    page = lead.get("/admin/rules/1/try/progress").text
    assert f"#{before}" in page and "Message says “refund”" in page and "hx-trigger" not in page
    post(lead, "/admin/rules/1/switch", on="1")
    number = walk("A refund, please").conversation_id
    log = lead.get("/admin/rules/log?rule=1").text
    assert f"#{number}" in log and "Message says “refund”" in log and "Set the priority: done" in log
    line = lead.get(f"/console/c/{number}").text
    assert "By the rule" in line and 'href="/admin/rules/fired/1"' in line and "because:" in line
    fired = lead.get("/admin/rules/fired/1").text
    assert "Refunds first" in fired and "Done" in fired
    assert "in 7 days" in lead.get("/admin/rules").text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "A rule needs a name"),
        ({"condition": "message.wrds > 5"}, "Did you mean “message.words”?"),
        ({"trigger": "unanswered", "wait": "soon"}, "Say how long"),
        ({"do": [""]}, "A rule does at least one thing."),
        ({"do": ["reply"], "value_text": ["Hello {nobody}"]}, "There is no variable {nobody}."),
        ({"do": ["assign"], "value_staff": [""]}, "Choose a colleague."),
        ({"per_hour": "0"}, "A number from 1"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_nothing_typed_is_lost(
    lead: FlaskClient, wrong: dict[str, Any], says: str
) -> None:
    answer = post(lead, "/admin/rules/new", **RULE | wrong)
    assert answer.status_code == 422 and says in answer.text
    assert "Refunds first" in answer.text or "name" in wrong


def test_an_action_keeps_its_own_value_whatever_stands_above_it(lead: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        team, person = make_team(tx).id, make_staff(tx).id
    given = {
        "do": ["", "team", "assign", "snooze", "label"],
        "value_team": ["", str(team), "", "", ""],
        "value_staff": ["", "", str(person), "", ""],
        "value_hours": ["", "", "", "4", ""],
        "value_label": ["", "", "", "", "vip"],
    }
    post(lead, "/admin/rules/new", **RULE | given)
    with desk.store.reading() as tx:
        kept = automation.get(tx, 1).actions
    assert kept == [
        {"do": "team", "value": team}, {"do": "assign", "value": person}, {"do": "snooze", "value": 4},
        {"do": "label", "value": "vip"},
    ]  # fmt: skip


def test_a_condition_is_checked_while_it_is_written(lead: FlaskClient, walk: Callable[..., inbound.Outcome]) -> None:
    walk("Hello")
    good = post(lead, "/admin/rules/check", condition='conversation.status is "open"').text
    assert "Of the last 1 conversation it holds in 1 now." in good
    assert "is never “closed”" in post(lead, "/admin/rules/check", condition='conversation.status is "closed"').text
    assert "each time" in post(lead, "/admin/rules/check", condition="").text


def test_order_switch_change_and_removal(lead: FlaskClient, desk: Desk) -> None:
    post(lead, "/admin/rules/new", **RULE)
    post(lead, "/admin/rules/new", **RULE | {"name": "Second"})
    post(lead, "/admin/rules/2/move", up="1")
    with desk.store.reading() as tx:
        assert [row.name for row in automation.every(tx)] == ["Second", "Refunds first"]
    post(lead, "/admin/rules/1", **RULE | {"name": "Another name"})
    page = lead.get("/admin/rules/1").text
    assert "changed it" in page and "version 2" in page and "<del>Refunds first</del>" in page
    post(lead, "/admin/rules/1/remove")
    assert lead.get("/admin/rules/1").status_code == 404
    assert post(lead, "/admin/rules/1/switch", on="1").status_code == 404


def test_who_may_not_see_a_conversation_sees_no_firing_of_it(
    lead: FlaskClient, desk: Desk, walk: Callable[..., inbound.Outcome], app: Any
) -> None:
    with desk.store.transaction() as tx:
        team = make_team(tx, name="Others").id
        stranger = make_staff(tx).id
    given = {"do": ["team"], "value_team": [str(team)], "condition": ""}
    post(lead, "/admin/rules/new", **RULE | given)
    post(lead, "/admin/rules/1/switch", on="1")
    walk("Hello")
    assert lead.get("/admin/rules/fired/1").status_code == 200
    assert sign_in(app.test_client(), stranger).get("/admin/rules/fired/1").status_code == 404
    assert lead.get("/admin/rules/fired/2").status_code == 404
