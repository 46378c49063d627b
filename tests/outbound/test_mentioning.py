"""Notes that name colleagues: kept by their numbers, told once, and never to somebody before a closed door."""

from __future__ import annotations

import pytest

from desk import agents, conversations, outbound, timeline
from desk.agents import Viewer
from desk.signals import StaffMentioned
from tests.factories import make_conversation, make_inbox, make_staff, make_team


def viewer(tx, **fields) -> Viewer:
    found = agents.viewer(tx, make_staff(tx, **fields).id)
    assert found is not None
    return found


@pytest.fixture
def people(store):
    with store.transaction() as tx:
        make_inbox(tx)
        return viewer(tx, name="Ada Moe"), viewer(tx, name="Ben Oak")


def test_a_note_keeps_whom_it_names_and_says_so_after_the_commit(store, people):
    ada, ben = people
    heard = []
    store.listen(heard.append)
    with store.transaction() as tx:
        row = make_conversation(tx)
        entry = outbound.note(tx, row.id, ada, "@Ben Oak and @Ada Moe: please look. Not @Nobody.")
        assert not [one for one in heard if isinstance(one, StaffMentioned)]
    told = [one for one in heard if isinstance(one, StaffMentioned)]
    assert told == [StaffMentioned(entry.id, row.customer_id, row.id, ben.id, ada.id)], "oneself is not told"
    assert entry.detail["mentions"] == [[0, 8, ben.id], [13, 21, ada.id]]
    with store.reading() as tx:
        (named,) = timeline.mentions_of(tx, ben.id)
        assert (named.entry_id, named.conversation_id, named.by) == (entry.id, row.id, ada.id)
        assert list(tx.scalars(timeline.mentioned_in(ben.id))) == [row.id]
        assert timeline.mentions_of(tx, ben.id, before=entry.id) == []


def test_an_answer_names_nobody(store, people):
    ada, ben = people
    with store.transaction() as tx:
        row = make_conversation(tx)
        outbound.reply(tx, row.id, ada, "Ask @Ben Oak")
        assert timeline.mentions_of(tx, ben.id) == []


def test_who_may_not_see_it_or_has_left_is_not_named(store, people):
    ada, ben = people
    with store.transaction() as tx:
        team = make_team(tx)
        agents.add_member(tx, team.id, ada.id)
        row = make_conversation(tx)
        conversations.give_to_team(tx, row.id, None, team.id)
        inside = agents.viewer(tx, ada.id)
        assert set(outbound.nameable(tx, row)) == {ada.id}
        assert outbound.note(tx, row.id, inside, "@Ben Oak").detail == {}
        agents.add_member(tx, team.id, ben.id)
        assert set(outbound.nameable(tx, row)) == {ada.id, ben.id}
        agents.deactivate(tx, ben.id)
        assert set(outbound.nameable(tx, row)) == {ada.id}


def test_a_mention_follows_its_line_into_another_conversation(store, people):
    ada, ben = people
    with store.transaction() as tx:
        row = make_conversation(tx)
        other = make_conversation(tx)
        entry = outbound.note(tx, row.id, ada, "@Ben Oak")
        timeline.put(tx, [entry.id], other.id)
        assert [one.conversation_id for one in timeline.mentions_of(tx, ben.id)] == [other.id]


def test_the_same_note_twice_names_once(store, people):
    ada, ben = people
    with store.transaction() as tx:
        row = make_conversation(tx)
        for _ in range(2):
            outbound.note(tx, row.id, ada, "@Ben Oak", request_id="once")
        assert len(timeline.mentions_of(tx, ben.id)) == 1
