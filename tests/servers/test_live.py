"""The desk as people run it: it starts on an empty folder, serves, stops at once, and starts again after a kill."""

from __future__ import annotations

from urllib.request import urlopen

import pytest

from tests.servers.browser import Chromium
from tests.servers.live import LiveDesk


def status(url: str) -> int:
    with urlopen(url, timeout=10) as answer:
        found: int = answer.status
        return found


def test_a_desk_starts_and_stops(live_desk: LiveDesk) -> None:
    assert status(f"{live_desk.base_url}/readyz") == 200
    assert "first admin" in live_desk.log()
    assert live_desk.stop() == 0
    assert "Traceback" not in live_desk.log()


@pytest.mark.database("sqlite")
def test_a_killed_desk_starts_again_on_what_it_had(live_desk: LiveDesk) -> None:
    live_desk.staff("admin")
    live_desk.kill()
    assert not live_desk.running
    live_desk.start()
    assert status(f"{live_desk.base_url}/healthz") == 200
    assert live_desk.log().count("first admin") == 1


@pytest.mark.database("sqlite")
def test_staff_sign_in_with_a_browser(live_desk: LiveDesk, chromium: Chromium) -> None:
    page = chromium.page(live_desk.base_url)
    live_desk.log_in(page, live_desk.staff("agent", "Ines Vidal"))
    assert "/console" in page.url
