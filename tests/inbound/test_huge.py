"""A mail of 100 MB at each door: refused or told of in words, and never in memory whole."""

from __future__ import annotations

import contextlib
import io
import json
import smtplib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask

from desk import intake, settings
from desk.channels.email import Fetched, watch
from desk.parts import Desk
from desk.worker.doors import Doors
from tests.factories import make_brand, make_inbox
from tests.servers.mail import Dovecot
from tests.servers.needs import free_port, wait_for
from tests.web.conftest import make_app

pytestmark = pytest.mark.own_process

HUGE = 100 << 20
ALLOWED = 45 << 20  # one mail at the limit of 25 MB, and a buffer that grew to hold it
HEAD = b"From: Mara <mara@customer.example>\r\nTo: support@kiln.example\r\nSubject: Film\r\n\r\n"
LINE = b"x" * 30_000 + b"\r\n"


class Endless(io.RawIOBase):
    """The body of a call that never ends."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray) -> int:  # type: ignore[override]
        count = min(len(into), self.left)
        into[:count] = bytes(count)
        self.left -= count
        return count


def status(name: str) -> int:
    """Bytes of memory that this process has (VmRSS), or had at most since it was last asked to forget (VmHWM)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))


@contextlib.contextmanager
def grows(door: str, most: int = ALLOWED) -> Iterator[None]:
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        pytest.skip("this system does not say how much memory was used")
    before = status("VmRSS")
    yield
    grown = status("VmHWM") - before
    sys.stdout.write(f"\n{door}: {grown / (1 << 20):.1f} MB for a mail of {HUGE >> 20} MB\n")  # seen by pytest -s
    assert grown < most, door


def test_by_smtp_with_and_without_its_size(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        make_inbox(tx)
    port = free_port()
    desk.config["SMTP_PORT"] = port  # type: ignore[index]
    doors = Doors(desk)
    doors.start()
    try:
        with grows("SMTP, size stated", 2 << 20), smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
            smtp.ehlo()
            assert smtp.esmtp_features["size"] == str(25 << 20)
            assert smtp.mail("mara@customer.example", [f"SIZE={HUGE}"])[0] == 552
        with grows("SMTP, size not stated"), smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
            smtp.ehlo()
            smtp.mail("mara@customer.example")
            smtp.rcpt("support@kiln.example")
            assert smtp.docmd("DATA")[0] == 354
            smtp.send(HEAD)
            for _ in range(HUGE // len(LINE)):
                smtp.send(LINE)
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
            assert (code, b"larger than the 25 MB" in said) == (552, True)
            assert smtp.noop()[0] == 250  # and one goes on
    finally:
        doors.stop()
    with desk.store.reading() as tx:
        assert intake.quarantined(tx) == []


def test_by_webhook_with_and_without_its_length(desk: Desk) -> None:
    secret = "provider-secret-0123456789"
    with desk.store.transaction() as tx:
        inbox = settings.create_inbox(
            tx, channel="email", name="Support", address="support@kiln.example", brand_id=make_brand(tx).id,
            config={"hook_secret": secret}, secret_fields=frozenset({"hook_secret"}),
        )  # fmt: skip
    client = make_app(desk).test_client()
    call: dict[str, Any] = {"headers": {"Authorization": f"Bearer {secret}"}, "content_type": "message/rfc822"}
    doors: tuple[tuple[str, dict[str, Any], int], ...] = (
        ("webhook, length stated", {"CONTENT_LENGTH": str(HUGE)}, 2 << 20),
        ("webhook, streamed", {"wsgi.input_terminated": True}, ALLOWED),
    )
    for door, more, most in doors:
        body = io.BufferedReader(cast(io.FileIO, Endless(HUGE)))
        with grows(door, most):
            answer = client.post(f"/hooks/email/{inbox.key}", environ_overrides={"wsgi.input": body, **more}, **call)
        assert (answer.status_code, "A mail has 25 MB at most." in answer.text) == (413, True)
    with desk.store.reading() as tx:
        assert intake.quarantined(tx) == []


def test_by_the_command(app: Flask, tmp_path: Path) -> None:
    desk: Desk = app.extensions["loopdesk"]
    with desk.store.transaction() as tx:
        make_inbox(tx)
    file = tmp_path / "film.eml"
    with file.open("wb") as out:
        out.write(HEAD)
        out.truncate(HUGE)
    runner = app.test_cli_runner()
    with grows("flask mail receive", 4 << 20):
        result = runner.invoke(args=["mail", "receive", str(file)])
    assert json.loads(result.output)["reason"].startswith("It has 100.0 MB, and this desk takes 25 MB.")


def test_by_imap(dovecot: Dovecot) -> None:
    user = "film@shop.example"
    dovecot.deliver(user, HEAD + LINE * (HUGE // len(LINE)))
    taken: list[Fetched] = []
    stop = threading.Event()
    config = {
        "imap_host": dovecot.host, "imap_port": dovecot.imap_port, "imap_security": "plain", "imap_user": user,
        "imap_password": dovecot.password, "timeout": 10, "size_limit": 25 << 20,
    }  # fmt: skip
    cursors: list[str] = []
    args = {"cursor": None, "keep_cursor": cursors.append, "stop": stop}
    watching = threading.Thread(target=watch, args=(config, taken.append), kwargs=args)
    with grows("IMAP", 4 << 20):
        watching.start()
        wait_for(lambda: cursors, "the first look")
    stop.set()
    watching.join()
    (huge,) = taken
    assert huge.too_large
    assert huge.size > 99 << 20
    assert b"Subject: Film" in huge.raw
    assert len(huge.raw) < 1000
