"""A sender who fails the checks, in the corridor: nobody's customer, no proof, no answer by a machine."""

from __future__ import annotations

import base64
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select

from desk import agents, conversations, inbound, merging, outbound, people, reactions, timeline
from desk.channels.base import discover
from desk.channels.email import dkim_check
from desk.clock import SetClock
from desk.jobs.tables import Job
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_inbox, make_staff
from tests.servers.clamd import EICAR, Daemon

HOP = "mx.kiln.example"
TAKEN = f"Received: from mail.lindqvist.example by {HOP} with ESMTPS"
MARTA = "marta@lindqvist.example"


@pytest.fixture
def inbox_id(desk: Desk) -> int:
    desk.store.react_with(reactions.react)
    with desk.store.transaction() as tx:
        return make_inbox(tx, config={"trusted_server": HOP, "bot": True}).id


def take(  # type: ignore[no-untyped-def]
    desk: Desk,
    clock: SetClock,
    inbox_id: int,
    dmarc: str,
    to: str = "support@kiln.example",
    number: int = 1,
    **more: str,
):
    clock.advance(timedelta(minutes=5))
    return inbound.take(desk, put(desk, inbox_id, dmarc, number, to, **more), discover())


def put(desk: Desk, inbox_id: int, dmarc: str, number: int, to: str = "support@kiln.example", refers: str = "") -> int:
    lines = [
        f"Authentication-Results: {HOP}; dmarc={dmarc} header.from=lindqvist.example",
        TAKEN,
        f"From: Marta <{MARTA}>",
        f"To: {to}",
        "Subject: Kettle",
        f"Message-ID: <{number}@lindqvist.example>",
        *([f"In-Reply-To: <{refers}>"] if refers else []),
        "",
        f"Where is my kettle? {number}",
        "",
    ]
    raw = "\r\n".join(lines).encode()
    arrival_id = inbound.take_raw(desk, raw, channel="email", door="file", inbox_id=inbox_id)
    assert arrival_id is not None
    return arrival_id


def test_a_failing_sender_does_not_reach_the_customer_of_that_address(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    hers = take(desk, clock, inbox_id, "pass")
    forged = take(desk, clock, inbox_id, "fail", number=2)
    assert forged.state == "accepted"
    assert forged.customer_id != hers.customer_id
    assert forged.conversation_id != hers.conversation_id
    with desk.store.reading() as tx:
        (identity,) = people.identities(tx, forged.customer_id)
        assert identity.evidence == "claimed"
        line = timeline.one(tx, forged.entry_id)
        assert line is not None
        assert line.detail["trust"] == {"verdict": "failed", "by": "hop", "why": "dmarc_fail", "dmarc": "fail"}
        asked = [j.args for j in tx.scalars(select(Job).where(Job.task == "bot.turn"))]
    assert [a["conversation_id"] for a in asked] == [hers.conversation_id]  # no machine answers a forged sender


def test_our_signed_reply_address_proves_nothing_for_a_failing_sender(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    first = take(desk, clock, inbox_id, "pass")
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx).id)
        assert viewer is not None
        outbound.reply(tx, first.conversation_id, viewer, "I will look.")
        token = conversations.reply_token(tx.keys, inbox_id, first.conversation_id)
    address = f"support+r-{token}@kiln.example"
    forged = take(desk, clock, inbox_id, "fail", address, 2)
    with desk.store.reading() as tx:  # it stands in the thread as somebody else's words, with what is wrong about it
        assert [i.evidence for i in people.identities(tx, first.customer_id)] == ["inferred"]
        line = timeline.one(tx, forged.entry_id)
        assert line is not None
        assert (line.kind, line.author, line.identity_id) == ("participant", "other", None)
        assert line.detail["trust"]["verdict"] == "failed"
    true = take(desk, clock, inbox_id, "pass", address, 3)
    assert true.conversation_id == first.conversation_id
    with desk.store.reading() as tx:
        assert [i.evidence for i in people.identities(tx, first.customer_id)] == ["verified"]


def test_an_address_typed_by_somebody_is_not_proved_by_a_failing_sender(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    claimed = take(desk, clock, inbox_id, "fail")
    with desk.store.reading() as tx:
        token = conversations.reply_token(tx.keys, inbox_id, claimed.conversation_id)
    take(desk, clock, inbox_id, "fail", f"support+r-{token}@kiln.example", 2)
    with desk.store.reading() as tx:
        (identity,) = people.identities(tx, claimed.customer_id)
        assert (identity.evidence, identity.details) == ("claimed", {"unproven": inbox_id})


def test_what_fails_under_one_address_is_one_unproven_customer_s(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    hers = take(desk, clock, inbox_id, "pass")
    first = take(desk, clock, inbox_id, "fail", number=2)
    second = take(desk, clock, inbox_id, "fail", number=3)
    answers = take(desk, clock, inbox_id, "fail", number=4, refers="2@lindqvist.example")
    again = take(desk, clock, inbox_id, "pass", number=5)
    assert hers.customer_id == again.customer_id != first.customer_id
    assert first.customer_id == second.customer_id == answers.customer_id
    assert answers.conversation_id == first.conversation_id != second.conversation_id
    with desk.store.reading() as tx:
        assert answers.entry_id is not None
        assert timeline.one(tx, answers.entry_id).kind == "message"  # type: ignore[union-attr]
        said = [e.text for e in timeline.page(tx, hers.customer_id or 0) if e.kind in ("message", "participant")]
        assert said == ["Where is my kettle? 1", "Where is my kettle? 5"]
        (offer,) = merging.suggestions(tx, first.customer_id or 0)
        assert offer.customer_id == hers.customer_id
    with desk.store.transaction() as tx:
        other = make_inbox(tx, config={"trusted_server": HOP}).id
    elsewhere = take(desk, clock, other, "fail", number=6)
    assert elsewhere.customer_id not in (hers.customer_id, first.customer_id)  # and of another inbox another one's


def test_two_that_fail_at_the_same_instant_are_one_unproven_customer_s(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    kept = [put(desk, inbox_id, "fail", number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda number: inbound.take(desk, number, discover()), kept))
    assert len({o.customer_id for o in outcomes}) == 1
    assert len({o.conversation_id for o in outcomes}) == 4


def test_a_join_by_a_colleague_lets_no_more_of_them_in(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    hers = take(desk, clock, inbox_id, "pass")
    forged = take(desk, clock, inbox_id, "fail", number=2)
    assert hers.customer_id is not None
    assert forged.customer_id is not None
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx, role="admin").id)
        merging.join(tx, hers.customer_id, forged.customer_id, because="agent", by=viewer, evidence=[])
    later = take(desk, clock, inbox_id, "fail", number=3)
    assert later.customer_id not in (hers.customer_id, forged.customer_id)
    assert take(desk, clock, inbox_id, "fail", number=4).customer_id == later.customer_id


def test_the_owner_of_the_address_who_answers_does_not_take_what_was_forged(
    desk: Desk, clock: SetClock, inbox_id: int
) -> None:
    hers = take(desk, clock, inbox_id, "pass")
    forged = take(desk, clock, inbox_id, "fail", number=2)
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx).id)
        assert viewer is not None
        outbound.reply(tx, forged.conversation_id, viewer, "Are you sure?")
        token = conversations.reply_token(tx.keys, inbox_id, forged.conversation_id)
    answered = take(desk, clock, inbox_id, "pass", f"support+r-{token}@kiln.example", 3)
    assert answered.conversation_id == forged.conversation_id
    with desk.store.reading() as tx:
        line = timeline.one(tx, answered.entry_id)
        assert line is not None
        assert line.kind == "participant"
        assert people.current_id(tx, forged.customer_id) == forged.customer_id
        said = [e.text for e in timeline.page(tx, hers.customer_id or 0) if e.kind in ("message", "participant")]
    assert said == ["Where is my kettle? 1"]


def test_where_nobody_is_known_an_answer_proves_the_address(desk: Desk, clock: SetClock, inbox_id: int) -> None:
    failed = take(desk, clock, inbox_id, "fail")  # a forwarder broke its signature
    with desk.store.transaction() as tx:
        viewer = agents.viewer(tx, make_staff(tx).id)
        assert viewer is not None
        outbound.reply(tx, failed.conversation_id, viewer, "On its way.")
        token = conversations.reply_token(tx.keys, inbox_id, failed.conversation_id)
    answered = take(desk, clock, inbox_id, "pass", f"support+r-{token}@kiln.example", 2)
    assert (answered.conversation_id, answered.customer_id) == (failed.conversation_id, failed.customer_id)
    forged = take(desk, clock, inbox_id, "fail", number=3)
    assert forged.customer_id != failed.customer_id  # who is proved now is not whom the next failing mail meets


@pytest.mark.parametrize("there", [True, False])
def test_files_are_scanned_before_anybody_can_have_them(desk: Desk, inbox_id: int, there: bool) -> None:
    scanner = Daemon(socket.create_server(("127.0.0.1", 0)))
    port = scanner.listening.getsockname()[1]
    scanning = Desk(desk.store, desk.files, {**desk.config, "CLAMD": f"127.0.0.1:{port}"}, desk.models)
    if not there:
        scanner.close()
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = MARTA, "support@kiln.example", "Files"
    mail.set_content("Three files.")
    for name, content in (("a.txt", b"fine"), ("b.txt", EICAR), ("c.exe", b"MZ")):
        mail.add_attachment(content, maintype="text", subtype="plain", filename=name)
    inbound.take_raw(scanning, mail.as_bytes(), channel="email", door="file", inbox_id=inbox_id)
    drain(scanning)
    with desk.store.reading() as tx:
        (found, _) = people.search(tx, MARTA)[0]
        (line,) = [e for e in timeline.page(tx, found.id) if e.kind == "message"]
    held = [file.get("held", "") for file in line.attachments]
    assert held == (["", "virus Eicar-Test-Signature", "program"] if there else ["unscanned", "unscanned", "program"])
    if there:
        assert scanner.seen == [b"fine", EICAR]
        scanner.close()


@pytest.mark.parametrize("changed", [False, True])
def test_without_a_trusted_server_the_signature_is_looked_at_before_anybody_is_found(
    desk: Desk, inbox_id: int, monkeypatch: pytest.MonkeyPatch, changed: bool
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    asked: list[str] = []

    def ask(name: str) -> tuple[bytes | None, float]:
        asked.append(name)
        return record, 60.0

    monkeypatch.setattr(dkim_check, "KEYS", dkim_check.Keys(ask))
    with desk.store.transaction() as tx:
        plain = make_inbox(tx, config={}).id
    raw = f"From: Marta <{MARTA}>\r\nTo: s@kiln.example\r\nSubject: Kettle\r\n\r\nWhere is it?\r\n".encode()
    raw = dkim.sign(raw, b"sel", b"lindqvist.example", pem) + raw
    raw = raw.replace(b"Where is it?", b"Pay me.") if changed else raw
    inbound.take_raw(desk, raw, channel="email", door="file", inbox_id=plain)
    drain(desk)
    assert asked == ["sel._domainkey.lindqvist.example."]
    with desk.store.reading() as tx:
        (found, _) = people.search(tx, "Marta")[0]
        (identity,) = people.identities(tx, found.id)
        (line,) = [e for e in timeline.page(tx, found.id) if e.kind == "message"]
    assert line.detail["trust"]["verdict"] == ("failed" if changed else "passed")
    assert identity.evidence == ("claimed" if changed else "inferred")
