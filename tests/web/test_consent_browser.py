"""Connecting a mailbox in a real browser, by way of a provider's own page, until real mail servers take the token."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from desk import settings
from desk.worker import drain
from tests.servers.browser import accessibility
from tests.servers.mail import Dovecot, Postfix, server_folder
from tests.servers.oauth import CLIENT, SCOPE, SECRET, Provider, providing
from tests.web.test_console_browser import Scene, scene

__all__ = ["scene"]
pytestmark = pytest.mark.database("sqlite")  # what the screen shows is the same on both


@pytest.fixture
def provider(scene: Scene) -> Iterator[Provider]:
    desk = scene.app.extensions["loopdesk"]
    desk.store.public_url = scene.url
    desk.config = dict(desk.config) | {"ALLOW_PRIVATE": True}
    with providing() as found:
        found.registered.add(f"{scene.url}/admin/inboxes/connected")
        yield found


@pytest.fixture
def servers(provider: Provider) -> Iterator[tuple[Dovecot, Postfix]]:
    folders: list[Path] = [server_folder("dovecot-consent"), server_folder("postfix-consent")]
    mailboxes = Dovecot(folders[0], provider.url)
    mail_server = Postfix(folders[1], mailboxes)
    yield mailboxes, mail_server
    mail_server.stop()
    mailboxes.stop()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def opened(scene: Scene, **look: object) -> Page:
    page = scene.chromium.page(scene.url, **look)
    page.goto(f"/try/{scene.bea.id}")
    page.goto(f"/admin/inboxes/{scene.inbox_id}")
    return page


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_mailbox_is_connected_and_its_servers_take_the_token(
    scene: Scene, provider: Provider, servers: tuple[Dovecot, Postfix]
) -> None:
    mailboxes, mail_server = servers
    page = opened(scene)
    for name, value in {
        "transport": "smtp", "smtp_security": "plain", "imap_security": "plain", "oauth_provider": "other",
    }.items():  # fmt: skip
        page.select_option(f"select[name='config.{name}']", value)
    for name, value in {
        "smtp_host": mail_server.host, "smtp_port": mail_server.port, "imap_host": mailboxes.host,
        "imap_port": mailboxes.imap_port, "oauth_client_id": CLIENT, "oauth_client_secret": SECRET,
        "oauth_authorize_url": f"{provider.url}/authorize", "oauth_token_url": f"{provider.url}/token",
        "oauth_revoke_url": f"{provider.url}/revoke", "oauth_scope": SCOPE,
    }.items():  # fmt: skip
        page.fill(f"input[name='config.{name}']", str(value))
    page.locator("button.primary", has_text="Save").click()
    page.get_by_role("button", name="Connect with 127.0.0.1").click()
    page.wait_for_url(f"{provider.url}/authorize**")  # by itself: the page that says where it goes is not in the way
    page.get_by_role("button", name="yes").click()
    page.wait_for_url(f"{scene.url}/admin/inboxes/{scene.inbox_id}**")
    card = page.locator("#inbox-consent")
    expect(card).to_contain_text("Connecting")
    desk = scene.app.extensions["loopdesk"]
    drain(desk)
    expect(card).to_contain_text("Connected as ops@example.com.")  # without anybody loading the page anew
    assert accessibility(page) == []
    page.reload()
    steps = page.locator("#inbox-test li")
    expect(steps).to_have_count(4)
    expect(page.locator("#inbox-test li", has=page.get_by_role("img", name="good"))).to_have_count(4)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{scene.url}/admin/inboxes/connected"
    page.get_by_role("button", name="Disconnect").click()
    expect(card).to_contain_text("Not connected")
    drain(desk)
    assert len(provider.revoked) == 1
    with desk.store.reading() as tx:
        assert not settings.opened(tx, settings.inbox(tx, scene.inbox_id)).get("oauth_refresh_token")


@pytest.mark.parametrize("look", [{"dark": True}, {"width": "phone"}])
def test_whoever_says_no_is_back_on_the_page_and_reads_why(
    scene: Scene, provider: Provider, look: dict[str, object]
) -> None:
    desk = scene.app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        inbox = settings.inbox(tx, scene.inbox_id)
        inbox.config = settings.sealed(tx, provider.consent_config(), frozenset({"oauth_client_secret"}))
    page = opened(scene, **look)
    page.locator("#consent-go").click()
    page.get_by_role("button", name="no").click()
    card = page.locator("#inbox-consent")
    expect(card).to_contain_text("Consent was denied at the provider.")
    expect(page.locator("#consent-go")).to_be_visible()
    assert accessibility(page) == []
    assert fits(page)
