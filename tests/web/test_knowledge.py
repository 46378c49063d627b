"""/knowledge/, /help/ and /bot/: who may do what, what is shown in each state, and that nothing typed runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import knowledge, reactions
from desk.clock import SetClock
from desk.jobs import lease
from desk.jobs.tables import Job
from desk.knowledge.tables import Article
from desk.parts import Desk
from desk.store import Store, Tx
from desk.worker.tasks import TASKS
from tests import factories
from tests.web.conftest import csrf_of, post

As = Callable[[str], FlaskClient]


def made(tx: Tx, title: str = "Where is my parcel?", *, live: bool = True, **more: Any) -> Article:
    fields = {"title": title, "body": "Open the **link** in the mail.", "locale": "en", "topic": "Delivery", **more}
    row = knowledge.create(tx, None, **fields)
    if live:
        knowledge.publish(tx, row.id, None)
    return row


# The help centre


def test_a_stranger_finds_and_reads_an_article(store: Store, client: FlaskClient) -> None:
    with store.transaction() as tx:
        brand = factories.make_brand(tx, name="Kiln & Co.")
        factories.make_inbox(tx, brand_id=brand.id)
        made(tx, body="# First\n\nOpen the **link** in the mail.\n\n## Then\n\nWait.")
    home = client.get("/help/").text
    assert "How can we help?" in home and "Delivery" in home and "Kiln &amp; Co. help" in home
    found = client.get("/help/search?q=parcels").text
    assert "1 article for “parcels”" in found and 'href="/help/where-is-my-parcel"' in found
    page = client.get("/help/where-is-my-parcel")
    assert "<strong>link</strong>" in page.text and "On this page" in page.text
    assert "Updated 2 March 2026" in page.text or "Updated March 2, 2026" in page.text
    assert "Set-Cookie" not in page.headers
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_every_state_of_the_help_centre_says_what_it_is(store: Store, client: FlaskClient) -> None:
    assert "Nothing is published here yet" in client.get("/help/").text
    with store.transaction() as tx:
        factories.make_brand(tx)
        made(tx)
        made(tx, "Not yet", live=False)
        made(tx, "Among us", visibility="internal")
    assert "Nothing about “kiln hire”" in client.get("/help/search?q=kiln hire").text
    for path in ("/help/not-yet", "/help/among-us", "/help/no-such", "/help/?topic=No such", "/help/" + "x" * 3000):
        answer = client.get(path)
        assert answer.status_code == 404 and "There is nothing here" in answer.text, path
    assert client.get("/help/search").status_code == 302


def test_the_language_is_the_readers(store: Store, client: FlaskClient) -> None:
    with store.transaction() as tx:
        factories.make_brand(tx)
        first = made(tx)
        made(tx, "Wo ist mein Paket?", locale="de", body="Öffnen Sie den Link.", family_id=first.family_id)
    assert "Wie können wir helfen?" in client.get("/help/", headers={"Accept-Language": "de-AT,en;q=0.5"}).text
    assert "How can we help?" in client.get("/help/?lang=en", headers={"Accept-Language": "de"}).text
    assert "How can we help?" in client.get("/help/?lang=fr").text
    page = client.get("/help/wo-ist-mein-paket")
    assert page.headers["Content-Language"] == "de" and 'hreflang="en"' in page.text


def test_the_search_for_widgets_is_open_to_every_site(store: Store, client: FlaskClient) -> None:
    with store.transaction() as tx:
        factories.make_brand(tx)
        row = made(tx)
    answer = client.get("/help/search.json?q=parc&locale=en")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json == {
        "results": [
            {
                "id": str(row.id),
                "title": "Where is my parcel?",
                "url": "http://127.0.0.1:5000/help/where-is-my-parcel",
                "snippet": "Open the link in the mail.",
            }
        ]
    }
    for query in ("", "%25", "x" * 5000, "🙂", "'--", "%3Cscript%3E"):
        assert client.get(f"/help/search.json?q={query}&locale=xx").json == {"results": []}


def test_only_a_post_counts_as_helpful(store: Store, client: FlaskClient) -> None:
    with store.transaction() as tx:
        row = made(tx)
    path = "/help/where-is-my-parcel"
    for look in ("?said=yes", "?said=no&vote=x", "?helpful=yes"):
        client.get(path + look)
    assert client.get(f"{path}/helpful").status_code == 405
    with store.reading() as tx:
        assert knowledge.helped(tx, [row.id]) == {}
    answer = client.post(f"{path}/helpful", data={"helpful": "no"})
    assert answer.status_code == 303
    asks = client.get(answer.headers["Location"]).text
    assert "What was missing?" in asks
    token = re.search(r'name="vote" value="([^"]+)"', asks)
    assert token is not None
    said = client.post(f"{path}/missing", data={"vote": token[1], "missing": "hard", "words": "Which mail?"})
    assert "Thank you" in client.get(said.headers["Location"]).text
    with store.reading() as tx:
        assert knowledge.helped(tx, [row.id]) == {row.id: knowledge.Helped(0, 1)}
        assert [v.words for v in knowledge.missed(tx, row.id)] == ["Which mail?"]
    assert client.post(f"{path}/helpful", data={"helpful": "maybe"}).status_code == 400
    assert client.post(f"{path}/missing", data={"vote": "forged", "missing": "hard"}).status_code == 400
    assert client.post("/help/no-such/helpful", data={"helpful": "yes"}).status_code == 404


@pytest.mark.database("sqlite")
def test_votes_by_the_dozen_are_slowed_down(store: Store, client: FlaskClient) -> None:
    with store.transaction() as tx:
        made(tx)
    codes = [client.post("/help/where-is-my-parcel/helpful", data={"helpful": "yes"}).status_code for _ in range(25)]
    assert codes[:20] == [303] * 20 and codes[-1] == 429


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        '# "><svg onload=alert(1)>',
    ],
)
@pytest.mark.database("sqlite")
def test_nothing_that_a_writer_types_runs(store: Store, client: FlaskClient, as_role: As, text: str) -> None:
    with store.transaction() as tx:
        factories.make_brand(tx)
        row = made(tx, title=f"Title {text}"[:200], body=text, topic=text[:80], examples=[text])
    writer = as_role("agent")
    pages = [
        client.get(f"/help/{row.slug}").text,
        client.get("/help/").text,
        client.get("/help/search?q=title").text,
        client.get(f"/help/search?q={text}").text,
        writer.get("/knowledge/").text,
        writer.get(f"/knowledge/{row.id}").text,
        post(writer, "/knowledge/preview", body=text).text,
    ]
    for page in pages:
        for tag in re.findall(r"<[a-zA-Z][^>]*>", page):
            assert not re.search(r"(?i)<(svg|img)[^>]*\son\w+\s*=|href=[\"']?javascript:|<script>", tag), tag


# The writers' pages


def test_a_supervisor_writes_and_publishes(store: Store, clock: SetClock, as_role: As) -> None:
    store.react_with(reactions.react)
    client = as_role("supervisor")
    assert "No article yet" in client.get("/knowledge/").text
    answer = post(
        client, "/knowledge/new", title="Delivery times", body="Two days.", examples="When?\nHow long?\n\n",
        locale="en", topic="Delivery", visibility="public", brand="", do="publish",
    )  # fmt: skip
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert "Published as version 1" in page and "Publish v2" in page and "When?\nHow long?" in page
    with store.reading() as tx:
        [row] = knowledge.articles(tx)
        assert (row.live_version, row.examples, row.topic) == (1, ["When?", "How long?"], "Delivery")
        names = {job.task for job in tx.scalars(select(Job))}
    assert "bot.learn" in names
    shown = client.get("/knowledge/").text
    assert "2 example questions" in shown and "Published" in shown and "1 published" in shown
    clock.advance(timedelta(minutes=1))
    changed = post(
        client, f"/knowledge/{row.id}", title="Delivery times", body="Three days.", examples="When?", topic="",
        visibility="public", brand="", seen=row.updated_at.isoformat(), do="save",
    )  # fmt: skip
    assert "Draft over v1" in client.get(changed.headers["Location"]).text
    stale = post(
        client, f"/knowledge/{row.id}", title="Mine", body="x", seen=row.updated_at.isoformat(), visibility="public"
    )
    assert stale.status_code == 409 and "Somebody else saved this article" in stale.text and "Mine" in stale.text
    post(client, f"/knowledge/{row.id}/revert", version="1")
    with store.reading() as tx:
        assert knowledge.article(tx, row.id).body == "Two days."


def test_an_agent_writes_drafts_and_publishes_nothing(store: Store, as_role: As) -> None:
    client = as_role("agent")
    fields = {"title": "A draft", "body": "Words.", "locale": "en", "visibility": "public"}
    assert post(client, "/knowledge/new", **fields, do="publish").status_code == 403
    assert post(client, "/knowledge/new", **fields, do="save").status_code == 303
    with store.reading() as tx:
        [row] = knowledge.articles(tx)
    assert "A supervisor publishes it." in client.get(f"/knowledge/{row.id}").text
    assert post(client, f"/knowledge/{row.id}", **fields, do="publish").status_code == 403
    with store.reading() as tx:
        assert knowledge.counts(tx) == {"published": 0, "draft": 1}


@pytest.mark.database("sqlite")
def test_what_does_not_fit_is_given_back_with_the_reason(as_role: As, store: Store) -> None:
    client = as_role("admin")
    answer = post(client, "/knowledge/new", title="", body="Kept words.", locale="en", visibility="public")
    assert answer.status_code == 422
    assert "Give the article a title." in answer.text and "Kept words." in answer.text
    assert post(client, "/knowledge/new", title="x", body="", locale="en", do="publish").status_code == 422
    assert post(client, "/knowledge/new", title="x", body="y", locale="en", brand="99").status_code == 422
    assert client.get("/knowledge/999").status_code == 404
    assert client.get("/knowledge/new?family=999").status_code == 404
    assert post(client, "/knowledge/999", title="x", body="y").status_code == 404
    with store.reading() as tx:
        assert knowledge.counts(tx) == {"published": 0, "draft": 0}


def test_helpfulness_is_counts_under_ten_and_a_share_above(store: Store, clock: SetClock, as_role: As) -> None:
    with store.transaction() as tx:
        few, many, none = made(tx, "Few"), made(tx, "Many"), made(tx, "None")
        for n in range(7):
            knowledge.vote(tx, few.id, n < 6)
        for n in range(20):
            knowledge.vote(tx, many.id, n < 19)
    page = as_role("agent").get("/knowledge/").text
    assert "6 of 7" in page
    assert "95 %" in page and "76 to 99" in page
    assert "no data yet" in page
    clock.advance(timedelta(days=91))
    assert "6 of 7" not in as_role("agent").get("/knowledge/").text
    assert none.id


# The lab


def work(desk: Desk) -> None:
    for _ in range(10):
        with desk.store.transaction() as tx:
            found = lease(tx, "test", limit=20, tasks=("bot.learn", "bot.try"))
        if not found:
            return
        for job in found:
            TASKS[job.task](desk, job)


@pytest.mark.database("sqlite")
def test_the_lab_in_each_of_its_states(store: Store, desk: Desk, as_role: As) -> None:
    client = as_role("agent")
    assert "The bot has nothing to answer from" in client.get("/bot/").text
    with store.transaction() as tx:
        factories.make_brand(tx)
        for title, examples in (
            ("Where is my parcel?", ["Where is my order?", "My parcel is late", "Track my package", "Parcel not here"]),
            ("Send it back", ["How do I return it?", "I want to return this", "Return label", "Give it back"]),
        ):
            made(tx, title, examples=examples)
    assert "The articles are being learned" in client.get("/bot/").text  # and the job was asked for
    work(desk)
    page = client.get("/bot/").text
    assert "How often right, by how often it speaks" in page and "<svg" in page and "It has said nothing yet" in page
    asked = post(client, "/bot/try", q="where is my order", locale="en")
    trial = asked.headers["Location"]
    assert "Asking." in client.get(trial).text
    work(desk)
    shown = client.get(trial).text
    assert "Where is my parcel?" in shown and "Nearest example" in shown
    part = client.get("/bot/trial/1", headers={"HX-Request": "true"}).text
    assert part.strip().startswith("<div") and "hx-get" not in part
    assert as_role("agent").get("/bot/trial/1", headers={"HX-Request": "true"}).status_code == 404  # somebody else's
    assert "Type a question first." in client.get(post(client, "/bot/try", q=" ").headers["Location"]).text
    assert client.get("/bot/?turn=99").status_code == 404
    assert client.get("/bot/?turn=x").status_code == 400
    assert post(client, "/bot/turns/99/example", article="1").status_code == 404


# When an article is looked at again


def part_of(client: FlaskClient, path: str, **data: str) -> Any:
    return client.post(path, data=data | {"csrf_token": csrf_of(client, "/profile")}, headers={"HX-Request": "true"})


def test_what_is_due_for_review_is_counted_listed_and_settled_by_one_press(
    store: Store, clock: SetClock, as_role: As
) -> None:
    lead = as_role("supervisor")
    with store.transaction() as tx:
        row, other = made(tx), made(tx, "How to pay")
    assert "due for review" not in lead.get("/knowledge/").text
    path = f"/knowledge/{row.id}/review"
    kept = post(lead, path, do="keep", by="2026-04-01", months="6")
    assert kept.status_code == 303 and "The day of the review is kept." in lead.get(f"/knowledge/{row.id}").text
    assert "review by 1 Apr 2026" in lead.get("/knowledge/").text
    clock.advance(timedelta(days=40))
    lead = as_role("supervisor")
    page = lead.get("/knowledge/").text
    assert "1 due for review" in page and "Review due since 1 Apr 2026" in page
    due = lead.get("/knowledge/?state=due").text
    assert "Where is my parcel?" in due and other.title not in due
    editor = lead.get(f"/knowledge/{row.id}").text
    assert "not reviewed yet" in editor and "Due since 1 Apr 2026" in editor
    part = part_of(lead, path, do="reviewed", months="6")
    assert part.text.strip().startswith("<section") and "To be reviewed by 11 Oct 2026" in part.text
    assert "last reviewed by Supervisor" in lead.get(f"/knowledge/{row.id}").text
    assert "No article is due for review" in lead.get("/knowledge/?state=due").text
    with store.reading() as tx:
        assert not knowledge.article(tx, row.id).changed


def test_a_bad_day_of_review_gets_one_sentence(store: Store, as_role: As) -> None:
    writer = as_role("agent")
    with store.transaction() as tx:
        path = f"/knowledge/{made(tx).id}/review"
    for by, months, sentence in (
        ("2026-13-01", "", "This is no day."),
        ("2020-01-01", "", "Choose a day from today on, within ten years."),
        ("", "7", "Choose one of the intervals."),
        ("", "x", "Choose one of the intervals."),
    ):
        part = part_of(writer, path, do="keep", by=by, months=months)
        assert sentence in part.text and 'aria-invalid="true"' in part.text, (by, months)
        post(writer, path, do="keep", by=by, months=months)
        assert sentence in writer.get(path.removesuffix("/review")).text
    assert post(writer, path, do="nothing").status_code == 400
    assert post(writer, "/knowledge/99/review", do="reviewed").status_code == 404
    assert as_role("nobody").get("/knowledge/?state=due").status_code == 303
