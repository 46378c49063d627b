"""Links of conversations: both ways, by hand or by the desk, and what of them is told to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import conversations, inbound, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import Conversation, NotPossible, NotVisible
from desk.conversations.tables import ConversationLink
from desk.merging import talks
from desk.parts import Desk
from desk.store import Store, Tx
from tests.factories import make_conversation, make_customer, make_entry, make_inbox, make_team
from tests.inbound.messages import message
from tests.merging.lives import viewer_of


def shown(tx: Tx, conversation_id: int, viewer: Viewer) -> list[tuple[int, str | None]]:
    found = conversations.links(tx, conversation_id, viewer)
    return [(one.id, one.row.subject if one.row is not None else None) for one in found]


def lines(tx: Tx, conversation_id: int) -> list[tuple[int, bool]]:
    return [(e.detail["other"], e.detail["on"]) for e in timeline.of_conversation(tx, conversation_id, kinds=("link",))]


def test_a_link_by_hand_stands_on_both_sides_and_is_said_on_both_and_taken_off_from_either(store: Store) -> None:
    with store.transaction() as tx:
        ada = viewer_of(tx)
        kettle, lid = (make_conversation(tx, subject=name) for name in ("Kettle", "Lid"))
        assert conversations.link(tx, lid.id, kettle.id, ada)
        assert not conversations.link(tx, kettle.id, lid.id, ada), "twice is once"
    with store.reading() as tx:
        assert shown(tx, kettle.id, ada) == [(lid.id, "Lid")]
        assert shown(tx, lid.id, ada) == [(kettle.id, "Kettle")]
        assert lines(tx, kettle.id) == [(lid.id, True)] and lines(tx, lid.id) == [(kettle.id, True)]
    with store.transaction() as tx:
        assert conversations.unlink(tx, kettle.id, lid.id, ada)
        assert not conversations.unlink(tx, kettle.id, lid.id, ada)
    with store.reading() as tx:
        assert shown(tx, kettle.id, ada) == shown(tx, lid.id, ada) == []
        assert lines(tx, lid.id) == [(kettle.id, True), (kettle.id, False)]


def test_a_conversation_of_another_team_can_neither_be_linked_nor_unlinked_nor_read(store: Store) -> None:
    with store.transaction() as tx:
        theirs = make_team(tx)
        ada, lead = viewer_of(tx), viewer_of(tx, "supervisor")
        open_, hidden = (
            make_conversation(tx, subject="Kettle"),
            make_conversation(tx, subject="Secret", team_id=theirs.id),
        )
        for one, other, error in ((open_.id, hidden.id, NotPossible), (hidden.id, open_.id, NotVisible)):
            with pytest.raises(error):
                conversations.link(tx, one, other, ada)
        with pytest.raises(NotPossible):
            conversations.link(tx, open_.id, 10**12, ada)
        with pytest.raises(NotPossible):
            conversations.link(tx, open_.id, open_.id, ada)
        assert conversations.link(tx, open_.id, hidden.id, lead)
    with store.transaction() as tx:
        assert shown(tx, open_.id, ada) == [(hidden.id, None)], "its number and nothing else"
        assert shown(tx, open_.id, lead) == [(hidden.id, "Secret")]
        with pytest.raises(NotPossible):
            conversations.unlink(tx, open_.id, hidden.id, ada)


def test_links_follow_merged_conversations_and_never_lead_to_oneself(store: Store) -> None:
    with store.transaction() as tx:
        ada, maya = viewer_of(tx), make_customer(tx)
        one, two, three = (make_conversation(tx, maya, subject=name) for name in ("One", "Two", "Three"))
        for row in (one, two, three):
            make_entry(tx, row)
        conversations.link(tx, two.id, three.id, ada)
        conversations.link(tx, one.id, two.id, ada)
        talks.merge(tx, two.id, one.id, ada)
    with store.transaction() as tx:
        assert shown(tx, one.id, ada) == [(three.id, "Three")]
        assert shown(tx, three.id, ada) == [(one.id, "One")]
        assert not conversations.link(tx, three.id, one.id, ada), "they are linked by what was merged"
        assert conversations.unlink(tx, three.id, two.id, ada), "the merged one is meant as what it has become"
        assert shown(tx, one.id, ada) == shown(tx, three.id, ada) == []


def test_what_the_desk_begins_anew_or_splits_off_is_linked_by_the_desk(desk: Desk, clock: SetClock) -> None:
    store = desk.store
    with store.transaction() as tx:
        inbox, ada = make_inbox(tx), viewer_of(tx)
    first = inbound.receive(desk, message(inbox.id, clock.now(), "The kettle")).conversation_id
    assert first is not None
    with store.transaction() as tx:
        conversations.resolve(tx, first, ada)
    clock.advance(timedelta(days=400))
    token = conversations.reply_token(store.keys, inbox.id, first)
    late = inbound.receive(desk, message(inbox.id, clock.now(), "Me again", reply_token=token)).conversation_id
    assert late is not None and late != first
    second = inbound.receive(
        desk,
        message(
            inbox.id, clock.now(), "And an invoice", reply_token=conversations.reply_token(store.keys, inbox.id, late)
        ),
    )
    with store.transaction() as tx:
        assert [(one.id, one.begun) for one in conversations.links(tx, first, ada)] == [(late, True)]
        assert [(one.id, one.begun) for one in conversations.links(tx, late, ada)] == [(first, True)]
        split = talks.split(tx, second.entry_id or 0, ada)
        assert [one.id for one in conversations.links(tx, late, ada)] == [first, split.to_id]
        assert {row.staff_id for row in tx.scalars(select(ConversationLink))} == {None}
        assert tx.get_one(Conversation, late).linked_id == first, "where it began is known still"
