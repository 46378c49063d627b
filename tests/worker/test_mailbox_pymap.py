"""Fetching from pymap, which is not Dovecot: mail comes in, is pushed, and comes once whatever happens to the server.

Runs wherever the tests run, because pymap comes out of a wheel. What pymap cannot do, and what is asked of it instead:
its mailboxes on disk keep their numbers but not the ends of lines, and it pushes from them within a second; those in
memory keep every byte and push at once, but a restart empties them and numbers them anew. It has no LMTP, so mails are
put in by APPEND. It names IDLE only to those who have logged in, as RFC 3501 permits and Dovecot does not.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from desk import settings
from desk.channels.email.imap_in import POLL_SECONDS
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.timeline.tables import Entry
from desk.worker import drain
from desk.worker.doors import Doors
from tests.factories import make_inbox
from tests.servers.mail import server_folder
from tests.servers.needs import wait_for
from tests.servers.pymap_server import Pymap

ADDRESS = "support@second.example"


@pytest.fixture(params=["disk", "memory"])
def mailbox(request: pytest.FixtureRequest) -> Iterator[Pymap]:
    folder = server_folder("pymap")
    found = Pymap(folder, ADDRESS, request.param)
    yield found
    found.stop()
    shutil.rmtree(folder)


on_disk = pytest.mark.parametrize("mailbox", ["disk"], indirect=True)
in_memory = pytest.mark.parametrize("mailbox", ["memory"], indirect=True)


@pytest.fixture
def inbox_id(desk: Desk, mailbox: Pymap) -> int:
    config = {
        "imap_host": mailbox.host, "imap_port": mailbox.imap_port, "imap_security": "plain",
        "imap_user": ADDRESS, "imap_password": mailbox.password, "timeout": 5,
    }  # fmt: skip
    desk.config |= {"ALLOW_PRIVATE": True}  # type: ignore[operator]
    with desk.store.transaction() as tx:
        return make_inbox(tx, address=ADDRESS, config=config).id


@pytest.fixture
def open_doors(desk: Desk, inbox_id: int) -> Iterator[Callable[[], Doors]]:
    opened: list[Doors] = []

    def make() -> Doors:
        opened.append(Doors(desk))
        opened[-1].start()
        return opened[-1]

    yield make
    for doors in opened:
        doors.stop()


def mail(number: int) -> bytes:
    return (
        f"From: Lea <lea@customer.example>\r\nTo: {ADDRESS}\r\nSubject: Kettle {number}\r\n"
        f"Message-ID: <{number}@customer.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Mail number {number}. Grüße.\r\n"
    ).encode()


def came_in(desk: Desk) -> int:
    drain(desk)
    with desk.store.reading() as tx:
        return len(list(tx.scalars(select(Entry.id).where(Entry.kind == "message"))))


def states(desk: Desk) -> list[str]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Arrival.state).order_by(Arrival.id)))


def trouble(desk: Desk, inbox_id: int) -> str:
    with desk.store.reading() as tx:
        return settings.inbox(tx, inbox_id).trouble


def test_what_lies_there_comes_and_what_comes_later_is_pushed(
    desk: Desk, mailbox: Pymap, open_doors: Callable[[], Doors]
) -> None:
    sent = [mail(1), mail(2)]
    mailbox.deliver(sent[0])
    open_doors()
    wait_for(lambda: came_in(desk) == 1, "the mail that lay there")
    wait_for(lambda: mailbox.seen() == [True], "its mark")
    mailbox.deliver(sent[1])
    wait_for(lambda: came_in(desk) == 2, f"the push: the next look is {POLL_SECONDS} s away", POLL_SECONDS / 3)
    wait_for(lambda: mailbox.seen() == [True, True], "the second mark")
    with desk.store.reading() as tx:
        digests = list(tx.scalars(select(Arrival.raw_sha256).order_by(Arrival.id)))
    kept = [raw if mailbox.kept == "memory" else raw.replace(b"\r\n", b"\n") for raw in sent]
    assert digests == [hashlib.sha256(raw).hexdigest() for raw in kept], "every byte that the server has"


def test_a_desk_that_was_away_goes_on_after_its_last_mail(
    desk: Desk, mailbox: Pymap, open_doors: Callable[[], Doors]
) -> None:
    mailbox.deliver(mail(1))
    first = open_doors()
    wait_for(lambda: mailbox.seen() == [True], "the first mail, taken and marked")
    first.stop()
    mailbox.deliver(mail(2))
    open_doors()
    wait_for(lambda: came_in(desk) == 2, "the mail that came meanwhile")
    mailbox.deliver(mail(3))
    wait_for(lambda: came_in(desk) == 3, "the next one, pushed")
    assert states(desk) == ["accepted"] * 3


@on_disk
def test_a_server_that_is_killed_is_watched_again_and_gives_nothing_twice(
    desk: Desk, mailbox: Pymap, inbox_id: int, open_doors: Callable[[], Doors]
) -> None:
    mailbox.deliver(mail(1))
    open_doors()
    wait_for(lambda: mailbox.seen() == [True], "the first mail, taken and marked")
    before = mailbox.validity()
    mailbox.kill()
    wait_for(lambda: trouble(desk, inbox_id), "the inbox to say that its server is gone")
    mailbox.start()
    assert mailbox.validity() == before
    mailbox.deliver(mail(2))
    wait_for(lambda: came_in(desk) == 2, "the mail that came after the server was back", 60)
    wait_for(lambda: not trouble(desk, inbox_id), "the inbox to say that all is well")
    mailbox.deliver(mail(3))
    wait_for(lambda: came_in(desk) == 3, "the next one, pushed")
    assert states(desk) == ["accepted"] * 3


@in_memory
def test_a_server_that_comes_back_with_another_mailbox_hides_nothing_and_doubles_nothing(
    desk: Desk, mailbox: Pymap, inbox_id: int, open_doors: Callable[[], Doors]
) -> None:
    """The numbers of its mails are numbers that were done before; and one of them was put back from a copy."""
    mailbox.deliver(mail(1))
    mailbox.deliver(mail(2))
    open_doors()
    wait_for(lambda: mailbox.seen() == [True, True], "both mails, taken and marked")
    before = mailbox.validity()
    mailbox.kill()
    wait_for(lambda: trouble(desk, inbox_id), "the inbox to say that its server is gone")
    mailbox.start()
    assert mailbox.validity() != before
    mailbox.deliver(mail(3))
    mailbox.deliver(mail(2))
    wait_for(lambda: len(states(desk)) == 4, "both mails of the other mailbox", 60)
    assert came_in(desk) == 3
    assert states(desk) == ["accepted"] * 3 + ["duplicate"]
    wait_for(lambda: not trouble(desk, inbox_id), "the inbox to say that all is well")
