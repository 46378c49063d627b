"""Consent for a mailbox, from the button to the token, at a provider that checks what real ones check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from desk import jobs, settings
from desk.channels.email import oauth
from desk.clock import SetClock
from desk.parts import Desk
from desk.settings import grants
from desk.worker import drain
from tests.factories import make_inbox
from tests.servers.oauth import SCOPE, SECRET, Provider, providing
from tests.web.conftest import post

HIDDEN = frozenset({"oauth_client_secret", "oauth_refresh_token"})


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with providing() as found:
        yield found


@pytest.fixture
def provider(running: Provider, desk: Desk) -> Provider:
    running.refuses, running.down, running.rotates, running.more = "", False, False, {}
    running.user = "ops@example.com"
    running.asked.clear()
    running.revoked.clear()
    running.registered = {f"{desk.store.public_url}/admin/inboxes/connected"}
    desk.config = dict(desk.config) | {"ALLOW_PRIVATE": True}
    return running


@pytest.fixture
def inbox_id(desk: Desk, provider: Provider) -> int:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx)
        inbox.config = settings.sealed(tx, {"transport": "outbox"} | provider.consent_config(), HIDDEN)
        return inbox.id


class Consenting:
    """An admin on the way to the provider and back."""

    def __init__(self, client: FlaskClient, provider: Provider, inbox_id: int) -> None:
        self.client, self.provider, self.inbox_id = client, provider, inbox_id
        self.page = f"/admin/inboxes/{inbox_id}"

    def go(self) -> dict[str, str]:
        """Presses the button; what the provider is asked."""
        answer = post(self.client, f"{self.page}/connect")
        assert answer.status_code == 200, answer.text
        found = re.search(r'class="btn primary" href="([^"]+)"', answer.text)
        assert found is not None
        there = unescape(found.group(1))
        assert answer.headers["Refresh"] == f"0; url={there}"
        return {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}

    def back(self, query: dict[str, str], yes: bool = True) -> Any:
        """Says yes or no, and follows the way back."""
        there = urlsplit(self.provider.decided(query, yes))
        return self.client.get(f"{there.path}?{there.query}")

    def text(self) -> str:
        page = self.client.get(self.page)
        assert page.status_code == 200
        return page.text


@pytest.fixture
def person(admin: FlaskClient, provider: Provider, inbox_id: int) -> Consenting:
    return Consenting(admin, provider, inbox_id)


def opened(desk: Desk, inbox_id: int) -> dict[str, Any]:
    with desk.store.reading() as tx:
        return settings.opened(tx, settings.inbox(tx, inbox_id))


def test_a_mailbox_is_connected_by_consent_and_its_page_says_as_whom(
    person: Consenting, desk: Desk, provider: Provider, inbox_id: int
) -> None:
    assert "Not connected" in person.text()
    query = person.go()
    assert query["scope"] == SCOPE
    assert query["code_challenge_method"] == "S256"
    assert "has not come back yet" in person.text()
    answer = person.back(query)
    assert answer.status_code == 303
    assert provider.asked == [], "no request asks somebody else's server"
    assert f"{person.page}/consent?look=1" in unescape(person.text())
    drain(desk)
    page = person.text()
    assert "Connected as ops@example.com." in page
    assert "mail.read mail.send" in page
    assert "hx-trigger" not in page
    config = opened(desk, inbox_id)
    assert provider.refresh[config["oauth_refresh_token"]] == "ops@example.com"
    assert (config["imap_login"], config["smtp_login"]) == ("oauth2", "oauth2")
    assert config["imap_user"] == "ops@example.com"
    assert oauth.access_token(config | {"allow_private": True}) in provider.access


def test_nothing_secret_is_in_a_page_a_row_or_a_job(
    person: Consenting, desk: Desk, provider: Provider, inbox_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    query = person.go()
    there = person.provider.decided(query, True)
    code = parse_qs(urlsplit(there).query)["code"][0]
    person.client.get(f"{urlsplit(there).path}?{urlsplit(there).query}")
    with desk.store.reading() as tx:
        waiting = str(settings.inbox(tx, inbox_id).config) + str(jobs.lease.__doc__)
    before = person.text()
    drain(desk)
    token = opened(desk, inbox_id)["oauth_refresh_token"]
    verifier = provider.asked[0]["code_verifier"]
    with desk.store.reading() as tx:
        rows = str(settings.inbox(tx, inbox_id).config) + waiting
        rows += str([(c.name, c.before, c.after, c.changed_by) for c in settings.changes(tx)])
    assert "connected as ops@example.com" in rows
    shown = before + person.text() + person.client.get("/admin/changes").text + person.client.get("/admin/jobs").text
    for secret in (code, token, verifier, SECRET):
        for where in (rows, shown, caplog.text):
            assert secret not in where


def test_a_person_who_says_no_reads_so(person: Consenting, desk: Desk, provider: Provider) -> None:
    person.back(person.go(), yes=False)
    drain(desk)
    assert "Consent was denied at the provider." in person.text()
    assert provider.asked == []


def test_an_answer_works_once(person: Consenting, desk: Desk, provider: Provider) -> None:
    query = person.go()
    there = urlsplit(provider.decided(query, True))
    with person.client.session_transaction() as session:
        begun = session["consent"]
    assert person.client.get(f"{there.path}?{there.query}").status_code == 303
    again = person.client.get(f"{there.path}?{there.query}")
    assert again.status_code == 400
    assert "used already" in again.text
    with person.client.session_transaction() as session:
        session["consent"] = begun  # an old cookie, brought back
    again = person.client.get(f"{there.path}?{there.query}")
    assert again.status_code == 400
    assert "used already" in again.text
    drain(desk)
    assert len([form for form in provider.asked if form["grant_type"] == "authorization_code"]) == 1


def test_an_answer_of_another_session_is_worth_nothing(
    person: Consenting, desk: Desk, provider: Provider, as_role: Callable[[str], FlaskClient]
) -> None:
    there = urlsplit(provider.decided(person.go(), True))
    other = as_role("admin")
    for client, status in ((other, 400), (as_role("agent"), 403), (as_role("nobody"), 303)):
        assert client.get(f"{there.path}?{there.query}").status_code == status
    with other.session_transaction() as session, person.client.session_transaction() as own:
        session["consent"] = own["consent"]
    assert other.get(f"{there.path}?{there.query}").status_code == 400, "the state names the colleague too"
    drain(desk)
    assert provider.asked == []


@pytest.mark.parametrize("state", ["", "x.y", "eyJpIjoxfQ.aaaa", "%00", "a" * 5000])
def test_a_state_that_was_made_up_is_refused(person: Consenting, state: str, provider: Provider) -> None:
    person.go()
    answer = person.client.get("/admin/inboxes/connected", query_string={"state": state, "code": "c"})
    assert answer.status_code == 400
    assert "belongs to no question" in answer.text
    assert provider.asked == []


def test_a_state_of_another_inbox_connects_nothing(person: Consenting, desk: Desk, provider: Provider) -> None:
    with desk.store.transaction() as tx:
        second = make_inbox(tx, address="second@kiln.example")
        second.config = settings.sealed(tx, provider.consent_config(), HIDDEN)
        other = Consenting(person.client, provider, second.id)
    first_query, second_query = person.go(), other.go()
    assert other.back(second_query).status_code == 303
    assert person.back(first_query).status_code == 303, "two tabs do not disturb each other"
    drain(desk)
    assert opened(desk, person.inbox_id)["oauth_refresh_token"] != opened(desk, second.id)["oauth_refresh_token"]


def test_an_answer_after_ten_minutes_and_one_of_an_older_attempt_are_refused(
    person: Consenting, desk: Desk, clock: SetClock, provider: Provider
) -> None:
    old = person.go()
    new = person.go()
    assert person.back(old).status_code == 400
    clock.advance(timedelta(minutes=11))
    late = person.back(new)
    assert late.status_code == 400
    assert "More than ten minutes" in late.text
    drain(desk)
    assert provider.asked == []


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (lambda p: p.outlast(), "The provider gives no token (400): The code … is over."),
        (lambda p: setattr(p, "down", True), "The provider has trouble of its own (it answered 503)."),
        (lambda p: p.more.update(scope="openid email"), "did not grant mail.read and mail.send"),
        (lambda p: p.more.update(refresh_token=""), "gave no refresh token"),
    ],
)
def test_what_the_provider_says_against_it_is_on_the_page(
    person: Consenting, desk: Desk, provider: Provider, trouble: Callable[[Provider], None], said: str
) -> None:
    person.back(person.go())
    trouble(provider)
    drain(desk)
    page = person.text()
    assert said in page
    assert "Not connected" in page
    assert not opened(desk, person.inbox_id).get("oauth_refresh_token")


def test_a_wrong_client_secret_is_told_without_it(person: Consenting, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        inbox = settings.inbox(tx, person.inbox_id)
        inbox.config = settings.sealed(tx, inbox.config | {"oauth_client_secret": "mistyped-secret"}, HIDDEN)
    person.back(person.go())
    drain(desk)
    assert "The client secret is wrong." in person.text()
    assert "mistyped-secret" not in person.text()


def test_a_provider_that_cannot_be_reached_is_asked_again_and_then_said_so(
    person: Consenting, desk: Desk, clock: SetClock
) -> None:
    with desk.store.transaction() as tx:
        inbox = settings.inbox(tx, person.inbox_id)
        inbox.config = inbox.config | {"oauth_token_url": "http://127.0.0.1:1/token"}
    person.back(person.go())
    drain(desk)
    assert "hx-trigger" in person.text(), "it is still being tried"
    for _ in range(2):
        clock.advance(timedelta(seconds=30))
        drain(desk)
    assert "The provider could not be asked for tokens" in person.text()
    with desk.store.reading() as tx:
        assert jobs.counts(tx)["dead"] == 0


def test_a_desk_that_stops_while_it_holds_a_code_does_not_show_it_twice(
    person: Consenting, desk: Desk, provider: Provider
) -> None:
    person.back(person.go())
    with desk.store.transaction() as tx:
        nonce = settings.inbox(tx, person.inbox_id).config[grants.OWN]["try"]["nonce"]
        assert grants.take_code(tx, person.inbox_id, nonce) is not None
    drain(desk)
    assert "was stopped while it asked" in person.text()
    assert provider.asked == []


def test_connecting_again_keeps_what_there_is_until_it_worked(
    person: Consenting, desk: Desk, provider: Provider
) -> None:
    person.back(person.go())
    drain(desk)
    first = opened(desk, person.inbox_id)["oauth_refresh_token"]
    person.back(person.go(), yes=False)
    page = person.text()
    assert "Consent was denied" in page
    assert "Connected as ops@example.com." in page
    assert opened(desk, person.inbox_id)["oauth_refresh_token"] == first
    provider.user = "desk@example.com"
    person.back(person.go())
    drain(desk)
    page = person.text()
    assert "Connected as desk@example.com." in page
    assert "logs in as ops@example.com" in page, "the user was there before, and is another one"
    assert opened(desk, person.inbox_id)["oauth_refresh_token"] != first


def test_saving_the_form_keeps_the_consent_and_another_token_ends_it(person: Consenting, desk: Desk) -> None:
    person.back(person.go())
    drain(desk)
    with desk.store.reading() as tx:
        inbox = settings.inbox(tx, person.inbox_id)
    config = {k: v for k, v in inbox.config.items() if isinstance(v, str) and not k.startswith("_")}
    form = {"name": inbox.name, "address": inbox.address, "brand": str(inbox.brand_id), "locale": "en", "active": "on"}
    form |= {f"config.{name}": value for name, value in config.items()}
    assert post(person.client, person.page, **form).status_code == 303
    assert "Connected as ops@example.com." in person.text()
    typed = form | {"config.oauth_refresh_token": "a token from elsewhere"}
    assert post(person.client, person.page, **typed).status_code == 303
    assert "A refresh token that was typed in is used." in person.text()


def test_disconnecting_takes_the_token_back_and_forgets_it(person: Consenting, desk: Desk, provider: Provider) -> None:
    person.back(person.go())
    drain(desk)
    token = opened(desk, person.inbox_id)["oauth_refresh_token"]
    assert post(person.client, f"{person.page}/disconnect").status_code == 303
    assert not opened(desk, person.inbox_id).get("oauth_refresh_token"), "at once, whatever the provider says"
    drain(desk)
    assert provider.revoked == [token]
    assert "Not connected" in person.text()
    with desk.store.reading() as tx:
        assert "sealed" not in str(settings.inbox(tx, person.inbox_id).config[grants.OWN])
        assert not grants.to_take_back(tx, person.inbox_id)
        assert [c.after for c in settings.changes(tx)] == [["disconnected"], ["connected as ops@example.com"]]


def test_a_provider_that_cannot_be_told_changes_nothing_about_forgetting(
    person: Consenting, desk: Desk, clock: SetClock
) -> None:
    person.back(person.go())
    drain(desk)
    with desk.store.transaction() as tx:
        inbox = settings.inbox(tx, person.inbox_id)
        inbox.config = inbox.config | {"oauth_revoke_url": "http://127.0.0.1:1/revoke"}
    post(person.client, f"{person.page}/disconnect")
    for _ in range(6):
        drain(desk)
        clock.advance(timedelta(minutes=10))
    assert "The provider could not be told" in person.text()
    with desk.store.reading() as tx:
        assert not grants.to_take_back(tx, person.inbox_id)


def test_a_consent_that_was_withdrawn_is_on_its_page_and_on_that_of_the_jobs_and_is_not_asked_for_again(
    person: Consenting, desk: Desk, provider: Provider
) -> None:
    person.back(person.go())
    drain(desk)
    provider.asked.clear()
    provider.refuses = "invalid_grant"
    config = opened(desk, person.inbox_id) | {"allow_private": True}
    for _ in range(3):
        with pytest.raises(oauth.NoToken, match="must be connected again"):
            oauth.access_token(config, fresh=True)
    assert len(provider.asked) == 1
    for refresh, reason in oauth.refused().items():
        with desk.store.transaction() as tx:
            grants.refused(tx, refresh, reason)
        oauth.told(refresh)
    assert opened(desk, person.inbox_id)["oauth_refused"], "a process that starts anew asks no more either"
    for path in (person.page, "/admin/jobs", "/admin/inboxes"):
        assert "must be connected again" in person.client.get(path).text
    assert "1 inbox needs you" in person.client.get("/admin/").text
    assert "loopdesk_inboxes_disconnected 1.0" in person.client.get("/metrics").text
    provider.refuses = ""
    person.back(person.go())
    drain(desk)
    assert "must be connected again" not in person.text()
    assert "needs you" not in person.client.get("/admin/").text
    assert oauth.access_token(opened(desk, person.inbox_id) | {"allow_private": True})


def test_what_is_missing_is_named_before_anybody_is_sent_away(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
    assert "Client ID" in admin.get(f"/admin/inboxes/{inbox_id}/consent").text
    answer = post(admin, f"/admin/inboxes/{inbox_id}/connect")
    assert answer.status_code == 303
    assert "Fill in and save first: Client ID" in admin.get(f"/admin/inboxes/{inbox_id}").text
    assert admin.get("/admin/inboxes/999/consent").status_code == 404


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ({"oauth_provider": "google"}, "https://accounts.google.com/o/oauth2/v2/auth?"),
        ({"oauth_provider": "microsoft"}, "https://login.microsoftonline.com/organizations/oauth2/v2.0/authorize?"),
        (
            {"oauth_provider": "microsoft", "oauth_tenant": "kiln.example"},
            "https://login.microsoftonline.com/kiln.example/oauth2/v2.0/authorize?",
        ),
    ],
)
def test_google_and_microsoft_need_a_client_and_nothing_else(
    admin: FlaskClient, desk: Desk, typed: dict[str, str], begins: str
) -> None:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx)
        inbox.config = typed | {"oauth_client_id": "the-client"}
        inbox_id = inbox.id
    there = post(admin, f"/admin/inboxes/{inbox_id}/connect").headers["Refresh"].removeprefix("0; url=")
    assert there.startswith(begins)
    query = parse_qs(urlsplit(there).query)
    assert query["redirect_uri"] == [f"{desk.store.public_url}/admin/inboxes/connected"]
    assert query["login_hint"] == [inbox.address]
    assert "offline" in there


@pytest.mark.parametrize(
    "url", ["http://login.example/token", "javascript:alert(1)", "https://u:p@login.example/", "x"]
)
def test_an_address_at_which_a_token_could_be_read_is_refused(admin: FlaskClient, desk: Desk, url: str) -> None:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx)
    form = {"name": "N", "address": "n@kiln.example", "brand": str(inbox.brand_id), "locale": "en"}
    answer = post(admin, "/admin/inboxes/new/email", **form, **{"config.oauth_authorize_url": url})
    assert answer.status_code == 422
    assert 'id="wrong-oauth_authorize_url"' in answer.text
