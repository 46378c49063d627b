"""One person on two devices: what is written, read and typed is the same on both."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import conversations
from tests.browser.desk_double import DIST
from tests.browser.widget_states import opened, part, press, write
from tests.servers.browser import Chromium
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.needs import require
from tests.servers.widget import Console, chat_inbox

pytestmark = pytest.mark.database("sqlite")  # what the browser sees is the same on both
SECRET = "the shop's own secret, 0123456789"


@pytest.fixture
def live(bare_database: Database, tmp_path: Path, leave_pages: Callable[[], None]) -> Iterator[LiveDesk]:
    require((DIST / "widget.js").exists(), "the widget is not built (make install)")
    live = LiveDesk(tmp_path, bare_database.url).start()
    yield live
    leave_pages()
    live.close()


def signed_in(sub: str) -> str:
    said = ({"alg": "HS256", "typ": "JWT"}, {"sub": sub, "exp": int(time.time()) + 3600, "name": "Noor Amin"})
    text = ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in said)
    mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def device(chromium: Chromium, live: LiveDesk, key: str, sub: str, width: str = "desktop") -> Page:
    page = chromium.page(width=width)
    page.goto(f"{live.base_url.replace('127.0.0.1', 'localhost')}/demo?inbox={key}")
    expect(part(page, ".launcher")).to_be_visible()
    assert page.evaluate("token => Loopdesk.identify(token)", signed_in(sub)) is True
    return opened(page)


def test_two_devices_of_one_person_are_in_step(live: LiveDesk, chromium: Chromium) -> None:
    key = chat_inbox(live.desk, user_secret=SECRET)
    mara = Console(live, live.staff(name="Mara Oliveira").email)
    laptop = device(chromium, live, key, "4711")
    press(laptop, ".home .btn")
    write(laptop, "From the laptop")
    expect(part(laptop, ".way")).to_be_visible()
    phone = device(chromium, live, key, "4711", "phone")
    press(phone, ".home button.card")
    expect(part(phone, ".turn.me .bubble")).to_have_text(["From the laptop"])
    stranger = device(chromium, live, key, "4712")
    expect(part(stranger, ".home button.card")).to_have_count(0)

    write(phone, "And from the phone")
    both = ["From the laptop", "And from the phone"]
    for page in (laptop, phone):
        expect(part(page, ".turn.me .bubble")).to_have_text(both)

    viewer = live.staff(role="supervisor")
    with live.desk.store.reading() as tx:
        (row,) = conversations.queue(tx, viewer, "all").rows
    mara.connect()
    assert mara.client.call("open", str(row.id), timeout=10)["ok"] is True
    mara.client.emit("here", {"writing": True, "answering": True, "visible": True})
    for page in (laptop, phone):
        expect(part(page, ".typing")).to_contain_text("Mara")

    for page in (laptop, phone):
        page.evaluate("Loopdesk.close()")
    mara.reply(str(row.id), "Your lid left today.")
    for page in (laptop, phone):
        expect(part(page, ".launcher .count")).to_have_text("1")
    opened(laptop)
    expect(part(laptop, ".log")).to_contain_text("Your lid left today.")
    expect(part(phone, ".launcher .count")).to_be_hidden()
    opened(phone)
    expect(part(phone, ".log")).to_contain_text("Your lid left today.")
    expect(part(stranger, ".launcher .count")).to_be_hidden()
    mara.close()
