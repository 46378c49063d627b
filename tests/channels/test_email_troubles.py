"""What a mail server is wrong about is said in one sentence that somebody can act on, without a library's own words."""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socket import create_server, socket

import pytest
from imap_tools.errors import MailboxLoginError

from desk.channels.email.check import check
from desk.channels.email.troubles import in_words


@contextmanager
def answering(talk: Callable[[socket], object]) -> Iterator[int]:
    """A server on a free port that does this with whoever connects."""
    with create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    link, _ = server.accept()
                except OSError:
                    return
                with link, suppress(OSError):  # whoever is disappointed hangs up
                    link.settimeout(5)
                    talk(link)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield port
        finally:
            over.set()
            with socket() as last:
                last.connect_ex(("127.0.0.1", port))
            thread.join()


def greets(line: bytes) -> Callable[[socket], object]:
    def talk(link: socket) -> None:
        link.sendall(line)
        link.recv(1000)

    return talk


@pytest.mark.parametrize(
    ("greeting", "security", "incoming", "outgoing"),
    [
        (b"220 mail.example ESMTP\r\n", "plain", "what answers on this port is no IMAP server", ""),
        (b"* OK ready\r\n", "plain", "", "what answers on this port is no SMTP server"),
        (b"220 mail.example ESMTP\r\n", "tls", "does not speak TLS on this port", "does not speak TLS on this port"),
        (b"", "plain", "it ended the connection", "it ended the connection"),
    ],
)
def test_the_wrong_port_or_encryption_is_named(greeting: bytes, security: str, incoming: str, outgoing: str) -> None:
    with answering(greets(greeting) if greeting else lambda link: link.close()) as port:
        there = {"host": "127.0.0.1", "port": port, "security": security, "user": "help", "password": "hush-hush"}
        if incoming:
            steps = check({f"imap_{name}": value for name, value in there.items()})
            assert [step.ok for step in steps[:2]] == [True, False]
            assert incoming in steps[1].detail
        if outgoing:
            steps = check({f"smtp_{name}": value for name, value in there.items()} | {"transport": "smtp"})
            assert [step.ok for step in steps] == [True, False]
            assert outgoing in steps[1].detail
        assert not any(sign in step.detail for step in steps for sign in ("_ssl.c", "b'", "Error", "hush"))


def test_a_certificate_is_explained_by_what_is_wrong_with_it() -> None:
    def unverified(code: int) -> ssl.SSLCertVerificationError:
        error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1)")
        error.verify_code, error.verify_message = code, "words of OpenSSL"
        return error

    said = {code: in_words(unverified(code)) for code in (10, 18, 20, 62, 77)}
    assert "expired" in said[10]
    assert "self-signed" in said[18]
    assert "does not know the authority" in said[20]
    assert "another name" in said[62]
    assert said[77] == "its certificate is not accepted: words of OpenSSL"


def test_the_servers_own_words_are_kept_and_the_brackets_for_programs_are_not() -> None:
    refused = MailboxLoginError(("NO", [b"[AUTHENTICATIONFAILED] Authentication failed."]), "OK")
    assert in_words(refused) == "Authentication failed."
    assert in_words(MailboxLoginError(("BAD", [None]), "OK")) == "it answered BAD"
    app_password = smtplib.SMTPAuthenticationError(534, b"5.7.9 Application-specific\r\n password required")
    assert in_words(app_password) == "534 5.7.9 Application-specific password required"
