"""Sending: what the server said, and what that means for trying again."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from desk.channels.email import Receiver, parse
from desk.channels.email.check import check
from desk.channels.email.smtp_out import send
from desk.messages import Address, OutboundMessage
from tests.servers.mail import Dovecot, Postfix
from tests.servers.needs import free_port

MESSAGE = OutboundMessage(
    channel="email",
    inbox_id=1,
    message_id="0123@shop.example",
    to=(Address("email", "mara@customer.example", "Mara"),),
    text="Hello\n.\n..Mara\n",
    subject="Your order",
    sender_address="support@shop.example",
    reply_to="support+r-17@shop.example",
    sent_at=datetime(2026, 3, 3, 10, 15, tzinfo=UTC),
)


class Scripted:
    """A mail server that says what a test tells it, word by word; `None` hangs up."""

    def __init__(self, **answers: str | None) -> None:
        self._answers = {
            "EHLO": "250 scripted", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on",
            ".": "250 2.0.0 queued as Q7",
            "RSET": "250 ok", "QUIT": "221 bye", "AUTH": "235 ok",
        } | answers  # fmt: skip
        self.heard: list[str] = []
        self.content = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection, connection.makefile("rwb") as file:

            def say(line: str | None) -> bool:
                if line is None:
                    return False
                file.write(line.replace("\n", "\r\n").encode() + b"\r\n")
                file.flush()
                return True

            say("220 scripted")
            while line := file.readline():
                command = line.decode("utf-8", "replace").strip()
                self.heard.append(command)
                word = command.split()[0].split(":")[0].upper() if command else ""
                of_one = next((said for key, said in self._answers.items() if "@" in key and key in command), None)
                if not say(of_one or self._answers.get(word, "250 ok")):
                    return
                if word == "QUIT":
                    return
                if word == "DATA" and str(self._answers["DATA"]).startswith("354"):
                    while (line := file.readline()) and line != b".\r\n":
                        self.content += line
                    if not say(self._answers["."]):
                        return

    def close(self) -> None:
        self._socket.close()

    @property
    def config(self) -> dict[str, Any]:
        return {"smtp_host": "127.0.0.1", "smtp_port": self.port, "smtp_security": "plain", "timeout": 10}


@pytest.fixture
def scripted() -> Iterator[Any]:
    made: list[Scripted] = []

    def make(**answers: str | None) -> Scripted:
        made.append(Scripted(**answers))
        return made[-1]

    yield make
    for server in made:
        server.close()


def test_accepted_with_the_servers_own_name_for_it(scripted: Any) -> None:
    server = scripted()
    result = send(MESSAGE, server.config)
    assert (result.outcome, result.provider_id) == ("accepted", "Q7")
    assert "MAIL FROM:<support@shop.example>".casefold() in [x.casefold() for x in server.heard]
    assert parse(server.content.replace(b"\r\n..", b"\r\n.")).text == "Hello\n.\n..Mara\n"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"MAIL": "450 4.7.1 come later"}, "retry"),
        ({"MAIL": "550 5.7.1 not you"}, "refused"),
        ({"RCPT": "451 4.7.1 greylisted"}, "retry"),
        ({"RCPT": "550 5.1.1 no such user"}, "refused"),
        ({"DATA": "451 later"}, "retry"),
        ({"DATA": "554 no"}, "refused"),
        ({".": "452 4.3.1 disk full"}, "retry"),
        ({".": "554 5.7.1 spam"}, "refused"),
        ({".": None}, "unknown"),
        ({".": "250"}, "accepted"),
        ({"DATA": None}, "retry"),
        ({"RCPT": None}, "retry"),
        ({"MAIL": None}, "retry"),
        ({"EHLO": "554 go away", "HELO": "554 go away"}, "retry"),
    ],
    ids=str,
)
def test_each_answer_means_what_it_means(scripted: Any, answers: dict[str, str | None], outcome: str) -> None:
    result = send(MESSAGE, scripted(**answers).config)
    assert result.outcome == outcome
    assert result.detail or outcome == "accepted"


LEA, KIM = Address("email", "lea@copied.example"), Address("email", "kim@copied.example")


def test_a_copy_that_is_refused_for_good_keeps_nobody_from_the_answer(scripted: Any) -> None:
    server = scripted(**{LEA.value: "550 5.1.1 no such user"})
    result = send(replace(MESSAGE, cc=(LEA, KIM)), server.config)
    assert result.outcome == "accepted"
    assert result.missed == ((LEA.value, "550 5.1.1 no such user"),)
    assert parse(server.content).text.startswith("Hello")


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({LEA.value: "450 4.2.1 come later"}, "retry"),
        ({LEA.value: "550 5.1.1 no such user", KIM.value: "451 4.7.1 greylisted"}, "retry"),
        ({LEA.value: "550 5.1.1 no such user", MESSAGE.to[0].value: "550 5.1.1 no such user"}, "refused"),
    ],
    ids=["one later", "one never, one later", "the customer never"],
)
def test_else_it_is_all_or_nothing(scripted: Any, answers: dict[str, str], outcome: str) -> None:
    server = scripted(**answers)
    result = send(replace(MESSAGE, cc=(LEA, KIM)), server.config)
    assert (result.outcome, result.missed, server.content) == (outcome, (), b"")


def test_nothing_was_sent_where_nobody_listens() -> None:
    result = send(MESSAGE, {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_security": "plain"})
    assert (result.outcome, "nothing listens" in result.detail) == ("retry", True)
    assert send(MESSAGE, {}).outcome == "retry"


def test_the_caller_knows_when_the_content_goes_out(scripted: Any) -> None:
    told: list[str] = []
    send(MESSAGE, scripted(RCPT="550 no").config, on_data=lambda: told.append("out"))
    assert told == []
    send(MESSAGE, scripted().config, on_data=lambda: told.append("out"))
    assert told == ["out"]


def test_no_encryption_means_no_password_and_no_mail(scripted: Any) -> None:
    server = scripted()
    config = server.config | {"smtp_security": "starttls", "smtp_user": "support", "smtp_password": "very-secret"}
    result = send(MESSAGE, config)
    assert (result.outcome, "STARTTLS" in result.detail) == ("retry", True)
    assert not any("MAIL" in x or "AUTH" in x for x in server.heard)


def test_secrets_stay_out_of_results_and_logs(scripted: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = scripted(EHLO="250-scripted\n250 AUTH PLAIN LOGIN", AUTH="535 5.7.8 wrong: very-secret")
    result = send(MESSAGE, server.config | {"smtp_user": "support", "smtp_password": "very-secret"})
    assert result.outcome == "retry"
    assert "login of support" in result.detail
    assert "very-secret" not in result.detail + caplog.text


def test_a_mail_that_is_none_is_refused_here() -> None:
    result = send(replace(MESSAGE, to=(Address("email", "nobody"),)), {"smtp_host": "127.0.0.1"})
    assert (result.outcome, "not an address" in result.detail) == ("refused", True)


def test_an_address_beyond_ascii_needs_a_server_that_can(scripted: Any) -> None:
    mail = replace(MESSAGE, to=(Address("email", "mära@customer.example"),))
    assert send(mail, scripted().config).outcome == "refused"
    server = scripted(EHLO="250-scripted\n250-8BITMIME\n250 SMTPUTF8")
    assert send(mail, server.config).outcome == "accepted"
    assert any("mära@customer.example" in x for x in server.heard)


def test_a_mail_larger_than_announced_is_not_carried_there(scripted: Any) -> None:
    server = scripted(EHLO="250-scripted\n250 SIZE 100")
    assert send(MESSAGE, server.config).outcome == "refused"
    assert not any(x.startswith("DATA") for x in server.heard)


def test_what_we_send_our_own_receiver_reads() -> None:
    got: list[bytes] = []
    with Receiver(lambda raw, _: got.append(raw), lambda _: True) as receiver:
        config = {"smtp_host": "127.0.0.1", "smtp_port": receiver.port, "smtp_security": "plain"}
        assert send(MESSAGE, config).outcome == "accepted"
    mail = parse(got[0])
    assert mail.text == MESSAGE.text
    assert mail.reply_to[0].email == "support+r-17@shop.example"


def test_a_real_server_delivers_into_a_real_mailbox(postfix: Postfix, dovecot: Dovecot) -> None:
    config = {"smtp_host": postfix.host, "smtp_port": postfix.port, "smtp_security": "plain"}
    to = (Address("email", "real-mara@customer.example"),)
    message = replace(MESSAGE, to=to, in_reply_to="a@customer.example", references=("a@customer.example",))
    result = send(message, config)
    assert result.outcome == "accepted"
    assert result.provider_id
    (mail,) = dovecot.wait("real-mara@customer.example")
    assert mail["Message-ID"] == "<0123@shop.example>"
    assert mail["In-Reply-To"] == "<a@customer.example>"
    assert mail["Reply-To"] == "support+r-17@shop.example"
    steps = check({"transport": "smtp"} | config)
    assert [s.ok for s in steps] == [True, True]


def test_checking_an_inbox_says_what_is_wrong() -> None:
    port = free_port()
    steps = check(
        {"transport": "smtp", "smtp_host": "127.0.0.1", "smtp_port": port, "imap_host": "127.0.0.1", "imap_port": port}
    )
    assert [s.ok for s in steps] == [False, False]
    assert all("nothing listens" in s.detail for s in steps)
    assert all(s.ok for s in check({}))
