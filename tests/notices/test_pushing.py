"""Web Push against a service on this machine that opens what was sealed for its browser and checks who signed it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import agents, notices
from desk.clock import SetClock
from desk.keys import KeyRing
from desk.notices import PushBrowser, PushRefused
from desk.worker import run_one
from tests.notices.conftest import Office
from tests.servers.push import PushService, push_service, signer


@pytest.fixture
def service(office: Office) -> Iterator[PushService]:
    office.desk.config["ALLOW_PRIVATE"] = True  # type: ignore[index]
    with push_service() as found:
        yield found


def switch_on(office: Office, service: PushService, **more: Any) -> int:
    with office.store.transaction() as tx:
        return notices.add_browser(tx, office.ada.id, service.subscription | more, "Firefox", allow_private=True).id


def works(office: Office) -> int:
    done = 0
    while run_one(office.desk, "test", ["notices.push"]):
        done += 1
    return done


def left(office: Office) -> list[PushBrowser]:
    with office.store.reading() as tx:
        return notices.browsers(tx, office.ada.id)


def test_a_push_is_sealed_signed_and_says_nothing_of_a_customer(office: Office, service: PushService) -> None:
    switch_on(office, service)
    office.assign(office.ada, office.carla)
    assert service.heard == []  # nothing is called before the commit, nor by it
    assert works(office) == 1
    ((headers, said),) = service.heard
    assert said == {
        "id": str(office.told(office.ada)[0].id),
        "text": "A conversation was assigned to you",
        "lang": "en",
    }
    key, claims = signer(headers)
    with office.store.reading() as tx:
        assert key == notices.server_key(tx.keys)
    assert claims["aud"] == f"http://127.0.0.1:{service.port}"
    assert (headers["content-encoding"], headers["urgency"], headers["ttl"]) == ("aes128gcm", "normal", "43200")
    assert left(office)[0].sent_at is not None


def test_names_go_out_only_where_their_reader_allows_it(office: Office, service: PushService) -> None:
    with office.store.transaction() as tx:
        notices.choose(tx, office.ada.id, notices.Choice(names_in_push=True))
        agents.change(tx, office.ada.id, locale="en-GB")
    switch_on(office, service)
    office.assign(office.ada, office.carla)
    works(office)
    assert service.heard[0][1]["text"] == "Carla Cat assigned Marta Lindqvist to you"


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(office: Office, service: PushService, status: int) -> None:
    switch_on(office, service)
    service.status = status
    office.assign(office.ada, office.carla)
    assert works(office) == 1
    assert left(office) == []
    office.assign(office.bea, office.carla)
    office.assign(office.ada, office.carla)
    assert works(office) == 0


def test_a_service_that_cannot_now_is_asked_again_and_in_the_end_let_be(
    office: Office, service: PushService, clock: SetClock
) -> None:
    switch_on(office, service)
    service.status = 503
    office.assign(office.ada, office.carla)
    assert works(office) == 1
    service.status = 201
    clock.advance(timedelta(seconds=5))
    assert works(office) == 1
    assert works(office) == 0
    service.status = 503
    office.assign(office.bea, office.carla)
    office.assign(office.ada, office.carla)
    calls = len(service.heard)
    for _ in range(8):
        works(office)
        clock.advance(timedelta(minutes=10))
    assert len(service.heard) - calls == 4
    assert len(left(office)) == 1


def test_what_was_read_meanwhile_or_is_quiet_is_not_pushed(office: Office, service: PushService) -> None:
    switch_on(office, service)
    office.assign(office.ada, office.carla)
    with office.store.transaction() as tx:
        notices.read(tx, office.ada.id)
    assert works(office) == 1
    with office.store.transaction() as tx:
        notices.choose(tx, office.ada.id, notices.Choice(quiet=notices.quiet_of("08:00", "10:00", [])))
    office.assign(office.bea, office.carla)
    office.assign(office.ada, office.carla)
    assert works(office) == 0
    assert service.heard == []


def test_an_address_within_our_own_network_is_never_called(office: Office, service: PushService) -> None:
    switch_on(office, service)
    office.desk.config["ALLOW_PRIVATE"] = False  # type: ignore[index]
    office.assign(office.ada, office.carla)
    assert works(office) == 1
    assert service.heard == []
    assert left(office) == []


def test_nobody_is_sent_on_by_a_service(office: Office, service: PushService) -> None:
    switch_on(office, service)
    service.status, service.location = 307, f"http://127.0.0.1:{service.port}/elsewhere"
    office.assign(office.ada, office.carla)
    works(office)
    assert len(service.heard) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/abc", "https://user@push.example/a", "https://127.0.0.1/a", "https://[::1]/a",
        "https://localhost/a", "ftp://push.example/a", "", "https://", "https://push.example/" + "a" * 1000, "//x", 7,
        "https://push.exa\nmple/a",
    ],
)  # fmt: skip
def test_only_addresses_of_the_open_internet_are_kept(office: Office, service: PushService, endpoint: Any) -> None:
    with office.store.transaction() as tx, pytest.raises(PushRefused) as refused:
        notices.add_browser(tx, office.ada.id, service.subscription | {"endpoint": endpoint}, "Firefox")
    assert refused.value.reason == "address"


@pytest.mark.parametrize("keys", [None, {}, {"p256dh": "AAAA", "auth": "AAAA"}, {"p256dh": "B" * 87, "auth": "A" * 22}])
def test_keys_that_are_none_are_refused(office: Office, service: PushService, keys: Any) -> None:
    with office.store.transaction() as tx, pytest.raises(PushRefused) as refused:
        notices.add_browser(tx, office.ada.id, service.subscription | {"keys": keys}, "x", allow_private=True)
    assert refused.value.reason == "keys"


def test_the_table_holds_no_address_and_no_key_in_clear_and_each_browser_once(
    office: Office, service: PushService
) -> None:
    assert switch_on(office, service) == switch_on(office, service)
    (row,) = left(office)
    assert "127.0.0.1" not in row.sealed and service.subscription["keys"]["auth"] not in row.sealed
    with office.store.transaction() as tx:
        assert json.loads(tx.keys.open(row.sealed))["endpoint"] == service.subscription["endpoint"]
        # Somebody else signs in to the same browser: it is theirs now.
        notices.add_browser(tx, office.bea.id, service.subscription, "Firefox", allow_private=True)
        assert notices.browsers(tx, office.ada.id) == []
        notices.drop_browser(tx, office.ada.id, service.subscription["endpoint"])
        assert len(notices.browsers(tx, office.bea.id)) == 1
        notices.drop_browser(tx, office.bea.id, service.subscription["endpoint"])
        assert list(tx.scalars(select(PushBrowser))) == []


def test_a_browser_from_before_a_rotation_is_served_by_the_key_that_it_knows(
    office: Office, service: PushService, keys: KeyRing
) -> None:
    switch_on(office, service)
    before = notices.server_key(keys)
    rotated = KeyRing([b"another key of thirty-two bytes...", b"a key of thirty-two bytes, no less"])
    office.store.keys = rotated
    assert notices.server_key(rotated) != before
    office.assign(office.ada, office.carla)
    works(office)
    assert signer(service.heard[0][0])[0] == before
