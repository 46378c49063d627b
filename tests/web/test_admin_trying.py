"""Sending a test by an inbox: what the page says where it works, and in one sentence where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import outbound, settings
from desk.parts import Desk
from desk.worker import drain
from tests.channels.test_email_smtp_out import Scripted
from tests.factories import make_inbox
from tests.servers import twilio
from tests.servers.listening import Asked, Handler, listening
from tests.web.conftest import csrf_of, post

SMTP = {"transport": "smtp", "smtp_host": "127.0.0.1", "smtp_security": "plain"}
TO = "ada@customer.example"


class Serving(Scripted):
    """The same for one connection after the other: it is looked for, logged in to, and sent by."""

    def _serve(self) -> None:
        while self._socket.fileno() >= 0:
            try:
                super()._serve()
            except OSError:  # somebody who only looked whether anybody answers
                continue


@pytest.fixture
def smtp() -> Iterator[Any]:
    made: list[Serving] = []

    def make(**answers: str | None) -> Serving:
        made.append(Serving(**answers))
        return made[-1]

    yield make
    for server in made:
        server.close()


def inbox_of(desk: Desk, **fields: Any) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, **fields).id


def tried(admin: FlaskClient, desk: Desk, inbox_id: int, to: str = TO) -> str:
    """The card after a test to somebody has run."""
    answer = post(admin, f"/admin/inboxes/{inbox_id}/check", send="1", to=to)
    assert answer.status_code == 303, answer.text
    drain(desk)
    return admin.get(f"/admin/inboxes/{inbox_id}/check?look=3").text


def test_a_test_goes_out_and_the_page_follows_it_to_its_end(admin: FlaskClient, desk: Desk, smtp: Any) -> None:
    server = smtp()
    number = inbox_of(desk, config=SMTP | {"smtp_port": server.port})
    page = admin.get(f"/admin/inboxes/{number}").text
    assert "Send a test" in page and 'value="admin0@kiln.example"' in page
    head = {"HX-Request": "true", "X-CSRFToken": csrf_of(admin, "/admin/")}
    part = admin.post(f"/admin/inboxes/{number}/check", data={"send": "1", "to": TO}, headers=head).text
    assert "hx-get" in part and server.heard == [], "no request waits for a server"
    drain(desk)
    page = admin.get(f"/admin/inboxes/{number}/check?look=3").text
    assert f"Send a message to {TO}" in page and "hx-get" not in page and page.count("#check") == 3
    assert f"rcpt TO:<{TO}>" in server.heard and b"This is a test of support@kiln.example" in server.content
    with desk.store.reading() as tx:
        steps = settings.inbox(tx, number).check_steps
        row = outbound.tried(tx, steps[-1]["delivery"])
        assert row is not None and (row.state, row.purpose, row.conversation_id) == ("sent", "test", None)
        assert outbound.tried(tx, 4711) is None


WRONG = {
    "recipient": ({}, {"RCPT": "550 5.1.1 no such person here"}, "no such person here"),
    "later": ({}, {"RCPT": "451 4.7.1 come back later"}, "it is tried again by itself"),
    "password": (
        {"smtp_user": "help", "smtp_password": "wrong"},
        {"EHLO": "250-scripted\n250 AUTH PLAIN", "AUTH": "535 5.7.8 bad credentials"},
        "refused the login of help",
    ),
    "sender": ({}, {"MAIL": "550 5.7.1 you may not send as support"}, "you may not send as support"),
    "encryption": ({"smtp_security": "starttls"}, {}, "offers no encryption (STARTTLS)"),
    "handshake": ({"smtp_security": "tls"}, {}, "no connection to the mail server"),
    "host": ({"smtp_host": "nowhere.invalid"}, {}, "no server is called nowhere.invalid"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
@pytest.mark.database("sqlite")
def test_what_is_wrong_is_one_sentence_and_no_secret(
    case: str, admin: FlaskClient, desk: Desk, smtp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, answers, sentence = WRONG[case]
    server = smtp(**answers)
    page = tried(admin, desk, inbox_of(desk, config=SMTP | {"smtp_port": server.port} | config))
    assert sentence in page and page.count("#warn") == 1
    assert "Traceback" not in page and ">wrong<" not in page
    if case in ("password", "encryption", "handshake", "host"):
        assert "Send a message" not in page, "nothing is sent where the servers do not take us"


def test_a_port_on_which_nobody_listens_is_named(admin: FlaskClient, desk: Desk) -> None:
    assert "nothing listens on port 1 of 127.0.0.1" in tried(
        admin, desk, inbox_of(desk, config=SMTP | {"smtp_port": 1})
    )


def test_a_desk_without_a_provider_keeps_the_test_in_its_outbox(admin: FlaskClient, desk: Desk) -> None:
    page = tried(admin, desk, inbox_of(desk, config={"transport": "outbox"}))
    assert "kept in the outbox of this desk" in page
    assert "A test of support@kiln.example" in admin.get("/admin/outbox").text


@pytest.mark.parametrize("to", ["", "nobody", "a@b.example\r\nBcc: x@y.example"])
def test_to_whom_it_goes_has_to_be_an_address(admin: FlaskClient, desk: Desk, to: str) -> None:
    number = inbox_of(desk, config={"transport": "outbox"})
    refused = post(admin, f"/admin/inboxes/{number}/check", send="1", to=to)
    assert refused.status_code == 422 and "That is not a mail address." in refused.text
    drain(desk)
    assert "A test of" not in admin.get("/admin/outbox").text


def test_a_look_that_waits_does_not_swallow_a_test(admin: FlaskClient, desk: Desk) -> None:
    number = inbox_of(desk, config={"transport": "outbox"})
    post(admin, f"/admin/inboxes/{number}/check")
    assert "kept in the outbox" in tried(admin, desk, number)


def sms(desk: Desk, provider: twilio.Provider, token: str) -> int:
    desk.config["ALLOW_PRIVATE"] = True  # type: ignore[index]
    config = {"transport": "provider", "provider": "twilio", "account_sid": twilio.ACCOUNT, "auth_token": token}
    return inbox_of(desk, channel="sms", address="+46705550100", config=config | {"api_base": provider.url})


def test_a_text_goes_out_by_its_provider_and_a_wrong_token_is_explained(admin: FlaskClient, desk: Desk) -> None:
    desk.store.public_url = "https://desk.kiln.example"
    with twilio.serving() as provider:
        number = sms(desk, provider, twilio.TOKEN)
        assert post(admin, f"/admin/inboxes/{number}/check", send="1", to="12").status_code == 422
        page = tried(admin, desk, number, "+46 70 555 01 32")
        assert "Send a message to +46705550132" in page
        assert [form["To"] for form in provider.posts()] == ["+46705550132"]
    with twilio.serving() as provider:
        with desk.store.transaction() as tx:
            row = settings.inbox(tx, number)
            row.config = row.config | {"auth_token": "guessed", "api_base": provider.url}
        page = tried(admin, desk, number, "+46705550132")
        assert "Outgoing: sign in" in page and "do not go together (401: Authenticate" in page and "guessed" not in page
        assert provider.posts() == []


class Site(Handler):
    """A shop's first page, as `answers` has it."""

    def do_GET(self) -> None:
        self.hear()
        status, page = self.asked.answers[-1]
        self.say(status, page.encode(), "text/html")


def test_a_chat_inbox_looks_for_its_tag_on_the_site(admin: FlaskClient, desk: Desk) -> None:
    desk.config["ALLOW_PRIVATE"] = True  # type: ignore[index]
    site = Asked()
    with listening(site, Site):
        number = inbox_of(desk, channel="chat", address=site.url.removeprefix("http://"), key="OUR-KEY", config={})
        page = admin.get(f"/admin/inboxes/{number}").text
        assert "looks for the script tag" in page and "Send a test" not in page

        def look(status: int, html: str) -> str:
            site.answers[:] = [(status, html)]
            post(admin, f"/admin/inboxes/{number}/check", send="1", to=TO)
            drain(desk)
            return admin.get(f"/admin/inboxes/{number}/check?look=3").text

        tag = '<script src="https://desk/widget.js" data-inbox="{}" async></script>'
        assert "the tag of this inbox is on the page" in look(200, tag.format("OUR-KEY"))
        assert "not that of this inbox" in look(200, tag.format("ANOTHER"))
        assert "paste it before the end of the body" in look(200, "<html>A shop</html>")
        assert "answers with 503" in look(503, "")
        with desk.store.transaction() as tx:
            assert settings.inbox(tx, number).trouble == "", "a tag manager may add it: nobody is alarmed for good"
            settings.inbox(tx, number).config = {"origins": "https://elsewhere.example"}
        assert "so its pages cannot chat" in look(200, tag.format("OUR-KEY"))
    assert "Your site: find the page" in look(200, "")
