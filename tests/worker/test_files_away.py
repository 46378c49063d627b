"""Files lie in object storage, and it goes away: no door says yes, nothing is lost, and it heals by itself."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import inbound, jobs, outbound, settings, timeline
from desk.clock import SetClock
from desk.files import FilesUnreachable, open_store
from desk.files.tables import Blob
from desk.intake.tables import Arrival
from desk.jobs.tables import Job
from desk.outbound.tables import Delivery, OutboxMail
from desk.parts import Desk
from desk.store import Tx
from desk.timeline.tables import Entry
from desk.worker import SCHEDULE, drain, run_one
from desk.worker.doors import Doors
from desk.worker.loop import beat_all
from desk.worker.tasks import PATIENCE
from tests.factories import make_inbox
from tests.servers.mail import Dovecot
from tests.servers.needs import free_port, wait_for
from tests.servers.s3 import KEY, SECRET, Between, Storage

ADDRESS = "support@kiln.example"
MAIL = (
    b"From: Lea <lea@customer.example>\r\nTo: support@kiln.example\r\nSubject: Kettle\r\n"
    b"Message-ID: <1@customer.example>\r\nDate: Mon, 02 Mar 2026 08:59:00 +0000\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIt leaks.\r\n'
    b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=notes.txt\r\n\r\nday one\r\n"
    b"--b--\r\n"
)
DOWN = (500, b"")


@pytest.fixture
def desk(desk: Desk, storage: Storage, between: Between) -> Desk:
    access = {"BLOBS_ACCESS": storage.access(endpoint=between.url), "BLOBS_TIMEOUT": 3}
    desk.files.store = open_store(storage.bucket(), access)
    return desk


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        return make_inbox(tx, address=ADDRESS, config={"transport": "outbox"}).id


def rows(desk: Desk, table: type) -> list:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(table)))


def test_mail_goes_through_storage_from_door_to_timeline(desk: Desk, inbox_id: int) -> None:
    inbound.take_raw(desk, MAIL, channel="email", door="smtp", inbox_id=inbox_id)
    drain(desk)
    (arrival,) = rows(desk, Arrival)
    assert (arrival.state, arrival.size) == ("accepted", len(MAIL))
    assert desk.files.get(arrival.raw_sha256) == MAIL
    (entry,) = [e for e in rows(desk, Entry) if e.kind == "message"]
    with desk.store.reading() as tx:
        (file,) = timeline.one(tx, entry.id).attachments
    assert desk.files.get(file["sha256"]).strip() == b"day one"
    assert sorted(blob.refs for blob in rows(desk, Blob)) == [1, 1]


def test_a_mail_server_hears_451_and_is_believed_later(desk: Desk, inbox_id: int, between: Between) -> None:
    port = free_port()
    desk.config |= {"SMTP_PORT": port}  # type: ignore[operator]
    doors = Doors(desk)
    doors.start()
    try:
        between.answers = DOWN
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client, pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("lea@customer.example", [ADDRESS], MAIL)
        assert refused.value.smtp_code == 451
        assert rows(desk, Arrival) == rows(desk, Blob) == []
        between.answers = None
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            assert client.sendmail("lea@customer.example", [ADDRESS], MAIL) == {}
    finally:
        doors.stop()
    (arrival,) = rows(desk, Arrival)
    assert desk.files.get(arrival.raw_sha256) == MAIL


def test_a_mailbox_keeps_a_mail_that_cannot_be_stored(desk: Desk, dovecot: Dovecot, between: Between) -> None:
    address = "leak@kiln.example"
    with desk.store.transaction() as tx:
        config = {
            "imap_host": "127.0.0.1", "imap_port": dovecot.imap_port, "imap_security": "plain",
            "imap_user": address, "imap_password": dovecot.password,
        }  # fmt: skip
        inbox_id = make_inbox(tx, address=address, config=config).id
    desk.config |= {"ALLOW_PRIVATE": True}  # type: ignore[operator]
    between.answers = DOWN
    dovecot.deliver(address, MAIL)
    doors = Doors(desk)
    doors.start()

    def trouble() -> str:
        with desk.store.reading() as tx:
            return settings.inbox(tx, inbox_id).trouble

    try:
        wait_for(lambda: "stays in the mailbox" in trouble(), "the inbox says that its mail waits", 30)
        assert rows(desk, Arrival) == []
        between.answers = None
        wait_for(lambda: rows(desk, Arrival), "the mail that waited in the mailbox", 60)
    finally:
        doors.stop()
    (arrival,) = rows(desk, Arrival)
    assert desk.files.get(arrival.raw_sha256).replace(b"\r\n", b"\n").endswith(MAIL[-60:].replace(b"\r\n", b"\n"))


def test_what_was_kept_waits_for_its_file_however_long_that_takes(
    desk: Desk, inbox_id: int, between: Between, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    inbound.take_raw(desk, MAIL, channel="email", door="smtp", inbox_id=inbox_id)
    between.answers = DOWN
    for _ in range(15):  # more than the tries that a job has
        assert run_one(desk, "w", ["inbound.take"])
        assert not run_one(desk, "w", ["inbound.take"])
        clock.advance(timedelta(minutes=1))
    (job,) = rows(desk, Job)
    assert (job.state, job.attempts) == ("ready", 0)
    assert "answers with status 500" in job.error
    assert SECRET not in caplog.text
    assert KEY not in caplog.text
    between.answers = None
    drain(desk)
    assert [arrival.state for arrival in rows(desk, Arrival)] == ["accepted"]
    assert rows(desk, Job)[0].state == "done"


def test_an_answer_that_cannot_be_kept_in_the_outbox_is_tried_again(
    desk: Desk, inbox_id: int, between: Between, clock: SetClock
) -> None:
    inbound.take_raw(desk, MAIL, channel="email", door="smtp", inbox_id=inbox_id)
    drain(desk)
    with desk.store.transaction() as tx:
        outbound.send_notice(tx, to="mara@kiln.example", subject="Hello", text="A notice.")
    between.answers = DOWN
    assert run_one(desk, "w", ["outbound.deliver"])
    assert [row.state for row in rows(desk, Delivery)] == ["queued"]
    assert rows(desk, OutboxMail) == []
    between.answers = None
    clock.advance(timedelta(minutes=5))
    assert run_one(desk, "w", ["outbound.deliver"])
    assert [row.state for row in rows(desk, Delivery)] == ["sent"]
    (mail,) = rows(desk, OutboxMail)
    assert b"A notice." in desk.files.get(mail.raw_sha256)


def test_no_transaction_is_open_while_storage_is_asked(
    desk: Desk, inbox_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for a network with the database in hand makes everybody else wait for it too."""
    opened: list[int] = []
    asked: list[str] = []

    def counted(plain: Callable[..., AbstractContextManager[Tx]]) -> Callable[..., AbstractContextManager[Tx]]:
        @contextmanager
        def begin(**more: bool) -> Iterator[Tx]:
            with plain(**more) as tx:
                opened.append(1)
                try:
                    yield tx
                finally:
                    opened.pop()

        return begin

    def watched(name: str) -> Callable[..., object]:
        plain = getattr(desk.files, name)

        def call(*args: object) -> object:
            asked.append(name)
            assert not opened, f"{name} within a transaction"
            return plain(*args)

        return call

    for name in ("transaction", "reading"):
        monkeypatch.setattr(desk.store, name, counted(getattr(desk.store, name)))
    for name in ("put", "get"):
        monkeypatch.setattr(desk.files, name, watched(name))
    inbound.take_raw(desk, MAIL, channel="email", door="smtp", inbox_id=inbox_id)
    with desk.store.transaction() as tx:
        outbound.send_notice(tx, to="mara@kiln.example", subject="Hello", text="A notice.")
    drain(desk)
    assert {"put", "get"} <= set(asked)
    assert {job.state for job in rows(desk, Job)} == {"done"}
    assert len(rows(desk, OutboxMail)) == 1


def test_the_page_of_loops_learns_whether_files_answer(desk: Desk, between: Between, clock: SetClock) -> None:
    def said() -> str:
        with desk.store.reading() as tx:
            return jobs.beats(tx)["files answer"].last_error

    assert any(one.name == "files answer" for one in SCHEDULE)
    between.answers = DOWN
    beat_all(desk)
    assert run_one(desk, "w", ["files.check"])
    assert "answers with status 500" in said()
    between.answers = None
    clock.advance(timedelta(minutes=6))
    beat_all(desk)
    assert run_one(desk, "w", ["files.check"])
    assert said() == ""
    with pytest.raises(FilesUnreachable):
        between.answers = DOWN
        desk.files.probe()


def test_a_message_that_failed_before_is_not_put_into_quarantine_for_a_store_that_is_away(
    desk: Desk, inbox_id: int, between: Between
) -> None:
    inbound.take_raw(desk, MAIL, channel="email", door="smtp", inbox_id=inbox_id)
    with desk.store.transaction() as tx:
        tx.scalars(select(Job)).one().attempts = PATIENCE  # one more failure of its own, and a person is asked to look
    between.answers = DOWN
    assert run_one(desk, "w", ["inbound.take"])
    assert [arrival.state for arrival in rows(desk, Arrival)] == ["waiting"]
    assert [(job.state, job.attempts) for job in rows(desk, Job)] == [("ready", PATIENCE)]
