"""The widget's engine at its edges: more sockets than it holds, sockets that say nothing, several processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

from desk import conversations, outbound
from desk.app import create_app
from desk.realtime import gate as gate_module
from desk.realtime.gate import Gate, Line
from tests.servers.databases import Database
from tests.servers.live import LiveDesk
from tests.servers.needs import wait_for
from tests.servers.widget import Refused, Widget, chat_inbox

CAP = 4


@pytest.fixture
def small(bare_database: Database, tmp_path: Path) -> Iterator[LiveDesk]:
    live = LiveDesk(
        tmp_path, bare_database.url, VISITOR_SOCKET_CAP=str(CAP), SOCKET_CAP="2", REQUEST_THREADS="4"
    ).start()
    yield live
    live.close()


@pytest.mark.database("sqlite")
def test_past_the_cap_a_widget_is_refused_with_a_reason_and_gets_the_place_that_is_left(small: LiveDesk) -> None:
    key = chat_inbox(small.desk)
    seated = [Widget(small.base_url, key) for _ in range(CAP)]
    for one in seated:
        assert one.connect()["ok"]
    late = [Widget(small.base_url, key) for _ in range(3)]
    for one in late:
        with pytest.raises(Refused) as refused:
            one.connect()
        assert refused.value.args[0] == "full"
        assert refused.value.args[1]["retry_after"] == 15
        assert refused.value.args[1]["text"]
        one.close()
    assert requests.get(f"{small.base_url}/healthz", timeout=5).status_code == 200, "plain requests go on"
    seated[0].close()

    def there_is_room() -> bool:
        again = Widget(small.base_url, key)
        try:
            return bool(again.connect()["ok"])
        except Refused:
            return False
        finally:
            seated.append(again)

    wait_for(there_is_room, "the place that was left")
    for one in seated:
        one.close()


@pytest.mark.database("sqlite")
def test_sockets_that_say_nothing_hold_nobody_up(small: LiveDesk) -> None:
    """Connections that never say whose they are fill the reserve; past that the door itself says no, and the desk is
    still there for everybody else."""
    url = f"{small.base_url}/widget/socket.io/?EIO=4&transport=polling"
    for _ in range(CAP + gate_module.RESERVE):
        assert requests.get(url, timeout=5).status_code == 200
    refused = requests.get(url, headers={"Origin": "https://shop.example"}, timeout=5)
    assert (refused.status_code, refused.json()["error"]) == (503, "full")
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert int(refused.headers["Retry-After"]) == 15
    assert requests.get(f"{small.base_url}/healthz", timeout=5).status_code == 200


def test_who_says_nothing_for_long_makes_room() -> None:
    now = [100.0]

    app = Flask("desk")
    gate = Gate(app, 2, None, lambda: now[0])
    for n in range(2 + gate_module.RESERVE):
        gate.lines[f"silent{n}"] = Line("10.0.0.1", now[0])
    gate.lines["silent0"].seated = True

    def door(address: str) -> str:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/widget/socket.io/", "QUERY_STRING": "EIO=4&transport=polling",
            "REMOTE_ADDR": address, "HTTP_ORIGIN": "https://shop.example", "wsgi.url_scheme": "http",
        }  # fmt: skip
        b"".join(app.wsgi_app(environ, lambda status, _headers: said.append(status)))  # type: ignore[arg-type]
        return said[0] if said else ""

    assert door("10.0.0.2").startswith("503")
    now[0] += gate_module.SILENT + 1
    assert door("10.0.0.2").startswith("200")
    assert "silent0" in gate.lines, "who has said whose they are stays"
    assert len(gate.lines) == 2
    for _ in range(200):
        door("10.0.0.9")
    assert door("10.0.0.9").startswith("429")
    assert not door("10.0.0.3").startswith("429")
    gate.server.shutdown()


@pytest.mark.database("postgresql")
def test_an_answer_from_another_process_reaches_the_widget(
    bare_database: Database, tmp_path: Path, redis_url: str
) -> None:
    live = LiveDesk(tmp_path, bare_database.url, REDIS_URL=redis_url, WORKER="none").start()
    noor = Widget(live.base_url, chat_inbox(live.desk))
    app = create_app(live.config | {"WORKER": "none"})
    try:
        noor.connect()
        sent = noor.send("Hello")
        viewer = live.staff(name="Mara Oliveira")
        store = app.extensions["loopdesk"].store
        with store.transaction() as tx:
            outbound.reply(tx, int(sent["conversation"]), viewer, "From elsewhere")
        assert noor.wait("message", lambda m: m["text"] == "From elsewhere")["name"] == "Mara Oliveira"
        with store.transaction() as tx:
            conversations.resolve(tx, int(sent["conversation"]), viewer)
        assert noor.wait("message", lambda m: m.get("event") == "resolved")
    finally:
        noor.close()
        for name in ("loopdesk.push", "loopdesk.visitor_push"):  # both read after the commit
            app.extensions[name].teller.stop()
        app.extensions["loopdesk"].store.engine.dispose()
        live.close()
