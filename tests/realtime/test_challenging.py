"""Strangers who are asked to show that they are people: what lets them in, and what does not."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import conversations
from desk.clock import SetClock
from desk.store import Store
from desk.visitors import challenge
from desk.visitors.tables import SpentToken
from tests import factories
from tests.servers.challenge import SECRET, SITE_KEY, Provider, provider
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.widget import Widget, chat_inbox

Opener = Callable[..., Widget]


@pytest.fixture(scope="module")
def asker() -> Iterator[Provider]:
    with provider() as asked:
        yield asked


@pytest.fixture(autouse=True)
def up(asker: Provider) -> None:
    asker.down = False
    asker.calls.clear()


@pytest.fixture
def live(bare_database: Database, tmp_path: Any) -> Iterator[LiveDesk]:
    live = LiveDesk(tmp_path, bare_database.url, ALLOW_PRIVATE="1", WORKER="none").start()
    yield live
    live.close()


@pytest.fixture
def widget(live: LiveDesk) -> Iterator[Opener]:
    opened: list[Widget] = []

    def make(key: str, **more: Any) -> Widget:
        opened.append(Widget(live.base_url, key, **more))
        opened[-1].connect()
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_who_is_asked_who_gets_in_and_what_an_answer_is_good_for(
    live: LiveDesk, widget: Opener, asker: Provider
) -> None:
    always = chat_inbox(live.desk, **asker.settings())
    noor = widget(always)
    id_ = secrets.token_hex(8)
    refused = noor.send("Where is my order?", client_id=id_)
    assert (refused["ok"], refused["error"]) == (False, "challenge")
    assert refused["text"] == "Show that a person writes, and your message is sent."
    assert refused["challenge"] == {
        "frame": f"{live.base_url}/widget/{always}/challenge?locale=en",
        "origin": live.base_url,
    }
    for wrong in ("invented", "x" * 10_000):
        assert noor.send("Where is my order?", client_id=id_, challenge=wrong)["error"] == "challenge"
    good = asker.solved()
    taken = noor.send("Where is my order?", client_id=id_, challenge=good)
    assert taken["ok"], taken
    assert noor.send("KC-2231")["ok"], "who has written is known"
    assert SECRET.encode() in asker.calls[-1][3]
    assert all(noor.address.encode() not in body and b"remoteip" not in body for *_, body in asker.calls)

    eve = widget(always)
    asker.good.add(good)  # a provider that forgot
    assert eve.send("Me too", challenge=good)["error"] == "challenge", "one answer, one visitor"
    with live.desk.store.reading() as tx:
        kept = conversations.labels(tx, [int(taken["conversation"])])
    assert kept == {}

    asker.down = True
    mark = asker.scripts
    through = eve.send("Me too", challenge="whatever the frame gave")
    assert through["ok"], through
    with live.desk.store.reading() as tx:
        assert conversations.labels(tx, [int(through["conversation"])]) == {
            int(through["conversation"]): ["not checked"]
        }
    assert mark == asker.scripts
    later = widget(chat_inbox(live.desk, **asker.settings(challenge_down="later")))
    assert later.send("Hello", challenge=asker.solved())["error"] == "challenge_down"
    asker.down = False
    assert later.send("Hello", challenge="unavailable")["error"] == "challenge", (
        "the provider is there: it has to answer"
    )
    assert later.call("person", client_id=secrets.token_hex(8))["error"] == "challenge"

    sometimes = chat_inbox(live.desk, **asker.settings(challenge="busy", challenge_busy=2))
    first, second, third = (widget(sometimes) for _ in range(3))
    assert first.send("Buy at https://example.org")["error"] == "challenge", "a stranger's first words lead elsewhere"
    assert second.send("Hello")["ok"]
    assert third.send("Hello")["error"] == "challenge", "many begin at once"
    assert third.send("Hello", challenge=asker.solved())["ok"]
    bare = widget(chat_inbox(live.desk, challenge="always"))
    assert bare.send("Hello")["ok"], "without keys there is no question that anybody could answer"


@pytest.mark.parametrize("when", ["always", "busy"])
def test_how_an_inbox_asks(when: str) -> None:
    config = {
        "challenge": when, "challenge_site_key": SITE_KEY, "challenge_secret": SECRET,
        "challenge_script": "https://js.example/api.js", "challenge_verify": "https://api.example/verify",
    }  # fmt: skip
    asked = challenge.challenge_of(config)
    assert asked is not None
    assert (asked.when, asked.down, asked.busy) == (when, "pass", 20)
    for name in config:
        assert challenge.challenge_of(config | {name: ""}) is None, name
    assert challenge.challenge_of(config | {"challenge": "off"}) is None


def test_an_answer_is_good_once_and_forgotten_when_no_provider_knows_it(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        inbox = factories.make_inbox(tx, channel="chat", address="shop.example")
        assert challenge.spend(tx, inbox.id, "token")
        assert not challenge.spend(tx, inbox.id, "token")
    clock.advance(challenge.KEPT)
    with store.transaction() as tx:
        challenge.forget_spent(tx)
        assert tx.scalar(select(func.count()).select_from(SpentToken)) == 1
    clock.advance(challenge.KEPT / 10)
    with store.transaction() as tx:
        challenge.forget_spent(tx)
        assert tx.scalar(select(func.count()).select_from(SpentToken)) == 0


def test_what_the_provider_says_of_our_own_keys_keeps_nobody_out(asker: Provider) -> None:
    asked = challenge.challenge_of(asker.settings(challenge_secret="another"))
    assert asked is not None
    assert challenge.verify(asked, asker.solved(), allow_private=True) == "down"
    assert challenge.verify(asked, asker.solved(), allow_private=False) == "down", "no way into private networks"
    right = challenge.challenge_of(asker.settings())
    assert right is not None
    assert challenge.verify(right, asker.solved(), allow_private=True) == "yes"
    assert challenge.verify(right, "invented", allow_private=True) == "no"
