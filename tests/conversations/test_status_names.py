"""The desk's own names for the five statuses: chosen, shown, retired without loss, and of no consequence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import conversations, search, timeline
from desk.clock import SetClock
from desk.conversations import BadStatusName, NotPossible
from desk.merging import talks
from desk.store import Store
from tests.factories import make_conversation, make_customer, make_entry
from tests.merging.lives import viewer_of


def test_names_have_an_order_within_their_status_and_are_unlike_each_other(store: Store) -> None:
    with store.transaction() as tx:
        ware, bank, hold = (
            conversations.add_status_name(tx, "pending", n, None) for n in ("Warehouse", "Bank", "Hold")
        )
        won = conversations.add_status_name(tx, "resolved", " Refund  paid ", None)
        conversations.put_status_name(tx, hold.id, up=True)
        conversations.put_status_name(tx, ware.id, up=True)  # it is the first already
        for status, name, reason in (
            ("pending", "warehouse", "taken"), ("open", "WAREHOUSE", "taken"), ("open", "Pending", "ours"),
            ("open", " ", "name"), ("open", "x" * 61, "name"), ("waiting", "Fine", "status"),
        ):  # fmt: skip
            with pytest.raises(BadStatusName) as caught:
                conversations.add_status_name(tx, status, name, None)
            assert caught.value.reason == reason
        conversations.rename_status(tx, ware.id, "WareHouse")
        assert [n.name for n in conversations.status_names(tx)] == ["WareHouse", "Hold", "Bank", "Refund paid"]
        conversations.retire_status_name(tx, hold.id)
        assert [n.name for n in conversations.status_names(tx)] == ["WareHouse", "Bank", "Refund paid"]
        assert [n.id for n in conversations.status_names(tx, retired=True)] == [ware.id, bank.id, hold.id, won.id]
        conversations.retire_status_name(tx, hold.id, retired=False)
        assert [n.name for n in conversations.status_names(tx)][:3] == ["WareHouse", "Bank", "Hold"]
        for n in range(27):
            conversations.add_status_name(tx, "pending", f"No {n}", None)
        with pytest.raises(BadStatusName, match="many"):
            conversations.add_status_name(tx, "pending", "One too many", None)


def test_a_name_goes_with_its_status_and_every_change_is_a_line(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ada, talk = viewer_of(tx), make_conversation(tx)
        ware = conversations.add_status_name(tx, "pending", "Waiting for warehouse", None)
        hold = conversations.add_status_name(tx, "pending", "On hold", None)
        conversations.choose_status(tx, talk.id, ada, "pending", ware.id)
    with store.transaction() as tx:
        row = conversations.row_of(tx, talk.id)
        assert row is not None and (row.status, row.status_name) == ("pending", "Waiting for warehouse")
        assert conversations.current_episode(tx, tx.get_one(conversations.Conversation, talk.id)).pending_since
        with pytest.raises(NotPossible):
            conversations.choose_status(tx, talk.id, ada, "pending", ware.id)
        with pytest.raises(NotPossible):
            conversations.choose_status(tx, talk.id, ada, "open", ware.id)
        with pytest.raises(NotPossible):
            conversations.choose_status(tx, talk.id, ada, "nowhere")
        conversations.choose_status(tx, talk.id, ada, "pending", hold.id)
        conversations.choose_status(tx, talk.id, ada, "pending")
        conversations.choose_status(tx, talk.id, ada, "pending", hold.id)
        conversations.choose_status(tx, talk.id, ada, "open")
        row = conversations.row_of(tx, talk.id)
        assert row is not None and (row.status, row.status_name) == ("open", "")
        said = timeline.of_conversation(tx, talk.id, kinds=("status", "status_name"))
    names = [(e.kind, e.detail.get("after") or e.detail["status"], e.detail.get("name", "")) for e in said]
    assert names == [
        ("status", "pending", "Waiting for warehouse"),
        ("status_name", "pending", "On hold"),
        ("status_name", "pending", ""),
        ("status_name", "pending", "On hold"),
        ("status", "open", ""),
    ]


def test_each_of_the_five_does_what_it_does_under_any_name(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ada = viewer_of(tx)
        names = {s: conversations.add_status_name(tx, s, f"Our {s}", None).id for s in conversations.STATUSES}
        for first in conversations.STATUSES:
            for then in conversations.STATUSES:
                talk = make_conversation(tx)
                if first != "open":
                    conversations.choose_status(tx, talk.id, ada, first)
                if (first, then) == ("resolved", "snoozed"):
                    with pytest.raises(NotPossible):
                        conversations.choose_status(tx, talk.id, ada, then, names[then])
                    continue
                clock.advance(timedelta(minutes=1))
                conversations.choose_status(tx, talk.id, ada, then, names[then])
                tx.flush()
                tx.memo.clear()
                row = conversations.row_of(tx, talk.id)
                assert row is not None and (row.status, row.status_name) == (then, f"Our {then}"), (first, then)


def test_a_retired_name_stays_and_is_found_but_cannot_be_chosen(store: Store) -> None:
    with store.transaction() as tx:
        ada = viewer_of(tx)
        talk, other = make_conversation(tx), make_conversation(tx)
        ware = conversations.add_status_name(tx, "pending", "Waiting for warehouse", None)
        conversations.choose_status(tx, talk.id, ada, "pending", ware.id)
        conversations.set_pending(tx, other.id, ada)
        conversations.retire_status_name(tx, ware.id)
        with pytest.raises(NotPossible):
            conversations.choose_status(tx, other.id, ada, "pending", ware.id)
    with store.reading() as tx:
        row = conversations.row_of(tx, talk.id)
        assert row is not None and row.status_name == "Waiting for warehouse"
        for typed, wanted in (
            ('status:"Waiting for warehouse"', {talk.id}),
            ("status:waiting_for_ware", {talk.id}),
            ("status:pending", {talk.id, other.id}),
            ("-status:waiting", {other.id}),
            ("status:open", set()),
        ):
            found = search.best_threads(tx, search.prepare(tx, ada, typed), [], 9).hits
            assert {hit.row.id for hit in found} == wanted, typed
        assert {hit.row.status_name for hit in found} <= {"", "Waiting for warehouse"}
        problem = search.prepare(tx, ada, "status:nowhere").problem
        assert problem is not None and (problem.kind, problem.name) == ("nobody", "status")


def test_merging_and_its_undo_keep_the_name(store: Store) -> None:
    with store.transaction() as tx:
        ada, maya = viewer_of(tx), make_customer(tx)
        one, two = make_conversation(tx, maya), make_conversation(tx, maya)
        make_entry(tx, one), make_entry(tx, two)
        ware = conversations.add_status_name(tx, "pending", "Waiting for warehouse", None)
        conversations.choose_status(tx, one.id, ada, "pending", ware.id)
        move = talks.merge(tx, one.id, two.id, ada)
        talks.undo(tx, move.id, ada)
    with store.reading() as tx:
        row = conversations.row_of(tx, one.id)
        assert row is not None and (row.status, row.status_name) == ("pending", "Waiting for warehouse")
        assert tx.scalar(select(conversations.StatusName.name)) == "Waiting for warehouse"
