"""An answer that failed for good is sent again: the same message only where it surely never left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, jobs, outbound, people, timeline
from desk.agents import Viewer
from desk.channels.base import BouncedRecipient
from desk.clock import SetClock
from desk.messages import SendResult
from desk.outbound.tables import Delivery
from desk.parts import Desk
from tests.factories import make_inbox, make_staff, make_team
from tests.inbound.messages import message
from tests.outbound.test_sending import Post

Case = tuple[int, Viewer]
REFUSED = SendResult("refused", detail="the mail server refused marta@lindqvist.example: 550 5.1.1 no such user")


@pytest.fixture
def case(desk: Desk, clock: SetClock) -> Case:
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, config={"transport": "smtp", "smtp_host": "127.0.0.1"})
        viewer = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    outcome = inbound.receive(desk, message(inbox.id, clock.now(), "Where is it?", message_id="one@x.example"))
    assert outcome.conversation_id is not None
    assert viewer is not None
    return outcome.conversation_id, viewer


def _failed(desk: Desk, case: Case, post: Post, *answers: SendResult) -> timeline.EntryView:
    with desk.store.transaction() as tx:
        entry = outbound.reply(tx, case[0], case[1], "On its way.")
    post.answers = list(answers or (REFUSED,))
    _work(desk, post)
    return entry


def _work(desk: Desk, post: Post) -> None:
    with desk.store.transaction() as tx:
        leased = jobs.lease(tx, "w", tasks=["outbound.deliver"])
    for job in leased:
        outbound.deliver(desk, job, {"email": post})


def _again(desk: Desk, case: Case, entry_id: int, address: str = "") -> Delivery:
    with desk.store.transaction() as tx:
        return outbound.send_again(tx, entry_id, case[1], address)


def _rows(desk: Desk) -> list[Delivery]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Delivery).order_by(Delivery.id)))


def test_what_never_left_goes_again_as_the_same_message(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    _again(desk, case, entry.id)
    _work(desk, post)
    (row,) = _rows(desk)
    assert row.state == "sent"
    first, second = post.sent
    assert first == second
    with desk.store.reading() as tx:
        (told,) = timeline.of_conversation(tx, case[0], kinds=("sent_again",))
        assert (told.staff_id, told.detail) == (
            case[1].id,
            {"entry_id": str(entry.id), "corrected": False, "same_message": True},
        )


def test_what_came_back_goes_again_as_another_message_of_the_same_line(desk: Desk, case: Case, clock: SetClock) -> None:
    post = Post()
    entry = _failed(desk, case, post, SendResult("accepted"))
    with desk.store.transaction() as tx:
        gone = [BouncedRecipient("marta@lindqvist.example", "5.1.1", "hard", "no such user")]
        assert outbound.bounced(tx, _rows(desk)[0].message_id, gone, "no such user") is not None
    clock.advance(timedelta(hours=1))
    _again(desk, case, entry.id)
    _work(desk, post)
    first, second = _rows(desk)
    assert (first.state, second.state) == ("failed", "sent")
    assert first.entry_id == second.entry_id == entry.id
    assert first.message_id != second.message_id
    assert post.sent[1].sent_at == clock.now()
    assert post.sent[0].text == post.sent[1].text
    with desk.store.reading() as tx:
        assert outbound.delivery_of(tx, [entry.id])[entry.id].state == "sent"
        assert second.message_id in timeline.thread_ids(tx, case[0])


def test_what_may_have_left_goes_again_as_another_message(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post, SendResult("unknown", detail="the connection broke"))
    with desk.store.transaction() as tx:
        tx.scalars(select(Delivery)).one().state = "failed"  # given up
    _again(desk, case, entry.id)
    assert len({row.message_id for row in _rows(desk)}) == 2


def test_a_corrected_address_gets_the_answer_and_nothing_from_before(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    _again(desk, case, entry.id, "Marta@Lindquist.example")
    _work(desk, post)
    assert [row.state for row in _rows(desk)] == ["failed", "sent"]
    sent = post.sent[-1]
    assert sent.to[0].value == "marta@lindquist.example"
    assert sent.text.startswith("On its way.")
    assert "Where is it?" not in sent.text + sent.html
    assert (sent.references, sent.in_reply_to) == ((), "")
    with desk.store.reading() as tx:
        customer_id = conversations.get(tx, case[0], None).customer_id
        found = {i.value: i.evidence for i in people.identities(tx, customer_id)}
        assert found["marta@lindquist.example"] == "claimed"
        (told,) = timeline.of_conversation(tx, case[0], kinds=("sent_again",))
        assert told.text == "marta@lindquist.example"  # words, so that they can be erased
        assert "lindquist" not in str(told.detail)


NEW = "marta@lindquist.example"


def _way(desk: Desk, case: Case) -> outbound.Way:
    with desk.store.reading() as tx:
        (way,) = outbound.ways(tx, case[0])
    return way


def test_the_next_answer_goes_to_the_corrected_address_and_says_instead_of_which(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    old = _way(desk, case)
    assert (old.address, "no such user" in old.bounced) == ("marta@lindqvist.example", True)
    _again(desk, case, entry.id, NEW)
    way = _way(desk, case)
    assert (way.address, way.evidence, way.bounced, way.usable) == (NEW, "claimed", "", True)
    assert (way.instead, "no such user" in way.instead_why) == (old.address, True)
    _work(desk, post)
    with desk.store.transaction() as tx:
        outbound.reply(tx, case[0], case[1], "And here is its number.")
    _work(desk, post)
    assert [mail.to[0].value for mail in post.sent] == [old.address, NEW, NEW]
    assert "Where is it?" not in post.sent[-1].text


def test_a_correction_that_failed_too_is_corrected_further_and_back_again(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    first = _way(desk, case).address
    for address in (NEW, "marta@lind.example", NEW, first):
        _again(desk, case, entry.id, address)
        way = _way(desk, case)
        assert way.address == address
        assert way.instead == ("" if address == first else first)
        post.answers = [REFUSED]
        _work(desk, post)


def test_who_writes_from_the_old_address_again_is_answered_there(desk: Desk, case: Case, clock: SetClock) -> None:
    entry = _failed(desk, case, Post())
    _again(desk, case, entry.id, NEW)
    clock.advance(timedelta(hours=1))
    with desk.store.reading() as tx:
        inbox_id = conversations.get(tx, case[0], None).inbox_id
    refs = (_rows(desk)[0].message_id,)
    inbound.receive(desk, message(inbox_id, clock.now(), "I am back", message_id="2@x.example", reply_refs=refs))
    way = _way(desk, case)
    assert (way.address, way.instead, way.bounced) == ("marta@lindqvist.example", "", "")


def test_a_corrected_address_whose_owner_says_it_was_not_me_is_offered_no_more(desk: Desk, case: Case) -> None:
    entry = _failed(desk, case, Post())
    _again(desk, case, entry.id, NEW)
    with desk.store.transaction() as tx:
        customer_id = conversations.get(tx, case[0], None).customer_id
        (claimed,) = [i for i in people.identities(tx, customer_id) if i.value == NEW]
        claimed.details = claimed.details | {"refused_at": tx.now().isoformat()}
    assert _way(desk, case).address == "marta@lindqvist.example"


@pytest.mark.parametrize(
    ("address", "why"), [("nobody", "not a mail address"), ("support@kiln.example", "an address of this desk")]
)
def test_an_address_that_cannot_be_is_refused_and_nothing_happens(
    desk: Desk, case: Case, address: str, why: str
) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    with pytest.raises(outbound.Refused, match=why):
        _again(desk, case, entry.id, address)
    assert [row.state for row in _rows(desk)] == ["failed"]


def test_only_what_failed_is_sent_again_and_once(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    _again(desk, case, entry.id)
    with pytest.raises(outbound.Refused, match="not known to have failed"):
        _again(desk, case, entry.id)


def test_an_answer_of_another_team_is_not_there_to_be_sent_again(desk: Desk, case: Case) -> None:
    post = Post()
    entry = _failed(desk, case, post)
    with desk.store.transaction() as tx:
        row = conversations.get(tx, case[0], None)
        row.team_id, row.assignee_id = make_team(tx).id, None
    with pytest.raises(conversations.NotVisible):
        _again(desk, case, entry.id)
