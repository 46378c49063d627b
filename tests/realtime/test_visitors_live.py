"""The widget's protocol against the desk as people run it: a real client, real sockets, both databases."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from desk import agents, blocking, conversations, intake, knowledge, outbound, people, settings, timeline, visitors
from desk.conversations.tables import Conversation
from desk.realtime.visitor_events import EVENTS
from tests import factories
from tests.servers.databases import DATABASES, PostgresDatabases, SqliteDatabases
from tests.servers.live import LiveDesk
from tests.servers.needs import wait_for
from tests.servers.widget import Console, Refused, Widget, chat_inbox

Opener = Callable[..., Widget]


@pytest.fixture(scope="module", params=DATABASES)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDesk]:
    name = "sqlite_databases" if request.param == "sqlite" else "postgres_databases"
    databases: SqliteDatabases | PostgresDatabases = request.getfixturevalue(name)
    database = databases.fresh(tables=False)
    live = LiveDesk(tmp_path_factory.mktemp("chat"), database.url, WORKER="thread").start()
    yield live
    live.close()
    database.drop()


@pytest.fixture
def inbox(live: LiveDesk) -> str:
    return chat_inbox(live.desk)


@pytest.fixture
def widget(live: LiveDesk, inbox: str) -> Iterator[Opener]:
    opened: list[Widget] = []

    def make(visitor: str | None = None, key: str | None = None, **auth: Any) -> Widget:
        opened.append(Widget(live.base_url, key or inbox, visitor, **auth))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def mara(live: LiveDesk) -> Iterator[Console]:
    """A colleague who is signed in; once for all, because logins are counted."""
    colleague = Console(live, live.staff(name="Mara Oliveira").email)
    yield colleague
    colleague.close()


def entries(live: LiveDesk, conversation: str, *kinds: str) -> list[timeline.EntryView]:
    with live.desk.store.reading() as tx:
        return timeline.of_conversation(tx, int(conversation), 200, kinds)


def test_a_message_is_acknowledged_when_it_is_kept_and_only_once(live: LiveDesk, widget: Opener) -> None:
    noor = widget()
    first = noor.connect()
    assert first["conversation"] is None and first["messages"] == [] and first["me"]["email"] is None
    sent = noor.send("Can I use the casserole on induction?", client_id="abcdefgh-1")
    assert sent["ok"] and not sent["again"]
    kept = entries(live, sent["conversation"], "message")
    assert [e.text for e in kept] == ["Can I use the casserole on induction?"]
    assert str(kept[0].id) == sent["id"] == sent["message"]["id"]
    assert sent["message"]["who"] == "me" and sent["message"]["client_id"] == "abcdefgh-1"
    again = noor.send("Can I use the casserole on induction?", client_id="abcdefgh-1")
    assert again["again"] and (again["id"], again["place"]) == (sent["id"], sent["place"])
    assert len(entries(live, sent["conversation"], "message")) == 1


def test_one_client_id_at_the_same_instant_becomes_one_entry(live: LiveDesk, widget: Opener) -> None:
    noor = widget()
    noor.connect()
    noor.send("Hello")
    tabs = [widget(noor.visitor) for _ in range(4)]
    for tab in tabs:
        tab.connect()
    together, answers = threading.Barrier(4), []

    def send(tab: Widget) -> None:
        together.wait()
        answers.append(tab.send("Pressed twice", client_id="the-same-one"))

    threads = [threading.Thread(target=send, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answer["ok"] for answer in answers), answers
    assert len({answer["id"] for answer in answers}) == 1
    texts = [e.text for e in entries(live, answers[0]["conversation"], "message")]
    assert texts == ["Hello", "Pressed twice"]


def test_two_tabs_and_an_agent_are_in_step(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor = widget()
    noor.connect()
    sent = noor.send("Where is my lid?")
    second = widget(noor.visitor)
    told = second.connect()
    assert [m["text"] for m in told["messages"]] == ["Where is my lid?"]
    mara.reply(sent["conversation"], "It is on its way.")
    for tab in (noor, second):
        heard = tab.wait("message", lambda m: m["who"] == "agent")
        assert (heard["text"], heard["name"]) == ("It is on its way.", "Mara Oliveira")
    assert noor.wait("state", lambda s: s["who"] == "agent")["name"] == "Mara"
    second.send("Thank you")
    assert noor.wait("message", lambda m: m["text"] == "Thank you")["who"] == "me"
    heard = noor.wait("message", lambda m: m["who"] == "agent")
    assert noor.call("seen", conversation=sent["conversation"], place=heard["place"])["unread"] == 0
    assert second.wait("unread", lambda u: u["unread"] == 0)
    wait_for(lambda: states(live, heard["id"]) == ["seen"], "the delivery to be seen")


def states(live: LiveDesk, entry_id: str) -> list[str]:
    with live.desk.store.reading() as tx:
        return [row.state for row in outbound.delivery_of(tx, [int(entry_id)]).values()]


def test_an_answer_that_was_never_told_comes_though_something_later_was(widget: Opener, mara: Console) -> None:
    """What the visitor wrote after it is acknowledged, and then the line breaks before the answer was pushed."""
    noor = widget()
    noor.connect()
    sent = noor.send("One")
    mara.reply(sent["conversation"], "Two")
    later = noor.send("Three")
    noor.close()
    back = widget(noor.visitor)
    told = back.connect(since=later["place"], conversation=sent["conversation"])
    assert told["reset"] is False
    assert [m["text"] for m in told["messages"] if m["who"] == "agent"] == ["Two"]


def test_what_was_missed_comes_by_place_without_a_gap(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor = widget()
    noor.connect()
    sent = noor.send("One")
    known = {sent["id"]}
    noor.close()
    for text in ("Two", "Three", "Four"):
        mara.reply(sent["conversation"], text)
    back = widget(noor.visitor)
    told = back.connect(since=sent["place"])
    assert told["reset"] is False
    fresh = [m for m in told["messages"] if m["id"] not in known and m["who"] != "event"]
    assert [m["text"] for m in fresh] == ["Two", "Three", "Four"]
    assert told["unread"] == 3
    again = back.call("hello", since=told["place"])
    assert again["reset"] is False
    assert {m["id"] for m in again["messages"]} <= {m["id"] for m in (*told["messages"], sent)}, "nothing is doubled"
    earlier = back.call("history", conversation=sent["conversation"], before=fresh[0]["place"])
    assert [m["text"] for m in earlier["messages"] if m["who"] == "me"] == ["One"]
    assert earlier["more"] is False


def test_notes_and_what_colleagues_do_never_reach_a_visitor(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor = widget()
    noor.connect()
    sent = noor.send("My order is late, this is ridiculous and unacceptable!")
    mara.reply(sent["conversation"], "SECRET: she always complains", mode="note")
    staff = live.staff()
    with live.desk.store.transaction() as tx:
        helena = agents.viewer(tx, staff.id)
        assert helena is not None
        conversations.label(tx, int(sent["conversation"]), helena, "SECRET-label", True)
        conversations.set_priority(tx, int(sent["conversation"]), helena, 1)
    mara.reply(sent["conversation"], "I am sorry. It leaves today.")
    noor.wait("message", lambda m: m["text"].startswith("I am sorry"))
    again = widget(noor.visitor)
    told = [noor.told, again.connect(), again.call("history", conversation=sent["conversation"], before=late())]
    assert len(entries(live, sent["conversation"], "note")) == 1
    for words in ("SECRET", "frustrat", "priority", "sentiment"):
        assert words not in json.dumps(told), words
    url = told[1]["conversation"]["transcript"]
    text = requests.get(url).text
    assert "It leaves today" in text and "SECRET" not in text


def late() -> str:
    return f"2099-01-01T00:00:00+00:00~{2**60}"


def test_another_visitors_conversation_is_no_conversation(live: LiveDesk, widget: Opener) -> None:
    noor, eve = widget(), widget()
    noor.connect(), eve.connect()
    hers = noor.send("Private words")["conversation"]
    eve.send("Mine")
    unknown = {"ok": False, "error": "conversation", "text": "There is no such conversation."}
    ids: tuple[Any, ...] = (hers, "999999999", "-1", "x", [], {"a": 1}, 2**70, None, True)
    for id_ in ids:
        for event, said in (
            ("open", {"conversation": id_}),
            ("history", {"conversation": id_, "before": late()}),
            ("seen", {"conversation": id_, "place": late()}),
            ("got", {"conversation": id_, "place": late()}),
            ("typing", {"conversation": id_}),
            ("end", {"conversation": id_}),
        ):
            if event == "open" and not id_:
                continue  # names none: the newest of one's own
            assert eve.call(event, **said) == unknown, (event, id_)
    assert eve.send("Let me in", conversation=hers) == unknown
    assert eve.call("hello", conversation=hers) == unknown
    assert "Private words" not in json.dumps(eve.told)
    assert [e.text for e in entries(live, hers, "message")] == ["Private words"]


def test_no_event_at_all_reaches_what_is_another_visitors(live: LiveDesk, widget: Opener, mara: Console) -> None:
    """Each event by its name, with each id of somebody else that it takes; a new event has to say here what it does."""
    noor, eve = widget(), widget()
    noor.connect(), eve.connect()
    sent = noor.send("Private words")
    hers, line = sent["conversation"], sent["id"]
    her_mail = noor.call("address", email="noor@private.example")["me"]["email"]["id"]
    mine = eve.send("Mine")["conversation"]
    before = len(entries(live, hers))
    theirs: dict[str, dict[str, Any]] = {
        "hello": {"conversation": hers},
        "open": {"conversation": hers},
        "send": {"client_id": "strange-1", "text": "Let me in", "conversation": hers},
        "person": {"client_id": "strange-2", "conversation": hers},
        "typing": {"conversation": hers, "on": True},
        "seen": {"conversation": hers, "place": late()},
        "got": {"conversation": hers, "place": late()},
        "history": {"conversation": hers, "before": late()},
        "end": {"conversation": hers},
        "transcript": {"conversation": hers},
        "helped": {"turn": line, "yes": True},
        "rate": {"invitation": "1", "score": 1, "conversation": hers},
        "code": {"id": her_mail, "code": "000000"},
    }
    for event, said in theirs.items():
        answer = eve.call(event, **said)
        assert answer["ok"] is False, event
        assert answer["error"] in ("conversation", "turn", "code"), (event, answer)
    # These name nothing of anybody else's: they speak of whoever sends them.
    own = {"address": {"email": "eve@other.example", "conversation": hers}, "rename": {"name": "Eve"},
           "new": {}, "page": {"url": "https://shop.example/", "title": "Shop"}}  # fmt: skip
    for event, said in own.items():
        assert eve.call(event, **said)["ok"], event
    assert theirs.keys() | own.keys() == {"hello", "open", *EVENTS}
    assert "Private words" not in json.dumps(eve.told)
    assert "private.example" not in json.dumps(eve.told)
    assert len(entries(live, hers)) == before
    assert noor.call("hello")["me"]["name"] == ""
    assert mine != hers


def test_tokens_that_prove_nothing_get_one_answer(live: LiveDesk, widget: Opener, inbox: str) -> None:
    noor = widget()
    noor.connect()
    noor.send("Hello")
    assert noor.visitor
    elsewhere = chat_inbox(live.desk)
    keys = live.desk.store.keys
    at = live.desk.store.clock.now()
    with live.desk.store.reading() as tx:
        number = settings.inbox_by_key(tx, "chat", inbox)
        assert number is not None
        old = visitors.visitor_token(keys, number.id, "a" * 32, at.replace(year=at.year - 2))
        future = visitors.visitor_token(keys, number.id, "a" * 32, at.replace(year=at.year + 1))
    other_purpose = keys.sign("visitor-upload", {"v": "a" * 32, "i": number.id, "t": int(at.timestamp())})
    body, _, mac = noor.visitor.rpartition(".")
    forged = [
        (inbox, f"{body}x.{mac}"), (inbox, f"{body}.{mac[::-1]}"), (inbox, "nonsense"), (inbox, {"v": 1}), (inbox, 7),
        (inbox, old), (inbox, future), (inbox, other_purpose), (inbox, "x" * 9000), (elsewhere, noor.visitor),
    ]  # fmt: skip
    told = set()
    for key, token in forged:
        with pytest.raises(Refused) as refused:
            widget(token, key=key).connect()
        assert refused.value.args[0] == "visitor", token
        told.add(json.dumps(refused.value.args[1]))
    assert len(told) == 1
    with pytest.raises(Refused) as refused:
        widget(key="no-such-inbox").connect()
    assert refused.value.args[0] == "inbox"


def test_what_cannot_be_a_message_is_told_in_a_sentence(live: LiveDesk, widget: Opener) -> None:
    noor = widget(locale="de")
    noor.connect()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"text": ""}, "text"), ({"text": " \n\t\x00 "}, "text"), ({"text": "x" * 50_000}, "text"),
        ({"text": 7}, "shape"), ({"client_id": "short"}, "client_id"), ({"client_id": None}, "client_id"),
        ({"files": ["nonsense"]}, "files"), ({"files": ["a"] * 9}, "files"), ({"files": "x"}, "shape"),
    ]  # fmt: skip
    for said, code in cases:
        answer = noor.call("send", **{"client_id": secrets.token_hex(8), "text": "Hello", **said})
        assert answer["ok"] is False and answer["error"] == code, (said, answer)
        assert answer["text"], said
    assert "50000" in noor.send("x" * 50_000)["text"]
    assert noor.client.call("send", "no object", timeout=10)["error"] == "shape"
    assert noor.client.call("send", [1, 2], timeout=10)["error"] == "shape"
    assert noor.call("hello")["conversation"] is None


def test_emoji_right_to_left_and_long_words_are_messages(live: LiveDesk, widget: Opener) -> None:
    noor = widget()
    noor.connect()
    for text in ("😀👩‍👩‍👧‍👦🏳️‍🌈", "أين طلبي KC-2231؟", "x" * 20_000, "a\u202eb\ud800c"):
        answer = noor.send(text)
        assert answer["ok"], answer
        kept = entries(live, answer["conversation"], "message")[-1].text
        assert kept == text.encode("utf-8", "replace").decode()


def test_who_sends_too_fast_is_told_for_how_long_to_wait(live: LiveDesk, widget: Opener) -> None:
    noor = widget()
    noor.connect()
    answers = [noor.send(f"{n}") for n in range(14)]
    taken = [a for a in answers if a["ok"]]
    refused = [a for a in answers if not a["ok"]]
    assert 8 <= len(taken) <= 10
    assert {a["error"] for a in refused} == {"slow_down"}
    assert all(0 < a["retry_after"] <= 4 and str(a["retry_after"]) in a["text"] for a in refused)
    assert len(entries(live, taken[0]["conversation"], "message")) == len(taken)
    second = widget(noor.visitor)
    second.connect()
    assert second.send("From another tab")["error"] == "slow_down"


def test_all_visitors_of_an_inbox_together_have_a_limit_and_other_inboxes_have_theirs(
    live: LiveDesk, widget: Opener
) -> None:
    small = chat_inbox(live.desk, per_minute=10)
    noor, eve = widget(key=small), widget(key=small)
    for one in (noor, eve):
        one.connect()
    assert all(noor.send(f"{n}")["ok"] for n in range(7))
    answers = [eve.send(f"{n}") for n in range(7)]
    assert [a["ok"] for a in answers[:3]] == [True] * 3
    refused = [a for a in answers if not a["ok"]]
    assert refused
    assert {a["error"] for a in refused} == {"slow_down"}
    assert all(0 < a["retry_after"] <= 6 for a in refused)
    elsewhere = widget()
    elsewhere.connect()
    assert elsewhere.send("Hello")["ok"]


def test_a_flood_is_dropped_with_one_word_and_then_ended(live: LiveDesk, widget: Opener) -> None:
    eve, noor = widget(), widget()
    eve.connect(), noor.connect()
    sent = eve.send("Hello")
    for _ in range(200):
        eve.client.emit("typing", {"conversation": sent["conversation"], "on": True})
    eve.wait("trouble", lambda t: t["error"] == "slow_down")
    assert len(eve.all("trouble")) <= 3
    assert noor.send("Still here?")["ok"]
    for _ in range(3000):
        if not eve.client.connected:
            break
        eve.client.emit("typing", {"conversation": sent["conversation"], "on": True})
    wait_for(lambda: not eve.client.connected, "the flooding socket to be closed")
    assert noor.send("And now?")["ok"]


def test_a_packet_that_is_too_large_ends_its_socket_only(widget: Opener) -> None:
    eve, noor = widget(), widget()
    eve.connect(), noor.connect()
    eve.client.emit("send", {"client_id": "abcdefgh", "text": "x" * 3_000_000})
    wait_for(lambda: not eve.client.connected, "the socket to be closed")
    assert noor.send("Still here?")["ok"]


def test_a_foreign_origin_opens_a_widget_and_never_a_console(live: LiveDesk, widget: Opener, mara: Console) -> None:
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(),
    }  # fmt: skip
    url = "/socket.io/?EIO=4&transport="
    assert asked(live, f"{url}polling", Origin=live.base_url, Cookie=mara.cookies)[0] == 200
    for origin in ("https://evil.example", f"{live.base_url}.evil.example", "null"):
        for transport, more in (("polling", {}), ("websocket", upgrade)):
            status, headers, text = asked(live, url + transport, Origin=origin, Cookie=mara.cookies, **more)
            assert (status, text) == (400, '"Not an accepted origin."'), transport
            assert "Access-Control-Allow-Origin" not in headers
    noor = widget()
    assert noor.connect(origin="https://shop.example")["ok"]
    status, headers, _text = asked(live, f"/widget{url}polling", Origin="https://shop.example", Cookie=mara.cookies)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://shop.example")
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers


def asked(live: LiveDesk, path: str, **headers: str) -> tuple[int, Message, str]:
    """One request as a browser could be made to send it, its connection closed after it."""
    connection = HTTPConnection("127.0.0.1", live.port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_an_inbox_may_name_its_sites(live: LiveDesk, widget: Opener) -> None:
    key = chat_inbox(live.desk, origins="https://shop.example")
    assert widget(key=key).connect(origin="https://shop.example")["ok"]
    with pytest.raises(Refused) as refused:
        widget(key=key).connect(origin="https://evil.example")
    assert refused.value.args[0] == "origin"


def test_both_sides_see_each_other_write(widget: Opener, mara: Console) -> None:
    noor = widget()
    noor.connect()
    sent = noor.send("Hello")
    mara.connect()
    assert mara.client.call("open", sent["conversation"], timeout=10)["ok"] is True
    seen = noor.wait("seen")
    assert (seen["by"], seen["place"]) == ("Mara", sent["place"])
    listed = len(noor.all("conversation"))  # of the message itself; that somebody has read it changes no more
    begun, ended = (("customer", {"conversation": sent["conversation"], "writing": on}) for on in (True, False))
    noor.call("typing", conversation=sent["conversation"], on=True)
    wait_for(lambda: begun in mara.told, "the visitor to be seen writing")
    mara.client.emit("here", {"writing": True, "answering": False, "visible": True})  # a note: nobody's business
    mara.client.emit("here", {"writing": True, "answering": True, "visible": True})
    assert noor.wait("typing", lambda t: t["on"])["name"] == "Mara"
    assert [t["on"] for t in noor.all("typing")] == [True]
    mara.client.emit("here", {"writing": False, "answering": False, "visible": True})
    noor.wait("typing", lambda t: not t["on"])
    assert len(noor.all("conversation")) == listed
    mara.client.emit("here", {"writing": False, "answering": False, "visible": False})
    unseen = noor.send("While the page is behind another one")
    noor.wait("message", lambda m: m["id"] == unseen["id"])
    assert all(s["place"] != unseen["place"] for s in noor.all("seen"))
    mara.client.emit("here", {"writing": False, "answering": False, "visible": True})
    noor.wait("seen", lambda s: s["place"] == unseen["place"])
    noor.close()
    wait_for(lambda: ended in mara.told, "the end of writing")
    mara.close()


def signed(secret: str, claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    body = f"{part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_a_signed_in_user_is_one_person_on_every_device(live: LiveDesk, widget: Opener) -> None:
    key = chat_inbox(live.desk, user_secret="a secret of the site")
    token = signed(
        "a secret of the site", {"sub": "4711", "exp": time.time() + 600, "name": "Noor", "email": "N@x.example"}
    )
    laptop, phone = widget(key=key, user=token), widget(key=key, user=token)
    assert laptop.connect()["me"] == {"name": "Noor", "email": None, "user": True}
    sent = laptop.send("From the laptop")
    told = phone.connect()
    assert [m["text"] for m in told["messages"]] == ["From the laptop"]
    phone.send("From the phone")
    laptop.wait("message", lambda m: m["text"] == "From the phone")
    with live.desk.store.reading() as tx:
        found = conversations.get(tx, int(sent["conversation"]), None)
        kinds = {(i.kind, i.value.split("@")[0], i.evidence) for i in people.identities(tx, found.customer_id)}
    assert kinds == {("user", "4711", "verified"), ("email", "N", "claimed")}
    # Signed out at the same screen: another visitor, who sees nothing of it.
    after = widget(laptop.visitor, key=key).connect()
    assert after["fresh"] is True and after["conversation"] is None and "laptop" not in json.dumps(after)
    other = signed("a secret of the site", {"sub": "12", "exp": time.time() + 600})
    assert widget(laptop.visitor, key=key, user=other).connect()["conversations"] == []


def test_a_users_token_that_proves_nothing_is_refused(live: LiveDesk, widget: Opener, inbox: str) -> None:
    key = chat_inbox(live.desk, user_secret="right")
    soon = time.time() + 600
    now = time.time()
    good: dict[str, Any] = {"sub": "1", "exp": soon}
    wrong = [
        signed("wrong", good), signed("right", {"sub": "1"}), signed("right", good | {"sub": ""}),
        signed("right", good | {"exp": now - 600}), signed("right", good | {"exp": now + 10 * 86400}),
        signed("right", good | {"exp": True}), signed("right", good | {"sub": ["1"]}),
        signed("right", good | {"nbf": now + 3600}), signed("right", good, {"alg": "none"}),
        signed("right", good, {"alg": "HS512"}), signed("right", good, {"alg": "HS256", "crit": ["x"]}),
        signed("right", good).rsplit(".", 1)[0] + ".", "a.b.c", "…", 7, ["x"],
    ]  # fmt: skip
    for token in wrong:
        with pytest.raises(Refused) as refused:
            widget(key=key, user=token).connect()
        assert refused.value.args[0] == "user", token
    with pytest.raises(Refused):  # an inbox without a secret believes nobody
        widget(key=inbox, user=signed("", {"sub": "1", "exp": soon})).connect()


def test_the_same_browser_signs_in_and_keeps_what_it_wrote(live: LiveDesk, widget: Opener) -> None:
    key = chat_inbox(live.desk, user_secret="right")
    before = widget(key=key)
    before.connect()
    sent = before.send("I am nobody yet")
    before.close()
    token = signed("right", {"sub": "99", "exp": time.time() + 600, "name": "Noor"})
    after = widget(before.visitor, key=key, user=token)
    assert [m["text"] for m in after.connect()["messages"]] == ["I am nobody yet"]
    again = after.send("Now I am Noor")
    assert again["conversation"] == sent["conversation"], "one customer by proof, so one conversation"
    with live.desk.store.reading() as tx:
        found = conversations.get(tx, int(sent["conversation"]), None)
        assert {i.kind for i in people.identities(tx, found.customer_id)} == {"visitor", "user"}
        assert (
            tx.scalar(
                select(func.count()).select_from(Conversation).where(Conversation.customer_id == found.customer_id)
            )
            == 1
        )


def test_an_address_is_claimed_first_and_proved_by_its_code(live: LiveDesk, widget: Opener) -> None:
    noor = widget()
    noor.connect()
    assert noor.call("address", email="noor@home.example")["error"] == "write_first"
    noor.send("Hello")
    assert noor.call("address", email="noor@")["error"] == "address"
    mine = noor.call("address", email="Noor@home.example")["me"]["email"]
    assert mine["state"] == "claimed"
    assert noor.call("code", id=mine["id"], code="000000")["error"] == "code"
    assert noor.call("code", id="1", code="000000")["error"] == "code"
    code = wait_for(lambda: code_for(live, "noor@home.example"), "the code to be mailed")
    wrong = noor.call("code", id=mine["id"], code=f"{(int(code or 0) + 1) % 1_000_000:06}")
    assert wrong["left"] < 5
    number = noor.call("hello")["conversation"]["id"]
    assert noor.call("transcript", conversation=number)["error"] == "verify_first"
    answer = noor.call("code", id=mine["id"], code=code)
    assert answer["me"]["email"]["state"] == "verified", answer
    noted(live, number, "SECRET among colleagues")
    sent = noor.call("transcript", conversation=number)
    assert (sent["ok"], sent["address"]) == (True, "Noor@home.example"), sent
    mail = wait_for(lambda: mail_with(live, "noor@home.example", "Here is your conversation"), "the transcript")
    assert "You, " in mail
    assert "Hello" in mail
    assert "SECRET" not in mail
    assert noor.call("transcript", conversation=number)["ok"]
    assert noor.call("transcript", conversation=number)["error"] == "slow_down"


def noted(live: LiveDesk, number: str, words: str) -> None:
    with live.desk.store.transaction() as tx:
        factories.make_entry(tx, conversations.get(tx, int(number), None), words, "note")


def mail_with(live: LiveDesk, address: str, words: str) -> str:
    """The mail to an address that has these words, plain and HTML together; "" where there is none yet."""
    with live.desk.store.reading() as tx:
        mails = [m for m in outbound.outbox(tx, limit=20) if m.recipient.casefold() == address]
        for row in mails:
            mail = message_from_bytes(live.desk.files.get(row.raw_sha256), policy=policy.default)
            parts = [mail.get_body((kind,)) for kind in ("plain", "html")]
            text = "\n".join(part.get_content() for part in parts if part is not None)
            if words in text:
                return text
    return ""


def code_for(live: LiveDesk, address: str) -> str | None:
    """The six digits of the newest mail to an address, as its reader sees them."""
    with live.desk.store.reading() as tx:
        mails = [m for m in outbound.outbox(tx, notices=True, limit=20) if m.recipient.casefold() == address]
        if not mails:
            return None
        mail = message_from_bytes(live.desk.files.get(mails[0].raw_sha256), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"\b(\d{3})\W?(\d{3})\b", body.get_content())
    return "".join(found.groups()) if found else None


def test_a_visitor_starts_another_conversation_and_ends_it(live: LiveDesk, widget: Opener) -> None:
    noor = widget()
    noor.connect()
    first = noor.send("One thing")["conversation"]
    assert noor.send("The same thing")["conversation"] == first
    assert noor.call("new")["state"]["conversation"] is None
    second = noor.send("Another thing")["conversation"]
    assert second != first
    assert noor.send("More of the first", conversation=first)["conversation"] == first
    told = noor.call("hello")
    assert {c["id"] for c in told["conversations"]} == {first, second}
    assert noor.call("end", conversation=second)["state"]["resolved"] is True
    assert noor.wait("message", lambda m: m.get("event") == "resolved")["conversation"] == second
    assert noor.send("Not yet over", conversation=second)["conversation"] == second
    assert noor.wait("message", lambda m: m.get("event") == "reopened")


def test_names_and_pages_are_kept_once_something_was_written(live: LiveDesk, widget: Opener) -> None:
    noor = widget(page={"url": "https://shop.example/casserole", "title": "Casserole"}, zone="Europe/Lisbon")
    noor.connect()
    assert noor.call("rename", name="Noor")["error"] == "write_first"
    with live.desk.store.reading() as tx:
        before = tx.scalar(select(func.count()).select_from(visitors.Visitor))
    sent = noor.send("Hello")
    assert noor.call("rename", name="  Noor\n Haddad ")["me"]["name"] == "Noor Haddad"
    with live.desk.store.reading() as tx:
        found = conversations.get(tx, int(sent["conversation"]), None)
        assert found.customer_name == "Noor Haddad"
        row = visitors.visitors_of(tx, [found.reply_identity_id or 0])[0]
        assert (row.page_title, row.zone) == ("Casserole", "Europe/Lisbon")
        assert tx.scalar(select(func.count()).select_from(visitors.Visitor)) == (before or 0) + 1


def test_the_line_says_the_place_and_moves_up(live: LiveDesk, widget: Opener, mara: Console) -> None:
    one, two = widget(), widget()
    one.connect(), two.connect()
    first, second = one.send("First in line"), two.send("Second in line")
    assert first["state"]["who"] == second["state"]["who"] == "queue"
    before = second["state"]["place"]
    assert before > first["state"]["place"] or before >= 99
    mara.reply(first["conversation"], "Here I am.")
    assert two.wait("state", lambda s: s["place"] is not None and s["place"] < before)["place"] < before


def test_the_assistant_answers_is_rated_and_hands_over(live: LiveDesk, widget: Opener) -> None:
    with live.desk.store.transaction() as tx:
        if not knowledge.published(tx, "en"):
            made = knowledge.create(
                tx,
                None,
                title="Which hobs can I use?",
                body="Every pot works on gas and electric hobs. Induction needs our steel disc under it.",
                locale="en",
                examples=["Does it work on induction?", "Can I use the pot on an induction hob?", "Is gas fine?"],
            )
            knowledge.publish(tx, made.id, None)
    key = chat_inbox(live.desk, bot=True)
    noor = widget(key=key)
    assert noor.connect()["state"]["who"] == "bot"
    sent = noor.send("Can I use the pot on an induction hob?")
    turn = noor.wait("message", lambda m: m["who"] == "bot", 60)
    assert turn["bot"]["outcome"] in ("answer", "did_you_mean", "hand_over")
    assert noor.wait("seen", lambda s: s["place"] == sent["place"])["bot"] is True
    if turn["bot"]["outcome"] == "answer":
        assert turn["bot"]["article"]["title"] == "Which hobs can I use?"
        rated = noor.call("helped", turn=turn["id"], yes=True)
        assert rated["message"]["bot"] == turn["bot"] | {"helped": True, "ask_helped": False}
    for said in (
        {"turn": sent["id"], "yes": True},
        {"turn": turn["id"], "yes": "no"},
        {"turn": "9" * 30, "yes": True},
        {},
    ):
        assert noor.call("helped", **said)["error"] == "turn"
    eve = widget(key=key)
    eve.connect()
    assert eve.call("helped", turn=turn["id"], yes=True)["error"] == "conversation"
    asked = eve.call("person", client_id="person-1")
    assert asked["ok"], asked
    assert asked["message"]["text"] == "Talk to a person, please"
    assert asked["state"]["who"] == "queue"
    assert eve.wait("message", lambda m: m.get("event") == "handover")["detail"]["why"] == "customer"
    assert eve.call("person", client_id="person-1")["again"] is True
    assert len(entries(live, asked["conversation"], "handover")) == 1

    # In line for a person, the assistant can still be asked, and the place stays.
    assert asked["state"]["can_ask_bot"] is True
    waiting = eve.call("send", client_id="aside-message-1", text="Can I use it on induction?", bot=True)
    assert waiting["state"]["who"] == "queue"
    beside = eve.wait("message", lambda m: m["who"] == "bot" and m["place"] > waiting["place"], 60)
    assert beside["conversation"] == asked["conversation"]
    told = eve.call("hello")
    assert (told["state"]["who"], told["state"]["place"]) == ("queue", asked["state"]["place"])
    assert len(entries(live, asked["conversation"], "handover")) == 1


def test_a_resolved_chat_is_rated_on_its_card(live: LiveDesk, widget: Opener, mara: Console) -> None:
    noor, eve = widget(), widget()
    noor.connect(), eve.connect()
    sent = noor.send("Where is my lid?")
    mara.reply(sent["conversation"], "On its way.")
    staff = live.staff(role="admin")
    resolver = Console(live, staff.email)
    page = resolver.session.get(f"{live.base_url}/console/c/{sent['conversation']}").text
    token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    resolver.session.post(
        f"{live.base_url}/console/c/{sent['conversation']}/resolve",
        headers={"X-CSRFToken": token, "HX-Request": "true"},
    ).raise_for_status()
    resolver.close()
    assert noor.wait("message", lambda m: m.get("event") == "resolved")
    card = noor.wait("survey", seconds=30)
    assert [label["score"] for label in card["labels"]] == [1, 2, 3, 4, 5]
    tab = widget(noor.visitor)
    assert tab.connect()["survey"]["id"] == card["id"]
    assert noor.call("seen", conversation=sent["conversation"], survey=card["id"])["ok"]
    assert eve.call("rate", invitation=card["id"], score=5)["error"] == "survey"
    for wrong in (0, 6, "x", None, [1], 4.5):
        assert noor.call("rate", invitation=card["id"], score=wrong)["error"] == "survey", wrong
    assert noor.call("rate", invitation="9" * 40, score=5)["error"] == "survey"
    rated = noor.call("rate", invitation=card["id"], score=2, reasons=[], comment="Slow")
    assert (rated["survey"]["answered"]["score"], rated["survey"]["answered"]["comment"]) == (2, "Slow")
    assert tab.wait("survey", lambda c: c["answered"])["answered"]["score"] == 2
    assert noor.call("rate", invitation=card["id"], score=4)["survey"]["answered"]["score"] == 4


def test_the_server_stops_with_widgets_open_and_they_come_back(widget: Opener, live: LiveDesk) -> None:
    noor = widget()
    noor.connect()
    assert Path(live.folder).exists()
    live.stop(15)
    live.start()
    again = widget(noor.visitor)
    assert again.connect()["ok"]


def test_a_blocked_visitor_hears_one_sentence_and_what_they_wrote_can_be_released(
    live: LiveDesk, widget: Opener
) -> None:
    noor, other = widget(locale="de"), widget()
    noor.connect(), other.connect()
    first = noor.send("Buy now!")
    with live.desk.store.transaction() as tx:
        sender = blocking.sender_of(tx, conversations.get(tx, int(first["conversation"]), None))
        assert sender is not None and sender.kind == "visitor"
        block_id = blocking.add(tx, sender.kind, sender.value, by=None).id
    refused = [noor.send("Buy more!", client_id="abcdefgh-9") for _ in range(2)]
    assert [(r["ok"], r["error"], r["text"]) for r in refused] == [
        (False, "blocked", "Sie können uns hier nicht schreiben.")
    ] * 2
    assert other.send("Is anybody there?")["ok"]
    ada = live.staff(name="Ada").id
    with live.desk.store.transaction() as tx:
        assert blocking.get(tx, block_id).messages == 1
        (kept,) = intake.quarantined(tx, state="blocked", block_id=block_id)
        blocking.lift(tx, block_id, by=None)
        intake.release(tx, kept.id, kept.inbox_id or 0, ada)
    wait_for(lambda: len(entries(live, first["conversation"], "message")) == 2, "the released message")
    assert noor.send("Thank you")["ok"]
