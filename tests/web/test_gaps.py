"""The page of gaps: who sees it, what stands on it with its n, what a press does, and the way to every line."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import knowledge, questions, reactions, surveys, timeline
from desk.clock import SetClock
from desk.nlp import Models
from desk.parts import Desk
from desk.questions import Question
from desk.sentiment.tables import Score
from desk.surveys.tables import Invitation
from tests.questions.conftest import KILN, VAT, Shop
from tests.web.conftest import csrf_of

As = Callable[[str], FlaskClient]


@pytest.fixture(scope="session")
def models() -> Models:
    return Models()


@pytest.fixture
def shop(desk: Desk, clock: SetClock, models: Models) -> Shop:
    """Loaded with reactions by hand: the pages' desk has none of its own."""
    desk.models = models
    desk.store.react_with(reactions.react)
    return Shop(desk, clock)


def press(client: FlaskClient, group_id: int, **fields: object) -> str:
    path = f"/knowledge/gaps/{group_id}"
    sent = client.post(path, data={"csrf_token": csrf_of(client, "/knowledge/gaps"), **fields}, follow_redirects=True)
    assert sent.status_code == 200, sent.text
    return sent.text


def of(shop: Shop, entry_id: int) -> int:
    return next(one.id for one in shop.groups() if entry_id in shop.members(one.id))


def test_leads_see_the_gaps_and_agents_do_not(as_role: As, shop: Shop) -> None:
    assert "No gaps" in as_role("supervisor").get("/knowledge/gaps").text
    assert as_role("agent").get("/knowledge/gaps").status_code == 403
    assert "/knowledge/gaps" not in as_role("agent").get("/knowledge/").text
    assert "/knowledge/gaps" in as_role("supervisor").get("/knowledge/").text


def test_a_page_says_what_is_still_waiting(as_role: As, shop: Shop) -> None:
    client = as_role("supervisor")
    for text in KILN[:2]:
        shop.ask(text)
    assert "Questions are being read" in client.get("/knowledge/gaps").text
    shop.work()
    assert "No two questions are alike yet" in client.get("/knowledge/gaps").text


def test_a_gap_stands_there_with_volume_csat_frustration_and_its_lines(as_role: As, desk: Desk, shop: Shop) -> None:
    with desk.store.transaction() as tx:
        surveys.install_defaults(tx)
    asked = [shop.ask(text) for text in KILN]
    shop.work()
    group = of(shop, asked[0][1])
    with desk.store.transaction() as tx:
        rows = list(tx.scalars(select(Question).order_by(Question.at)))
        for n, row in enumerate(rows[:3]):
            surveys.consider(tx, row.episode_id)
            invitation = tx.scalars(select(Invitation).where(Invitation.episode_id == row.episode_id)).one()
            surveys.answer(tx, surveys.token_of(tx, invitation), 5 if n else 2)
        line = timeline.one(tx, rows[3].entry_id or 0)
        assert line is not None
        tx.add(
            Score(
                entry_id=line.id, conversation_id=rows[3].conversation_id, customer_id=line.customer_id,
                occurred_at=line.occurred_at, model="m", compound=-0.8, frustration=0.9, conversation_frustration=0.9,
                level_before="calm", level_after="frustrated", episode_id=rows[3].episode_id, read_at=tx.now(),
            )
        )  # fmt: skip
    client = as_role("supervisor")
    page = client.get("/knowledge/gaps").text
    assert "4 of 4 questions of 90 days found no good answer; 0 of them are in no group" in page
    assert "CSAT 2 of 3" in page and "frustrated 1 of 4" in page, "under ten, counts and no percentage"
    assert "from 4 resolved conversations" in page
    shown = client.get(f"/knowledge/gaps/{group}").text
    for conversation_id, entry_id in asked:
        assert f"/console/c/{conversation_id}?entry={entry_id}" in shown
    lines = client.get("/knowledge/gaps.csv").text.splitlines()
    assert len(lines) == 2 and ",4,4,3,2,1,4," in lines[1]
    table = client.get(f"/knowledge/gaps/{group}/rows.csv").text
    assert table.count("\n") == 5 and KILN[0] in table


def test_what_was_asked_before_the_period_is_not_counted(as_role: As, shop: Shop, clock: SetClock) -> None:
    asked = [shop.ask(text) for text in KILN]
    shop.work()
    clock.advance(timedelta(days=40))
    client = as_role("supervisor")
    group = of(shop, asked[0][1])
    assert "No gaps" in client.get("/knowledge/gaps?days=30").text
    assert f"/knowledge/gaps/{group}" in client.get("/knowledge/gaps?days=90").text
    assert "Nobody asked this in the period" in client.get(f"/knowledge/gaps/{group}?days=30").text


def test_weeks_are_named_by_their_first_day_and_words_stand_as_they_were_written(
    as_role: As, shop: Shop, clock: SetClock
) -> None:
    clock.advance(timedelta(days=-clock.now().weekday() % 7))  # to a Monday, on which a week begins
    asked = [shop.ask(f"Hello, {text} It is about order KC-10{n}77.") for n, text in enumerate(KILN)]
    shop.work()
    page = as_role("supervisor").get(f"/knowledge/gaps/{of(shop, asked[0][1])}").text
    weeks = re.findall(r'<th scope="row">(.*?)</th>', page)
    assert weeks[0] == f"{clock.now().day} {clock.now():%b}"
    assert all(re.fullmatch(r"\d+ [A-Z][a-z]{2}", week) for week in weeks), weeks
    assert "order KC-10077." in page


def test_one_press_drafts_an_article_with_links_to_its_sources(as_role: As, desk: Desk, shop: Shop) -> None:
    answer = "You can rent a small kiln for a weekend, it costs 60 euros."
    asked = [shop.ask(text, [answer]) for text in KILN[:3]]
    shop.work()
    client, group = as_role("supervisor"), of(shop, asked[0][1])
    assert "The draft is being written" in press(client, group, do="draft")
    part = client.get(f"/knowledge/gaps/{group}/draft", headers={"HX-Request": "true"})
    assert "The draft is being written" in part.text
    shop.work()
    part = client.get(f"/knowledge/gaps/{group}/draft", headers={"HX-Request": "true"})
    assert "Open the draft" in part.text
    with desk.store.reading() as tx:
        [row] = knowledge.articles(tx, state="draft")
        source = next(one for one in questions.sources(tx, row.id) if one.kind == "passage")
        home = timeline.homes(tx, [source.entry_id])[source.entry_id]
    editor = client.get(f"/knowledge/{row.id}").text
    assert answer in row.body and f"/console/c/{home}?entry={source.entry_id}" in editor
    assert f"Draft: {row.title}" in client.get("/knowledge/gaps").text
    assert "There is an article for this group already." in press(client, group, do="draft")


def test_people_name_dismiss_merge_and_take_out(as_role: As, desk: Desk, shop: Shop) -> None:
    [(_, kiln), *_rest] = [shop.ask(text) for text in KILN]
    [(_, vat), *_rest] = [shop.ask(text) for text in VAT]
    shop.work()
    one, other = of(shop, kiln), of(shop, vat)
    client = as_role("supervisor")
    press(client, one, do="name", name="Kiln hire")
    assert "Kiln hire" in client.get("/knowledge/gaps").text
    press(client, one, do="dismiss")
    assert "Kiln hire" not in client.get("/knowledge/gaps").text
    assert "Kiln hire" in client.get("/knowledge/gaps?view=dismissed").text
    press(client, one, do="restore")
    assert "Choose another group." in press(client, other, do="merge", other=other)
    with desk.store.reading() as tx:
        episode = tx.scalar(select(Question.episode_id).where(Question.entry_id == vat))
    assert "does not come back" in press(client, other, do="out", other=episode)
    assert vat not in shop.members(other)
    assert "The two are one group now." in press(client, other, do="merge", other=one)
    assert client.get(f"/knowledge/gaps/{other}").headers["Location"] == f"/knowledge/gaps/{one}"
    token = csrf_of(client, "/knowledge/gaps")
    for fields, code in (({"do": "burn"}, 400), ({"do": "merge", "other": "999999"}, 404), ({"do": "out"}, 404)):
        assert client.post(f"/knowledge/gaps/{one}", data={"csrf_token": token, **fields}).status_code == code
    assert client.get("/knowledge/gaps/999999").status_code == 404
    agent = as_role("agent")
    sent = agent.post(f"/knowledge/gaps/{one}", data={"csrf_token": csrf_of(agent, "/knowledge/"), "do": "dismiss"})
    assert sent.status_code == 403


def test_erased_words_are_on_no_page(as_role: As, desk: Desk, shop: Shop) -> None:
    asked = [shop.ask(text) for text in KILN[:3]]
    shop.work()
    group = of(shop, asked[0][1])
    with desk.store.transaction() as tx:
        timeline.erase_lines(tx, [entry_id for _, entry_id in asked])
    client = as_role("supervisor")
    for path in ("/knowledge/gaps", f"/knowledge/gaps/{group}", "/knowledge/gaps.csv"):
        found = client.get(path).text
        assert "kiln for" not in found and "rent out" not in found
    assert "Questions whose words were erased" in client.get("/knowledge/gaps").text
