"""One customer of two, and two of one: nothing is lost, and everything goes back where it came from."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from desk import conversations, facts, inbound, lifecycle, merging, outbound, people, surveys, timeline
from desk.clock import SetClock
from desk.merging import BadMerge, NotAllowed
from desk.parts import Desk
from desk.store import Store
from desk.timeline.tables import Entry
from tests.factories import make_conversation, make_customer, make_entry, make_identity, make_team
from tests.inbound.messages import message
from tests.merging.lives import lives, owners, snapshot, viewer_of


class RolledBack(Exception):
    """Ends a transaction without a trace."""


def test_everything_of_the_joined_customer_is_with_the_one_who_stays(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        before = owners(tx)
        merge = merging.join(tx, one, two, because="agent", by=None)
    with desk.store.reading() as tx:
        assert set(owners(tx).values()) == {one}
        assert owners(tx).keys() == before.keys()
        assert people.customer(tx, two).id == one
        assert people.current_id(tx, two) == one
        lines = timeline.page(tx, one, limit=200)
        assert sum(line.kind == "message" for line in lines) == 4
        assert [line.occurred_at for line in lines] == sorted(line.occurred_at for line in lines)
        assert lines[-1].kind == "merge" and lines[-1].detail["merge_id"] == str(merge.id)
        assert merge.moved["conversation_count"] == 2
        assert lifecycle.stage_of(tx, two) is None, "they stand nowhere"


def test_an_undone_join_leaves_no_trace_but_its_two_lines(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        before = snapshot(tx)
        views = {c: list(facts.view(tx, c)) for c in (one, two)}
    with desk.store.transaction() as tx:
        merge = merging.join(tx, one, two, because="agent", by=None)
    clock.advance(timedelta(hours=2))
    with desk.store.transaction() as tx:
        merging.undo(tx, merge.id, None)
    with desk.store.reading() as tx:
        after = snapshot(tx)
        assert {name for name in before if before[name] != after[name]} == set()
        assert {c: list(facts.view(tx, c)) for c in (one, two)} == views
        for customer, kinds in ((one, ["merge", "merge"]), (two, ["merge"])):
            assert [e.kind for e in timeline.page(tx, customer, limit=200) if e.kind == "merge"] == kinds
    with desk.store.transaction() as tx:
        assert merging.undo(tx, merge.id, None).undone_at is not None, "twice is once"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(st.data())
def test_any_joins_and_undos_put_each_row_with_whom_its_origin_became(
    desk: Desk, clock: SetClock, data: st.DataObject
) -> None:
    with desk.store.reading() as tx:
        ids = list(tx.scalars(text("SELECT id FROM customers ORDER BY id")))
    if not ids:
        ids = lives(desk, clock, *(f"c{n}@maya.example" for n in range(4)))
    with pytest.raises(RolledBack), desk.store.transaction() as tx:
        first, homes = snapshot(tx), owners(tx)
        into: dict[int, int] = {}
        merges: dict[int, int] = {}

        def root(customer: int) -> int:
            return root(into[customer]) if customer in into else customer

        for _ in range(data.draw(st.integers(1, 7))):
            tops = [c for c in ids if c not in into]
            if len(tops) > 1 and (not merges or data.draw(st.booleans())):
                keep, other = data.draw(st.permutations(tops))[:2]
                merges[other] = merging.join(tx, keep, other, because="agent", by=None).id
                into[other] = keep
            else:
                parted = data.draw(st.sampled_from(sorted(merges)))
                merging.undo(tx, merges.pop(parted), None)
                del into[parted]
            assert owners(tx) == {row: root(home) for row, home in homes.items()}
        for parted in data.draw(st.permutations(sorted(merges))):
            merging.undo(tx, merges[parted], None)
        last = snapshot(tx)
        assert {name for name in first if first[name] != last[name]} == set()
        raise RolledBack


def test_what_came_since_goes_back_by_its_address(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        merge = merging.join(tx, one, two, because="agent", by=None)
        inbox_id = conversations.get(tx, 1, None).inbox_id
    clock.advance(timedelta(hours=1))
    new = inbound.receive(desk, message(inbox_id, clock.now(), "From the new one", sender="maya@new.example"))
    old = inbound.receive(desk, message(inbox_id, clock.now(), "From the old one", sender="maya@old.example"))
    assert new.customer_id == old.customer_id == one
    with desk.store.transaction() as tx:
        merging.undo(tx, merge.id, None)
    with desk.store.reading() as tx:
        words = {c: {e.text for e in timeline.page(tx, c, limit=200)} for c in (one, two)}
        assert "From the new one" in words[two] and "From the new one" not in words[one]
        assert "From the old one" in words[one] and "From the old one" not in words[two]
        assert conversations.get(tx, new.conversation_id or 0, None).customer_id == two
        received = {c: len(facts.view(tx, c).series("message.received").facts) for c in (one, two)}
        assert received == {one: 3, two: 3}


def test_a_conversation_that_both_wrote_in_becomes_two(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        merge = merging.join(tx, one, two, because="agent", by=None)
        number = conversations.ids_of(tx, one)[1]
        inbox_id = conversations.get(tx, number, None).inbox_id
        token = conversations.reply_token(tx.keys, inbox_id, number)
        agent = viewer_of(tx)
    clock.advance(timedelta(hours=1))
    said = inbound.receive(
        desk, message(inbox_id, clock.now(), "My other address", sender="maya@new.example", reply_token=token)
    )
    assert said.conversation_id == number, "one person, one thread"
    with desk.store.transaction() as tx:
        assert conversations.get(tx, number, None).reply_address == "maya@new.example"
        outbound.reply(tx, number, agent, "To your other address.")
        merging.undo(tx, merge.id, None)
    with desk.store.reading() as tx:
        stays = conversations.get(tx, number, None)
        assert (stays.customer_id, stays.reply_address) == (one, "maya@old.example")
        assert "My other address" not in {e.text for e in timeline.of_conversation(tx, number)}
        parted = conversations.ids_of(tx, two)[-1]
        moved = conversations.get(tx, parted, None)
        assert (moved.linked_id, moved.reply_address, moved.status) == (number, "maya@new.example", "open")
        assert moved.waiting_since is None, "it was answered"
        assert [e.text for e in timeline.of_conversation(tx, parted, kinds=("message", "reply"))] == [
            "My other address",
            "To your other address.",
        ]
        episode = conversations.current_episode(tx, moved)
        assert (episode.customer_id, episode.replies, episode.first_reply_by) == (two, 1, agent.id)
        assert set(owners(tx).values()) == {one, two}
        seen = {e.text for e in timeline.page(tx, one, limit=200)}
        assert not seen & {"My other address", "To your other address."}


def test_a_name_is_taken_over_by_who_has_none_and_given_back(store: Store) -> None:
    with store.transaction() as tx:
        keep = make_customer(tx, "a@x.example", name="")
        other = make_customer(tx, "b@x.example", name="Dana Whitfield", locale="de", surveys_stopped_at=tx.now())
        talk = make_conversation(tx, keep, customer_name="a@x.example")
        moved = make_conversation(tx, other, customer_name="D. Whitfield")
        merge = merging.join(tx, keep.id, other.id, because="agent", by=None)
        assert (keep.name, keep.locale, keep.surveys_stopped_at) == ("Dana Whitfield", "de", other.surveys_stopped_at)
        assert moved.customer_name == "Dana Whitfield"
        merging.undo(tx, merge.id, None)
        assert (keep.name, keep.name_folded, keep.locale, keep.surveys_stopped_at) == ("", "", None, None)
        assert (talk.customer_name, moved.customer_name) == ("a@x.example", "D. Whitfield")


def test_rows_of_an_old_number_are_found_under_the_new_one(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        merging.join(tx, one, two, because="agent", by=None)
        assert lifecycle.consider(tx, two) is None or lifecycle.stage_of(tx, two) is None
        assert lifecycle.stage_of(tx, one) is not None
        assert [c.id for c, _ in people.search(tx, "Marta")] == [one]
        people.customer(tx, one).name_folded = "someone else"
        tx.get_one(people.Customer, two).name_folded = "old name"
        tx.flush()
        assert [c.id for c, _ in people.search(tx, "Old")] == [one], "found by the name they used to have"
        assert facts.customer_ids(tx) == [one]
        with pytest.raises(BadMerge):
            merging.join(tx, one, two, because="agent", by=None)


def test_an_agent_joins_what_they_may_see_whole_and_a_supervisor_everybody(store: Store) -> None:
    with store.transaction() as tx:
        team = make_team(tx)
        agent, lead = viewer_of(tx), viewer_of(tx, "supervisor")
        one, two = make_customer(tx), make_customer(tx)
        make_conversation(tx, one)
        make_conversation(tx, two)
        make_conversation(tx, two, team_id=team.id)
        assert not merging.preview(tx, one.id, two.id, agent).allowed
        with pytest.raises(NotAllowed):
            merging.join(tx, one.id, two.id, because="agent", by=agent)
        assert merging.preview(tx, one.id, two.id, lead).allowed
        merge = merging.join(tx, one.id, two.id, because="agent", by=lead)
        with pytest.raises(NotAllowed):
            merging.undo(tx, merge.id, agent)
        merging.undo(tx, merge.id, lead)


def test_a_preview_counts_what_the_join_then_moves(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        shown = merging.preview(tx, one, two)
        merge = merging.join(tx, one, two, because="agent", by=None)
        assert merge.moved["entries"] == shown.join.entries
        assert [int(n) for n in merge.moved["conversations"]] == list(shown.join.conversations)
        assert merge.moved["answers"] == shown.join.answers == 0


def test_a_customer_of_five_thousand_entries_is_joined_and_parted(store: Store) -> None:
    with store.transaction() as tx:
        keep, other = make_customer(tx, "keep@x.example"), make_customer(tx, "much@x.example")
        talk = make_conversation(tx, other)
        make_entry(tx, make_conversation(tx, keep))
        whose = people.identities(tx, other.id)[0].id
        at = tx.now()
        columns = dict.fromkeys(("recorded_at", "occurred_at"), at)
        tx.execute(
            insert(Entry),
            [
                {
                    **columns,
                    "occurred_at": at - timedelta(seconds=n),
                    "id": 10_000 + n,
                    "customer_id": other.id,
                    "conversation_id": talk.id,
                    "episode_id": talk.episode_id,
                    "identity_id": whose,
                    "kind": "message",
                    "author": "customer",
                    "detail": {},
                }
                for n in range(5_000)
            ],
        )
    with store.transaction() as tx:
        began = time.monotonic()
        merge = merging.join(tx, keep.id, other.id, because="agent", by=None)
        joined = time.monotonic() - began
    assert merge.moved["entries"] == 5_000
    with store.transaction() as tx:
        began = time.monotonic()
        merging.undo(tx, merge.id, None)
        parted = time.monotonic() - began
    with store.reading() as tx:
        assert timeline.count_of(tx, other.id) == 5_001, "and the line that says so"
        assert timeline.count_of(tx, keep.id) == 3
        newest = timeline.page(tx, other.id, limit=3)
        assert newest[0].occurred_at <= newest[-1].occurred_at
    assert joined < 5 and parted < 5, (joined, parted)


def test_later_answers_to_a_survey_count_for_whoever_has_the_conversation(desk: Desk, clock: SetClock) -> None:
    one, two = lives(desk, clock, "maya@old.example", "maya@new.example")
    with desk.store.transaction() as tx:
        merge = merging.join(tx, one, two, because="agent", by=None)
        asked = tx.scalars(select(surveys.Invitation).order_by(surveys.Invitation.id.desc())).first()
        assert asked is not None and asked.customer_id == one
        surveys.answer(tx, surveys.token_of(tx, asked), 2)
        assert facts.view(tx, one).series("csat").facts
        merging.undo(tx, merge.id, None)
        assert [f.value for f in facts.view(tx, two).series("csat").facts] == [2.0]
        assert not facts.view(tx, one).series("csat").facts


def test_lines_that_name_the_joined_customer_can_be_erased(store: Store) -> None:
    with store.transaction() as tx:
        keep, other = make_customer(tx, name="Ann"), make_customer(tx, name="Zacharias Quill")
        merge = merging.join(tx, keep.id, other.id, because="agent", by=None)
        line = timeline.one(tx, merge.entry_id or 0)
        assert line is not None and line.text == "Zacharias Quill"
        assert "Zacharias" not in str(line.detail)


def test_a_claim_made_after_a_join_goes_back_with_the_browser_it_was_made_in(store: Store) -> None:
    with store.transaction() as tx:
        keep, other = make_customer(tx, "keep@x.example"), make_customer(tx, "other@x.example")
        browser = make_identity(tx, other, "browser-1", kind="visitor", evidence="verified")
        merge = merging.join(tx, keep.id, other.id, because="agent", by=None)
        tx.refresh(browser)
        claim = people.claim(tx, keep.id, "email", "typed@x.example", because="typed", at=tx.now(), by=browser)
        merging.undo(tx, merge.id, None)
        tx.refresh(claim)
        assert claim.customer_id == other.id
