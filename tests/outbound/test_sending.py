"""Answers on their way: once on the timeline, sent once, and truthful about what is not known."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from desk import agents, conversations, inbound, jobs, outbound, settings, timeline
from desk.agents import Viewer
from desk.channels.base import BouncedRecipient, Plain
from desk.clock import SetClock
from desk.jobs.tables import Job
from desk.messages import InboundMessage, OutboundMessage, SendResult
from desk.outbound.queueing import packed, unpacked
from desk.outbound.tables import Delivery, OutboxMail
from desk.parts import Desk
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message

GONE = [BouncedRecipient("marta@lindqvist.example", "5.1.1", "hard", "no such user")]


class Post(Plain):
    """A mail server in memory that answers as it is told to."""

    name = "email"
    repeatable = True

    def __init__(self) -> None:
        self.answers: list[SendResult | Exception] = []
        self.sent: list[OutboundMessage] = []

    def translate(self, *_: Any) -> InboundMessage:
        raise NotImplementedError

    def compose(self, message: OutboundMessage) -> bytes:
        return message.text.encode()

    def send(self, message: OutboundMessage, config: Mapping[str, Any]) -> SendResult:
        self.sent.append(message)
        answer = self.answers.pop(0) if self.answers else SendResult("accepted", provider_id="250 ok")
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def case(desk: Desk, clock: SetClock) -> tuple[int, Viewer]:
    """A conversation with Marta, and Jonas."""
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, config={"transport": "smtp", "smtp_host": "127.0.0.1"})
        viewer = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    outcome = inbound.receive(desk, message(inbox.id, clock.now(), "Where is it?", message_id="one@x.example"))
    assert outcome.conversation_id is not None
    assert viewer is not None
    clock.advance(timedelta(minutes=7))
    return outcome.conversation_id, viewer


def _reply(desk: Desk, case: tuple[int, Viewer], text: str = "On its way.", **more: Any) -> timeline.EntryView:
    with desk.store.transaction() as tx:
        return outbound.reply(tx, case[0], case[1], text, **more)


def _work(desk: Desk, post: Post) -> None:
    with desk.store.transaction() as tx:
        leased = jobs.lease(tx, "w", tasks=["outbound.deliver"])
    for job in leased:
        outbound.deliver(desk, job, {"email": post})


def _delivery(desk: Desk) -> Delivery:
    with desk.store.reading() as tx:
        return tx.scalars(select(Delivery)).one()


def test_an_answer_is_a_line_a_delivery_and_a_job_and_ends_the_waiting(
    desk: Desk, case: tuple[int, Viewer], post: Post, clock: SetClock
) -> None:
    entry = _reply(desk, case)
    assert (entry.kind, entry.author, entry.text, entry.staff_id) == ("reply", "staff", "On its way.", case[1].id)
    assert _delivery(desk).state == "queued"
    with desk.store.reading() as tx:
        conversation = conversations.get(tx, case[0], case[1])
        assert (conversation.waiting_since, conversation.unread, conversation.assignee_id) == (None, 0, case[1].id)
        episode = conversations.current_episode(tx, conversation)
        assert episode.first_reply_at == clock.now()
        assert episode.first_reply_by == case[1].id
    _work(desk, post)
    assert _delivery(desk).state == "sent"
    (sent,) = post.sent
    assert sent.to[0].value == "marta@lindqvist.example"
    assert sent.subject == "Re: Kettle"
    assert sent.in_reply_to == "one@x.example"
    assert sent.references == ("one@x.example",)
    assert sent.reply_to.startswith("support+r-")
    assert "> Where is it?" in sent.text
    assert sent.text.startswith("On its way.")


def test_a_double_click_answers_once(desk: Desk, case: tuple[int, Viewer]) -> None:
    first = _reply(desk, case, request_id="abc")
    assert _reply(desk, case, request_id="abc").id == first.id
    assert _reply(desk, case, request_id="abd").id != first.id
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Delivery)) == 2


def test_the_same_request_at_the_same_instant_answers_once(desk: Desk, case: tuple[int, Viewer]) -> None:
    gate = threading.Barrier(4)
    found: list[int] = []

    def send() -> None:
        gate.wait()
        found.append(desk.store.attempt(lambda tx: outbound.reply(tx, case[0], case[1], "Once.", request_id="same")).id)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Delivery)) == 1


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 100_001])
def test_what_cannot_be_sent_is_refused_and_leaves_nothing(desk: Desk, case: tuple[int, Viewer], text: str) -> None:
    with pytest.raises(outbound.Refused):
        _reply(desk, case, text)
    with desk.store.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(Delivery)) == 0


def test_a_server_that_says_later_is_asked_again_later(
    desk: Desk, case: tuple[int, Viewer], post: Post, clock: SetClock
) -> None:
    _reply(desk, case)
    post.answers = [SendResult("retry", detail="451 busy")]
    _work(desk, post)
    delivery = _delivery(desk)
    assert (delivery.state, delivery.detail, delivery.uncertain_times) == ("queued", "451 busy", 0)
    _work(desk, post)
    assert len(post.sent) == 1  # not before its time
    clock.advance(timedelta(minutes=10))
    _work(desk, post)
    assert _delivery(desk).state == "sent"
    assert {m.message_id for m in post.sent} == {delivery.message_id}


def test_a_refusal_is_final_and_told(desk: Desk, case: tuple[int, Viewer], post: Post) -> None:
    _reply(desk, case)
    post.answers = [SendResult("refused", detail="550 no such user")]
    _work(desk, post)
    delivery = _delivery(desk)
    assert (delivery.state, delivery.detail) == ("failed", "550 no such user")
    with desk.store.reading() as tx:
        assert tx.scalar(select(Job.state).where(Job.task == "outbound.deliver")) == "done"


@pytest.mark.parametrize("answer", [SendResult("unknown", detail="lost"), RuntimeError("broke")])
def test_an_unknown_outcome_is_sent_again_under_the_same_id(
    desk: Desk, case: tuple[int, Viewer], post: Post, clock: SetClock, answer: Any
) -> None:
    _reply(desk, case)
    post.answers = [answer]
    _work(desk, post)
    assert _delivery(desk).state == "uncertain"
    clock.advance(timedelta(minutes=10))
    _work(desk, post)
    delivery = _delivery(desk)
    assert (delivery.state, delivery.uncertain_times, delivery.attempts) == ("sent", 1, 2)
    assert len({m.message_id for m in post.sent}) == 1


def test_a_process_that_died_while_sending_leaves_an_uncertain_delivery_that_is_sent_again(
    desk: Desk, case: tuple[int, Viewer], post: Post, clock: SetClock
) -> None:
    _reply(desk, case)
    with desk.store.transaction() as tx:  # what a kill between the server's yes and our commit leaves behind
        jobs.lease(tx, "dead", tasks=["outbound.deliver"])
        tx.execute(update(Delivery).values(state="sending", attempts=1))
    clock.advance(jobs.LEASE + timedelta(seconds=1))
    _work(desk, post)
    delivery = _delivery(desk)
    assert (delivery.state, delivery.uncertain_times) == ("sent", 1)
    clock.advance(timedelta(days=1))
    _work(desk, post)
    assert len(post.sent) == 1  # what is known to be sent is never sent again


def test_a_desk_without_a_server_keeps_the_mail_in_its_outbox(desk: Desk, clock: SetClock, post: Post) -> None:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, config={"transport": "outbox"})
        viewer = agents.viewer(tx, make_staff(tx).id)
    outcome = inbound.receive(desk, message(inbox.id, clock.now()))
    assert viewer is not None
    assert outcome.conversation_id is not None
    _reply(desk, (outcome.conversation_id, viewer), "kept here")
    _work(desk, post)
    assert post.sent == []
    with desk.store.reading() as tx:
        (kept,) = outbound.outbox(tx)
        assert b"kept here" in desk.files.get(kept.raw_sha256)
        assert kept.recipient == "marta@lindqvist.example"
        assert tx.scalar(select(func.count()).select_from(OutboxMail)) == 1


def test_a_notice_is_hidden_from_the_outbox_unless_asked_for(desk: Desk, post: Post) -> None:
    with desk.store.transaction() as tx:
        outbound.send_notice(tx, to="jonas@kiln.example", subject="Set your password", text="secret link")
    _work(desk, post)
    with desk.store.reading() as tx:
        assert outbound.outbox(tx) == []
        (mail,) = outbound.outbox(tx, notices=True)
        with pytest.raises(LookupError):
            outbound.outbox_mail(tx, mail.id)


def test_a_message_is_packed_and_unpacked_whole(desk: Desk, case: tuple[int, Viewer], post: Post) -> None:
    _reply(desk, case, "Grüße ✓")
    _work(desk, post)
    assert unpacked(packed(post.sent[0])) == post.sent[0]


def test_an_answer_to_a_resolved_conversation_reopens_it(desk: Desk, case: tuple[int, Viewer]) -> None:
    with desk.store.transaction() as tx:
        conversations.resolve(tx, case[0], case[1])
    _reply(desk, case, "One more thing")
    with desk.store.reading() as tx:
        assert conversations.get(tx, case[0], case[1]).status == "open"


def test_a_hard_bounce_marks_the_answer_as_failed(desk: Desk, case: tuple[int, Viewer], post: Post) -> None:
    _reply(desk, case)
    _work(desk, post)
    with desk.store.transaction() as tx:
        assert outbound.bounced(tx, _delivery(desk).message_id, GONE, "550 gone") is not None
        assert outbound.bounced(tx, "not-ours@x", GONE, "") is None
    assert _delivery(desk).state == "failed"


def test_an_inbox_says_what_stands_below_a_name_and_who_its_mails_are_from(
    desk: Desk, case: tuple[int, Viewer], post: Post
) -> None:
    with desk.store.transaction() as tx:
        inbox = settings.inboxes(tx, "email")[0]
        plain = settings.brand(tx, inbox.brand_id).name
    _reply(desk, case)
    _work(desk, post)
    assert f"-- \nJonas Weber\n{plain}\n" in post.sent[0].text
    assert post.sent[0].sender_name == f"Jonas ({plain})"
    with desk.store.transaction() as tx:
        row = settings.inbox(tx, inbox.id)
        row.config = row.config | {
            "signature": "Kiln & Co., Ovnsgade 4\n\nhttps://kiln.example/help", "sender_name": "Kiln's care",
        }  # fmt: skip
    _reply(desk, case, "And here is the rest.")
    _work(desk, post)
    sent = post.sent[1]
    assert "-- \nJonas Weber\nKiln & Co., Ovnsgade 4\n\nhttps://kiln.example/help\n" in sent.text
    assert 'Kiln &amp; Co., Ovnsgade 4<br><a class="m-link" href="https://kiln.example/help"' in sent.html
    assert sent.html.count("<p") == sent.html.count("</p>")
    assert sent.sender_name == "Jonas (Kiln's care)"
