"""What agents do: by script, by plain forms, twice, too late, and where they may not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, outbound, sentiment, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.store import Store
from tests import factories
from tests.web.conftest import csrf_of, sign_in

PART = {"HX-Request": "true"}


@pytest.fixture
def ada(store: Store) -> Viewer:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent", zone="Europe/Berlin")
        found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


@pytest.fixture
def conversation(store: Store) -> Conversation:
    with store.transaction() as tx:
        made = factories.make_conversation(tx)
        factories.make_entry(tx, made)
        return made


def act(client: FlaskClient, conversation: Conversation, what: str, /, script: bool = True, **data: Any) -> Any:
    data = {"csrf_token": csrf_of(client, "/console/"), **data}
    return client.post(f"/console/c/{conversation.id}/{what}", data=data, headers=PART if script else {})


def now(store: Store, conversation: Conversation) -> conversations.Row:
    with store.reading() as tx:
        row = conversations.row_of(tx, conversation.id)
    assert row is not None
    return row


def kinds(store: Store, conversation: Conversation) -> list[str]:
    with store.reading() as tx:
        return [e.kind for e in timeline.of_conversation(tx, conversation.id)]


def toast(answer: Any) -> dict[str, Any]:
    return json.loads(answer.headers["X-Toast"])


def test_an_answer_is_sent_once_however_often_it_is_posted(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    answers = [act(hers, conversation, "reply", text="It is on its way.", request_id="r1") for _ in range(3)]
    assert [a.status_code for a in answers] == [201] * 3
    assert len({a.headers["X-Entry"] for a in answers}) == 1
    assert "It is on its way." in answers[0].text
    assert kinds(store, conversation).count("reply") == 1
    act(hers, conversation, "reply", text="It is on its way.", request_id="r2")
    assert kinds(store, conversation).count("reply") == 2


def test_an_answer_by_a_plain_form_comes_back_to_its_line(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    answer = act(hers, conversation, "reply", script=False, text="Hello\r\nthere")
    assert answer.status_code == 303
    with store.reading() as tx:
        reply = timeline.of_conversation(tx, conversation.id, kinds=("reply",))[-1]
    assert answer.location == f"/console/c/{conversation.id}#e{reply.id}"
    assert reply.text == "Hello\nthere"


def test_a_note_stays_inside(hers: FlaskClient, store: Store, conversation: Conversation) -> None:
    answer = act(hers, conversation, "reply", text="Only for us", mode="note", request_id="n")
    assert answer.status_code == 201
    assert 'class="entry note"' in answer.text
    assert kinds(store, conversation)[-1] == "note"
    with store.reading() as tx:
        assert outbound.delivery_of(tx, [int(answer.headers["X-Entry"])]) == {}
    assert now(store, conversation).waiting_since is not None  # the customer still waits


def test_send_and_resolve(hers: FlaskClient, store: Store, conversation: Conversation) -> None:
    for _ in range(2):  # the second is the retry of an answer that got lost on its way back
        assert act(hers, conversation, "reply", text="Done.", then="resolve", request_id="r").status_code == 201
    assert now(store, conversation).status == "resolved"
    assert kinds(store, conversation).count("reply") == 1
    assert [k for k in kinds(store, conversation) if k == "status"] == ["status"]


@pytest.mark.parametrize("text", ["", "   \n "])
def test_what_cannot_be_sent_comes_back_with_the_reason(
    hers: FlaskClient, store: Store, conversation: Conversation, text: str
) -> None:
    answer = act(hers, conversation, "reply", text=text)
    assert answer.status_code == 422
    assert answer.text == "There is nothing to send yet."
    plain = act(hers, conversation, "reply", script=False, text=text)
    assert plain.status_code == 303
    assert "There is nothing to send yet." in hers.get(plain.location).text
    assert "reply" not in kinds(store, conversation)


def test_a_plain_form_that_is_refused_keeps_the_words(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    with store.transaction() as tx:
        found = tx.get_one(Conversation, conversation.id)
        found.status = "spam"
    answer = act(hers, conversation, "reply", script=False, text="Dear <all> & everybody")
    if answer.status_code == 303 and "draft=" in answer.location:
        assert 'data-draft="Dear &lt;all&gt; &amp; everybody"' in hers.get(answer.location).text
    else:
        pytest.fail(f"sent to nobody: {answer.status_code} {answer.location}")


def test_take_give_and_give_back(hers: FlaskClient, store: Store, conversation: Conversation, ada: Viewer) -> None:
    with store.transaction() as tx:
        bea = factories.make_staff(tx, name="Bea Bee")
    answer = act(hers, conversation, "assign", staff_id="me")
    assert toast(answer)["text"] == "Yours now"
    assert toast(answer)["undo"]["values"] == {"staff_id": ""}
    assert f'data-assignee="{ada.id}"' in answer.text
    assert toast(act(hers, conversation, "assign", staff_id=str(bea.id)))["text"] == "Assigned to Bea Bee"
    assert now(store, conversation).assignee_id == bea.id
    act(hers, conversation, "assign", staff_id="")
    assert now(store, conversation).assignee_id is None
    for nobody in ("999", "99999999999999999999999", "bea", "²"):
        refused = act(hers, conversation, "assign", staff_id=nobody)
        assert refused.status_code == 409, nobody
        assert toast(refused)["danger"] is True


def test_given_to_another_team_it_leaves_the_screen(hers: FlaskClient, store: Store, ada: Viewer) -> None:
    with store.transaction() as tx:
        team = factories.make_team(tx)
        bea = factories.make_staff(tx, name="Bea Bee")
        conversation = factories.make_conversation(tx, team_id=team.id, assignee_id=ada.id)
    answer = act(hers, conversation, "assign", staff_id=str(bea.id))
    assert (answer.status_code, answer.headers["X-Gone"]) == (204, "1")
    assert act(hers, conversation, "resolve").status_code == 404


def test_snooze_by_preset_and_by_own_time(
    hers: FlaskClient, store: Store, conversation: Conversation, clock: SetClock
) -> None:
    menu = hers.get(f"/console/c/{conversation.id}/menu/snooze", headers=PART).text
    assert "Tomorrow" in menu
    assert "Europe/Berlin" in menu
    until = clock.now() + timedelta(days=2)
    assert toast(act(hers, conversation, "snooze", until=until.isoformat()))["undo"]["url"].endswith("/reopen")
    assert now(store, conversation).snoozed_until == until
    act(hers, conversation, "snooze", at="2026-04-01T09:00")
    snoozed = now(store, conversation).snoozed_until
    assert snoozed is not None
    assert snoozed.isoformat() == "2026-04-01T07:00:00+00:00"  # nine in Berlin, in summer
    for wrong in ({"at": "2020-01-01T09:00"}, {"at": "soon"}, {}, {"until": "2026-04-01"}):
        assert act(hers, conversation, "snooze", **wrong).status_code == 409, wrong


def test_resolve_reopen_pending_spam_priority_labels(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    assert toast(act(hers, conversation, "resolve"))["text"] == f"Resolved #{conversation.id}"
    assert act(hers, conversation, "resolve").status_code == 409  # somebody else was faster
    assert 'data-status="open"' in act(hers, conversation, "reopen").text
    assert 'data-status="pending"' in act(hers, conversation, "pending").text
    act(hers, conversation, "priority", priority="1")
    assert now(store, conversation).priority == 1
    assert act(hers, conversation, "priority", priority="7").status_code == 409
    act(hers, conversation, "label", label="  lost   parcel ")
    act(hers, conversation, "label", label="vip")
    act(hers, conversation, "label", label="vip", on="0")
    with store.reading() as tx:
        assert conversations.labels(tx, [conversation.id])[conversation.id] == ["lost parcel"]
    assert act(hers, conversation, "label", label=" ").status_code == 409
    act(hers, conversation, "spam")
    assert now(store, conversation).status == "spam"


def test_a_judgement_can_be_contradicted(
    hers: FlaskClient, store: Store, conversation: Conversation, ada: Viewer
) -> None:
    with store.transaction() as tx:
        conversations.set_level(tx, conversations.get(tx, conversation.id, None), "frustrated", 0.9)
        shift = timeline.record(
            tx,
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            kind="sentiment",
            author="desk",
            occurred_at=tx.now(),
            detail={"before": "calm", "after": "frustrated", "score": 0.9, "spans": [], "message_entry_id": None},
        )
        note = outbound.note(tx, conversation.id, ada, "x")
    token = csrf_of(hers, "/console/")

    def correct(entry_id: int, instead: str) -> Any:
        form = {"csrf_token": token, "instead": instead}
        return hers.post(f"/console/e/{entry_id}/correct", data=form, headers=PART)

    assert 'data-level="calm"' in correct(shift.id, "calm").text
    assert now(store, conversation).level == "calm"
    assert "Set by Ada Ant" in hers.get(f"/console/c/{conversation.id}", headers=PART).text
    assert correct(shift.id, "delighted").status_code == 409
    assert correct(note.id, "calm").status_code == 409
    assert correct(1, "calm").status_code == 404


def test_every_action_needs_its_token_and_a_session(app: Flask, hers: FlaskClient, conversation: Conversation) -> None:
    actions = ("reply", "assign", "snooze", "resolve", "reopen", "pending", "spam", "priority", "label")
    for what in actions:
        assert hers.post(f"/console/c/{conversation.id}/{what}", data={"text": "x"}).status_code == 400, what
        stranger = app.test_client()
        token = csrf_of(stranger)
        answer = stranger.post(f"/console/c/{conversation.id}/{what}", data={"csrf_token": token})
        assert answer.status_code in (302, 303), what
        assert "/login" in answer.location
        assert hers.get(f"/console/c/{conversation.id}/{what}").status_code in (404, 405)


def test_a_flag_is_shown_with_its_quote_taken_off_with_a_name_and_put_back(
    hers: FlaskClient, store: Store, conversation: Conversation
) -> None:
    with store.transaction() as tx:
        row = conversations.get(tx, conversation.id, None)
        entry = factories.make_entry(tx, row, text="I will call <my> lawyer, my lawyer!")
        sentiment.score(tx, row, entry.id, "I will call <my> lawyer, my lawyer!", tx.now())

    def press(on: str, kind: str = "legal") -> Any:
        form = {"csrf_token": csrf_of(hers, "/console/"), "kind": kind, "on": on}
        return hers.post(f"/console/e/{entry.id}/risk", data=form, headers=PART)

    page = hers.get(f"/console/c/{conversation.id}").text
    assert '<q class="xs" dir="auto">my lawyer</q>' in page
    assert page.count("Legal</span>") == 2  # the head, the line
    assert "Legal</span>" not in press("0").text
    page = hers.get(f"/console/c/{conversation.id}").text
    assert "taken off by Ada Ant" in page
    assert "Legal</span>" in press("1").text
    assert press("0", "safety").status_code == 409
    page = hers.get(f"/console/c/{conversation.id}").text
    assert f'data-correct="{entry.id}"' in page
    assert 'aria-label="Missed? Say how it sounds"' in page
