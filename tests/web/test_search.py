"""The search page and the palette: what agents type, and what they may see of what is found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from desk import search
from desk.agents.tables import Staff
from desk.conversations.tables import Conversation
from desk.parts import Desk
from desk.simulate import library
from desk.store import Tx
from tests import factories as make


def everything(tx: Tx) -> None:
    search.begin_again(tx)
    while search.step(tx):
        pass


@pytest.fixture
def talk(desk: Desk) -> Conversation:
    with desk.store.transaction() as tx:
        customer = make.make_customer(tx, "marta@lindqvist.example", name="Marta Lindqvist")
        made = make.make_conversation(tx, customer, subject="Broken <b>glaze</b>")
        make.make_entry(tx, made, "The glaze <script>alert(1)</script> has a crack", occurred_at=tx.now())
        everything(tx)
    return made


def test_the_page_shows_each_kind_with_its_words_marked_and_nothing_unescaped(
    admin: FlaskClient, desk: Desk, talk: Conversation
) -> None:
    text = admin.get("/search/?q=glaze").text
    assert "<mark>glaze</mark> &lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "&lt;b&gt;<mark>glaze</mark>&lt;/b&gt;" in text
    assert f'href="/console/c/{talk.id}#e' in text
    part = admin.get("/search/?q=marta", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "<mark>Marta</mark> Lindqvist" in part


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("colour:red", "There is no filter “colour:”"),
        ("is:broken", "“is:” takes open, pending"),
        ("after:soon", "“soon” is no date"),
        ("-glaze", "not only what to leave out"),
        ("glaze from:zoe", "No customer is called “zoe”"),
        ("glaze -after:2026", "cannot be turned round"),
        ("glaze after:2026-02 before:2026-01", "No day lies"),
    ],
)
def test_what_cannot_be_searched_for_gets_one_sentence(
    admin: FlaskClient, talk: Conversation, typed: str, sentence: str
) -> None:
    answer = admin.get("/search/", query_string={"q": typed})
    assert answer.status_code == 200
    assert sentence in answer.text
    assert "Nothing found" not in answer.text


def test_nothing_found_and_nothing_asked_say_so(admin: FlaskClient, talk: Conversation) -> None:
    assert "Nothing found" in admin.get("/search/?q=porcelain").text
    assert "Search over everything" in admin.get("/search/").text
    assert admin.get("/search/?q=x&tab=unknown").status_code == 404
    assert admin.get("/search/?q=x&before=abc").status_code == 400


def test_filters_are_chips_that_can_be_taken_off(admin: FlaskClient, talk: Conversation) -> None:
    text = admin.get("/search/", query_string={"q": "glaze is:open label:late"}).text
    assert 'href="/search/?q=glaze+label%3Alate"' in text or 'href="/search/?q=glaze%20label%3Alate"' in text


def test_each_kind_has_its_own_page_that_goes_on(admin: FlaskClient, desk: Desk, talk: Conversation) -> None:
    with desk.store.transaction() as tx:
        for number in range(45):
            make.make_entry(tx, talk, f"glaze again {number}", occurred_at=tx.now() - timedelta(hours=number + 1))
        everything(tx)
    seen = 0
    url: str | None = "/search/?q=glaze+&tab=messages"
    while url is not None:
        part = admin.get(url, headers={"HX-Request": "true"}).text
        seen += part.count("data-hit")
        url = part.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&") or None
    assert seen == 46
    assert admin.get("/search/?q=glaze&tab=conversations").text.count("data-hit") == 1


def test_articles_are_found_beside_the_rest(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        make.make_inbox(tx)
        library.write(tx)
    text = admin.get("/search/?q=induction").text
    assert "/knowledge/" in text
    assert ">Articles</h2>" in text


def test_an_agent_is_told_nothing_of_other_teams(desk: Desk, as_role: Callable[[str], FlaskClient]) -> None:
    with desk.store.transaction() as tx:
        team = make.make_team(tx)
        owner: Staff = make.make_staff(tx)
        customer = make.make_customer(tx, "secret@x.example", name="Sven Secret")
        hidden = make.make_conversation(tx, customer, team_id=team.id, assignee_id=owner.id, subject="Hidden plum")
        make.make_entry(tx, hidden, "plum")
        everything(tx)
    agent = as_role("agent")
    for typed in ("plum", "sven", "secret@x", f"#{hidden.id}", "is:open", "from:sven"):
        for tab in ("all", "messages", "conversations", "customers"):
            text = agent.get("/search/", query_string={"q": typed, "tab": tab}).text
            assert "data-hit" not in text, (typed, tab)
        results = agent.get("/console/find", query_string={"q": typed}).get_json()["results"]
        assert results == [], typed


def test_the_palette_offers_the_best_and_the_way_to_everything(admin: FlaskClient, talk: Conversation) -> None:
    results = admin.get("/console/find?q=crack").get_json()["results"]
    assert results[0]["url"].startswith(f"/console/c/{talk.id}#e")
    assert results[-1]["url"] == "/search/?q=crack"
    assert admin.get("/console/find?q=lindqvist").get_json()["results"][1]["text"] == "Marta Lindqvist"
    assert admin.get("/console/find?q=").get_json()["results"] == []
