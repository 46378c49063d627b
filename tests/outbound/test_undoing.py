"""Taking an answer back: until its sending begins nothing has followed from it, and of two at once one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, conversations, inbound, jobs, outbound, settings, timeline, visitors
from desk.agents import Viewer
from desk.clock import SetClock
from desk.facts.tables import Fact
from desk.jobs.tables import Job
from desk.outbound import forwarding, undoing
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.reactions import react
from tests.factories import make_inbox, make_staff
from tests.inbound.messages import message
from tests.outbound.test_sending import Post

Case = tuple[int, Viewer]


@pytest.fixture
def case(desk: Desk, clock: SetClock) -> Case:
    """Marta has waited seven minutes for an answer of Jonas."""
    desk.store.react_with(react)
    with desk.store.transaction() as tx:
        inbox = make_inbox(tx, config={"transport": "smtp", "smtp_host": "127.0.0.1"})
        viewer = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    outcome = inbound.receive(desk, message(inbox.id, clock.now(), "Where is it?", message_id="one@x.example"))
    assert outcome.conversation_id is not None
    assert viewer is not None
    clock.advance(timedelta(minutes=7))
    return outcome.conversation_id, viewer


def _reply(desk: Desk, case: Case, text: str = "On its way.", then: str = "") -> timeline.EntryView:
    with desk.store.transaction() as tx:
        return outbound.reply(tx, case[0], case[1], text, undoable=True, then=then)


def _undo(desk: Desk, case: Case, entry_id: int) -> undoing.TakenBack:
    with desk.store.transaction() as tx:
        return undoing.take_back(tx, entry_id, case[1])


def _work(desk: Desk, post: Post) -> int:
    with desk.store.transaction() as tx:
        leased = jobs.lease(tx, "w", tasks=["outbound.deliver"])
    for job in leased:
        outbound.deliver(desk, job, {"email": post})
    return len(leased)


def _standing(desk: Desk, case: Case) -> tuple[object, ...]:
    """All that an answer changes of its conversation, and what is known of the customer."""
    with desk.store.reading() as tx:
        row = conversations.get(tx, case[0], case[1])
        episode = conversations.current_episode(tx, row)
        told = [(e.kind, e.text) for e in timeline.of_conversation(tx, case[0])]
        known = sorted(f.name for f in tx.scalars(select(Fact).where(Fact.customer_id == row.customer_id)))
        return (
            *(getattr(row, c.name) for c in type(row).__table__.c),
            *(getattr(episode, c.name) for c in type(episode).__table__.c),
            told,
            known,
            sorted(j.task for j in tx.scalars(select(Job)) if j.task.startswith(("surveys", "lifecycle"))),
        )


def _delivery(desk: Desk) -> Delivery:
    with desk.store.reading() as tx:
        return tx.scalars(select(Delivery).order_by(Delivery.id.desc())).first() or pytest.fail("no delivery")


@pytest.mark.parametrize("then", ["", "resolve"])
def test_an_answer_that_is_taken_back_leaves_everything_as_it_was(
    desk: Desk, case: Case, clock: SetClock, then: str
) -> None:
    before = _standing(desk, case)
    entry = _reply(desk, case, "On its weigh.", then)
    with desk.store.reading() as tx:
        assert [e.text for e in timeline.of_conversation(tx, case[0], kinds=("reply",))] == ["On its weigh."]
        assert timeline.thread_ids(tx, case[0])[1:] == [_delivery(desk).message_id]
    clock.advance(timedelta(seconds=4))
    back = _undo(desk, case, entry.id)
    assert (back.text, back.channel, back.then) == ("On its weigh.", "email", then)
    assert _standing(desk, case) == before
    with desk.store.reading() as tx:
        kept = timeline.one(tx, entry.id)
        assert kept is not None  # the ledger forgets nothing: who took it back, and when
        assert (kept.kind, kept.detail["withdrawn_by"]) == ("withdrawn", case[1].id)
        assert timeline.page(tx, kept.customer_id)[-1].kind != "withdrawn"
        assert timeline.thread_ids(tx, case[0]) == ["one@x.example"]
    clock.advance(timedelta(minutes=5))
    post = Post()
    assert _work(desk, post) == 1  # the job comes, and finds nothing to do
    assert post.sent == []
    assert _standing(desk, case) == before


@pytest.mark.parametrize("then", ["", "resolve"])
def test_an_answer_that_nobody_takes_back_goes_when_its_wait_is_over_and_counts_as_written_then(
    desk: Desk, case: Case, clock: SetClock, then: str
) -> None:
    written_at = clock.now()
    entry = _reply(desk, case, then=then)
    post = Post()
    clock.advance(timedelta(seconds=9))
    assert _work(desk, post) == 0
    clock.advance(timedelta(seconds=1))
    assert _work(desk, post) == 1
    assert [m.text.split("\n")[0] for m in post.sent] == ["On its way."]
    assert _delivery(desk).state == "sent"
    with desk.store.reading() as tx:
        row = conversations.get(tx, case[0], case[1])
        episode = conversations.current_episode(tx, row)
        assert (row.waiting_since, row.unread, row.assignee_id) == (None, 0, case[1].id)
        assert row.status == ("resolved" if then else "open")
        assert (episode.first_reply_at, episode.replies) == (written_at, 1)
        considered = [j for j in tx.scalars(select(Job)) if j.task == "surveys.consider"]
        assert len(considered) == (1 if then else 0)
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="already on its way"):
        undoing.take_back(tx, entry.id, case[1])


def test_the_same_words_come_back_however_often_they_are_asked_for(desk: Desk, case: Case) -> None:
    entry = _reply(desk, case)
    assert _undo(desk, case, entry.id) == _undo(desk, case, entry.id)


def test_nobody_takes_back_the_answer_of_somebody_else(desk: Desk, case: Case) -> None:
    entry = _reply(desk, case)
    with desk.store.transaction() as tx:
        other = agents.viewer(tx, make_staff(tx, role="supervisor").id)
        assert other is not None
        with pytest.raises(outbound.Refused, match="Only who wrote"):
            undoing.take_back(tx, entry.id, other)
    assert _delivery(desk).state == "queued"


def test_what_the_customer_writes_while_an_answer_waits_is_not_answered_by_it(
    desk: Desk, case: Case, clock: SetClock
) -> None:
    _reply(desk, case, then="resolve")
    clock.advance(timedelta(seconds=3))
    again = clock.now()
    with desk.store.reading() as tx:
        inbox_id = conversations.get(tx, case[0], None).inbox_id
    inbound.receive(
        desk,
        message(inbox_id, again, "It broke, too!", message_id="two@x.example", reply_refs=("one@x.example",)),
    )
    clock.advance(timedelta(seconds=7))
    _work(desk, Post())
    with desk.store.reading() as tx:
        row = conversations.get(tx, case[0], None)
        assert (row.status, row.waiting_since, row.unread, row.last_author) == ("open", again, 1, "customer")
        assert row.preview == "It broke, too!"


def test_an_answer_to_a_resolved_conversation_opens_it_when_it_goes(desk: Desk, case: Case, clock: SetClock) -> None:
    with desk.store.transaction() as tx:
        conversations.resolve(tx, case[0], case[1])
    before = _standing(desk, case)
    entry = _reply(desk, case)
    assert _standing(desk, case)[:-3] == before[:-3]
    clock.advance(timedelta(seconds=10))
    _work(desk, Post())
    with desk.store.reading() as tx:
        row = conversations.get(tx, case[0], None)
        assert row.status == "open"
        assert conversations.current_episode(tx, row).number == 2
        found = timeline.one(tx, entry.id)
        assert found is not None
        assert found.episode_id == row.episode_id


def test_what_a_colleague_resolves_while_an_answer_waits_stays_resolved(
    desk: Desk, case: Case, clock: SetClock
) -> None:
    _reply(desk, case)
    clock.advance(timedelta(seconds=2))
    with desk.store.transaction() as tx:
        conversations.resolve(tx, case[0], case[1])
    clock.advance(timedelta(seconds=8))
    _work(desk, Post())
    with desk.store.reading() as tx:
        row = conversations.get(tx, case[0], None)
        assert (row.status, conversations.current_episode(tx, row).replies) == ("resolved", 1)


def test_a_desk_that_is_set_to_0_sends_at_once(desk: Desk, case: Case) -> None:
    with desk.store.transaction() as tx:
        settings.set(tx, "mail.undo_seconds", 0, None)
    entry = _reply(desk, case, then="resolve")
    assert _delivery(desk).held_until is None
    with desk.store.reading() as tx:
        assert conversations.get(tx, case[0], None).status == "resolved"
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused, match="already on its way"):
        undoing.take_back(tx, entry.id, case[1])


def test_a_customer_who_looks_into_the_chat_sees_no_answer_that_can_be_taken_back(
    desk: Desk, case: Case, clock: SetClock
) -> None:
    entry = _reply(desk, case)

    def shown() -> bool:
        with desk.store.reading() as tx:
            found = timeline.one(tx, entry.id)
        assert found is not None
        return visitors.shown(found)

    assert not shown()
    clock.advance(timedelta(seconds=10))
    _work(desk, Post())
    assert shown()


def test_of_an_undo_and_a_worker_at_the_same_moment_exactly_one_wins(desk: Desk, case: Case, clock: SetClock) -> None:
    wins: list[str] = []
    for turn in range(12):
        entry = _reply(desk, case, f"Answer {turn}")
        clock.advance(timedelta(seconds=10))
        with desk.store.transaction() as tx:
            (job,) = jobs.lease(tx, "w", tasks=["outbound.deliver"])
        post, refused, gate = Post(), [], threading.Barrier(2)

        def undo(entry_id: int = entry.id, refused: list[str] = refused, gate: threading.Barrier = gate) -> None:
            gate.wait()
            try:
                _undo(desk, case, entry_id)
            except outbound.Refused as error:
                refused.append(str(error))

        def send(job: jobs.Leased = job, post: Post = post, gate: threading.Barrier = gate) -> None:
            gate.wait()
            outbound.deliver(desk, job, {"email": post})

        _together(undo, send)
        assert (len(post.sent), len(refused)) in ((0, 0), (1, 1)), "both or neither had it"
        assert _delivery(desk).state == ("sent" if post.sent else "withdrawn")
        wins.append("worker" if post.sent else "undo")
    assert len(wins) == 12


def _together(*work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_desk_that_dies_while_an_answer_waits_sends_it_afterwards(desk: Desk, case: Case, clock: SetClock) -> None:
    _reply(desk, case)
    with desk.store.reading() as tx:  # all that there is of the wait is in rows
        job = tx.scalars(select(Job).where(Job.task == "outbound.deliver")).one()
        assert (job.state, job.run_at) == ("ready", clock.now() + timedelta(seconds=10))
    clock.advance(timedelta(hours=3))
    post = Post()
    _work(desk, post)
    assert len(post.sent) == 1


def test_what_can_be_taken_back_cannot_be_forwarded_meanwhile(desk: Desk, case: Case, clock: SetClock) -> None:
    entry, post = _reply(desk, case), Post()

    def offered() -> list[int]:
        with desk.store.reading() as tx:
            return [line.id for line in forwarding.offered(tx, *case)[1]]

    before = offered()
    assert entry.id not in before
    with desk.store.transaction() as tx, pytest.raises(outbound.Refused):  # nor by a form that names it all the same
        forwarding.made(tx, *case, forwarding.Wish(to=("potter@else.example",), lines=(entry.id,)))
    clock.advance(timedelta(minutes=1))
    assert _work(desk, post) == 1
    assert offered() == [*before, entry.id]
