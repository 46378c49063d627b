"""Our own receiver, over loopback, with the standard library's client: a yes means that the mail is safe."""

from __future__ import annotations

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from desk.channels.email import Receiver, Refused
from tests.channels.mails import recorded
from tests.servers.needs import wait_for

ADDRESS = "support@shop.example"


class Kept:
    """A handler that keeps what it is given, or fails as it is told."""

    def __init__(self) -> None:
        self.mails: list[tuple[bytes, dict[str, Any]]] = []
        self.threads: set[str] = set()
        self.fail: Exception | None = None
        self.hold: threading.Event | None = None
        self.entered = threading.Event()

    def __call__(self, raw: bytes, envelope: dict[str, Any]) -> None:
        self.entered.set()
        if self.hold is not None:
            assert self.hold.wait(20)
        if self.fail is not None:
            raise self.fail
        self.threads.add(threading.current_thread().name)
        self.mails.append((raw, envelope))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def smtp(kept: Kept) -> Iterator[Receiver]:
    with Receiver(kept, lambda address: address.casefold().endswith("@shop.example"), size_limit=3 << 20) as receiver:
        yield receiver


@pytest.fixture
def lmtp(kept: Kept) -> Iterator[Receiver]:
    with Receiver(kept, lambda address: address == ADDRESS, lmtp=True) as receiver:
        yield receiver


def test_a_mail_arrives_with_its_envelope_and_every_byte(kept: Kept, smtp: Receiver) -> None:
    raw = recorded("inline_image") + b"..dots\r\n.\xff\xfe line\r\n"
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        assert client.sendmail("mara@customer.example", [ADDRESS, "Sales@shop.example"], raw) == {}
    ((got, envelope),) = kept.mails
    assert got == raw
    assert envelope["mail_from"] == "mara@customer.example"
    assert envelope["rcpt_to"] == [ADDRESS, "Sales@shop.example"]
    assert envelope["peer"] == "127.0.0.1"
    assert {name.partition("_")[0] for name in kept.threads} == {"mail-in"}, "the handler runs beside the event loop"


def test_the_null_sender_of_bounces_is_taken(kept: Kept, smtp: Receiver) -> None:
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.sendmail("", [ADDRESS], recorded("dsn"))
    assert kept.mails[0][1]["mail_from"] == ""


def test_a_mail_to_nobody_hears_so_at_once(kept: Kept, smtp: Receiver) -> None:
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("mara@customer.example", ["nobody@elsewhere.example"], b"x")
        assert refused.value.recipients["nobody@elsewhere.example"][0] == 550
        client.sendmail("mara@customer.example", [ADDRESS], b"From: x\r\n\r\nx")
    assert len(kept.mails) == 1


def test_lines_of_a_megabyte_are_no_reason_to_lose_a_mail(kept: Kept, smtp: Receiver) -> None:
    raw = b"From: x\r\n\r\n" + b"y" * 2_500_000 + b"\r\n.hidden\r\n"
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.sendmail("mara@customer.example", [ADDRESS], raw)
    assert kept.mails[0][0] == raw


def test_a_mail_over_the_limit_is_refused_and_the_limit_is_announced(kept: Kept, smtp: Receiver) -> None:
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == str(3 << 20)
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.sendmail("mara@customer.example", [ADDRESS], b"x" * (4 << 20))
        assert refused.value.smtp_code == 552
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:  # one that does not say how large it is
        client.ehlo()
        client.mail("mara@customer.example")
        client.rcpt(ADDRESS)
        code, said = client.data((b"x" * 70 + b"\r\n") * 60_000)
        assert code == 552
        assert b"larger than the 3 MB" in said
        client.mail("mara@customer.example")
        client.rcpt(ADDRESS)
        assert client.data(b"From: x\r\n\r\nsmall\r\n")[0] == 250
    assert [m[0] for m in kept.mails] == [b"From: x\r\n\r\nsmall\r\n"]


def test_a_mail_that_could_not_be_stored_comes_again(
    kept: Kept, smtp: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    kept.fail = OSError("the disk is full of secrets")
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.ehlo()
        client.mail("mara@customer.example")
        client.rcpt(ADDRESS)
        code, said = client.data(b"From: x\r\n\r\nx")
        assert code == 451
        assert b"secrets" not in said
        kept.fail = None
        assert client.sendmail("mara@customer.example", [ADDRESS], b"From: x\r\n\r\nx") == {}
    assert len(kept.mails) == 1
    assert "could not be taken in" in caplog.text


def test_a_handler_refuses_for_good_with_its_own_words(kept: Kept, smtp: Receiver) -> None:
    kept.fail = Refused("this inbox is closed\r\n250 OK")
    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        client.ehlo()
        client.mail("mara@customer.example")
        client.rcpt(ADDRESS)
        assert client.data(b"x") == (554, b"5.7.1 this inbox is closed 250 OK")


def test_a_question_that_fails_is_asked_again_later(kept: Kept) -> None:
    def broken(address: str) -> bool:
        raise OSError("no database")

    with Receiver(kept, broken) as receiver, smtplib.SMTP("127.0.0.1", receiver.port) as client:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("mara@customer.example", [ADDRESS], b"x")
        assert refused.value.recipients[ADDRESS][0] == 451


def test_lmtp_answers_for_every_recipient(kept: Kept, lmtp: Receiver) -> None:
    with smtplib.LMTP("127.0.0.1", lmtp.port) as client:
        refused = client.sendmail("mara@customer.example", [ADDRESS, "nobody@shop.example"], b"From: x\r\n\r\nx")
        assert refused["nobody@shop.example"][0] == 550
        # Two good recipients: two answers, and the session is still in step afterwards.
        client.ehlo_or_helo_if_needed()
        client.mail("mara@customer.example")
        client.rcpt(ADDRESS)
        client.rcpt(ADDRESS)
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(b"From: x\r\n\r\ny\r\n.\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [250, 250]
        assert client.noop()[0] == 250
    assert len(kept.mails) == 2


def test_bytes_that_end_a_mail_too_early_do_not(kept: Kept, smtp: Receiver) -> None:
    """A lone LF before the dot ends no mail: what follows would be taken for commands (SMTP smuggling)."""
    smuggled = (
        b"From: x\r\n\r\nx\n.\r\nMAIL FROM:<evil@x.example>\r\nRCPT TO:<support@shop.example>\r\nDATA\r\nfake\r\n.\r\n"
    )
    with socket.create_connection(("127.0.0.1", smtp.port)) as raw:
        file = raw.makefile("rwb")

        def say(line: bytes) -> bytes:
            file.write(line)
            file.flush()
            return file.readline()

        file.readline()
        say(b"HELO x\r\n")
        say(b"MAIL FROM:<mara@customer.example>\r\n")
        say(b"RCPT TO:<support@shop.example>\r\n")
        assert say(b"DATA\r\n").startswith(b"354")
        assert say(smuggled).startswith(b"250")
        file.close()
    ((got, envelope),) = kept.mails
    assert b"fake" in got
    assert envelope["mail_from"] == "mara@customer.example"


def test_a_connection_that_breaks_in_the_middle_brings_nothing(kept: Kept, smtp: Receiver) -> None:
    client = smtplib.SMTP("127.0.0.1", smtp.port)
    client.ehlo()
    client.mail("mara@customer.example")
    client.rcpt(ADDRESS)
    client.docmd("DATA")
    client.send(b"From: x\r\n\r\nhalf a ma")
    client.close()
    with smtplib.SMTP("127.0.0.1", smtp.port) as other:
        other.sendmail("mara@customer.example", [ADDRESS], b"From: y\r\n\r\nwhole\r\n")
    assert [m[0] for m in kept.mails] == [b"From: y\r\n\r\nwhole\r\n"]


def test_stopping_lets_a_commit_finish_and_answer(kept: Kept) -> None:
    receiver = Receiver(kept, lambda _: True).start()
    kept.hold = threading.Event()
    answers: list[int] = []

    def send() -> None:
        client = smtplib.SMTP("127.0.0.1", receiver.port)
        client.ehlo()
        client.mail("mara@customer.example")
        client.rcpt(ADDRESS)
        answers.append(client.data(b"From: x\r\n\r\nx\r\n")[0])
        client.close()

    sender = threading.Thread(target=send)
    sender.start()
    assert kept.entered.wait(10)
    stopper = threading.Thread(target=receiver.stop)
    stopper.start()
    wait_for(lambda: not _open(receiver.port), "the port to close")
    kept.hold.set()
    sender.join(10)
    stopper.join(10)
    assert answers == [250]
    assert len(kept.mails) == 1


def test_stopping_is_quick_with_an_idle_connection_and_can_be_repeated(kept: Kept) -> None:
    receiver = Receiver(kept, lambda _: True).start()
    with socket.create_connection(("127.0.0.1", receiver.port)) as idle:
        idle.recv(100)
        began = time.monotonic()
        receiver.stop()
        receiver.stop()
        assert time.monotonic() - began < 2
    with Receiver(kept, lambda _: True) as again, smtplib.SMTP("127.0.0.1", again.port) as client:
        assert client.noop()[0] == 250


def test_a_port_that_is_taken_is_an_error_of_the_caller(kept: Kept, smtp: Receiver) -> None:
    with pytest.raises(OSError, match="in use"):
        Receiver(kept, lambda _: True, port=smtp.port).start()


def test_too_many_connections_are_asked_to_come_again(kept: Kept) -> None:
    with Receiver(kept, lambda _: True, max_connections=2) as receiver:
        first, second = (smtplib.SMTP("127.0.0.1", receiver.port) for _ in range(2))
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            smtplib.SMTP("127.0.0.1", receiver.port)
        assert refused.value.smtp_code == 421
        assert first.noop()[0] == second.noop()[0] == 250
        first.quit()
        second.quit()


def _open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
