"""An agent holds the question back: by the menu of a conversation, with its undo, and what the timeline says of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, settings, surveys
from desk.conversations.tables import Conversation, Episode
from desk.store import Store
from desk.surveys.tables import SurveySuppression
from tests import factories
from tests.surveys.situations import resolved
from tests.web.conftest import csrf_of, sign_in
from tests.web.test_console_actions import act

As = Callable[[str], FlaskClient]


@pytest.fixture
def hers(app: Flask, store: Store) -> FlaskClient:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
    return sign_in(app.test_client(), staff.id)


@pytest.fixture
def done(store: Store) -> tuple[Conversation, Episode]:
    with store.transaction() as tx:
        return resolved(tx)


def held(store: Store) -> list[str]:
    with store.reading() as tx:
        return list(tx.scalars(select(SurveySuppression.why)))


def test_the_menu_offers_the_reasons_and_then_the_way_back(
    hers: FlaskClient, store: Store, done: tuple[Conversation, Episode]
) -> None:
    conversation, _ = done
    menu = f"/console/c/{conversation.id}/menu/survey"
    page = hers.get(menu).text
    assert "a sensitive matter" in page and "asked already in another way" in page
    answer = act(hers, conversation, "survey", why="sensitive")
    assert answer.status_code == 200
    assert "Nobody is asked how this was" in answer.headers["X-Toast"]
    assert f"/console/c/{conversation.id}/survey" in answer.headers["X-Toast"], "it can be undone"
    assert held(store) == ["sensitive"]
    page = hers.get(menu).text
    assert "a sensitive matter (Ada Ant)" in page
    assert "They may be asked after all" in page
    assert act(hers, conversation, "survey", on="0").status_code == 200
    assert held(store) == []


def test_what_was_decided_is_said_and_a_wrong_reason_refused(
    hers: FlaskClient, store: Store, done: tuple[Conversation, Episode]
) -> None:
    conversation, episode = done
    refused = act(hers, conversation, "survey", why="because")
    assert (refused.status_code, held(store)) == (409, [])
    assert "Pick one of the reasons." in refused.text
    with store.transaction() as tx:
        surveys.consider(tx, episode.id)
    assert "decided already" in hers.get(f"/console/c/{conversation.id}/menu/survey").text
    late = act(hers, conversation, "survey", why="legal")
    assert (late.status_code, held(store)) == (409, [])
    assert "It was decided already whether to ask." in late.text


def test_others_may_not(as_role: As, store: Store) -> None:
    with store.transaction() as tx:
        conversation, _ = resolved(tx, team_id=factories.make_team(tx).id)
    agent = as_role("agent")
    assert agent.get(f"/console/c/{conversation.id}/menu/survey").status_code == 404
    assert (
        agent.post(
            f"/console/c/{conversation.id}/survey", data={"csrf_token": csrf_of(agent, "/console/"), "why": "legal"}
        ).status_code
        == 404
    )
    assert held(store) == []


def test_the_timeline_says_who_held_it_back_who_waits_elsewhere_and_what_was_drawn(
    hers: FlaskClient, store: Store, done: tuple[Conversation, Episode]
) -> None:
    conversation, episode = done
    assert act(hers, conversation, "survey", why="legal").status_code == 200
    with store.transaction() as tx:
        surveys.consider(tx, episode.id)
        angry, after = resolved(tx)
        other = factories.make_conversation(
            tx, tx.get_one(factories.Customer, angry.customer_id), status="open", level="frustrated"
        )
        surveys.consider(tx, after.id)
        settings.set(tx, "survey.share", 1, None)
        rare = next(pair for pair in (resolved(tx) for _ in range(30)) if surveys.draw(1, "csat", pair[1].id) >= 1)
        surveys.consider(tx, rare[1].id)
        colleague, of_ours = resolved(tx, customer=factories.make_customer(tx, "ada@kiln.example"))
        surveys.consider(tx, of_ours.id)
    assert (
        "Ada Ant</b> said that nobody is to be asked: a legal matter." in hers.get(f"/console/c/{conversation.id}").text
    )
    page = hers.get(f"/console/c/{angry.id}").text
    assert "The customer waits, frustrated, for the answer in" in page
    assert f'href="/console/c/{other.id}"' in page
    drew = round(surveys.draw(1, "csat", rare[1].id), 2)
    assert f"Not drawn: 1 % are asked, and this one drew {drew:g} of 100." in hers.get(f"/console/c/{rare[0].id}").text
    assert "Who wrote is one of ourselves" in hers.get(f"/console/c/{colleague.id}").text
