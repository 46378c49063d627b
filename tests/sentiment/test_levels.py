"""The level of a conversation in the desk: order, running twice, corrections and episodes, on both databases."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from desk import agents, conversations, sentiment, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.jobs.tables import Job
from desk.sentiment import service
from desk.sentiment.scoring import Scored
from desk.sentiment.tables import Correction, Score
from desk.signals import FrustrationChanged, Signal
from desk.store import Store, Tx
from desk.timeline import Words
from desk.timeline.tables import Entry
from tests.factories import make_conversation, make_staff


def write(tx: Tx, conversation: Conversation, text: str, *, later: bool = True) -> int:
    """A message of the customer as the corridor records it, scored quickly."""
    entry = timeline.record(
        tx,
        customer_id=conversation.customer_id,
        kind="message",
        author="customer",
        occurred_at=tx.now(),
        conversation_id=conversation.id,
        episode_id=conversation.episode_id,
        words=Words(text=text),
    )
    sentiment.score(tx, conversation, entry.id, text, tx.now(), channel="chat", later=later)
    conversation.unread += 1
    conversation.waiting_since = conversation.waiting_since or tx.now()
    return entry.id


def shifts(tx: Tx, conversation_id: int) -> list[tuple[str, str]]:
    rows = tx.scalars(select(Entry).where(Entry.kind == "sentiment", Entry.conversation_id == conversation_id))
    return [(e.detail["before"], e.detail["after"]) for e in sorted(rows, key=lambda e: e.id)]


def sounds(chance: float) -> Scored:
    return Scored(-0.5, chance, ((0, 4, 0.5),))


def test_a_message_waits_for_its_reading_and_one_job_is_queued_for_it(store: Store) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        entry_id = write(tx, conversation, "This is ridiculous, third mail and still no answer!!")
        queued = tx.scalars(select(Job).where(Job.task == "sentiment.read")).all()
        assert [job.args for job in queued] == [{"entry_id": entry_id}]
        assert conversation.level == "calm"
        row = tx.get_one(Score, entry_id)
        assert row.read_at is None
        assert row.frustration > 0.8  # the quick score is there at once
        assert shifts(tx, conversation.id) == []


def test_without_a_model_the_level_follows_at_once(store: Store) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        write(tx, conversation, "This is ridiculous, third mail and still no answer!!", later=False)
        assert conversation.level == "frustrated"
        assert shifts(tx, conversation.id) == [("calm", "frustrated")]
        assert tx.scalars(select(Job.id).where(Job.task == "sentiment.read")).all() == []


def test_a_reading_moves_the_level_once_and_the_queue_with_it(store: Store) -> None:
    heard: list[Signal] = []
    store.listen(heard.append)
    with store.transaction() as tx:
        conversation = make_conversation(tx, waiting_since=tx.now())
        conversations.set_level(tx, conversation, "calm", 0.0)
        before = conversation.urgency
        entry_id = write(tx, conversation, "I do not know what to say any more")
    for chance in (0.9, 0.1):  # the job may run twice, the second time with a layer that was learned meanwhile
        with store.transaction() as tx:
            service.settle(tx, entry_id, sounds(chance), "frustration-1", 0.0)
    with store.reading() as tx:
        found = conversations.get(tx, conversation.id, None)
        assert found.level == "frustrated"
        assert found.urgency > before
        assert shifts(tx, conversation.id) == [("calm", "frustrated")]
        row = tx.get_one(Score, entry_id)
        assert (row.model, row.level_before, row.level_after) == ("frustration-1", "calm", "frustrated")
    assert [s.after for s in heard if isinstance(s, FrustrationChanged)] == ["frustrated"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_messages_count_in_the_order_they_came_in_whichever_is_read_first(
    store: Store, clock: SetClock, order: tuple[int, ...]
) -> None:
    chances = [0.9, 0.05, 0.05]
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        ids = []
        for text in ("first", "second", "third"):
            ids.append(write(tx, conversation, text))
            conversation.unread, conversation.waiting_since = 0, None
            clock.advance(timedelta(minutes=1))
    for place in order:
        with store.transaction() as tx:
            service.settle(tx, ids[place], sounds(chances[place]), "frustration-1", 0.0)
    with store.reading() as tx:
        rows = [tx.get_one(Score, i) for i in ids]
        assert [row.level_after for row in rows] == ["frustrated", "strained", "calm"]
        assert rows[1].conversation_frustration == pytest.approx(1 - 0.95 * (1 - 0.45), abs=0.01)
        found = conversations.get(tx, conversation.id, None)
        assert (found.level, found.frustration) == ("calm", rows[2].conversation_frustration)
        moved = shifts(tx, conversation.id)
        assert all(a != b for a, b in moved)
        assert not moved or moved[-1][1] == "calm"


def test_what_a_person_said_outlasts_readings_of_what_came_before(store: Store) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        viewer = agents.viewer(tx, make_staff(tx, "admin").id)
        assert viewer is not None
        first, second = write(tx, conversation, "one"), write(tx, conversation, "two")
        service.settle(tx, second, sounds(0.95), "frustration-1", 0.0)
        shift = tx.scalars(select(Entry.id).where(Entry.kind == "sentiment")).one()
        sentiment.correct(tx, shift, viewer, "calm")
        assert conversation.level == "calm"
        service.settle(tx, first, sounds(0.95), "frustration-1", 0.0)  # read late
        assert conversation.level == "calm"
        third = write(tx, conversation, "three")
        service.settle(tx, third, sounds(0.05), "frustration-1", 0.0)
        assert conversation.level == "calm"
        assert tx.scalars(select(Correction.entry_id)).one() == second


def test_a_new_episode_begins_calm(store: Store) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        first = write(tx, conversation, "one")
        service.settle(tx, first, sounds(0.95), "frustration-1", 0.0)
        late = write(tx, conversation, "two")
        conversations.resolve(tx, conversation.id, None)
        conversations.reopen(tx, conversation.id, None)
        service.settle(tx, late, sounds(0.99), "frustration-1", 0.0)  # of the episode before: its own affair
        assert conversation.level == "calm"
        again = write(tx, conversation, "three")
        service.settle(tx, again, sounds(0.1), "frustration-1", 0.0)
        assert conversation.level == "calm"
        assert conversation.frustration < 0.2


def test_waiting_and_repeating_raise_a_polite_customer(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        for number in range(5):
            entry_id = write(tx, conversation, "Could you tell me where my parcel is, please?")
            service.settle(tx, entry_id, sounds(0.12), "frustration-1", 0.95 if number else 0.0)
            clock.advance(timedelta(minutes=10))
        assert conversation.level != "calm"
        shift = tx.scalars(select(Entry).where(Entry.kind == "sentiment")).first()
        assert shift is not None
        assert set(shift.detail["circumstances"]) == {"unanswered", "waited", "similarity"}


def test_a_message_that_nobody_can_hear_leaves_the_level_as_it_was(store: Store) -> None:
    polish = "Gdzie jest moja paczka? Czekam już trzy tygodnie i nikt nie odpowiada"
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        first = write(tx, conversation, "This is ridiculous, third mail and still no answer!!", later=False)
        level, value = conversation.level, conversation.frustration
        assert level != "calm"
        strange = write(tx, conversation, polish)
        assert tx.get_one(Score, strange).frustration is None
        service.settle(tx, strange, Scored(0.0, None, (), "pl"), "a head", 0.0)
        row = tx.get_one(Score, strange)
        assert (row.frustration, row.language, row.level_before, row.level_after) == (None, "pl", level, level)
        assert (conversation.level, conversation.frustration) == (level, value)
        assert [at for at, _value, _level in service.history(tx, conversation.customer_id)] == [
            tx.get_one(Score, first).occurred_at
        ]


def test_who_wrote_in_no_language_of_ours_alone_was_not_heard(store: Store) -> None:
    with store.transaction() as tx:
        heard, strange, silent = (make_conversation(tx) for _ in range(3))
        write(tx, heard, "Where is my parcel?", later=False)
        write(tx, strange, "Gdzie jest moja paczka? Czekam już trzy tygodnie", later=False)
        everybody = [one.customer_id for one in (heard, strange, silent)]
        assert sentiment.heard(tx, everybody) == {heard.customer_id}
        assert sentiment.heard(tx, []) == set()
