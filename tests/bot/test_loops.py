"""Two machines that answer each other: two desks with a bot each, and an echo that says nothing of itself, stop."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk import conversations, inbound, knowledge, reactions
from desk.clock import SetClock
from desk.files import Blobs
from desk.keys import KeyRing
from desk.nlp import Models
from desk.outbound.capping import WITHHELD
from desk.outbound.tables import Delivery, OutboxMail
from desk.parts import Desk
from desk.store import Store
from desk.worker import drain
from tests.bot.conftest import HOBS, PARCEL, RETURNS
from tests.factories import make_brand, make_inbox
from tests.servers.databases import Database

QUESTION = "Does the pot work on induction?"
MARKS = ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Loopdesk", "Precedence")
STEPS = 60  # of a loop that does not end


class Office:
    """A desk with a bot that answers mail, and what has left it so far."""

    def __init__(self, desk: Desk, address: str) -> None:
        self.desk, self.address, self.sent = desk, address, 0
        with desk.store.transaction() as tx:
            brand = make_brand(tx, name=address)
            self.inbox_id = make_inbox(tx, address=address, brand_id=brand.id, config={"bot": True}).id
            for row in (HOBS, RETURNS, PARCEL):
                knowledge.publish(tx, knowledge.create(tx, None, locale="en", **row).id, None)
        drain(desk)

    def take(self, raw: bytes, sender: str) -> None:
        envelope = {"mail_from": sender, "rcpt_to": [self.address]}
        inbound.take_raw(self.desk, raw, channel="email", door="smtp", inbox_id=self.inbox_id, envelope=envelope)
        drain(self.desk)

    def out(self) -> list[bytes]:
        """What has left since it was asked last."""
        with self.desk.store.reading() as tx:
            rows = tx.scalars(select(OutboxMail).order_by(OutboxMail.id).offset(self.sent)).all()
        self.sent += len(rows)
        return [self.desk.files.get(row.raw_sha256) for row in rows]

    def deliveries(self) -> list[Delivery]:
        with self.desk.store.reading() as tx:
            return list(tx.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.fixture
def other(
    request: pytest.FixtureRequest, database: Database, clock: SetClock, tmp_path: Path, models: Models
) -> Iterator[Desk]:
    """A second desk, with a database, keys and files of its own."""
    name = "sqlite_databases" if database.url.startswith("sqlite") else "postgres_databases"
    second = request.getfixturevalue(name).fresh()
    store = Store(second.engine, clock, KeyRing([b"another key of thirty-two bytes!!"]))
    store.react_with(reactions.react)
    yield Desk(store=store, files=Blobs(tmp_path / "other"), config={}, models=models)
    second.drop()


def _mail(sender: str, to: str, text: str = QUESTION, **headers: str) -> bytes:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, headers.pop("subject", "Induction")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def _bare(raw: bytes) -> bytes:
    """A mail as a careless gateway passes it on: without the marks of machines."""
    mail = email.message_from_bytes(raw, policy=policy.SMTP)
    for name in MARKS:
        del mail[name]
    return mail.as_bytes()


def _talk(one: Office, two: Office, clock: SetClock, change: Callable[[bytes], bytes]) -> int:
    """Carries mails between two desks until none is left; gives how many there were."""
    for _ in range(STEPS):
        clock.advance(timedelta(seconds=20))
        said, answered = one.out(), two.out()
        if not said and not answered:
            return one.sent + two.sent
        for raw in said:
            two.take(change(raw), one.address)
        for raw in answered:
            one.take(change(raw), two.address)
    raise AssertionError("they do not stop")


def test_two_desks_stop_by_themselves(desk: Desk, other: Desk, clock: SetClock) -> None:
    one, two = Office(desk, "support@one.example"), Office(other, "support@two.example")
    one.take(_mail(two.address, one.address, Message_ID="<first@two.example>"), two.address)
    assert _talk(one, two, clock, lambda raw: raw) == 1  # the first answer says that a machine wrote it
    with other.store.reading() as tx:
        assert conversations.ids_of(tx, 1) == [1]  # it is shown there, and nobody answered
    (answer,) = one.deliveries()
    assert (answer.purpose, answer.state) == ("bot", "sent")


def test_two_desks_stop_even_where_somebody_takes_the_marks_away(desk: Desk, other: Desk, clock: SetClock) -> None:
    one, two = Office(desk, "support@one.example"), Office(other, "support@two.example")
    one.take(_mail(two.address, one.address, Message_ID="<first@two.example>"), two.address)
    assert 1 <= _talk(one, two, clock, _bare) <= 10


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"subject": "Out of office: Induction"},
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<all.example>"},
    ],
    ids=["nothing", "subject", "auto-submitted", "precedence", "list"],
)
def test_an_echo_is_not_answered_for_ever(desk: Desk, clock: SetClock, headers: dict[str, Any]) -> None:
    one, echo = Office(desk, "support@one.example"), "echo@machine.example"
    one.take(_mail(echo, one.address, Message_ID="<first@machine.example>"), echo)
    answered = 0
    for step in range(STEPS):
        clock.advance(timedelta(seconds=20))
        out = one.out()
        if not out:
            break
        for raw in out:
            answered += 1
            to = email.message_from_bytes(raw, policy=policy.SMTP)
            one.take(
                _mail(
                    echo,
                    str(to["Reply-To"]),
                    Message_ID=f"<echo-{step}@machine.example>",
                    In_Reply_To=str(to["Message-ID"]),
                    **headers,
                ),
                echo,
            )
    assert answered <= (5 if not headers else 1)


def test_an_echo_that_begins_a_new_thread_each_time_meets_the_cap(desk: Desk, clock: SetClock) -> None:
    """To the bot each of its mails is a first question, so that nothing but the count of an hour ends it."""
    one, echo = Office(desk, "support@one.example"), "echo@machine.example"
    for step in range(STEPS):
        clock.advance(timedelta(seconds=20))
        one.take(_mail(echo, one.address, Message_ID=f"<echo-{step}@machine.example>"), echo)
        if not one.out():
            break
    sent = [d for d in one.deliveries() if d.state == "sent"]
    (withheld,) = [d for d in one.deliveries() if d.state == "failed"]
    assert len(sent) == 5
    assert withheld.detail.startswith(WITHHELD)
    with desk.store.reading() as tx:
        found = conversations.get(tx, withheld.conversation_id or 0, None)
    # What the bot could not say, a person has to.
    assert (found.bot, found.status) == ("handed_over", "open")
    assert found.waiting_since is not None
