"""/bot/: marks, replays and evaluation sets: who may do what, what is shown in each state."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import knowledge
from desk.bot import BotQuestion, BotReplay
from desk.clock import SetClock
from desk.jobs import lease
from desk.parts import Desk
from desk.worker.tasks import TASKS
from tests.bot.conftest import Scene
from tests.web.conftest import post

As = Callable[[str], FlaskClient]
KILN = "How hot does the small kiln get?"


def work(desk: Desk) -> None:
    for _ in range(10):
        with desk.store.transaction() as tx:
            found = lease(tx, "test", limit=20, tasks=("bot.learn", "bot.turn", "bot.replay", "bot.evaluate"))
        if not found:
            return
        for job in found:
            TASKS[job.task](desk, job)


@pytest.fixture
def scene(desk: Desk, clock: SetClock) -> Scene:
    found = Scene(desk, clock)
    for text in ("Where is my order?", KILN):
        found.write(text)
        found.work()
    return found


def questions(desk: Desk) -> list[BotQuestion]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(BotQuestion)))


def kiln(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        examples = ["How hot is the small kiln?", "How hot does a kiln get?", "How hot will the kiln be?", "Kiln heat?"]
        fields: dict[str, Any] = {"body": "1,300 degrees.", "locale": "en", "examples": examples}
        return knowledge.create(tx, None, title="How hot a kiln gets", **fields).id


def test_a_question_is_marked_with_one_press(desk: Desk, scene: Scene, as_role: As) -> None:
    client = as_role("agent")
    assert "Nothing fits" in client.get("/bot/").text
    with desk.store.reading() as tx:
        parcel = next(p.id for p in knowledge.published(tx, "en") if p.title == "Where is my parcel?")
    asked = scene.said("message")[-1].id
    url = f"/bot/marks/{asked}"
    answer = post(client, url, mark=f"article:{parcel}", locale="en", back="/bot/")
    assert answer.status_code == 303 and answer.headers["Location"] == f"/bot/#m{asked}"
    [row] = questions(desk)
    assert (row.verdict, row.article_id, row.text, row.source) == ("article", parcel, "", "turn")
    post(client, url, mark="none", locale="en")
    assert [row.verdict for row in questions(desk)] == ["none"]
    assert 'value="none" aria-pressed="true"' in client.get("/bot/").text
    post(client, url, mark="belongs", article="where is my PARCEL?", locale="en")
    assert [(row.verdict, row.article_id) for row in questions(desk)] == [("article", parcel)]
    said = client.get(post(client, url, mark="belongs", article="").headers["Location"]).text
    assert "Choose the article first." in said
    assert post(client, "/bot/marks/99999", mark="none").status_code == 404
    assert post(client, f"/bot/marks/{scene.said('bot')[-1].id}", mark="none").status_code == 404
    assert "//" not in post(client, url, mark="none", back="//evil.example").headers["Location"]


def test_a_replay_from_asking_to_marking(desk: Desk, scene: Scene, as_role: As) -> None:
    draft, lead = kiln(desk), as_role("supervisor")
    assert "How hot a kiln gets" in lead.get("/bot/").text
    assert post(as_role("agent"), "/bot/replays", precision="95").status_code == 403
    page = post(lead, "/bot/replays", precision="90", draft=str(draft)).headers["Location"]
    assert "being gathered" in lead.get(page).text
    part = lead.get(f"{page}/progress", headers={"HX-Request": "true"})
    assert 'hx-trigger="load delay:2s"' in part.text
    assert "is under way" in lead.get(post(lead, "/bot/replays", precision="90").headers["Location"]).text
    work(desk)
    assert lead.get(f"{page}/progress", headers={"HX-Request": "true"}).headers["HX-Redirect"] == page
    text = lead.get(page).text
    assert "2 questions of 30 days" in text and "90 %, was 95 %" in text
    assert "Too few answers are marked" in text and KILN in text and "How hot a kiln gets" in text
    assert "Drawn at random" in lead.get(f"{page}?view=sample").text
    asked = scene.said("message")[-1].id
    press = {"csrf_token": token(lead, page), "mark": f"article:{draft}", "source": "replay", "locale": "en"}
    part_of = {"HX-Request": "true"}
    done = lead.post(f"/bot/marks/{asked}", data=press | {"shown": str(draft)}, headers=part_of)
    assert done.status_code == 200 and 'aria-pressed="true"' in done.text and done.text.lstrip().startswith("<div")
    assert "1 of the 2 questions of the random sample are marked" in lead.get(page).text
    assert lead.get("/bot/replays/99").status_code == 404
    other = post(lead, "/bot/replays", precision="95", model="without").headers["Location"]
    work(desk)
    text = lead.get(other).text
    assert "letters and words alone, was" in text and "questions of 30 days" in text
    assert "letters and words alone" in lead.get("/bot/").text
    assert "no longer there" in lead.get(post(lead, "/bot/replays", precision="95", model="x").headers["Location"]).text
    for wrong in ("x", "20", "nan"):
        assert "between 50 and 99.9" in lead.get(post(lead, "/bot/replays", precision=wrong).headers["Location"]).text


def token(client: FlaskClient, page: str) -> str:
    return client.get(page).text.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_replay_that_failed_or_found_nothing_says_so(desk: Desk, as_role: As) -> None:
    lead = as_role("supervisor")
    page = post(lead, "/bot/replays", precision="95").headers["Location"]
    work(desk)
    assert "Nothing was asked" in lead.get(page).text
    with desk.store.transaction() as tx:
        row = tx.scalars(select(BotReplay)).one()
        row.state, row.error = "failed", "MemoryError"
    assert "ended before it was through (MemoryError)" in lead.get(page).text


def test_a_set_is_made_filled_and_evaluated(desk: Desk, scene: Scene, as_role: As) -> None:
    client = as_role("agent")
    assert "No set yet" in client.get("/bot/sets").text
    page = post(client, "/bot/sets", name="Autumn").headers["Location"]
    assert "of that name already" in client.get(post(client, "/bot/sets", name="autumn").headers["Location"]).text
    with desk.store.reading() as tx:
        parcel = next(p.id for p in knowledge.published(tx, "en") if p.title == "Where is my parcel?")
    post(client, page, do="add", text="Where is my package?", article=str(parcel))
    data = {
        "csrf_token": token(client, page),
        "do": "bring",
        "file": (io.BytesIO(b"text,article\nHi there lion,"), "a.csv"),
    }
    client.post(page, data=data, content_type="multipart/form-data")
    data |= {"file": (io.BytesIO(b"text,article\nOne,\nTwo,no-such"), "a.csv")}
    answer = client.post(page, data=data, content_type="multipart/form-data")
    assert "Line 3: There is no such article." in client.get(answer.headers["Location"]).text
    assert len(questions(desk)) == 2
    post(client, page, do="evaluate")
    assert "A job puts the questions" in client.get(page).text
    work(desk)
    assert "Silent where none fits" in client.get(page).text and "100 %" in client.get("/bot/sets").text
    post(client, page, do="out", question=str(questions(desk)[0].id))
    assert len(questions(desk)) == 1
    assert post(client, page, do="out", question="999").status_code == 404
    assert post(client, page, do="dance").status_code == 400
    assert post(client, f"{page}/remove").status_code == 403
    assert post(as_role("supervisor"), f"{page}/remove").status_code == 303
    assert questions(desk) == []
    assert client.get(page).status_code == 404
