"""Conversations merged, split and put back: the same rows, later answers in the right place, and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from desk import conversations, inbound, outbound, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import NotPossible
from desk.conversations.tables import Conversation, Episode
from desk.merging import talks
from desk.parts import Desk
from desk.sentiment.tables import Score
from desk.store import Tx
from desk.timeline.tables import Entry, MessageRef
from tests.factories import make_inbox, make_team
from tests.inbound.messages import message
from tests.merging.lives import viewer_of


class Talks:
    """One customer's conversations, made through the doors that make them."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        with desk.store.transaction() as tx:
            self.inbox_id, self.ada = make_inbox(tx, config={"transport": "outbox"}).id, viewer_of(tx)

    def write(self, text: str = "Where is my kettle?", to: int | None = None, **more: Any) -> inbound.Outcome:
        self.clock.advance(timedelta(minutes=5))
        if to is not None:
            more["reply_token"] = conversations.reply_token(self.desk.store.keys, self.inbox_id, to)
        return inbound.receive(self.desk, message(self.inbox_id, self.clock.now(), text, **more))

    def talk(self, *texts: str) -> int:
        first = self.write(texts[0]).conversation_id
        assert first is not None
        for text in texts[1:]:
            assert self.write(text, first).conversation_id == first
        return first

    def answer(self, conversation_id: int, text: str = "On its way.") -> None:
        self.clock.advance(timedelta(minutes=5))
        with self.desk.store.transaction() as tx:
            outbound.reply(tx, conversation_id, self.ada, text)

    def texts(self, conversation_id: int) -> list[str]:
        with self.desk.store.reading() as tx:
            found = timeline.of_conversation(tx, conversation_id, 200, ("message", "reply"))
        return [entry.text for entry in found]

    def row(self, conversation_id: int) -> Conversation:
        with self.desk.store.reading() as tx:
            return tx.get_one(Conversation, conversation_id)


@pytest.fixture
def made(desk: Desk, clock: SetClock) -> Talks:
    return Talks(desk, clock)


def rows(tx: Tx, only: set[int]) -> dict[str, list[Any]]:
    """All that merging and splitting may change, of the conversations that there were."""
    out: dict[str, list[Any]] = {}
    for table in (Conversation, Episode, Entry, MessageRef, Score):
        found = []
        for row in tx.execute(select(table.__table__).order_by(*table.__table__.primary_key.columns)).mappings():
            whose = row["id"] if table is Conversation else row["conversation_id"]
            if whose in only and row.get("kind") != talks.LINE:
                found.append(dict(row))
        out[table.__tablename__] = found
    return out


def test_merged_lines_stand_in_one_and_answers_to_the_other_land_there(made: Talks) -> None:
    one, two = made.talk("The kettle", "It leaks"), made.talk("The lid")
    with made.desk.store.transaction() as tx:
        move = talks.merge(tx, two, one, made.ada)
        assert (move.kind, move.from_id, move.to_id) == ("merge", two, one)
    assert made.texts(one) == ["The kettle", "It leaks", "The lid"] and made.texts(two) == []
    late = made.write("Lid again", two)
    assert late.conversation_id == one
    assert made.row(one).unread == 4 and made.row(two).merged_into == one
    with made.desk.store.reading() as tx:
        assert [r.id for r in conversations.queue(tx, made.ada, "all").rows] == [one]
        assert conversations.queue(tx, made.ada, "resolved").rows == []
        said = timeline.of_conversation(tx, one, kinds=(talks.LINE,))
    assert [(e.staff_id, e.detail["what"], e.detail["from"]) for e in said] == [(made.ada.id, "merge", two)]
    with made.desk.store.transaction() as tx:
        talks.undo(tx, move.id, made.ada)
        talks.undo(tx, move.id, made.ada)  # twice is once
    assert made.texts(one) == ["The kettle", "It leaks"] and made.texts(two) == ["The lid", "Lid again"]
    assert (made.row(two).status, made.row(two).unread, made.row(two).merged_into) == ("open", 2, None)
    assert (made.row(one).status, made.row(one).unread) == ("open", 2)
    assert made.write("Lid once more", two).conversation_id == two


def test_a_merge_whose_customer_wrote_to_the_resolved_one_opens_it_on_the_way_back(made: Talks) -> None:
    one, two = made.talk("The kettle"), made.talk("The lid")
    with made.desk.store.transaction() as tx:
        conversations.resolve(tx, two, made.ada)
        move = talks.merge(tx, two, one, made.ada)
    made.write("Lid again", two)
    with made.desk.store.transaction() as tx:
        talks.undo(tx, move.id, made.ada)
    assert (made.row(two).status, made.row(two).unread) == ("open", 2)


def test_a_split_begins_a_conversation_with_a_message_and_is_undone_with_what_came(made: Talks) -> None:
    one = made.talk("The kettle", "And my invoice", "The invoice is wrong")
    made.answer(one, "We look at it.")
    with made.desk.store.transaction() as tx:
        second = timeline.of_conversation(tx, one, kinds=("message",))[1]
        move = talks.split(tx, second.id, made.ada)
    assert made.texts(one) == ["The kettle"]
    assert made.texts(move.to_id) == ["And my invoice", "The invoice is wrong", "We look at it."]
    new = made.row(move.to_id)
    assert (new.linked_id, new.status, new.unread, new.waiting_since) == (one, "open", 0, None)
    assert made.row(one).waiting_since is not None  # nobody has answered about the kettle
    assert made.write("Thanks", move.to_id).conversation_id == move.to_id
    with made.desk.store.transaction() as tx:
        talks.undo(tx, move.id, made.ada)
    whole = ["The kettle", "And my invoice", "The invoice is wrong", "We look at it.", "Thanks"]
    assert made.texts(one) == whole and made.texts(move.to_id) == []
    assert made.write("More", move.to_id).conversation_id == one


def test_what_cannot_be_merged_or_split_is_said(made: Talks) -> None:
    one, two = made.talk("The kettle"), made.talk("The lid")
    other = made.write(sender="noor@customer.example").conversation_id
    assert other is not None
    with made.desk.store.transaction() as tx:
        lead = viewer_of(tx, "supervisor")
        hidden = conversations.get(tx, two, None)
        for pair, why in (((one, one), "already"), ((one, other), "two customers")):
            with pytest.raises(NotPossible, match=why):
                talks.merge(tx, *pair, made.ada)
        first = timeline.of_conversation(tx, one, kinds=("message",))[0]
        with pytest.raises(NotPossible, match="later message"):
            talks.split(tx, first.id, made.ada)
        conversations.resolve(tx, one, made.ada)
        with pytest.raises(NotPossible, match="resolved"):
            talks.merge(tx, two, one, made.ada)
        hidden.team_id = make_team(tx).id
        tx.flush()
        with pytest.raises(conversations.NotVisible):
            talks.merge(tx, one, two, made.ada)
        move = talks.merge(tx, one, two, lead)
        with pytest.raises(conversations.NotVisible):
            talks.undo(tx, move.id, made.ada)
        with pytest.raises(NotPossible, match="merged into"):
            conversations.reopen(tx, one, lead)
        with pytest.raises(outbound.Refused, match="merged into"):
            outbound.reply(tx, one, lead, "Hello")


def test_what_was_merged_on_is_taken_back_from_the_last_one(made: Talks) -> None:
    one, two, three = made.talk("One"), made.talk("Two"), made.talk("Three")
    with made.desk.store.transaction() as tx:
        first = talks.merge(tx, one, two, made.ada)
        second = talks.merge(tx, two, three, made.ada)
        with pytest.raises(NotPossible, match="take that back first"):
            talks.undo(tx, first.id, made.ada)
    assert made.write("One again", one).conversation_id == three
    with made.desk.store.transaction() as tx:
        talks.undo(tx, second.id, made.ada)
    assert made.texts(two) == ["One", "Two", "One again"]
    with made.desk.store.transaction() as tx:
        talks.undo(tx, first.id, made.ada)
    assert made.texts(one) == ["One", "One again"] and made.texts(two) == ["Two"] and made.texts(three) == ["Three"]


step = st.tuples(st.booleans(), st.integers(0, 9), st.integers(0, 9))


def _try(tx: Tx, ada: Viewer, ids: list[int], act: tuple[bool, int, int]) -> Any:
    """One merge or split of whatever the numbers name; None where it cannot be."""
    merges, a, b = act
    one, other = ids[a % len(ids)], ids[b % len(ids)]
    try:
        if merges:
            return talks.merge(tx, one, other, ada)
        said = timeline.of_conversation(tx, one, kinds=("message",))
        return talks.split(tx, said[b % len(said)].id, ada) if said else None
    except NotPossible:
        return None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(step, min_size=1, max_size=8))
def test_any_sequence_undone_in_reverse_leaves_the_same_rows(made: Talks, acts: list[tuple[bool, int, int]]) -> None:
    with made.desk.store.reading() as tx:
        empty = tx.scalar(select(Conversation.id).limit(1)) is None
    if empty:  # the first example; each takes its changes back
        one = made.talk("Kettle", "It leaks", "Still")
        made.answer(one)
        two = made.talk("Lid", "Too small")
        made.talk("Invoice")
        made.answer(two)
        made.write("Which lid?", two)
    with made.desk.store.transaction() as tx:
        ids = list(tx.scalars(select(Conversation.id).order_by(Conversation.id)))
        known = set(ids)
        before = rows(tx, known)
        moves = []
        for act in acts:
            move = _try(tx, made.ada, ids, act)
            if move is not None:
                moves.append(move.id)
                ids = list(dict.fromkeys([*ids, move.to_id]))
            made.clock.advance(timedelta(seconds=1))
        for move_id in reversed(moves):
            talks.undo(tx, move_id, made.ada)
            made.clock.advance(timedelta(seconds=1))
        tx.flush()
        assert rows(tx, known) == before
        tx.rollback()
