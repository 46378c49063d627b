"""The signature of an inbox's mails, from the first key to the one that replaces it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from desk import settings
from desk.channels.email import dkim_check
from desk.channels.email.dkim_check import Unanswered
from desk.messages import Address, OutboundMessage
from desk.outbound import sending
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.settings import SigningKey
from desk.worker import drain
from tests.factories import make_inbox
from tests.web.conftest import post
from tests.web.test_admin_inboxes import inbox_form

HTMX = {"HX-Request": "true"}


class Names:
    """A name server in memory."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}
        self.down = False

    def __call__(self, name: str) -> tuple[bytes | None, float]:
        if self.down:
            raise Unanswered("Timeout")
        return self.records.get(name), 60.0


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    names = Names()
    monkeypatch.setattr(dkim_check, "ask_dns", names)
    return names


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, address="help@kiln.example", config={"transport": "smtp"}).id


def _keys(desk: Desk, inbox_id: int) -> list[SigningKey]:
    with desk.store.reading() as tx:
        return settings.signing_keys(tx, inbox_id)


def _made(admin: FlaskClient, desk: Desk, inbox_id: int) -> SigningKey:
    assert post(admin, f"/admin/inboxes/{inbox_id}/signing").status_code == 303
    return _keys(desk, inbox_id)[0]


def _looked(admin: FlaskClient, desk: Desk, key: SigningKey) -> SigningKey:
    post(admin, f"/admin/inboxes/{key.inbox_id}/signing/{key.id}/check")
    drain(desk)
    return next(k for k in _keys(desk, key.inbox_id) if k.id == key.id)


def _used(admin: FlaskClient, desk: Desk, key: SigningKey, names: Names) -> None:
    names.records[f"{key.selector}._domainkey.{key.domain}."] = key.record.encode()
    assert _looked(admin, desk, key).found == "found"
    post(admin, f"/admin/inboxes/{key.inbox_id}/signing/{key.id}/use")


def _signer(desk: Desk, inbox_id: int) -> str:
    with desk.store.reading() as tx:
        found = settings.signer(tx, settings.inbox(tx, inbox_id))
    return str(found["selector"]) if found is not None else ""


def test_a_key_signs_only_after_its_record_was_found(
    admin: FlaskClient, desk: Desk, inbox_id: int, names: Names
) -> None:
    key = _made(admin, desk, inbox_id)
    page = admin.get(f"/admin/inboxes/{inbox_id}").text
    assert f"{key.selector}._domainkey.kiln.example" in page
    assert key.record in page
    assert "PRIVATE" not in page + key.secret
    assert key.secret not in page
    assert _looked(admin, desk, key).found == "missing"
    assert "Not found yet" in admin.get(f"/admin/inboxes/{inbox_id}").text
    post(admin, f"/admin/inboxes/{inbox_id}/signing/{key.id}/use")
    assert _signer(desk, inbox_id) == ""
    assert "publish it, then look again" in admin.get(f"/admin/inboxes/{inbox_id}").text
    names.records[f"{key.selector}._domainkey.kiln.example."] = b"v=DKIM1; p=somethingelse"
    assert _looked(admin, desk, key).found == "different"
    assert "v=DKIM1; p=somethingelse" in admin.get(f"/admin/inboxes/{inbox_id}").text
    names.down = True
    assert _looked(admin, desk, key).found == "unanswered"
    names.down = False
    _used(admin, desk, key, names)
    assert _signer(desk, inbox_id) == key.selector
    with desk.store.reading() as tx:
        assert settings.changes(tx)[0].name == "help@kiln.example: DKIM"


def test_no_request_asks_a_name_server(
    admin: FlaskClient, desk: Desk, inbox_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _made(admin, desk, inbox_id)
    monkeypatch.setattr(dkim_check, "ask_dns", lambda _name: pytest.fail("a request asked"))
    post(admin, f"/admin/inboxes/{inbox_id}/signing/{key.id}/check")
    part = admin.get(f"/admin/inboxes/{inbox_id}/signing?look=3", headers=HTMX).text
    assert "Asking the name servers" in part
    assert "look=4" in part
    part = admin.get(f"/admin/inboxes/{inbox_id}/signing?look=20", headers=HTMX).text
    assert "Nobody has taken this up" in part


def test_the_next_key_stands_beside_the_first_until_it_takes_over(
    admin: FlaskClient, desk: Desk, inbox_id: int, names: Names
) -> None:
    first = _made(admin, desk, inbox_id)
    _used(admin, desk, first, names)
    second = _made(admin, desk, inbox_id)
    assert second.selector != first.selector
    assert _signer(desk, inbox_id) == first.selector
    assert _made(admin, desk, inbox_id).id == second.id, "one waits already"
    _used(admin, desk, second, names)
    assert _signer(desk, inbox_id) == second.selector
    retired = _keys(desk, inbox_id)[1]
    assert (retired.state, retired.secret) == ("retired", "")
    assert f"{first.selector} signed until" in admin.get(f"/admin/inboxes/{inbox_id}").text
    post(admin, f"/admin/inboxes/{inbox_id}/signing/{second.id}/retire")
    assert _signer(desk, inbox_id) == ""


def test_saving_the_inbox_keeps_its_key_and_another_domain_is_not_signed_for(
    admin: FlaskClient, desk: Desk, inbox_id: int, names: Names
) -> None:
    key = _made(admin, desk, inbox_id)
    _used(admin, desk, key, names)
    assert post(admin, f"/admin/inboxes/{inbox_id}", **inbox_form(desk)).status_code == 303
    assert _signer(desk, inbox_id) == key.selector
    moved = inbox_form(desk, address="help@other.example")
    assert post(admin, f"/admin/inboxes/{inbox_id}", **moved).status_code == 303
    assert _signer(desk, inbox_id) == ""
    assert "This key is for kiln.example" in admin.get(f"/admin/inboxes/{inbox_id}").text


def test_a_key_belongs_to_its_inbox_and_only_mails_have_one(admin: FlaskClient, desk: Desk, inbox_id: int) -> None:
    key = _made(admin, desk, inbox_id)
    with desk.store.transaction() as tx:
        text = make_inbox(tx, channel="sms", address="+46705550100", config={}).id
        other = make_inbox(tx, address="x@kiln.example").id
    for path in (f"{other}/signing/{key.id}/use", f"{text}/signing", f"{inbox_id}/signing/99999/retire"):
        assert post(admin, f"/admin/inboxes/{path}").status_code == 404
    assert "DKIM" not in admin.get(f"/admin/inboxes/{text}").text


def test_what_is_sent_is_told_the_key(admin: FlaskClient, desk: Desk, inbox_id: int, names: Names) -> None:
    key = _made(admin, desk, inbox_id)
    _used(admin, desk, key, names)
    message = OutboundMessage("email", inbox_id, "a@kiln.example", (Address("email", "m@x.example"),), "Hi")
    with desk.store.reading() as tx:
        config = sending._config(desk, tx, Delivery(inbox_id=inbox_id, channel="email", message_id=message.message_id))
    assert (config["dkim"]["selector"], config["dkim"]["domain"]) == (key.selector, "kiln.example")
    assert config["dkim"]["secret"].startswith("-----BEGIN RSA PRIVATE KEY")
