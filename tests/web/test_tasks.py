"""Tasks and reminders by plain forms: what is asked of them, who may, and what their pages say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, reactions, tasks
from desk.agents import Viewer
from desk.parts import Desk
from tests.factories import make_conversation, make_customer, make_inbox, make_staff, make_team
from tests.web.conftest import csrf_of, post, sign_in


class Room:
    """Ada's conversation, which is of her team, and Dora who is not in it."""

    def __init__(self, app: Flask, desk: Desk) -> None:
        self.app, self.desk, self.store = app, desk, desk.store
        desk.store.react_with(reactions.react)
        with desk.store.transaction() as tx:
            make_inbox(tx)
            people = [make_staff(tx, name=name) for name in ("Ada Ant", "Bea Bee", "Dora Dog")]
            team = make_team(tx, *people[:2])
            customer = make_customer(tx, name="Marta Lindqvist")
            self.number = make_conversation(tx, customer, team_id=team.id, assignee_id=people[0].id).id
            self.ada, self.bea, self.dora = (self._viewer(agents.viewer(tx, one.id)) for one in people)

    @staticmethod
    def _viewer(found: Viewer | None) -> Viewer:
        assert found is not None
        return found

    def as_(self, who: Viewer) -> FlaskClient:
        return sign_in(self.app.test_client(), who.id)

    def tasks(self) -> list[tasks.TaskView]:
        with self.store.reading() as tx:
            return tasks.of_conversation(tx, self.number)


@pytest.fixture
def room(app: Flask, desk: Desk) -> Room:
    return Room(app, desk)


def script(client: FlaskClient, path: str, **data: Any) -> Any:
    """As the page's own script sends it."""
    token = csrf_of(client, "/profile")
    return client.post(path, data={"csrf_token": token, **data}, headers={"HX-Request": "true", "X-Part": "1"})


def test_a_task_goes_through_all_its_forms(room: Room) -> None:
    ada = room.as_(room.ada)
    assert (
        post(ada, f"/console/c/{room.number}/tasks", text="Send the lid", staff_id=str(room.bea.id)).status_code == 303
    )
    (task,) = room.tasks()
    assert (task.text, task.assignee_id, task.due_at) == ("Send the lid", room.bea.id, None)
    menu = ada.get(f"/console/tasks/{task.id}/menu").text
    assert 'value="Send the lid"' in menu and "Bea Bee" in menu and "Dora Dog" not in menu
    post(ada, f"/console/tasks/{task.id}/change", text="Send two lids", staff_id="me", at="2030-01-07T09:00")
    (task,) = room.tasks()
    assert (task.text, task.assignee_id) == ("Send two lids", room.ada.id) and task.due_at is not None
    assert "Send two lids" in ada.get(f"/console/c/{room.number}/tasks").text
    assert "Send two lids" in ada.get("/console/tasks").text
    assert "Send two lids" in ada.get(f"/console/c/{room.number}/customer").text
    answer = post(ada, f"/console/tasks/{task.id}/done", which="mine")
    assert answer.headers["Location"].endswith("/console/tasks?which=mine")
    assert room.tasks()[0].done_at is not None
    post(ada, f"/console/tasks/{task.id}/reopen")
    assert room.tasks()[0].done_at is None


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"text": " "}, "Say what is to be done."),
        ({"text": "x" * 400}, "300 letters"),
        ({"text": "Yes", "at": "yesterday"}, "Choose a time to come."),
        ({"text": "Yes", "at": "2020-01-01T09:00"}, "passed already"),
        ({"text": "Yes", "staff_id": "4711"}, "Nobody with that number"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(room: Room, form: dict[str, str], said: str) -> None:
    answer = script(room.as_(room.ada), f"/console/c/{room.number}/tasks", **form)
    assert answer.status_code == 409 and said in answer.text
    assert room.tasks() == []


def test_what_one_may_not_see_is_not_there(room: Room) -> None:
    with room.store.transaction() as tx:
        number = tasks.add(tx, room.number, room.ada, "Ours").id
    dora = room.as_(room.dora)
    here = f"/console/c/{room.number}"
    for path in (f"{here}/tasks", f"{here}/menu/task", f"{here}/menu/remind", f"/console/tasks/{number}/menu",
                 "/console/tasks/999999999999999999/menu"):  # fmt: skip
        assert dora.get(path).status_code == 404, path
    for path in (f"{here}/tasks", f"/console/tasks/{number}/done", f"/console/tasks/{number}/change",
                 "/console/tasks/99999999999999999/done"):  # fmt: skip
        assert script(dora, path, text="Mine").status_code == 404, path
    assert script(dora, f"{here}/remind", at="2030-01-07T09:00").status_code in (404, 409)
    assert "Ours" not in dora.get("/console/tasks?which=team").text


def test_reminders_by_their_forms(room: Room, clock: Any) -> None:
    ada, here = room.as_(room.ada), f"/console/c/{room.number}"
    assert "In two hours" in ada.get(f"{here}/menu/remind").text
    at = (clock.now() + timedelta(hours=2)).isoformat()
    assert script(ada, f"{here}/remind", until=at).status_code == 204
    assert "You are reminded" in ada.get(f"{here}/tasks").text
    assert "You are reminded" not in room.as_(room.bea).get(f"{here}/tasks").text
    assert "Marta Lindqvist" in ada.get("/console/tasks").text
    assert script(ada, f"{here}/remind", at="soon").status_code == 409
    assert script(ada, f"{here}/remind/off").status_code == 204
    assert "You are reminded" not in ada.get(f"{here}/tasks").text


def test_resolving_asks_a_plain_form_too_and_an_answer_comes_back_as_a_draft(room: Room) -> None:
    with room.store.transaction() as tx:
        tasks.add(tx, room.number, room.ada, "Send the lid")
    ada, here = room.as_(room.ada), f"/console/c/{room.number}"
    asked = post(ada, f"{here}/resolve")
    assert asked.status_code == 409 and "1 task is still open here." in asked.text and "Send the lid" in asked.text
    status = post(ada, f"{here}/status", status="resolved")
    assert status.status_code == 409 and 'value="resolved"' in status.text
    again = post(ada, f"{here}/reply", text="Done with it.", then="resolve")
    assert again.status_code == 303 and "draft=Done" in again.headers["Location"]
    assert post(ada, f"{here}/resolve", tasks="done").status_code == 303
    with room.store.reading() as tx:
        assert conversations.get(tx, room.number, None).status == "resolved"
    assert room.tasks()[0].done_at is not None
    assert post(ada, f"{here}/resolve").status_code == 303, "nothing is open any more"


def test_many_that_are_resolved_at_once_say_how_much_stays_open(room: Room) -> None:
    with room.store.transaction() as tx:
        tasks.add(tx, room.number, room.ada, "Send the lid")
    answer = script(room.as_(room.ada), "/console/several", action="status", status="resolved", ids=str(room.number))
    assert "1 task stays open." in answer.headers["X-Toast"]


def test_a_page_of_tasks_goes_on_where_the_one_before_ended(room: Room) -> None:
    with room.store.transaction() as tx:
        other = make_conversation(tx)
        for n in range(60):
            tasks.add(tx, (room.number, other.id)[n % 2], room.ada, f"Thing {n}.", assignee_id=room.ada.id)
    ada = room.as_(room.ada)
    first = ada.get("/console/tasks").text
    assert first.count('class="task"') == 50 and "Thing 49." in first and "Thing 50." not in first
    link = first.split('class="more"><a class="btn" href="')[1].split('"')[0].replace("&amp;", "&")
    second = ada.get(link, headers={"HX-Request": "true", "X-Part": "1"}).text
    assert second.count('class="task"') == 10 and "Thing 59." in second and "<main" not in second
    for bad in ("x", "2030-01-01,1", "2030-01-01T00:00:00+00:00,x"):
        assert ada.get("/console/tasks", query_string={"after": bad, "which": "nonsense"}).status_code == 200
