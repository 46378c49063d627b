"""The list of labels: what is put on stands in it; renamed, merged, coloured and archived ones reach conversations."""

from __future__ import annotations

import pytest

from desk import conversations
from desk.conversations import BadLabel, Conversation
from desk.store import Store, Tx
from tests.factories import make_conversation


def on(tx: Tx, conversation: Conversation) -> list[str]:
    return conversations.labels(tx, [conversation.id]).get(conversation.id, [])


def put(tx: Tx, conversation: Conversation, name: str, put_on: bool = True) -> None:
    conversations.label(tx, conversation.id, None, name, put_on)


def test_a_label_is_in_the_list_once_it_was_put_on_and_its_case_does_not_matter(store: Store) -> None:
    with store.transaction() as tx:
        one, other = make_conversation(tx), make_conversation(tx)
        put(tx, one, "Refund")
        put(tx, other, "  refund ")
        put(tx, one, "REFUND", put_on=False)
        assert (on(tx, one), on(tx, other)) == ([], ["Refund"])
        assert [(row.name, row.conversations) for row in conversations.known_labels(tx, counted=True)] == [
            ("Refund", 1)
        ]


def test_a_renamed_label_is_renamed_everywhere_and_its_old_name_leads_to_it(store: Store) -> None:
    with store.transaction() as tx:
        one, other = make_conversation(tx), make_conversation(tx)
        put(tx, one, "Refund")
        known = conversations.known_labels(tx)[0]
        conversations.change_label(tx, known.id, name="Money back", tone=3)
        put(tx, other, "refund")
        assert on(tx, one) == on(tx, other) == ["Money back"]
        assert conversations.label_tones(tx, one.id) == {"Money back": 3}
        again = conversations.known_labels(tx)
        assert [(row.name, row.former) for row in again] == [("Money back", ("Refund",))]
        conversations.change_label(tx, known.id, name="Refund", tone=None)
        assert on(tx, one) == ["Refund"] and conversations.label_name(tx, "money back") == "Refund"
        conversations.change_label(tx, known.id, name="REFUND", tone=None)
        assert on(tx, one) == ["REFUND"]


def test_merging_leaves_one_label_on_each_conversation_and_all_names_lead_to_it(store: Store) -> None:
    with store.transaction() as tx:
        both, one, none = (make_conversation(tx) for _n in range(3))
        for name in ("Parcel", "Package"):
            put(tx, both, name)
        put(tx, one, "Package")
        ids = {row.name: row.id for row in conversations.known_labels(tx)}
        conversations.change_label(tx, ids["Package"], name="Packet", tone=1)
        conversations.merge_labels(tx, ids["Package"], ids["Parcel"])
        assert (on(tx, both), on(tx, one), on(tx, none)) == (["Parcel"], ["Parcel"], [])
        for former in ("package", "Packet", "PARCEL"):
            assert conversations.label_name(tx, former) == "Parcel"
        with pytest.raises(LookupError):
            conversations.merge_labels(tx, ids["Package"], ids["Parcel"])
        with pytest.raises(BadLabel, match="itself"):
            conversations.merge_labels(tx, ids["Parcel"], ids["Parcel"])


def test_an_archived_label_is_offered_no_more_and_stays_where_it_is(store: Store) -> None:
    with store.transaction() as tx:
        one = make_conversation(tx)
        put(tx, one, "Old")
        known = conversations.known_labels(tx)[0]
        conversations.archive_label(tx, known.id)
        assert conversations.known_labels(tx) == [] and on(tx, one) == ["Old"]
        assert [row.archived for row in conversations.known_labels(tx, archived=True)] == [True]
        conversations.archive_label(tx, known.id, archived=False)
        assert len(conversations.known_labels(tx)) == 1


@pytest.mark.parametrize(("name", "reason"), [("", "name"), ("x" * 61, "name"), ('a "b"', "name"), ("REFUND", "taken")])
def test_what_is_no_label_is_refused(store: Store, name: str, reason: str) -> None:
    with store.transaction() as tx:
        conversations.add_label(tx, "Refund", 99)
        assert conversations.known_labels(tx)[0].tone is None
        with pytest.raises(BadLabel, match=reason):
            conversations.add_label(tx, name)
