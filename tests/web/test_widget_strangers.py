"""Every route of the widget against somebody else's visitor: a route that is not listed here fails, so that none is
forgotten. (The socket's events have the same test in tests/realtime/test_visitors_live.py.)"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from desk import settings, timeline, visitors
from desk.clock import SetClock
from desk.parts import Desk
from desk.settings.tables import Inbox
from desk.timeline.tables import Entry
from desk.web import base
from tests import factories
from tests.visitors.test_visitors import chat, writes
from tests.web.test_widget import PNG, token, upload
from tests.web.test_widget_events import NEW, jwt, tell

MINE = "The lid of Noor's casserole, KC-2231"


@dataclass
class Scene:
    """Noor has written, with a file, to one inbox; Eve is a visitor of the same one, and of another."""

    client: FlaskClient
    desk: Desk
    inbox: Inbox
    other: Inbox
    conversation: int
    entry: int

    def sign(self, purpose: str, inbox: Inbox | None = None, **payload: object) -> str:
        """A token that the desk itself signed, for another purpose or inbox than the one it is shown for."""
        store = self.desk.store
        return visitors.sign_for_a_day(
            store.keys, purpose, {**payload, "i": (inbox or self.inbox).id}, store.clock.now()
        )

    def tokens(self) -> dict[str, str]:
        """What Eve may hold, or make: none of it opens a file or a transcript of Noor's."""
        noor = self.desk.store.keys
        mine = self.sign(visitors.DOWNLOAD, e=self.entry, n=0)
        return {
            "her own token": token(self.desk, self.inbox, "eve"),
            "an upload's token": self.sign(visitors.UPLOAD, v="noor", e=self.entry, n=0, c=self.conversation),
            "a bare id": str(self.conversation),
            "a forged end": mine[:-3] + ("aaa" if not mine.endswith("aaa") else "bbb"),
            "without a signature": mine.rpartition(".")[0] or "x",
            "of another purpose": noor.sign("survey", {"e": self.entry, "n": 0, "c": self.conversation, "x": 2**40}),
            "of another inbox": self.sign(visitors.DOWNLOAD, self.other, e=self.entry, n=0, c=self.conversation),
            "none": "none",
        }


@pytest.fixture
def scene(app: Flask, client: FlaskClient, desk: Desk) -> Iterator[Scene]:
    base.limiter.enabled = False
    with desk.store.transaction() as tx:
        factories.make_brand(tx)
        inbox = chat(tx)
        secret = frozenset({"user_secret", "challenge_secret"})
        inbox.config = settings.sealed(
            tx,
            {
                **inbox.config, "user_secret": NEW, "challenge": "always", "challenge_site_key": "k",
                "challenge_secret": "never shown to anybody", "challenge_script": "https://js.example/api.js",
                "challenge_verify": "https://api.example/verify",
            },
            secret,
        )  # fmt: skip
        other = factories.make_inbox(tx, channel="chat", address="other.example")
    file = {"name": "lid.png", "type": "image/png", "size": len(PNG), "sha256": desk.files.put(PNG)}
    outcome = writes(desk, inbox, MINE, files=[file])
    yield Scene(client, desk, inbox, other, outcome.conversation_id or 0, outcome.entry_id or 0)
    base.limiter.enabled = True


def entries(scene: Scene) -> int:
    with scene.desk.store.reading() as tx:
        found = tx.scalar(select(func.count()).select_from(Entry))
        return int(found or 0)


def download(scene: Scene) -> None:
    good = scene.sign(visitors.DOWNLOAD, e=scene.entry, n=0)
    assert scene.client.get(f"/widget/{scene.inbox.key}/files/{good}").data == PNG, "its own address works"
    for why, said in scene.tokens().items():
        for key in (scene.inbox.key, scene.other.key):
            if (why, key) == ("of another inbox", scene.other.key):
                continue  # the desk's own word that it may: it signs that for nobody but the owner's widget
            answer = scene.client.get(f"/widget/{key}/files/{said}")
            assert answer.status_code in (403, 404), (why, answer.status_code)
            assert PNG not in answer.data
    assert scene.client.get(f"/widget/{scene.other.key}/files/{good}").status_code == 404
    for n in (1, 99):
        past = scene.sign(visitors.DOWNLOAD, e=scene.entry, n=n)
        assert scene.client.get(f"/widget/{scene.inbox.key}/files/{past}").status_code == 404


def transcript(scene: Scene) -> None:
    good = scene.sign(visitors.TRANSCRIPT, c=scene.conversation)
    assert MINE in scene.client.get(f"/widget/{scene.inbox.key}/transcript/{good}").text, "its own address works"
    tokens = scene.tokens() | {"of a file": scene.sign(visitors.DOWNLOAD, e=scene.entry, n=0, c=scene.conversation)}
    for why, said in tokens.items():
        answer = scene.client.get(f"/widget/{scene.inbox.key}/transcript/{said}")
        assert answer.status_code == 403, why
        assert MINE not in answer.text
    assert scene.client.get(f"/widget/{scene.other.key}/transcript/{good}").status_code == 403


def uploading(scene: Scene) -> None:
    """A file belongs to who sent it: nobody else's token is taken, and the one that it gives names its visitor."""
    for said in (
        "",
        "noor",
        token(scene.desk, scene.other, "noor"),
        token(scene.desk, scene.inbox, "noor")[:-2] + "xx",
    ):
        assert upload(scene.client, scene.inbox, said, PNG, "a.png").status_code == 403
    answer = upload(scene.client, scene.inbox, token(scene.desk, scene.inbox, "eve"), PNG, "a.png")
    kept = visitors.read_signed(
        scene.desk.store.keys, visitors.UPLOAD, answer.get_json()["file"], scene.desk.store.clock.now()
    )
    assert kept["v"] == "eve"
    assert scene.client.get(f"/widget/{scene.inbox.key}/files/{answer.get_json()['file']}").status_code == 403


def happened(scene: Scene) -> None:
    """What Eve's page says is hers, and a name that she is not allowed to say is refused."""
    before = entries(scene)
    event = {"event": "order.placed"}
    for who in (
        {"visitor": "noor"},
        {"visitor": token(scene.desk, scene.other, "noor")},
        {"user": jwt(scene.desk, "a secret of her own, 0123456789")},
        {"visitor": token(scene.desk, scene.inbox, "eve"), "user": "noor"},
    ):
        assert tell(scene.client, scene.inbox, event, **who).status_code == 403, who
    mine = tell(scene.client, scene.inbox, event, visitor=token(scene.desk, scene.inbox, "eve"), conversation="1")
    assert mine.get_json()["kept"] is False
    assert entries(scene) == before
    with scene.desk.store.reading() as tx:
        kinds = {entry.kind for entry in timeline.of_conversation(tx, scene.conversation, 50, ())}
    assert "event" not in kinds


def public(path: str) -> Callable[[Scene], None]:
    """The same for everybody, whatever is sent along, and nothing in it that is anybody's or secret."""

    def same(scene: Scene) -> None:
        place = path.format(key=scene.inbox.key)
        plain = scene.client.get(place)
        named = scene.client.get(
            place, query_string={"visitor": token(scene.desk, scene.inbox, "noor"), "conversation": scene.conversation}
        )
        assert plain.status_code == named.status_code
        for answer in (plain, named):
            assert MINE not in answer.text
            assert "never shown to anybody" not in answer.text
            assert NEW not in answer.text
            assert "Set-Cookie" not in answer.headers or path == "/demo"

    return same


ROUTES: dict[str, Callable[[Scene], None]] = {
    "widget.asset": public("/widget/assets/none.js"),
    "widget.boot": public("/widget/{key}/boot"),
    "widget.challenge": public("/widget/{key}/challenge"),
    "widget.demo": public("/demo"),
    "widget.download": download,
    "widget.events": happened,
    "widget.loader": public("/widget.js"),
    "widget.transcript": transcript,
    "widget.upload": uploading,
}


def test_every_route_is_tried(app: Flask) -> None:
    there = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.startswith(("/widget", "/demo"))}
    there |= {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.startswith("widget.")}
    assert there == set(ROUTES), "say here what another visitor must not reach by it"


@pytest.mark.parametrize("endpoint", ROUTES)
def test_no_route_leads_to_what_is_another_visitors(scene: Scene, endpoint: str) -> None:
    ROUTES[endpoint](scene)


def test_addresses_end(scene: Scene, clock: SetClock) -> None:
    good = scene.sign(visitors.TRANSCRIPT, c=scene.conversation)
    clock.advance(timedelta(days=3))
    assert scene.client.get(f"/widget/{scene.inbox.key}/transcript/{good}").status_code == 403


def test_the_frame_of_a_challenge_may_reach_its_provider_and_nothing_of_the_desk(scene: Scene) -> None:
    answer = scene.client.get(f"/widget/{scene.inbox.key}/challenge?locale=de")
    policy = answer.headers["Content-Security-Policy"]
    said = dict(part.split(" ", 1) for part in policy.split("; ") if " " in part)
    assert said["connect-src"] == said["frame-src"] == "https://js.example"
    assert said["sandbox"] == "allow-scripts allow-same-origin allow-forms"
    assert "'self'" not in policy
    assert said["frame-ancestors"] == "*"
    assert 'data-key="k"' in answer.text
    assert 'lang="de"' in answer.text
    assert scene.client.get(f"/widget/{scene.other.key}/challenge").status_code == 404
