"""The pages of what somebody was told, the way to the line it is about, and what they choose."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import conversations, notices, reactions
from desk.parts import Desk
from tests.factories import make_conversation, make_customer, make_inbox
from tests.servers.push import PushService
from tests.web.conftest import csrf_of, post


@pytest.fixture
def told(desk: Desk, as_role: Callable[[str], FlaskClient]) -> tuple[FlaskClient, int, int]:
    """An agent who was given a conversation by the desk: their client, its number and the notice's."""
    desk.store.react_with(reactions.react)
    client = as_role("agent")
    with desk.store.transaction() as tx:
        make_inbox(tx)
        row = make_conversation(tx, make_customer(tx, name="Marta <b>Lindqvist</b>"), subject="A <i>kettle</i>")
        conversations.assign(tx, row.id, None, 1)
    with desk.store.reading() as tx:
        notice = tx.get(notices.Notice, 1)
        assert notice is not None
        return client, row.id, notice.id


def test_the_list_shows_it_and_the_way_there_reads_it(told: tuple[FlaskClient, int, int], desk: Desk) -> None:
    client, number, notice = told
    assert client.get("/notices/unread").json == {"unread": 1, "cap": 99}
    text = client.get("/notices/").text
    assert "Marta &lt;b&gt;Lindqvist&lt;/b&gt; was assigned to you" in text
    assert "A &lt;i&gt;kettle&lt;/i&gt;" in text
    answer = client.get(f"/notices/{notice}")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert where.startswith(f"/console/c/{number}?entry=")
    assert client.get(where).status_code == 200
    assert client.get("/notices/unread").json == {"unread": 0, "cap": 99}


def test_nobody_follows_or_reads_what_another_was_told(
    told: tuple[FlaskClient, int, int], as_role: Callable[[str], FlaskClient]
) -> None:
    client, _, notice = told
    other = as_role("admin")
    assert other.get(f"/notices/{notice}").status_code == 404
    assert post(other, "/notices/read", id=notice).status_code == 303
    assert post(other, "/notices/read", all="1").status_code == 303
    assert client.get("/notices/unread").json["unread"] == 1
    assert "Nothing was told yet." in other.get("/notices/").text


def test_one_or_all_are_marked_as_read(told: tuple[FlaskClient, int, int], desk: Desk) -> None:
    client, _, notice = told
    with desk.store.transaction() as tx:
        for number in range(60):
            notices.tell(tx, "rule", [1], detail={"rule_id": number, "name": "Loud"})
    assert post(client, "/notices/read").status_code == 400
    post(client, "/notices/read", id=notice)
    assert client.get("/notices/unread").json["unread"] == 60
    text = client.get("/notices/").text
    assert "60 unread" in text and "Older" in text
    older = client.get("/notices/?before=12").text
    assert older.count("ic ic-l k-rule") == 10 and "Newest" in older
    post(client, "/notices/read", all="1")
    assert client.get("/notices/unread").json["unread"] == 0
    for nonsense in ("x", "-1", "9" * 40):
        assert client.get(f"/notices/?before={nonsense}").status_code == 200


def test_choices_are_kept_and_shown_and_hours_that_are_none_say_so(
    as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    client = as_role("agent")
    page = client.get("/profile/notices").text
    assert "A rule stops itself" not in page
    assert "A rule stops itself" in as_role("admin").get("/profile/notices").text
    wanted = {"assigned.in_app": "on", "assigned.sound": "on", "assigned.mail": "daily", "from": "18:00", "to": "07:30"}
    assert post(client, "/profile/notices", **wanted, days=["5", "6", "x"], names_in_push="on").status_code == 303
    with desk.store.reading() as tx:
        chosen = notices.choices(tx, [1])[1]
    assert chosen.of("assigned") == notices.Ways(True, True, False, False, "daily")
    assert chosen.of("failed") == notices.Ways(False, False, False, False, "")
    assert (chosen.quiet, chosen.names_in_push) == (notices.quiet_of("18:00", "07:30", [5, 6]), True)
    page = client.get("/profile/notices").text
    assert 'value="18:00"' in page and 'value="07:30"' in page
    answer = post(client, "/profile/notices", **{"from": "18:00"})
    assert answer.status_code == 422
    assert "Quiet hours need a beginning and an end." in answer.text
    with desk.store.reading() as tx:
        assert notices.choices(tx, [1])[1] == chosen


def test_a_browser_is_switched_on_by_its_own_script_and_off_from_anywhere(
    as_role: Callable[[str], FlaskClient], desk: Desk
) -> None:
    client = as_role("agent")
    headers = {"X-CSRFToken": csrf_of(client, "/profile"), "User-Agent": "Mozilla/5.0 Gecko/20100101 Firefox/150.0"}
    found = PushService().subscription | {"endpoint": "https://push.example/abc"}
    address = "/profile/notices/browsers"
    assert client.post(address, json=found).status_code == 400  # no token
    assert client.post(address, json=found, headers=headers).json == {"ok": True}
    assert "<b>Firefox</b>" in client.get("/profile/notices").text
    for wrong in ({"endpoint": "http://10.0.0.1/x"}, {"keys": {"p256dh": "x", "auth": "y"}}):
        answer = client.post(address, json=found | wrong, headers=headers)
        assert answer.status_code == 422 and answer.json["error"].startswith("This browser gave")
    assert client.post(address, json=["x"], headers=headers).status_code == 400
    other = as_role("agent")
    post(other, f"{address}/1/remove")
    assert "Firefox" in client.get("/profile/notices").text
    post(client, f"{address}/1/remove")
    assert "Firefox" not in client.get("/profile/notices").text
    client.post(address, json=found, headers=headers)
    assert client.post(f"{address}/off", json={"endpoint": found["endpoint"]}, headers=headers).json == {"ok": True}
    assert "Firefox" not in client.get("/profile/notices").text


def test_the_key_of_the_page_is_a_point_of_the_curve_and_always_the_same(as_role: Callable[[str], FlaskClient]) -> None:
    keys = {
        client.get("/profile/notices").text.split('data-server-key="')[1].split('"')[0]
        for client in map(as_role, ("agent", "admin"))
    }
    (key,) = keys
    assert len(base64.urlsafe_b64decode(key + "=")) == 65


def test_the_worker_stands_at_its_address_with_a_policy_and_a_scope_of_its_own(client: FlaskClient) -> None:
    answer = client.get("/notices/worker.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; img-src 'self'"
    assert answer.headers["Service-Worker-Allowed"] == "/notices/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "fetch" not in answer.text.replace("fetching", "")
