"""The blind sample on its pages: who may judge, that nothing tells what the desk said, and the figures of it."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from desk import agents, timeline
from desk.sentiment import sampling
from desk.store import Store
from desk.timeline import Words
from tests import factories
from tests.sentiment.test_levels import write
from tests.web.conftest import post

As = Callable[[str], FlaskClient]
ANGRY = "This is ridiculous, third mail and still no answer!!"
CALM = "Could you tell me the opening hours on Monday?"


def conversations(store: Store, angry: int, calm: int) -> list[int]:
    with store.transaction() as tx:
        return [
            write(tx, factories.make_conversation(tx), f"{text} {n}", later=False)
            for text, many in ((ANGRY, angry), (CALM, calm))
            for n in range(many)
        ]


def card(store: Store) -> sampling.Card:
    with store.reading() as tx:
        found = sampling.card(tx)
    assert found is not None
    return found


def test_leads_draw_and_judge_and_agents_do_not(as_role: As, store: Store) -> None:
    lead, agent = as_role("supervisor"), as_role("agent")
    assert agent.get("/bot/frustration/blind").status_code == 403
    assert post(agent, "/bot/frustration/samples").status_code == 403
    assert "No sample was drawn yet" in lead.get("/bot/frustration/blind").text
    assert "No sample was drawn yet" in lead.get("/bot/frustration").text
    nothing = post(lead, "/bot/frustration/samples")
    assert nothing.headers["Location"] == "/bot/frustration"
    assert "There is nothing to draw from yet" in lead.get("/bot/frustration").text
    conversations(store, 2, 2)
    assert post(lead, "/bot/frustration/samples").headers["Location"] == "/bot/frustration/blind"
    now = card(store)
    url = f"/bot/frustration/samples/{now.sample_id}/{now.entry_id}"
    assert post(agent, url, verdict="calm").status_code == 403
    assert post(lead, url, verdict="furious").status_code == 400
    assert post(lead, f"/bot/frustration/samples/{now.sample_id}/99999999", verdict="calm").status_code == 404
    assert post(lead, url, verdict="calm").status_code == 303
    assert card(store).number == 2


def test_the_message_stands_with_what_came_before_and_nothing_that_the_desk_said_of_it(
    as_role: As, store: Store
) -> None:
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        for author, kind, text in (
            ("staff", "reply", "We sent it on Monday."),
            ("customer", "message", "It is not here."),
        ):
            timeline.record(
                tx, customer_id=conversation.customer_id, kind=kind, author=author, occurred_at=tx.now(),
                conversation_id=conversation.id, episode_id=conversation.episode_id, words=Words(text=text),
            )  # fmt: skip
        write(tx, conversation, ANGRY, later=False)
    lead = as_role("supervisor")
    post(lead, "/bot/frustration/samples")
    page = lead.get("/bot/frustration/blind").text
    main = page[page.index('id="blind"') :]
    for text in ("We sent it on Monday.", "It is not here.", "third mail and still no answer", "Message 1 of 1"):
        assert text in main
    assert "<mark" not in main
    assert not re.search(r"\d+ %|0\.\d\d", main[: main.index("<form")])
    assert f"/console/c/{conversation.id}" not in main


def test_the_figures_stand_with_their_n_their_interval_and_their_rows(as_role: As, store: Store) -> None:
    lead = as_role("supervisor")
    conversations(store, 12, 14)
    post(lead, "/bot/frustration/samples")
    page = lead.get("/bot/frustration").text
    assert "Judge messages" in page
    assert "The chart comes with the first judgement." in page
    with store.transaction() as tx:
        viewer = agents.viewer(tx, factories.make_staff(tx, role="supervisor", name="Bea Bee").id)
        assert viewer is not None
        (sample,) = sampling.samples(tx)
        for row in sample.drawn:
            sampling.judge(tx, sample.id, row.entry_id, "upset" if row.flagged else "calm", viewer)
    page = lead.get("/bot/frustration").text
    blind = page[page.index('id="blind"') : page.index('id="h-fore"')]
    assert "12 of 12" in blind
    assert "Go on" not in blind
    assert blind.count('class="pt"') == 2
    assert "Judge again" in blind
    assert blind.count("/console/c/") == 26
    assert "All of it is judged" in lead.get("/bot/frustration/blind").text
    again = re.search(r"/bot/frustration/blind\?entry=(\d+)", blind)
    assert again is not None
    assert 'aria-pressed="true"' in lead.get(again.group(0)).text
    post(lead, "/bot/frustration/samples")
    assert "Earlier samples" in lead.get("/bot/frustration").text
