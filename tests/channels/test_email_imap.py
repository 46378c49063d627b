"""Fetching from a real Dovecot: told at once, nothing lost, nothing marked before it is safe."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from desk.channels.email import Fetched, Mailbox, MailboxTrouble, watch
from desk.channels.email.check import check
from tests.channels.mails import made
from tests.servers.mail import Dovecot
from tests.servers.needs import free_port, wait_for

_numbers = count()


@pytest.fixture
def user() -> str:
    return f"imap-{next(_numbers)}@shop.example"


@pytest.fixture
def config(dovecot: Dovecot, user: str) -> dict[str, Any]:
    return {
        "imap_host": dovecot.host,
        "imap_port": dovecot.imap_port,
        "imap_security": "plain",
        "imap_user": user,
        "imap_password": dovecot.password,
        "timeout": 10,
    }


class Watching:
    """A watch in a thread, and what it did."""

    def __init__(self, config: dict[str, Any], cursor: str | None = None) -> None:
        self.taken: list[Fetched] = []
        self.cursors: list[str] = []
        self.troubles: list[str] = []
        self.before_commit: Callable[[Fetched], None] = lambda _: None
        self.keep_cursor: Callable[[str], None] = self.cursors.append
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(config, cursor))

    def _run(self, config: dict[str, Any], cursor: str | None) -> None:
        watch(
            config,
            self._take,
            cursor=cursor,
            keep_cursor=lambda key: self.keep_cursor(key),
            stop=self.stop,
            trouble=self.troubles.append,
        )

    def _take(self, mail: Fetched) -> None:
        self.before_commit(mail)
        self.taken.append(mail)

    def start(self) -> Watching:
        self._thread.start()
        return self

    def end(self) -> float:
        """Seconds that it took to end."""
        began = time.monotonic()
        self.stop.set()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return time.monotonic() - began

    def subjects(self) -> list[str]:
        return [_subject(m.raw) for m in self.taken]


@pytest.fixture
def watching(config: dict[str, Any]) -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def make(cursor: str | None = None, **change: Any) -> Watching:
        started.append(Watching(config | change, cursor))
        return started[-1]

    yield make
    for one in started:
        if one._thread.ident is not None:
            one.end()


def _subject(raw: bytes) -> str:
    return next(x for x in raw.decode().split("\r\n") if x.startswith("Subject:"))[9:]


def _mail(subject: str) -> bytes:
    return made("Hello\n", subject=subject)


def _flags(dovecot: Dovecot, user: str, folder: str = "INBOX") -> list[bool]:
    """Whether each mail is marked as read."""
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as imap:
        imap.login(user, dovecot.password)
        imap.select(folder, readonly=True)
        _, found = imap.fetch("1:*", "(FLAGS)")
        return [b"\\Seen" in line for line in found if isinstance(line, bytes)]


def _read_by_somebody(dovecot: Dovecot, user: str) -> None:
    with imaplib.IMAP4(dovecot.host, dovecot.imap_port) as imap:
        imap.login(user, dovecot.password)
        imap.select("INBOX")
        imap.store("1:*", "+FLAGS", "\\Seen")


def test_what_is_unread_comes_first_and_then_what_is_new(
    dovecot: Dovecot, user: str, watching: Callable[..., Watching]
) -> None:
    dovecot.deliver(user, _mail("years ago"))
    _read_by_somebody(dovecot, user)
    dovecot.deliver(user, _mail("unread"))
    w = watching().start()
    wait_for(lambda: w.cursors, "the first look")
    assert w.subjects() == ["unread"]
    began = time.monotonic()
    dovecot.deliver(user, _mail("pushed"))
    wait_for(lambda: len(w.taken) == 2, "the push")
    assert time.monotonic() - began < 5, "IDLE tells at once"
    wait_for(lambda: _flags(dovecot, user) == [True, True, True], "the marks")
    assert w.troubles[-1:] == [""]
    assert w.end() < 1.5


def test_every_byte_of_a_mail_comes(dovecot: Dovecot, user: str, watching: Callable[..., Watching]) -> None:
    raw = made("ümläut ✓\n.dot\n" + "x" * 5000)
    dovecot.deliver(user, raw)
    w = watching().start()
    wait_for(lambda: w.taken, "the mail")
    assert w.taken[0].raw.endswith(raw.partition(b"\r\n")[2].rstrip() + b"\r\n")
    assert w.taken[0].key == f"{w.taken[0].uid_validity}/{w.taken[0].uid}"


def test_a_mail_that_could_not_be_taken_stays_unread_and_comes_again(
    dovecot: Dovecot, user: str, watching: Callable[..., Watching]
) -> None:
    dovecot.deliver(user, _mail("first"))
    dovecot.deliver(user, _mail("second"))
    w = watching()
    failures = iter([True, False, True, False, False])

    def commit(mail: Fetched) -> None:
        if next(failures, False):
            raise OSError("no database")

    w.before_commit = commit
    w.start()
    wait_for(lambda: len(w.taken) >= 2, "both mails")
    assert sorted(set(w.subjects())) == ["first", "second"]
    assert any("stays in the mailbox" in t for t in w.troubles)
    wait_for(lambda: _flags(dovecot, user) == [True, True], "the marks")


def test_a_process_that_dies_before_its_commit_loses_nothing(
    dovecot: Dovecot, user: str, config: dict[str, Any], watching: Callable[..., Watching]
) -> None:
    dovecot.deliver(user, _mail("important"))
    with Mailbox(config) as dying:
        assert [_subject(m.raw) for m in dying.new(None)] == ["important"]
    assert _flags(dovecot, user) == [False]
    w = watching().start()
    wait_for(lambda: w.taken, "the mail, again")
    assert w.subjects() == ["important"]


def test_after_the_cursor_comes_what_others_have_read_too(dovecot: Dovecot, user: str, config: dict[str, Any]) -> None:
    dovecot.deliver(user, _mail("one"))
    with Mailbox(config) as mailbox:
        (one,) = mailbox.new(None)
    dovecot.deliver(user, _mail("two"))
    _read_by_somebody(dovecot, user)
    with Mailbox(config) as mailbox:
        assert [_subject(m.raw) for m in mailbox.new(one.key)] == ["two"]
        (two,) = mailbox.new(one.key)
        assert list(mailbox.new(two.key)) == [], "the last mail is not given again and again"


def test_a_mailbox_made_anew_is_looked_through(dovecot: Dovecot, user: str, config: dict[str, Any]) -> None:
    dovecot.deliver(user, _mail("here"))
    _read_by_somebody(dovecot, user)
    with Mailbox(config) as mailbox:
        assert [_subject(m.raw) for m in mailbox.new("12345/999")] == ["here"]


def test_done_mails_move_where_the_admin_wants_them(
    dovecot: Dovecot, user: str, watching: Callable[..., Watching]
) -> None:
    dovecot.deliver(user, _mail("done"))
    w = watching(imap_after="move", imap_move_to="Desk").start()
    wait_for(lambda: len(dovecot.raw(user, "Desk")) == 1 if w.cursors else False, "the move")
    assert dovecot.raw(user) == []


def test_a_huge_mail_is_told_of_and_not_fetched(dovecot: Dovecot, user: str, watching: Callable[..., Watching]) -> None:
    dovecot.deliver(user, made("x" * 70 + "\n" * 1 + "y\n" * 40_000, subject="huge"))
    dovecot.deliver(user, _mail("small"))
    w = watching(size_limit=50_000).start()
    wait_for(lambda: len(w.taken) == 2, "both")
    huge, small = w.taken
    assert (huge.too_large, small.too_large) == (True, False)
    assert huge.size > 80_000
    assert len(huge.raw) < 5_000
    assert _subject(huge.raw) == "huge"


def test_a_server_without_idle_is_asked_again(dovecot: Dovecot, user: str, watching: Callable[..., Watching]) -> None:
    w = watching(imap_idle=False, imap_poll_seconds=1).start()
    wait_for(lambda: w.cursors, "the first look")
    dovecot.deliver(user, _mail("polled"))
    wait_for(lambda: w.taken, "the next look")
    assert w.end() < 1.5


def test_a_mail_that_comes_while_another_is_taken_does_not_wait_for_the_next_look(
    dovecot: Dovecot, user: str, watching: Callable[..., Watching]
) -> None:
    """The server tells of it with the answer to something else, and by IDLE no more."""
    w = watching().start()
    wait_for(lambda: w.cursors, "the first look")

    def another(mail: Fetched) -> None:
        if _subject(mail.raw) == "first":
            dovecot.deliver(user, _mail("second"))

    w.before_commit = another
    dovecot.deliver(user, _mail("first"))
    wait_for(lambda: len(w.taken) == 2, "the one that came meanwhile", 15)
    assert w.subjects() == ["first", "second"]


def test_a_mail_that_comes_right_before_the_waiting_begins_is_heard_of(
    dovecot: Dovecot, user: str, watching: Callable[..., Watching]
) -> None:
    """The server tells of it in one piece with its answer to IDLE."""
    w = watching()

    def kept(key: str) -> None:
        if 0 < len(w.taken) < 6:
            dovecot.deliver(user, _mail(f"mail {len(w.taken) + 1}"))
        w.cursors.append(key)

    w.keep_cursor = kept
    w.start()
    wait_for(lambda: w.cursors, "the first look")
    dovecot.deliver(user, _mail("mail 1"))
    wait_for(lambda: len(w.taken) == 6, "all six, each right after the one before", 15)


def test_a_connection_that_breaks_is_made_again(dovecot: Dovecot, user: str, watching: Callable[..., Watching]) -> None:
    with Relay(dovecot.imap_port) as relay:
        w = watching(imap_port=relay.port).start()
        wait_for(lambda: w.cursors, "the first look")
        relay.cut()
        dovecot.deliver(user, _mail("meanwhile"))
        wait_for(lambda: w.taken, "the mail that came meanwhile")
        assert any(t for t in w.troubles), "the break was told of"
        wait_for(lambda: w.troubles[-1] == "", "all is well again")
    assert w.subjects() == ["meanwhile"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"imap_password": "wrong-secret"}, "refused the login of imap-"),
        ({"imap_folder": "Nowhere"}, "folder Nowhere cannot be opened"),
        ({"imap_host": ""}, "no mail server is configured"),
        ({"imap_security": "magic"}, "not a way to secure"),
    ],
)
def test_what_is_wrong_is_said_without_the_password(config: dict[str, Any], change: dict[str, Any], said: str) -> None:
    with pytest.raises(MailboxTrouble) as trouble, Mailbox(config | change):
        pass
    assert said in trouble.value.reason
    assert "secret" not in trouble.value.reason


def test_trouble_is_told_and_tried_again_until_stopped(config: dict[str, Any]) -> None:
    w = Watching(config | {"imap_port": free_port()}).start()
    wait_for(lambda: len(w.troubles) >= 2, "two attempts")
    assert "no connection" in w.troubles[0]
    assert w.end() < 1.5


def test_checking_an_inbox_opens_its_folder(config: dict[str, Any]) -> None:
    steps = check(config)
    assert [s.ok for s in steps] == [True, True, True]
    wrong = check(config | {"imap_password": "wrong"})
    assert [s.ok for s in wrong] == [True, False, True]


class Relay:
    """A way to the server that can be cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._pairs += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            end.close()

    def cut(self) -> None:
        for one in self._pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.cut()
