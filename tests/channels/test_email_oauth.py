"""Logging in by token instead of password, at real mail servers that ask a provider whose token it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from desk import settings
from desk.channels.email import Mailbox, MailboxTrouble, oauth
from desk.channels.email.check import check
from desk.channels.email.smtp_out import send
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.worker.doors import Doors
from tests import factories
from tests.channels.mails import made
from tests.channels.test_email_smtp_out import MESSAGE
from tests.servers.mail import Dovecot, Postfix, server_folder
from tests.servers.needs import wait_for
from tests.servers.oauth import SECRET, Provider, providing

USER = "support@shop.example"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with providing() as found:
        yield found


@pytest.fixture(scope="module")
def mailboxes(running: Provider) -> Iterator[Dovecot]:
    folder = server_folder("dovecot-tokens")
    server = Dovecot(folder, running.url)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def mail_server(mailboxes: Dovecot) -> Iterator[Postfix]:
    folder = server_folder("postfix-tokens")
    server = Postfix(folder, mailboxes)
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def provider(running: Provider) -> Iterator[Provider]:
    running.rotates, running.refuses, running.lasts = False, "", 3600
    running.asked.clear()
    yield running
    for old in oauth.newer():
        oauth.stored(old)


@pytest.fixture
def incoming(provider: Provider, mailboxes: Dovecot) -> dict[str, Any]:
    imap = {"imap_host": mailboxes.host, "imap_port": mailboxes.imap_port, "imap_security": "plain"}
    return provider.config(USER, imap_user=USER, imap_login="oauth2", **imap)


@pytest.fixture
def outgoing(provider: Provider, mail_server: Postfix) -> dict[str, Any]:
    smtp = {"smtp_host": mail_server.host, "smtp_port": mail_server.port, "smtp_security": "plain"}
    return provider.config(USER, transport="smtp", smtp_user=USER, smtp_login="oauth2", **smtp)


def test_a_mailbox_is_opened_by_a_token_that_is_asked_for_once(
    mailboxes: Dovecot, provider: Provider, incoming: dict[str, Any]
) -> None:
    mailboxes.deliver(USER, made("Hello", "By token."))
    for _ in range(2):
        with Mailbox(incoming) as mailbox:
            assert any(b"By token." in mail.raw for mail in mailbox.new(None))
    assert [form["grant_type"] for form in provider.asked] == ["refresh_token"]


def test_a_mail_is_sent_by_a_token(mailboxes: Dovecot, outgoing: dict[str, Any]) -> None:
    to = replace(MESSAGE.to[0], value="by-token@customer.example")
    assert send(replace(MESSAGE, to=(to,)), outgoing).outcome == "accepted"
    assert mailboxes.wait("by-token@customer.example")[0]["Subject"] == "Your order"


def test_a_token_that_ended_before_its_time_is_asked_for_again(
    provider: Provider, incoming: dict[str, Any], outgoing: dict[str, Any]
) -> None:
    with Mailbox(incoming):
        pass
    assert send(MESSAGE, outgoing).outcome == "accepted"
    provider.revoke()
    with Mailbox(incoming):
        pass
    assert send(MESSAGE, outgoing).outcome == "accepted"
    assert len(provider.asked) == 4


def test_a_token_is_not_used_in_its_last_minutes(provider: Provider, incoming: dict[str, Any]) -> None:
    provider.lasts = 100  # which is less than a mail may take
    for _ in range(2):
        oauth.access_token(incoming)
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"oauth_refresh_token": ""}, "OAuth 2.0 is chosen and there is no refresh token"),
        ({"oauth_token_url": ""}, "OAuth 2.0 is chosen and there is no address for tokens"),
        ({"oauth_client_id": "another"}, "the provider gives no token (401): no such client or …"),
        ({"oauth_token_url": "http://127.0.0.1:1/token"}, "no token could be asked for: the call failed: ConnectError"),
        ({"allow_private": False}, "no token could be asked for: port"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(
    provider: Provider, incoming: dict[str, Any], outgoing: dict[str, Any], change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(MailboxTrouble) as trouble:
        Mailbox(incoming | change).connect()
    result = send(MESSAGE, outgoing | change)
    assert result.outcome == "retry"
    for said in (trouble.value.reason, result.detail):
        assert sentence in said
        assert SECRET not in said
        assert "refresh-" not in said


def test_a_consent_that_was_withdrawn_is_shown_to_whoever_tries_the_inbox_out(
    provider: Provider, incoming: dict[str, Any], outgoing: dict[str, Any]
) -> None:
    assert all(step.ok for step in check(outgoing | incoming | {"oauth_refresh_token": provider.grant(USER)}))
    provider.refuses = "invalid_grant"
    token = provider.grant(USER)
    steps = check(outgoing | incoming | {"oauth_refresh_token": token})
    wrong = [step.detail for step in steps if not step.ok]
    assert (
        wrong
        == ["the provider gives no token (400): Token has been expired or revoked. The inbox must be connected again."]
        * 2
    )
    assert len([f for f in provider.asked if f["refresh_token"] == token]) == 1, "it is not shown to the provider again"


def test_a_token_of_somebody_else_opens_nothing(provider: Provider, incoming: dict[str, Any]) -> None:
    with pytest.raises(MailboxTrouble, match=f"the mail server refused the login of {USER}"):
        Mailbox(incoming | {"oauth_refresh_token": provider.grant("other@shop.example")}).connect()


def test_a_refresh_token_that_the_provider_replaces_is_kept(
    provider: Provider, incoming: dict[str, Any], desk: Desk
) -> None:
    provider.rotates = True
    first = incoming["oauth_refresh_token"]
    secret = frozenset({"oauth_client_secret", "oauth_refresh_token"})
    with desk.store.transaction() as tx:
        brand = factories.make_brand(tx, name="Kiln & Co.", key="kiln")
        config = {name: value for name, value in incoming.items() if name != "imap_host"}
        inbox_id = settings.create_inbox(
            tx, channel="email", name="Support", address=USER, brand_id=brand.id, config=config, secret_fields=secret
        ).id
    oauth.access_token(incoming)
    oauth.access_token(incoming, fresh=True)
    assert provider.asked[0]["refresh_token"] == first
    assert provider.asked[1]["refresh_token"] != first, "the newer one is used, before it is stored too"

    def kept() -> str:
        with desk.store.reading() as tx:
            return str(settings.opened(tx, settings.inbox(tx, inbox_id))["oauth_refresh_token"])

    doors = Doors(desk)
    doors.start()
    try:
        wait_for(lambda: kept() != first, "the newer token in the inbox's configuration")
        wait_for(lambda: not oauth.newer(), "what waited to be stored to be forgotten")  # after the commit
    finally:
        doors.stop()
    assert provider.refresh[kept()] == USER
    with desk.store.reading() as tx:
        assert kept() not in str(settings.inbox(tx, inbox_id).config), "it is sealed"


def test_whoever_fetches_stops_at_a_token_that_was_refused_and_goes_on_once_there_is_another(
    provider: Provider, mailboxes: Dovecot, incoming: dict[str, Any], desk: Desk
) -> None:
    desk.config = dict(desk.config) | {"ALLOW_PRIVATE": True}
    secret = frozenset({"oauth_client_secret", "oauth_refresh_token"})
    with desk.store.transaction() as tx:
        brand = factories.make_brand(tx, name="Kiln & Co.", key="kiln")
        inbox_id = settings.create_inbox(
            tx, channel="email", name="Support", address=USER, brand_id=brand.id, config=incoming, secret_fields=secret
        ).id

    def inbox() -> settings.Inbox:
        with desk.store.reading() as tx:
            return settings.inbox(tx, inbox_id)

    def arrived() -> int:
        with desk.store.reading() as tx:
            return len(tx.scalars(select(Arrival.id)).all())

    provider.refuses = "invalid_grant"
    mailboxes.deliver(USER, made("Hello", "While nobody could look."))
    doors = Doors(desk)
    doors.start()
    try:
        wait_for(lambda: settings.grants.grant(inbox()).state == "refused", "the inbox knows that it was refused")
        wait_for(lambda: not doors._watched, "nobody fetches any more")
        assert "must be connected again" in inbox().trouble
        assert len(provider.asked) == 1
        provider.refuses = ""
        with desk.store.transaction() as tx:
            nonce = "an attempt"
            settings.grants.ask(tx, inbox_id, nonce=nonce, verifier="v", redirect_uri="r", staff_id=0)
            settings.grants.connected(
                tx, inbox_id, nonce, refresh_token=provider.grant(USER), account=USER, scope="mail", life=None,
                config={}, staff_id=factories.make_staff(tx).id,
            )  # fmt: skip
        wait_for(lambda: arrived() > 0, "the mail that came meanwhile")
        assert inbox().trouble == ""
    finally:
        doors.stop()
