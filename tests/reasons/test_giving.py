"""Which reason an episode has: that of the group of its question, unless a person said otherwise."""

from __future__ import annotations

import pytest

from desk import conversations, questions, reasons
from desk.conversations.tables import Conversation
from desk.reasons import BadReason
from desk.store import Tx
from tests.reasons.conftest import World


def why(tx: Tx, talk: Conversation) -> tuple[str, str]:
    found = reasons.given(tx, talk.episode_id)
    return found.path, found.how


def test_what_falls_into_a_group_has_its_reason_with_why(world: World) -> None:
    with world.desk.store.transaction() as tx:
        group = world.group(tx)
        early = [world.ask(tx, group) for _ in range(3)]
        loose = world.ask(tx, None)
        delivery = reasons.add(tx, "Delivery", world.lead.id)
        late = reasons.add(tx, "Late", world.lead.id, delivery.id)
        assert why(tx, early[0]) == ("", "")
        reasons.say_what(tx, group, late.id, world.lead)
        after = world.ask(tx, group)
        assert {why(tx, talk) for talk in (*early, after)} == {("Delivery › Late", "group")}
        assert reasons.given(tx, early[0].episode_id).alike == 3, "the others of its group"
        assert why(tx, loose) == ("", "")
        questions.out(tx, group, early[0].episode_id or 0)
        assert why(tx, early[0]) == ("", ""), "who leaves the group leaves the reason"


def test_moving_merging_and_unmapping_take_all_of_a_group_along_but_no_persons_choice(world: World) -> None:
    with world.desk.store.transaction() as tx:
        group = world.group(tx)
        mine, its = world.ask(tx, group), world.ask(tx, group)
        late, lost, money = (reasons.add(tx, name, None) for name in ("Late", "Lost", "Money"))
        reasons.say_what(tx, group, late.id, world.lead)
        reasons.choose(tx, mine.id, world.agent, money.id)
        assert (why(tx, mine), why(tx, its)) == (("Money", "person"), ("Late", "group"))
        assert reasons.given(tx, mine.episode_id).by == world.agent.name
        reasons.say_what(tx, group, lost.id, world.lead)
        assert (why(tx, mine), why(tx, its)) == (("Money", "person"), ("Lost", "group"))
        reasons.merge(tx, lost.id, late.id)
        assert (why(tx, mine), why(tx, its)) == (("Money", "person"), ("Late", "group"))
        reasons.let_go(tx, group)
        assert (why(tx, mine), why(tx, its)) == (("Money", "person"), ("", ""))
        reasons.say_what(tx, group, late.id, world.lead)
        reasons.choose(tx, mine.id, world.agent, None)
        assert why(tx, mine) == ("", "person"), "that there is none is a choice too"
        reasons.leave_to_desk(tx, mine.id, world.agent)
        assert why(tx, mine) == ("Late", "group")


@pytest.mark.parametrize("mapped", ["both", "the one that goes", "the one that stays is put aside"])
def test_groups_that_become_one_keep_a_reason(world: World, mapped: str) -> None:
    with world.desk.store.transaction() as tx:
        goes, stays = world.group(tx), world.group(tx)
        talk, other = world.ask(tx, goes), world.ask(tx, stays)
        late, lost = (reasons.add(tx, name, None) for name in ("Late", "Lost"))
        reasons.say_what(tx, goes, late.id, world.lead)
        if mapped == "both":
            reasons.say_what(tx, stays, lost.id, world.lead)
        elif mapped != "the one that goes":
            reasons.say_what(tx, stays, None, world.lead)
    with world.desk.store.transaction() as tx:
        questions.merge(tx, goes, stays)
    with world.desk.store.transaction() as tx:
        wanted = "Lost" if mapped == "both" else "Late"
        assert {why(tx, one)[0] for one in (talk, other)} == {wanted}
        assert reasons.say_what(tx, goes, late.id, world.lead) == stays, "the old number still leads there"


def test_what_is_offered_no_more_is_given_to_nothing_new(world: World) -> None:
    with world.desk.store.transaction() as tx:
        group = world.group(tx)
        talk = world.ask(tx, group)
        late = reasons.add(tx, "Late", None)
        reasons.say_what(tx, group, late.id, world.lead)
        reasons.archive(tx, late.id)
        assert why(tx, talk) == ("Late", "group"), "what has it keeps it"
        with pytest.raises(BadReason):
            reasons.choose(tx, talk.id, world.agent, late.id)
        with pytest.raises(BadReason):
            reasons.say_what(tx, group, late.id, world.lead)
        with pytest.raises(conversations.NotVisible):
            reasons.choose(tx, 999_999, world.agent, None)
