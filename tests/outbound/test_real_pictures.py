"""Pictures of answers as MMS, from a served desk to providers that fetch them at the address they are given."""

from __future__ import annotations

import http.client
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from desk import inbound, outbound, settings
from desk.agents import Viewer
from desk.clock import SetClock
from desk.messages import Address, InboundMessage, Sender
from desk.outbound import attaching, uploads
from desk.store import Store
from tests.factories import make_brand
from tests.servers.listening import Asked, Handler, listening
from tests.servers.live import LiveDesk
from tests.servers.needs import free_port, wait_for

pytestmark = pytest.mark.timeout(120)

NUMBER, PHONE = "+46705550190", "+46705550132"
SECRETS = frozenset({"auth_token", "vonage_secret", "vonage_signature", "generic_secret", "generic_key"})


def png(side: int) -> bytes:
    """A picture that a phone would show."""
    rows = b"".join(b"\0" + bytes((x, 99, 140)) * side for x in range(side))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass
class Fetching(Asked):
    """A provider that fetches each picture before it answers, as a phone's carrier wants it: by HEAD for its type and
    size, then whole. Names of hosts are what its DNS says: this machine."""

    took: list[dict[str, Any]] = field(default_factory=list)  # what it was asked to send, as (name, value) or JSON
    fetched: list[tuple[int, str, bytes]] = field(default_factory=list)

    def fetch(self, url: str) -> tuple[int, str, bytes]:
        parts = urlsplit(url)
        for method in ("HEAD", "GET"):
            connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=10)
            connection.request(method, parts.path, headers={"Host": parts.netloc, "User-Agent": "TwilioProxy/1.1"})
            answer = connection.getresponse()
            found = answer.status, answer.getheader("Content-Type") or "", answer.read()
            connection.close()
        return found


class _Handler(Handler):
    asked: Fetching

    def do_POST(self) -> None:
        body = self.hear().decode()
        if "json" in self.headers.get("Content-Type", ""):
            told = json.loads(body)
            urls = [told["image"]["url"]] if "image" in told else told.get("media", [])
        else:
            told = dict(parse_qsl(body))
            urls = [value for name, value in parse_qsl(body) if name == "MediaUrl"]
        self.asked.took.append(told)
        self.asked.fetched += [self.asked.fetch(url) for url in urls]
        number = len(self.asked.took)
        yes = {"sid": f"SM{number:032x}", "message_uuid": f"u-{number}", "status": "queued"}
        self.say(201, json.dumps(yes).encode())


CONFIGS: dict[str, Callable[[str], dict[str, Any]]] = {
    "twilio": lambda url: {"account_sid": "AC" + "0" * 32, "auth_token": "t" * 32, "api_base": url},
    "vonage": lambda url: {
        "vonage_key": "abcd1234", "vonage_secret": "hidden", "vonage_signature": "s" * 32, "vonage_base": url
    },
    "generic": lambda url: {
        "generic_url": f"{url}/send", "generic_secret": "shared", "generic_key": "k", "generic_format": "json",
        "generic_body": '{"to": "{to}", "text": "{text}", "media": ["{media}"]}',
    },
}  # fmt: skip


class Scene:
    """A desk that is served under a name of its own, a provider, and an agent in a conversation by SMS."""

    def __init__(self, live: LiveDesk, provider: Fetching, name: str, **more: Any) -> None:
        self.live, self.provider = live, provider
        config = CONFIGS[name](provider.url) | {"provider": name, "transport": "provider", "media": "mms"} | more
        desk = live.desk
        with desk.store.transaction() as tx:
            inbox = settings.create_inbox(
                tx, channel="sms", name="Texts", address=NUMBER, brand_id=make_brand(tx).id, config=config,
                secret_fields=SECRETS,
            )  # fmt: skip
        sender = Sender(Address("phone", PHONE), "verified", "an SMS came from it")
        came = inbound.receive(
            desk, InboundMessage("sms", inbox.id, "SM1", sender, desk.store.clock.now(), "Which lid is it?")
        )
        assert came.conversation_id is not None
        self.id = came.conversation_id
        self.viewer: Viewer = live.staff(name="Jonas Weber")

    def answer(self, text: str, *files: tuple[str, bytes]) -> int:
        desk, numbers = self.live.desk, []
        for name, content in files:
            kind, sha256 = uploads.looked_at(name, content, "", 1 << 24), desk.files.put(content)
            with desk.store.transaction() as tx:
                numbers.append(
                    uploads.keep(
                        tx, desk.files, self.viewer, self.id, name=name, kind=kind, sha256=sha256, size=len(content)
                    ).id
                )
        with desk.store.transaction() as tx:
            entry_id = outbound.reply(tx, self.id, self.viewer, text, files=numbers).id
        wait_for(lambda: self._state(entry_id) == "sent", "the provider's yes", 30)
        return entry_id

    def _state(self, entry_id: int) -> str:
        with self.live.desk.store.reading() as tx:
            return str(outbound.delivery_of(tx, [entry_id])[entry_id].state)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    folder, provider = tmp_path, Fetching()
    with listening(provider, _Handler):
        port = free_port()
        live = LiveDesk(
            folder, f"sqlite:///{folder / 'desk.sqlite'}", ALLOW_PRIVATE="1", PORT=str(port),
            PUBLIC_URL=f"http://desk.kiln.example:{port}",
        )  # fmt: skip
        live.port, live.base_url = port, f"http://127.0.0.1:{port}"
        try:
            yield lambda name, **more: Scene(live.start(), provider, name, **more)
        finally:
            live.close()


def test_twilio_is_given_addresses_and_fetches_the_pictures_there(scene: Callable[..., Scene]) -> None:
    talk = scene("twilio")
    pictures = [png(60), png(90)]
    entry_id = talk.answer("It is the blue one.", ("lid.png", pictures[0]), ("box.png", pictures[1]))
    (told,) = talk.provider.took
    assert told["Body"] == "It is the blue one."
    assert told["MediaUrl"].startswith(f"{talk.live.desk.store.public_url}/f/")
    assert talk.provider.fetched == [(200, "image/png", picture) for picture in pictures]
    # The same address past its time, and one that somebody made up.
    store, now = talk.live.desk.store, talk.live.desk.store.clock.now()
    earlier = Store(store.engine, SetClock(now - timedelta(days=40)), store.keys, store.public_url)
    with earlier.reading() as tx:
        old = attaching.link(tx, entry_id, 0)
    status, kind, content = talk.provider.fetch(old)
    assert (status, b"The time of this link is over." in content) == (410, True)
    assert not kind.startswith("image/")
    assert talk.provider.fetch(old[:-3] + "aaa")[0] == 404
    # A document among pictures: all go as addresses, which work.
    talk.answer("And the bill.", ("lid.png", pictures[0]), ("bill.pdf", b"%PDF-1.7\n" + bytes(200)))
    words = talk.provider.took[-1]["Body"]
    assert "MediaUrl" not in talk.provider.took[-1]
    first, second = words.splitlines()[1:]
    assert talk.provider.fetch(first) == (200, "image/png", pictures[0])
    assert talk.provider.fetch(second) == (200, "application/octet-stream", b"%PDF-1.7\n" + bytes(200))


def test_vonage_takes_one_picture_with_the_words_as_its_caption(scene: Callable[..., Scene]) -> None:
    talk = scene("vonage")
    talk.answer("It is the blue one.", ("lid.png", png(60)))
    (told,) = talk.provider.took
    assert (told["channel"], told["image"]["caption"]) == ("mms", "It is the blue one.")
    assert talk.provider.fetched == [(200, "image/png", png(60))]
    talk.answer("Both of them.", ("lid.png", png(60)), ("box.png", png(90)))
    assert talk.provider.took[-1]["channel"] == "sms"
    assert talk.provider.took[-1]["text"].count("/f/") == 2


def test_another_provider_is_given_one_address_for_each_picture(scene: Callable[..., Scene]) -> None:
    talk = scene("generic")
    talk.answer("It is the blue one.", ("lid.png", png(60)), ("box.png", png(90)))
    (told,) = talk.provider.took
    assert len(told["media"]) == 2
    assert talk.provider.fetched == [(200, "image/png", png(60)), (200, "image/png", png(90))]
