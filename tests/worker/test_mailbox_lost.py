"""A mail server that is killed under a desk, and a mailbox that is numbered anew: each mail comes in once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from desk import settings
from desk.intake.tables import Arrival
from desk.parts import Desk
from desk.timeline.tables import Entry
from desk.worker import drain
from desk.worker.doors import Doors
from tests.factories import make_inbox
from tests.servers.mail import Dovecot, server_folder
from tests.servers.needs import wait_for

pytestmark = pytest.mark.timeout(180)

ADDRESS = "support@lost.example"


@pytest.fixture
def mailboxes() -> Iterator[Dovecot]:
    """A server of this test's own, because it is killed."""
    found = Dovecot(server_folder("lost"))
    yield found
    found.stop()


@pytest.fixture
def inbox_id(desk: Desk, mailboxes: Dovecot) -> Iterator[int]:
    config = {
        "imap_host": "127.0.0.1", "imap_port": mailboxes.imap_port, "imap_security": "plain",
        "imap_user": ADDRESS, "imap_password": mailboxes.password, "timeout": 5,
    }  # fmt: skip
    desk.config |= {"ALLOW_PRIVATE": True}  # type: ignore[operator]
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx, address=ADDRESS, config=config).id
    doors = Doors(desk)
    doors.start()
    yield inbox_id
    doors.stop()


def mail(number: int) -> bytes:
    return (
        f"From: Lea <lea@customer.example>\r\nTo: {ADDRESS}\r\nSubject: Kettle {number}\r\n"
        f"Message-ID: <{number}@customer.example>\r\n\r\nMail number {number}.\r\n"
    ).encode()


def came_in(desk: Desk) -> int:
    drain(desk)
    with desk.store.reading() as tx:
        return len(list(tx.scalars(select(Entry.id).where(Entry.kind == "message"))))


def test_a_server_that_is_killed_is_watched_again_once_it_is_back(
    desk: Desk, mailboxes: Dovecot, inbox_id: int
) -> None:
    mailboxes.deliver(ADDRESS, mail(1))
    wait_for(lambda: came_in(desk) == 1, "the first mail", 30)
    mailboxes.kill()

    def trouble() -> str:
        with desk.store.reading() as tx:
            return settings.inbox(tx, inbox_id).trouble

    wait_for(trouble, "the inbox to say that its server is gone", 30)
    mailboxes.start()
    mailboxes.deliver(ADDRESS, mail(2))
    wait_for(lambda: came_in(desk) == 2, "the mail that came after the server was back", 60)
    wait_for(lambda: not trouble(), "the inbox to say that all is well", 30)
    mailboxes.deliver(ADDRESS, mail(3))
    wait_for(lambda: came_in(desk) == 3, "the next one, pushed", 30)


def test_a_mailbox_that_is_numbered_anew_doubles_nothing(desk: Desk, mailboxes: Dovecot, inbox_id: int) -> None:
    for number in (1, 2):
        mailboxes.deliver(ADDRESS, mail(number))
    wait_for(lambda: came_in(desk) == 2, "the first two", 30)
    before = mailboxes.validity(ADDRESS)
    mailboxes.kill()
    mailboxes.number_anew(ADDRESS)
    mailboxes.start()
    mailboxes.deliver(ADDRESS, mail(3))
    wait_for(lambda: came_in(desk) >= 3, "the third", 60)
    assert mailboxes.validity(ADDRESS) != before
    mailboxes.deliver(ADDRESS, mail(4))
    wait_for(lambda: came_in(desk) >= 4, "the fourth", 30)
    assert came_in(desk) == 4
    with desk.store.reading() as tx:
        states = list(tx.scalars(select(Arrival.state)))
    assert set(states) <= {"accepted", "duplicate"}
    assert states.count("accepted") == 4
