"""Flags of risks in the desk: raised with the message, seen by rules and searches, taken off, moved and erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import agents, automation, conversations, facts, search, sentiment
from desk.agents import Viewer
from desk.automation.engine import view_of
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.facts import Condition
from desk.facts.tables import Fact
from desk.messages import Address, OutboundMessage
from desk.outbound.capping import withheld
from desk.sentiment import erasing, moving
from desk.sentiment.tables import RiskFlag
from desk.signals import RisksFound, Signal
from desk.store import Store, Tx
from tests.factories import make_conversation, make_staff
from tests.sentiment.test_levels import write

assert automation


def lead(tx: Tx) -> Viewer:
    staff = make_staff(tx, role="supervisor")
    found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


def holds(tx: Tx, conversation: Conversation, text: str) -> bool:
    condition = Condition.parse(text, about="conversation")
    return condition.holds(view_of(tx, conversation, condition, tx.now()), tx.now())


def test_a_message_is_flagged_as_it_comes_in_and_the_flag_is_no_copy(store: Store) -> None:
    heard: list[Signal] = []
    store.listen(heard.append)
    text = "It caught fire. I will call my lawyer!"
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        entry_id = write(tx, conversation, text)
    with store.reading() as tx:
        row = tx.get_one(Conversation, conversation.id)
        assert row.risks == "safety legal"
        flags = sentiment.scores(tx, [entry_id])[entry_id].flags
        assert [(f.kind, text[f.start or 0 : f.end]) for f in flags] == [
            ("safety", "caught fire"), ("legal", "my lawyer"),
        ]  # fmt: skip
    assert [s.kinds for s in heard if isinstance(s, RisksFound)] == [("safety", "legal")]


def test_rules_segments_and_searches_know_it_until_a_person_takes_it_off(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        conversation, viewer = make_conversation(tx), lead(tx)
        entry_id = write(tx, conversation, "My lawyer will write to you, and it caught fire")
        make_conversation(tx)
    clock.advance(timedelta(hours=1))

    def known(tx: Tx) -> tuple[bool, bool, list[int]]:
        row = tx.get_one(Conversation, conversation.id)
        sieve, problem = search.sieve(tx, viewer, "risk:legal")
        assert problem is None
        found = tx.scalars(select(Conversation.id).where(*sieve.where)).all()
        legal = Condition.parse("risk.legal is true")
        customer = legal.holds(facts.view(tx, row.customer_id, names={"risk.legal"}), tx.now())
        return holds(tx, row, 'conversation.risks contains "legal"'), customer, list(found)

    with store.reading() as tx:
        assert known(tx) == (True, True, [conversation.id])
    with store.transaction() as tx:
        sentiment.judge_flag(tx, entry_id, viewer, "legal", on=False)
    with store.reading() as tx:
        assert known(tx) == (False, False, [])
        assert tx.get_one(Conversation, conversation.id).risks == "safety"
        flag = tx.scalars(select(RiskFlag).where(RiskFlag.kind == "legal")).one()
        assert (flag.off_by, flag.off_at) == (viewer.id, clock.now())
    with store.transaction() as tx:
        sentiment.judge_flag(tx, entry_id, viewer, "legal", on=True)
    with store.reading() as tx:
        assert known(tx) == (True, True, [conversation.id])


def test_only_who_may_see_it_takes_it_off_and_only_what_is_there(store: Store) -> None:
    with store.transaction() as tx:
        team = agents.create_team(tx, "Theirs")
        stranger = agents.viewer(tx, make_staff(tx).id)
        conversation = make_conversation(tx, team_id=team.id)
        entry_id = write(tx, conversation, "see you in court")
    assert stranger is not None
    with store.transaction() as tx, pytest.raises(conversations.NotVisible):
        sentiment.judge_flag(tx, entry_id, stranger, "legal", on=False)
    with store.transaction() as tx, pytest.raises(LookupError):
        sentiment.judge_flag(tx, entry_id, lead(tx), "safety", on=False)


def test_of_self_harm_people_are_told_and_no_machine_knows_or_writes(store: Store) -> None:
    with store.transaction() as tx:
        conversation = make_conversation(tx)
        write(tx, conversation, "I want to die")
    with store.reading() as tx:
        row = tx.get_one(Conversation, conversation.id)
        assert row.risks == "self_harm"
        assert not holds(tx, row, 'conversation.risks contains "self_harm"')
        assert tx.scalars(select(Fact).where(Fact.name.like("risk.%"))).all() == []
        mail = OutboundMessage(
            channel="email",
            inbox_id=0,
            message_id="1@kiln.example",
            to=(Address("email", "ada@example.org"),),
            text="How was it?",
            automatic=True,
        )
        assert "for a person" in withheld(tx, mail, "survey", row)
        assert withheld(tx, mail, "survey", None) == ""


def test_flags_go_where_their_lines_go_and_lose_their_words_with_them(store: Store) -> None:
    with store.transaction() as tx:
        old = make_conversation(tx)
        entry_id = write(tx, old, "I will call my lawyer")
        new = make_conversation(tx, customer_id=old.customer_id)
        moving.put(tx, [entry_id], new.id)
        assert (old.risks, new.risks) == ("", "legal")
        erasing.erase(tx, [entry_id])
    with store.reading() as tx:
        flag = tx.scalars(select(RiskFlag)).one()
        assert (flag.conversation_id, flag.kind, flag.start, flag.end) == (new.id, "legal", None, None)


def test_what_the_desk_did_not_hear_is_said_on_the_message_itself(store: Store) -> None:
    with store.transaction() as tx:
        conversation, viewer = make_conversation(tx), lead(tx)
        entry_id = write(tx, conversation, "Fine, whatever you say", later=False)
        sentiment.correct(tx, entry_id, viewer, "frustrated")
        assert conversation.level == "frustrated"
