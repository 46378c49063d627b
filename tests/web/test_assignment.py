"""Assignment on the pages: here or away, policies, what people can take, fairness, a note that goes with it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import agents, assigning, conversations, outbound, reactions, timeline
from desk.parts import Desk
from tests.factories import make_conversation, make_inbox, make_team
from tests.web.conftest import post, sign_in

AsRole = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _reacts(desk: Desk) -> None:
    desk.store.react_with(reactions.react)


def me(client: FlaskClient) -> int:
    with client.session_transaction() as session:
        return int(session["staff_id"])


def opened(desk: Desk, **fields: object) -> int:
    with desk.store.transaction() as tx:
        return make_conversation(tx, **fields).id


def test_here_and_away(desk: Desk, as_role: AsRole) -> None:
    agent = as_role("agent")
    assert "Offline" in agent.get("/console/presence").text
    with desk.store.transaction() as tx:
        assigning.sign(tx, me(agent), active=True)
    assert 'class="here-dot online"' in agent.get("/console/presence").text
    assert post(agent, "/console/presence", state="away").status_code == 303
    assert "<b>Away</b>" in agent.get("/console/presence").text
    assert post(agent, "/console/presence", state="lunch").status_code == 422
    post(agent, "/console/presence", state="here")
    shown = agent.get("/console/presence").text
    assert "<b>Online</b>" in shown and "0 of 10 places taken" in shown
    assert as_role("nobody").get("/console/presence").status_code == 303


def test_a_supervisor_sets_how_a_team_gives_out_its_work(desk: Desk, as_role: AsRole) -> None:
    with desk.store.transaction() as tx:
        team_id = make_team(tx, name="Kiln room").id
    lead = as_role("supervisor")
    page = lead.get("/admin/assignment").text
    assert "Kiln room" in page and "Conversations of no team" in page
    assert post(lead, f"/admin/assignment/{team_id}", mode="load", by_label="on", away="20").status_code == 303
    with desk.store.reading() as tx:
        (row,) = assigning.all_policies(tx)
    assert (row.mode, row.by_label, row.by_language, row.away_minutes) == ("load", True, False, 20)
    for bad in ({"mode": "load", "away": "soon"}, {"mode": "luck", "away": ""}, {"mode": "load", "away": "0"}):
        refused = post(lead, f"/admin/assignment/{team_id}", **bad)
        assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert post(lead, "/admin/assignment/999", mode="load").status_code == 404
    assert post(lead, "/admin/assignment/all", mode="load").status_code == 404
    assert post(lead, "/admin/assignment/none", mode="round").status_code == 303
    assert as_role("agent").get("/admin/assignment").status_code == 403


def test_what_a_person_can_take_stands_on_their_page(desk: Desk, admin: FlaskClient, as_role: AsRole) -> None:
    person = me(as_role("agent"))
    work = {"capacity": "6", "most_chat": "2", "languages": "DE, pt", "skills": "Refunds,  Glazes "}
    assert post(admin, f"/admin/people/{person}/work", **work).status_code == 303
    with desk.store.reading() as tx:
        able = assigning.able(tx, [person])[person]
    assert (able.capacity, able.most) == (6, {"chat": 2})
    assert able.languages == {"de", "pt"} and able.skills == {"refunds", "glazes"}
    assert 'value="glazes, refunds"' in admin.get(f"/admin/people/{person}").text
    for bad in (
        {"capacity": "0"},
        {"capacity": "x"},
        {"languages": "German!"},
        {"most_chat": "-1"},
        {"calendar": "77"},
    ):
        refused = post(admin, f"/admin/people/{person}/work", **(work | bad))
        assert refused.status_code == 422 and 'role="alert"' in refused.text, bad
    assert post(admin, "/admin/people/999/work", **work).status_code == 404


def test_a_note_goes_with_it_and_stays_at_the_top_until_an_answer(desk: Desk, as_role: AsRole) -> None:
    ada, bea = as_role("agent"), as_role("agent")
    number = opened(desk)
    words = "She wants the <blue> lid."
    assert post(ada, f"/console/c/{number}/assign", staff_id=str(me(bea)), note=words).status_code == 303
    page = bea.get(f"/console/c/{number}").text
    assert re.search(r'id="pinned"><aside.*?Agent 0 handed this over.*?&lt;blue&gt; lid\.', page, re.DOTALL)
    with desk.store.reading() as tx:
        assert [e.text for e in timeline.of_conversation(tx, number, kinds=("note",))] == [words]
        viewer = agents.viewer(tx, me(bea))
    assert viewer is not None
    with desk.store.transaction() as tx:
        outbound.note(tx, number, viewer, "I look into it")  # no answer yet
    assert "handed this over" in bea.get(f"/console/c/{number}/pinned").text
    with desk.store.transaction() as tx:
        row = conversations.get(tx, number, None)
        conversations.agent_replied(tx, row, 1, viewer.id, "It is on its way", tx.now())
    assert "handed this over" not in bea.get(f"/console/c/{number}/pinned").text
    long = post(ada, f"/console/c/{number}/assign", staff_id="", note="x" * 4001)
    assert long.status_code == 303
    with desk.store.reading() as tx:
        found = conversations.row_of(tx, number)
    assert found is not None and found.assignee_id == viewer.id  # refused as a whole


def test_to_a_team_by_hand_with_a_note(desk: Desk, as_role: AsRole) -> None:
    agent, number = as_role("agent"), opened(desk)
    with desk.store.transaction() as tx:
        team_id = make_team(tx, name="Kiln room").id
    assert "Kiln room" in agent.get(f"/console/c/{number}/menu/assign").text
    post(agent, f"/console/c/{number}/assign", team_id=str(team_id), note="Too hot for me")
    with desk.store.reading() as tx:
        found = conversations.row_of(tx, number)
    assert found is not None and (found.team_id, found.pinned_entry_id is not None) == (team_id, True)
    post(as_role("supervisor"), f"/console/c/{number}/assign", team_id="999")
    with desk.store.reading() as tx:
        still = conversations.row_of(tx, number)
    assert still is not None and still.team_id == team_id


def test_the_menu_says_who_is_there_and_what_they_have(desk: Desk, as_role: AsRole) -> None:
    ada, bea = as_role("agent"), as_role("agent")
    number = opened(desk, channel="chat")
    with desk.store.transaction() as tx:
        assigning.sign(tx, me(bea), active=True)
        conversations.assign(tx, number, None, me(bea))
    other = opened(desk)
    menu = ada.get(f"/console/c/{other}/menu/assign").text
    assert "3/10" in menu and "here-dot online" in menu
    mine = bea.get(f"/console/c/{number}/menu/assign").text
    assert "Keep it while I am away" in mine
    assert post(bea, f"/console/c/{number}/keep", on="1").status_code == 303
    with desk.store.reading() as tx:
        kept = assigning.current(tx, number)
    assert kept is not None and kept.kept
    assert 'aria-pressed="true"' in bea.get(f"/console/c/{number}/menu/assign").text


def test_fairness_counts_how_everybody_came_by_theirs(desk: Desk, as_role: AsRole) -> None:
    lead, ada = as_role("supervisor"), as_role("agent")
    number = opened(desk)
    post(ada, f"/console/c/{number}/assign", staff_id="me")
    post(lead, f"/console/c/{number}/assign", staff_id=str(me(lead)))
    with desk.store.reading() as tx:
        found = {share.staff_id: share for share in assigning.shares(tx)}
    assert found[me(ada)].short == {"all": 1, "taken": 1, "moved": 1}
    assert found[me(lead)].open == 1
    page = lead.get("/admin/fairness").text
    assert "Agent" in page and "1 of 10" in page
    assert sign_in(ada, me(ada)).get("/admin/fairness").status_code == 403


def test_a_conversation_is_given_back_to_the_bot(desk: Desk, as_role: AsRole) -> None:
    agent = as_role("agent")
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, channel="chat", address="shop", name="Shop")
        made = make_conversation(tx, inbox_id=inbox.id)
        conversations.assign(tx, made.id, None, me(agent))
        conversations.bot_is_quiet(tx, conversations.get(tx, made.id, None))
    offered = "Give it back to the bot"
    assert offered in agent.get(f"/console/c/{made.id}/menu/assign").text
    answer = post(agent, f"/console/c/{made.id}/bot")
    assert answer.status_code == 303
    page = agent.get(f"/console/c/{made.id}").text
    assert "gave it back to the bot." in page
    assert offered not in agent.get(f"/console/c/{made.id}/menu/assign").text
    with desk.store.reading() as tx:
        assert (conversations.get(tx, made.id, None).bot, conversations.get(tx, made.id, None).assignee_id) == (
            "talking",
            None,
        )
    post(agent, f"/console/c/{made.id}/bot")
    assert "The bot has the word already, or does not answer here." in agent.get(f"/console/c/{made.id}").text
    assert post(agent, "/console/c/999999/bot").status_code == 404
