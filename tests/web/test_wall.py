"""The wall as its pages are asked for: what stands on it, who may see it, whispers and taking over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, timeline
from desk.agents import Viewer
from desk.conversations import Conversation
from desk.parts import Desk
from desk.realtime.company import Here, OwnCompany
from desk.reports.live_rows import WHICH
from desk.signals import Signal, TakenOver, Whispered
from desk.store import Store
from desk.web.wall import parts
from tests import factories
from tests.reports.test_live import scored
from tests.web.conftest import csrf_of, sign_in

PART = {"HX-Request": "true"}


def made(store: Store, name: str, role: str) -> Viewer:
    with store.transaction() as tx:
        staff = agents.create(tx, email=f"{name.split()[0].casefold()}@kiln.example", name=name, role=role)
        found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


@pytest.fixture
def company(app: Flask) -> OwnCompany:
    parts._today.clear()
    app.extensions["loopdesk.company"] = OwnCompany()
    found: OwnCompany = app.extensions["loopdesk.company"]
    return found


@pytest.fixture
def helena(store: Store) -> Viewer:
    return made(store, "Helena Strom", "supervisor")


@pytest.fixture
def jonas(store: Store) -> Viewer:
    return made(store, "Jonas Weber", "agent")


@pytest.fixture
def lead(app: Flask, company: OwnCompany, helena: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), helena.id)


@pytest.fixture
def angry(store: Store, jonas: Viewer) -> Conversation:
    with store.transaction() as tx:
        row = factories.make_conversation(
            tx, level="frustrated", frustration=0.87, customer_name="Marta <Lindqvist>", assignee_id=jonas.id,
            due_at=tx.now() + timedelta(minutes=11), due_kind="next",
        )  # fmt: skip
        scored(tx, row, "Awful <b>service</b>. Bye.", "calm", "frustrated", words=[[0, 5, 0.9]])
        return row


def post(client: FlaskClient, path: str, script: bool = True, **data: Any) -> Any:
    data |= {"csrf_token": csrf_of(client, "/profile")}
    return client.post(path, data=data, headers=PART if script else {})


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def heard(desk: Desk) -> list[Signal]:
    found: list[Signal] = []
    desk.store.listen_together(found.extend)
    return found


def test_the_wall_says_who_is_on_what_waits_and_where_it_burns(
    lead: FlaskClient, company: OwnCompany, angry: Conversation, helena: Viewer, jonas: Viewer
) -> None:
    company.put(Here("s1", helena.id, helena.name))
    company.put(Here("s2", jonas.id, jonas.name, angry.id, writing=True))
    page = lead.get("/wall/").text
    said = text_of(page)
    assert '<q dir="auto"><mark>Awful</mark> &lt;b&gt;service&lt;/b&gt;.</q>' in page
    assert "Marta &lt;Lindqvist&gt;" in page
    assert "Jonas Weber is writing there now" in said
    assert "Whisper to Jonas Weber" in said and "Take over" in said
    assert "Frustrated, 0.87" in said and "11 min left" in said
    assert "next reply, Jonas Weber" in said
    assert "2 of 2" in said and "has no conversation open" in said
    assert "1 open, 1 of them frustrated" in page
    assert page.count('popovertarget="def-') >= 9
    live = lead.get("/wall/now", headers=PART).text
    assert live.lstrip().startswith('<div id="now">') and "<html" not in live


def test_an_empty_desk_says_that_it_is_well(lead: FlaskClient) -> None:
    said = text_of(lead.get("/wall/").text)
    for good in (
        "Nobody grew angrier in the last hour",
        "Nothing is late",
        "Nobody is on",
        "Every message has its answer",
    ):
        assert good in said


@pytest.mark.parametrize("which", WHICH)
def test_every_number_has_its_rows(lead: FlaskClient, angry: Conversation, which: str) -> None:
    page = lead.get(f"/wall/rows/{which}?inbox=&team=")
    assert page.status_code == 200
    assert ("Marta &lt;Lindqvist&gt;" in page.text) == (which in ("waiting", "soon", "rising"))


def test_rows_are_paged_and_a_place_that_no_page_wrote_is_no_page(lead: FlaskClient, store: Store) -> None:
    with store.transaction() as tx:
        for _ in range(51):
            factories.make_conversation(tx)
    page = lead.get("/wall/rows/waiting").text
    onward = re.search(r'href="(/wall/rows/waiting\?after=[^"]+)"', page)
    assert onward is not None
    assert lead.get(onward.group(1)).text.count("<tr>") == 2  # the heading and the last one
    assert lead.get("/wall/rows/waiting?after=nonsense").status_code == 404
    assert lead.get("/wall/rows/waiting?inbox=x").status_code == 400


def test_agents_have_no_wall(as_role: Callable[[str], FlaskClient]) -> None:
    agent = as_role("agent")
    assert agent.get("/wall/").status_code == 403
    assert 'href="/wall/"' not in agent.get("/profile").text


def test_a_whisper_is_a_note_and_is_told_to_whom_it_is_for(
    lead: FlaskClient, desk: Desk, store: Store, angry: Conversation, jonas: Viewer
) -> None:
    signals = heard(desk)
    answer = post(lead, f"/wall/c/{angry.id}/whisper", text="Offer both.", to=jonas.id, request_id="r1")
    assert (answer.status_code, answer.text) == (201, "Jonas Weber can read it now")
    with store.reading() as tx:
        note = timeline.of_conversation(tx, angry.id)[-1]
    assert (note.kind, note.text) == ("note", "Offer both.")
    [told] = [s for s in signals if isinstance(s, Whispered)]
    assert (told.staff_id, told.by, told.text, told.entry_id) == (jonas.id, "Helena Strom", "Offer both.", note.id)


def test_a_whisper_that_cannot_be_says_why(lead: FlaskClient, store: Store, angry: Conversation, jonas: Viewer) -> None:
    where = f"/wall/c/{angry.id}/whisper"
    for data, why in (
        ({"to": jonas.id, "text": "x" * 501}, "500 characters at most"),
        ({"to": "nobody", "text": "x"}, "Nobody with that number works here now."),
        ({"to": jonas.id, "text": "  "}, ""),
    ):
        answer = post(lead, where, **data)
        assert answer.status_code == 409 and why in answer.text
    with store.transaction() as tx:
        closed = factories.make_conversation(tx, team_id=factories.make_team(tx).id)
    assert "may not see" in post(lead, f"/wall/c/{closed.id}/whisper", to=jonas.id, text="x").text
    assert post(lead, "/wall/c/999999/whisper", to=jonas.id, text="x").status_code == 404
    with store.reading() as tx:
        assert [e.kind for e in timeline.of_conversation(tx, closed.id)] == []


def test_taking_over_assigns_with_a_line_and_tells_who_had_it(
    lead: FlaskClient, desk: Desk, store: Store, angry: Conversation, helena: Viewer, jonas: Viewer
) -> None:
    signals = heard(desk)
    assert post(lead, f"/wall/c/{angry.id}/take").status_code == 201
    with store.reading() as tx:
        row = conversations.row_of(tx, angry.id)
        line = timeline.of_conversation(tx, angry.id)[-1]
    assert row is not None and row.assignee_id == helena.id
    assert (line.kind, line.staff_id, line.detail) == ("assigned", helena.id, {"before": jonas.id, "after": helena.id})
    assert [s for s in signals if isinstance(s, TakenOver)] == [TakenOver(angry.id, jonas.id, "Helena Strom")]
    signals.clear()
    assert post(lead, f"/wall/c/{angry.id}/take", script=False).status_code == 303  # twice is once
    assert [s for s in signals if isinstance(s, TakenOver)] == []
    assert "with you" in text_of(lead.get("/wall/").text)
