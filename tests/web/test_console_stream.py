"""The timeline narrowed, opened at a line, searched, and told apart by what a colleague has read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents, conversations, search, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import Conversation
from desk.parts import Desk
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
def long(store: Store, clock: SetClock) -> Conversation:
    """130 messages, a note after each tenth, and one line of another team's."""
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        for n in range(130):
            at = tx.now() - timedelta(hours=200 - n)
            channel = "sms" if n in (3, 90) else "email"
            factories.make_entry(tx, conversation, f"Line number{n}", occurred_at=at, channel=channel)
            if n % 10 == 9:
                later = at + timedelta(minutes=1)
                factories.make_entry(tx, conversation, f"Note number{n}", kind="note", occurred_at=later, channel=None)
        customer = tx.get(factories.Customer, conversation.customer_id)
        closed = factories.make_conversation(tx, customer, team_id=factories.make_team(tx).id)
        factories.make_entry(tx, closed, "Of the others", kind="note")
        return conversation


def read_to(client: FlaskClient, conversation: Conversation, entry: object) -> int:
    form = {"entry": entry, "csrf_token": csrf_of(client, "/console/")}
    return client.post(f"/console/c/{conversation.id}/looked", data=form, headers=PART).status_code


def shown(html: str) -> list[int]:
    return [int(n) for n in re.findall(r'id="e(\d+)"', html)]


def texts(html: str) -> list[str]:
    return re.findall(r"(?:Line|Note) number\d+", html)


def test_a_filter_is_kept_in_the_address_and_paged(hers: FlaskClient, long: Conversation) -> None:
    page = hers.get(f"/console/c/{long.id}?show=notes").text
    assert len(texts(page)) == 13
    assert "Of the others" not in page
    assert 'data-kinds="note"' in page
    page = hers.get(f"/console/c/{long.id}?show=messages", headers=PART).text
    seen = shown(page)
    while more := re.search(r'data-older hx-get="([^"]+)"', page):
        assert "show=messages" in more[1]
        page = hers.get(more[1].replace("&amp;", "&"), headers=PART).text
        seen = shown(page) + seen
    assert len(seen) == len(set(seen)) == 130
    by_text = hers.get(f"/console/c/{long.id}/stream?by=sms", headers=PART).text
    assert texts(by_text) == ["Line number3", "Line number90"]
    none = hers.get(f"/console/c/{long.id}/stream?show=stages,events&by=chat", headers=PART).text
    assert "Nothing here is of this kind: Stages, Events, Chat." in none
    assert shown(hers.get(f"/console/c/{long.id}?show=nonsense&by=fax").text)


def test_the_bar_counts_what_may_be_seen_and_its_chips_turn_sorts_on_and_off(
    hers: FlaskClient, long: Conversation
) -> None:
    bar = hers.get(f"/console/c/{long.id}/sieve?show=notes&view=all", headers=PART).text
    assert re.search(r'data-name="messages">.*?Messages <span class="num">99\+</span>', bar)
    assert re.search(r'data-name="notes" aria-current="true">.*?Notes <span class="num">13</span>', bar)
    assert f'href="/console/c/{long.id}?view=all&amp;show=messages,notes"' in bar
    assert f'href="/console/c/{long.id}?view=all" data-sieve data-name="notes"' in bar
    assert "Stages" not in bar  # there are none
    assert 'data-name="sms"' in bar


def test_a_link_to_a_line_opens_it_with_what_was_before_and_after(
    hers: FlaskClient, store: Store, long: Conversation
) -> None:
    with store.reading() as tx:
        every = timeline.page(tx, long.customer_id, limit=500)
    middle = next(e for e in every if e.text == "Line number60")
    for path in (f"/console/c/{long.id}", f"/console/c/{long.id}/stream"):
        page = hers.get(f"{path}?entry={middle.id}", headers=PART).text
        lines = texts(page)
        assert len(shown(page)) == 50
        assert 20 <= lines.index("Line number60") <= 30
        assert "data-older" in page
        assert "data-newer" in page
    newer = re.search(r'data-newer hx-get="([^"]+)"', page)
    assert newer is not None
    following = hers.get(newer[1].replace("&amp;", "&"), headers=PART).text
    ids = [e.id for e in every]
    assert ids.index(shown(following)[0]) == ids.index(shown(page)[-1]) + 1
    at = hers.get(f"/console/c/{long.id}/stream?at={middle.occurred_at.isoformat().replace('+', '%2B')}").text
    assert "Line number60" in at


def test_no_link_opens_a_line_of_others(hers: FlaskClient, store: Store, long: Conversation) -> None:
    with store.transaction() as tx:
        other = factories.make_entry(tx, None, "Somebody else")
        closed = next(e for e in timeline.page(tx, long.customer_id, limit=500) if e.text == "Of the others")
    for number in (other.id, closed.id, 12):
        assert hers.get(f"/console/c/{long.id}/stream?entry={number}").status_code == 404
        assert read_to(hers, long, number) == 404
        assert hers.get(f"/console/c/{long.id}?entry={number}").status_code == 200  # a stale link opens the newest
    assert read_to(hers, long, "all") == 400


def test_what_is_new_since_a_colleague_looked_is_told_apart(
    hers: FlaskClient, store: Store, clock: SetClock, long: Conversation, ada: Viewer
) -> None:
    assert "data-since" not in hers.get(f"/console/c/{long.id}").text  # the first look: all of it is new
    with store.reading() as tx:
        newest = timeline.page(tx, long.customer_id, visible=conversations.visible_entries(ada))[-1]
    assert read_to(hers, long, newest.id) == 204
    assert "data-since" not in hers.get(f"/console/c/{long.id}").text
    clock.advance(timedelta(days=2))
    with store.transaction() as tx:
        factories.make_entry(tx, long, "My own note", kind="note", staff_id=ada.id)
        first = factories.make_entry(tx, long, "News one", occurred_at=tx.now() + timedelta(seconds=1))
        factories.make_entry(tx, long, "News two", occurred_at=tx.now() + timedelta(seconds=2))
    page = hers.get(f"/console/c/{long.id}").text
    assert page.count("data-since") == 1
    assert page.index("My own note") < page.index("data-since") < page.index(f'id="e{first.id}"')
    assert "New since" in page
    assert read_to(hers, long, first.id) == 204
    page = hers.get(f"/console/c/{long.id}").text
    assert page.index("News one") < page.index("data-since") < page.index("News two")


def test_words_are_found_within_one_timeline(hers: FlaskClient, store: Store, desk: Desk, long: Conversation) -> None:
    with store.transaction() as tx:
        factories.make_entry(tx, factories.make_conversation(tx), "Line number60 of somebody else")
        wanted = [e.id for e in timeline.page(tx, long.customer_id, limit=500) if e.text.endswith("number60")]
    with store.transaction() as tx:
        search.begin_again(tx)
        while search.step(tx, 3):
            pass
    found = hers.get(f"/console/c/{long.id}/within?q=number60").get_json()
    assert found["lines"] == [str(wanted[0])]
    assert found["words"] == ["number60"]
    every = hers.get(f"/console/c/{long.id}/within?q=note").get_json()
    assert len(every["lines"]) == 13
    assert every["lines"] == sorted(every["lines"], key=int, reverse=True)
    assert hers.get(f"/console/c/{long.id}/within?q=others").get_json()["lines"] == []
    assert hers.get(f"/console/c/{long.id}/within?q=nobody:x").get_json()["problem"]
    assert hers.get(f"/console/c/{long.id}/within").get_json()["lines"] == []


def test_a_search_within_a_timeline_says_that_the_index_lags_behind_it(
    hers: FlaskClient, store: Store, long: Conversation
) -> None:
    def asked() -> tuple[list[str], bool]:
        found = hers.get(f"/console/c/{long.id}/within?q=porcupine").get_json()
        return found["lines"], found["behind"]

    with store.transaction() as tx:
        while search.catch_up(tx):
            pass
        other = factories.make_entry(tx, factories.make_conversation(tx), "The porcupine of somebody else")
        search.note(tx, entry_id=other.id)
    assert asked() == ([], False), "what waits is of another customer"
    with store.transaction() as tx:
        hers_ = factories.make_entry(tx, long, "A porcupine, just now")
        search.note(tx, entry_id=hers_.id)
    assert asked() == ([], True)
    with store.transaction() as tx:
        search.catch_up(tx)
    assert asked() == ([str(hers_.id)], False)
