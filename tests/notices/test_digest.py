"""The mail of what is unread: at its time, once, in the reader's language, and never of what was read meanwhile."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from desk import agents, conversations, notices
from desk.clock import SetClock
from desk.outbound import Delivery
from desk.worker import run_one
from tests.notices.conftest import Office


def works(office: Office) -> int:
    done = 0
    while run_one(office.desk, "test", ["notices.mail"]):
        done += 1
    return done


def letters(office: Office) -> list[Delivery]:
    with office.store.reading() as tx:
        return list(tx.scalars(select(Delivery).where(Delivery.purpose == "notice").order_by(Delivery.id)))


def test_several_things_are_one_letter_at_the_full_hour(office: Office, clock: SetClock) -> None:
    office.chooses(office.ada, "assigned", mail="hourly")
    clock.advance(timedelta(minutes=10))  # 9:10
    office.assign(office.ada, office.carla)
    office.assign(office.bea, office.carla)
    office.assign(office.ada, office.carla)
    clock.advance(timedelta(minutes=49))
    assert works(office) == 0
    clock.advance(timedelta(minutes=1))
    assert works(office) == 1
    (letter,) = letters(office)
    assert letter.recipient == office.ada.email
    assert letter.message["subject"] == "2 things wait for you"
    first = office.told(office.ada)[-1]
    assert f"{office.store.public_url}/notices/{first.id}" in letter.message["text"]
    assert "Carla Cat assigned Marta Lindqvist to you (My order has not arrived)" in letter.message["text"]
    assert "/profile/notices" in letter.message["html"]
    clock.advance(timedelta(hours=3))
    assert works(office) == 0
    assert len(letters(office)) == 1


def test_what_was_read_meanwhile_is_not_mailed(office: Office, clock: SetClock) -> None:
    office.chooses(office.ada, "assigned", mail="now")
    office.assign(office.ada, office.carla)
    with office.store.transaction() as tx:
        notices.read(tx, office.ada.id)
    clock.advance(timedelta(minutes=2))
    assert works(office) == 1
    assert letters(office) == []


def test_in_quiet_hours_it_waits_until_they_are_over(office: Office, clock: SetClock) -> None:
    with office.store.transaction() as tx:
        agents.change(tx, office.ada.id, zone="Europe/Berlin", locale="de")
        ways = {"assigned": notices.Ways(mail="now")}
        notices.choose(tx, office.ada.id, notices.Choice(ways, notices.quiet_of("10:00", "14:00", [])))
    office.assign(office.ada, office.carla)  # 10:00 in Berlin
    clock.advance(timedelta(hours=3, minutes=59))
    assert works(office) == 0
    clock.advance(timedelta(minutes=1))
    assert works(office) == 1
    assert len(letters(office)) == 1


def test_nothing_goes_to_who_has_left(office: Office, clock: SetClock) -> None:
    office.chooses(office.ada, "assigned", mail="now")
    office.assign(office.ada, office.carla)
    with office.store.transaction() as tx:
        agents.deactivate(tx, office.ada.id)
    clock.advance(timedelta(minutes=2))
    works(office)
    assert letters(office) == []


def test_no_markup_of_a_customer_becomes_ours(office: Office, clock: SetClock) -> None:
    office.chooses(office.ada, "assigned", mail="now")
    with office.store.transaction() as tx:
        row = conversations.get(tx, office.number, None)
        row.customer_name, row.subject = "<b>Eve</b>", "<img src=x>"
    office.assign(office.ada, office.carla)
    clock.advance(timedelta(minutes=2))
    works(office)
    (letter,) = letters(office)
    assert "<b>Eve" not in letter.message["html"] and "<img" not in letter.message["html"]
    assert "&lt;b&gt;Eve" in letter.message["html"]
