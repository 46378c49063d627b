"""Macros on both databases: several actions in one go, each line saying by which macro, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import agents, automation, conversations, outbound, settings, timeline
from desk.automation import RuleError
from desk.conversations import NotVisible
from desk.worker import drain
from tests.factories import make_team, sends_at_once

LABEL = {"do": "label", "value": "lost parcel"}
HIGH = {"do": "priority", "value": 1}
NOTE = {"do": "note", "value": "The carrier was asked about {customer.name}, says {agent.name}."}
RESOLVE = {"do": "resolve", "value": None}


@pytest.fixture
def macro(desk, helena):
    """`macro(LABEL, HIGH, text="Hello")`: for everybody."""

    def make(*actions, text="", name="Lost parcel"):
        texts = [{"locale": "en", "text": text}] if text else []
        with desk.store.transaction() as tx:
            given = {"name": name, "texts": texts, "actions": list(actions), "whose": "everybody"}
            return automation.save_canned(tx, helena, given).id

    return make


@pytest.fixture
def run(desk, jonas):
    """`run(number, macro_id)`: by Jonas."""

    def do(number, macro_id, who=jonas):
        with desk.store.transaction() as tx:
            return automation.run(tx, who, number, automation.usable(tx, who, macro_id))

    return do


def standing(desk, number):
    with desk.store.reading() as tx:
        row = conversations.get(tx, number, None)
        return row.status, row.priority, row.assignee_id, conversations.labels(tx, [number]).get(number, [])


def lines(desk, number, *kinds):
    with desk.store.reading() as tx:
        return timeline.of_conversation(tx, number, 100, kinds)


def test_one_run_does_it_all_as_the_person_and_each_line_says_by_which_macro(desk, macro, run, walk, jonas):
    number = walk("Where is it?").conversation_id
    macro_id = macro(LABEL, HIGH, {"do": "assign", "value": jonas.id}, NOTE, {"do": "snooze", "value": 24})
    ran = run(number, macro_id)
    assert [one.how for one in ran.results] == ["done"] * 5
    assert standing(desk, number) == ("snoozed", 1, jonas.id, ["lost parcel"])
    told = lines(desk, number, "label", "priority", "assigned", "note", "status")
    assert len(told) == 5, "one line for each"
    assert all(line.detail["by_macro"] == {"id": macro_id, "name": "Lost parcel"} for line in told)
    assert {line.staff_id for line in told} == {jonas.id}
    (note,) = lines(desk, number, "note")
    assert note.text.endswith("says Jonas Weber.")


def test_what_it_did_is_taken_back_but_for_the_note(desk, macro, run, walk, helena, jonas):
    number = walk("Where is it?").conversation_id
    with desk.store.transaction() as tx:
        conversations.assign(tx, number, None, helena.id)
        conversations.set_priority(tx, number, None, -1)
    macro_id = macro(LABEL, HIGH, {"do": "assign", "value": jonas.id}, NOTE, RESOLVE)
    ran = run(number, macro_id)
    assert standing(desk, number)[0] == "resolved"
    with desk.store.transaction() as tx:
        assert automation.take_back(tx, jonas, number, automation.usable(tx, jonas, macro_id), ran.undo) == 4
    assert standing(desk, number) == ("open", -1, helena.id, [])
    assert lines(desk, number, "label")[-1].detail["by_macro"]["back"] is True
    assert len(lines(desk, number, "note")) == 1


def test_what_was_so_already_is_left_alone_by_the_run_and_by_its_way_back(desk, macro, run, walk, jonas):
    number = walk("Where is it?").conversation_id
    with desk.store.transaction() as tx:
        conversations.label(tx, number, None, "lost parcel", True)
    ran = run(number, macro(LABEL, HIGH))
    assert [one.how for one in ran.results] == ["unchanged", "done"]
    assert ran.undo == [["priority", 0]]


def test_what_cannot_be_done_is_said_and_the_rest_is_done(desk, macro, run, walk, helena, jonas):
    number = walk("Where is it?").conversation_id
    macro_id = macro({"do": "assign", "value": helena.id}, LABEL)
    with desk.store.transaction() as tx:
        agents.create(tx, email="last@kiln.example", name="Last", role="admin")
        agents.deactivate(tx, helena.id)
    ran = run(number, macro_id)
    assert [(one.how, one.said) for one in ran.results] == [
        ("failed", "This colleague works here no more."),
        ("done", ""),
    ]
    assert standing(desk, number)[3] == ["lost parcel"]


def test_nothing_is_done_to_what_the_person_may_not_see_and_by_steps_that_are_none(desk, macro, run, walk, jonas):
    number, macro_id = walk("Where is it?").conversation_id, macro(LABEL)
    with desk.store.transaction() as tx:
        row = automation.usable(tx, jonas, macro_id)
        for steps in ([["reply", "Hello"]], [["label", {"a": 1}]], [["resolve", None]], [["label", "x"]] * 40):
            with pytest.raises(ValueError, match="step"):
                automation.take_back(tx, jonas, number, row, steps)
        conversations.give_to_team(tx, number, None, make_team(tx).id)
    with pytest.raises(NotVisible):
        run(number, macro_id)
    assert standing(desk, number)[3] == []


def test_a_team_comes_last_so_that_the_rest_is_still_the_persons_to_do(desk, macro, run, walk):
    number = walk("Where is it?").conversation_id
    with desk.store.transaction() as tx:
        team = make_team(tx).id
    ran = run(number, macro({"do": "team", "value": team}, LABEL, HIGH))
    assert [one.how for one in ran.results] == ["done"] * 3
    assert standing(desk, number)[3] == ["lost parcel"]


def test_a_macro_sets_one_status_and_does_not_answer_by_itself(desk, helena):
    for actions, field in (([RESOLVE, {"do": "pending"}], "actions"), ([{"do": "reply", "value": "Hi"}], "actions.0")):
        with pytest.raises(RuleError) as wrong, desk.store.transaction() as tx:
            automation.save_canned(tx, helena, {"name": "Two", "actions": actions, "whose": "own"})
        assert wrong.value.problems.keys() == {field}


@pytest.mark.parametrize("wait", [0, 10])
def test_with_a_text_the_status_follows_the_answer_and_says_by_which_macro(desk, macro, run, walk, jonas, clock, wait):
    number = walk("Where is it?").conversation_id
    macro_id = macro(LABEL, RESOLVE, text="A new one comes.")
    ran = run(number, macro_id)
    assert [one.do for one in ran.results] == ["label"] and standing(desk, number)[0] == "open"
    with desk.store.transaction() as tx:
        if not wait:
            sends_at_once(tx)
        row = automation.usable(tx, jonas, macro_id)
        then = automation.then_of(row)
        assert then == "resolve"
        about = automation.by_macro(row)
        outbound.reply(tx, number, jonas, "A new one comes.", undoable=True, then=then, about=about)
    if wait:
        with desk.store.reading() as tx:
            seconds = float(settings.get(tx, "mail.undo_seconds"))
        assert standing(desk, number)[0] == "open", "it can still be taken back"
        clock.advance(timedelta(seconds=seconds + 1))
    drain(desk)
    assert standing(desk, number)[0] == "resolved"
    (status,) = lines(desk, number, "status")
    assert status.detail["by_macro"]["name"] == "Lost parcel"
    (reply,) = lines(desk, number, "reply")
    assert reply.detail["by_macro"]["name"] == "Lost parcel"
    assert all("by_macro" not in line.detail for line in lines(desk, number, "assigned")), "that comes of answering"
