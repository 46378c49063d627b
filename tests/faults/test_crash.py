"""kill -9 at random points while 500 messages come in by mail, chat and SMS and are answered: each is on a timeline
once, each answer arrives, no text is sent twice, and of the mails only those whose fate nobody could know."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import settings
from desk.channels.email.parse import parse
from desk.conversations.tables import Conversation
from desk.intake.tables import Arrival
from desk.jobs.tables import Job
from desk.outbound.tables import Delivery
from desk.timeline.tables import Content, Entry, EntryKey
from tests.faults.outsides import NUMBER, Agent, Carrier, Fatal, Mails, Sink, Texts, Visitors, mail, moments, settled
from tests.servers import twilio
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.needs import free_port, wait_for
from tests.servers.twilio import ACCOUNT, TOKEN
from tests.servers.widget import Refused, Widget

SHARE = float(os.environ.get("CRASH_SHARE", "1"))
MAILS = int(200 * SHARE)
PHONES, VISITORS, EACH = int(50 * SHARE), int(50 * SHARE), 3  # 150 texts, 150 chat messages
RANDOM = 8  # kills at random moments, beside those at the worst ones:
WORST = {"mail": 4, "sms": 4, "chat": 3}  # between the other side's yes, or the visitor's message, and what follows


@pytest.fixture
def fatal() -> Iterator[Fatal]:
    fatal = Fatal()
    yield fatal
    fatal.dead.set()


@pytest.fixture
def sink(fatal: Fatal) -> Iterator[Sink]:
    sink = Sink(fatal).start()
    yield sink
    sink.stop()


@pytest.fixture
def carrier(fatal: Fatal) -> Iterator[Carrier]:
    carrier = Carrier(fatal)
    with twilio.serving(carrier):
        yield carrier
        fatal.dead.set()


def _inboxes(live: LiveDesk, sink: Sink, carrier: Carrier) -> dict[str, str]:
    """An inbox of each channel; gives their keys."""
    mail_server = {"smtp_host": "127.0.0.1", "smtp_port": sink.port, "smtp_security": "plain"}
    provider = {"account_sid": ACCOUNT, "auth_token": TOKEN, "api_base": carrier.url, "status_callbacks": False}
    with live.desk.store.transaction() as tx:
        brand_id = settings.brands(tx)[0].id
        return {
            channel: settings.create_inbox(
                tx,
                channel=channel,
                name=f"Kiln by {channel}",
                address=address,
                brand_id=brand_id,
                config=config,
                secret_fields=frozenset({"auth_token"}),
            ).key
            for channel, address, config in (
                ("email", "support@kiln.example", {"transport": "smtp", **mail_server}),
                ("sms", NUMBER, {"transport": "provider", **provider}),
                ("chat", "crash.kiln.example", {"bot": False}),
            )
        }


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_nothing_is_lost_or_doubled_when_the_desk_is_killed_again_and_again(
    bare_database: Database, tmp_path: Path, sink: Sink, carrier: Carrier, fatal: Fatal
) -> None:
    rng = random.Random(20261122)
    smtp_port = free_port()
    live = LiveDesk(tmp_path, bare_database.url, SMTP_PORT=str(smtp_port), ALLOW_PRIVATE="1").start()
    stop = threading.Event()
    try:
        email = live.staff("admin").email
        keys = _inboxes(live, sink, carrier)
        sink.kill_after = moments(MAILS, WORST["mail"])
        carrier.kill_after = moments(PHONES, WORST["sms"])
        half = VISITORS // 2
        kills = moments(half * EACH, WORST["chat"])
        visitors = [
            Visitors(live, keys["chat"], range(half), EACH, stop, fatal, kills),
            Visitors(live, keys["chat"], range(half, VISITORS), EACH, stop, fatal, set()),
        ]
        texts = Texts(live, keys["sms"], PHONES, EACH, stop)
        writers = [Mails(smtp_port, MAILS, stop), texts, *visitors]
        agent = Agent(live, email, list(writers), stop)
        for one in (*writers, agent):
            one.start()
        random_kills = _kill_until_done(live, fatal, agent, rng)
        told = (random_kills, fatal.why, [(type(w).__name__, w.is_alive(), w.tries, w.trouble) for w in writers])
        assert not any(one.is_alive() for one in (*writers, agent)), (told, agent.trouble)
        assert random_kills >= RANDOM - 3, told
        assert all(fatal.why[channel] >= times - 1 for channel, times in WORST.items()), told
        _judge(live, sink, carrier, agent.answered)
        _judge_widgets(live, keys["chat"], visitors)
    finally:
        stop.set()
        fatal.dead.set()
        live.close()


def _kill_until_done(live: LiveDesk, fatal: Fatal, agent: Agent, rng: random.Random) -> int:
    """Kills and starts again until all is said and sent; gives how often that was at a random moment."""
    done = 0
    ends = time.monotonic() + 1100
    next_kill = time.monotonic() + rng.uniform(0.3, 2)
    while time.monotonic() < ends:
        worst = fatal.now.wait(0.02)
        if worst or (done < RANDOM and time.monotonic() > next_kill):
            if worst:
                time.sleep(rng.uniform(0, 0.03))  # anywhere between a message and what follows from it
            live.kill()
            fatal.now.clear()
            fatal.dead.set()
            done += not worst
            live.start()
            next_kill = time.monotonic() + rng.uniform(0.3, 4)
        if not agent.is_alive() and settled(live, "inbound.take", "outbound.deliver"):
            break
    return done


def _judge(live: LiveDesk, sink: Sink, carrier: Carrier, answered: set[int]) -> None:
    with live.desk.store.reading() as tx:
        texts = Counter(
            text.strip()
            for text in tx.scalars(
                select(Content.text).join(Entry, Entry.id == Content.id).where(Entry.kind == "message")
            )
        )
        states = set(tx.scalars(select(Arrival.state)))
        replies = list(tx.scalars(select(Entry).where(Entry.kind == "reply")))
        conversations = set(tx.scalars(select(Conversation.id)))
        keyed = tx.scalar(select(func.count()).select_from(EntryKey))
        deliveries = {d.message_id: d for d in tx.scalars(select(Delivery))}
        dead = tx.scalars(select(Job).where(Job.state == "dead")).all()
    assert texts == Counter(
        {f"This is mail number {n}.": 1 for n in range(MAILS)}
        | {f"This is text number {n}.": 1 for n in range(PHONES * EACH)}
        | {f"This is chat number {n}.": 1 for n in range(VISITORS * EACH)}
    )
    assert states <= {"accepted", "duplicate"}
    assert dead == []
    # What the agent heard yes to, and every conversation, has its one answer and its one delivery.
    assert answered == conversations
    for found in (replies, deliveries.values()):
        assert Counter(one.conversation_id for one in found) == Counter(dict.fromkeys(conversations, 1))
    assert keyed == sum(texts.values()) + len(replies)
    by_channel = {
        channel: {m: d for m, d in deliveries.items() if d.channel == channel} for channel in ("email", "sms", "chat")
    }
    assert {d.state for d in by_channel["email"].values()} == {"sent"}
    assert {d.state for d in by_channel["sms"].values()} == {"sent"}
    assert {d.state for d in by_channel["chat"].values()} <= {"sent", "delivered", "seen"}
    _judge_mails(sink, by_channel["email"])
    # A text is never sent twice: what may have been accepted was asked for.
    bodies = Counter(row["body"] for row in carrier.messages)
    assert bodies == Counter(f"Answer to {d.conversation_id}" for d in by_channel["sms"].values())
    assert set(bodies.values()) == {1}
    lost = [d for d in by_channel["sms"].values() if d.uncertain_times]
    assert len(lost) >= WORST["sms"] - 1  # the worst moments really happened, and were cleared up
    assert {row["sid"] for row in carrier.messages} == {d.provider_id for d in by_channel["sms"].values()}


def _judge_mails(sink: Sink, deliveries: dict[str, Delivery]) -> None:
    arrived = Counter(sink.taken)
    assert set(arrived) == set(deliveries)
    twice = {message_id for message_id, n in arrived.items() if n > 1}
    uncertain = {d.message_id for d in deliveries.values() if d.uncertain_times}
    assert twice <= uncertain, "an answer of known fate was sent again"
    assert len(twice) >= WORST["mail"] - 1  # the worst moments really happened, and were healed
    for message_id, n in arrived.items():
        assert n <= 1 + deliveries[message_id].uncertain_times


def _back(live: LiveDesk, key: str, token: str) -> Any:
    """What a visitor is told who comes back; None while the desk still counts the sockets that others have just closed,
    for it takes so many of one address and no more."""
    widget = Widget(live.base_url, key, token)
    try:
        return widget.connect()
    except Refused:
        return None
    finally:
        widget.close()


def _judge_widgets(live: LiveDesk, key: str, visitors: list[Visitors]) -> None:
    """Every visitor who comes back finds all that they wrote once, in its order, and the one answer."""
    for number, token in sorted({n: t for some in visitors for n, t in some.tokens.items()}.items()):
        told = wait_for(partial(_back, live, key, token), "room for a visitor who comes back", 30)
        assert not told["fresh"]
        assert len(told["conversations"]) == 1
        mine = [m["text"] for m in told["messages"] if m["who"] == "me"]
        assert mine == [f"This is chat number {number * EACH + n}." for n in range(EACH)]
        answers = [m["text"] for m in told["messages"] if m["who"] == "agent"]
        assert answers == [f"Answer to {told['conversation']['id']}"]
    assert len({n for some in visitors for n in some.tokens}) == VISITORS


def test_the_judge_reads_what_the_customers_send() -> None:
    """The crash test's own mails are read as it expects."""
    assert parse(mail(7)).text.strip() == "This is mail number 7."
