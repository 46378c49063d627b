"""Changes of many: each conversation by itself, and taken back exactly, but for what somebody did since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk import agents, bulk, conversations, outbound
from desk.agents import Viewer
from desk.bulk import Action
from desk.clock import SetClock
from desk.conversations import NotPossible, NotVisible
from desk.conversations.tables import Conversation, Episode
from desk.store import Store, Tx
from tests.factories import (
    make_conversation,
    make_customer,
    make_entry,
    make_inbox,
    make_staff,
    make_team,
    sends_at_once,
)


class Many:
    def __init__(self, store: Store, clock: SetClock) -> None:
        self.store, self.clock = store, clock
        with store.transaction() as tx:
            sends_at_once(tx)
            inbox = make_inbox(tx)
            self.billing = make_inbox(tx, name="Billing").id
            self.ada, self.bea = self._viewer(tx), self._viewer(tx)
            team = make_team(tx)
            at = tx.now() - timedelta(hours=3)
            self.ids = [
                make_conversation(tx, make_customer(tx), inbox, opened_at=at, unread=2, **fields).id
                for fields in (
                    {},
                    {"priority": 1, "assignee_id": self.bea.id},
                    {"status": "pending", "waiting_since": None, "level": "strained"},
                    {"status": "snoozed", "snoozed_until": tx.now() + timedelta(days=1)},
                )
            ]
            for number in self.ids:
                found = tx.get_one(Conversation, number)
                make_entry(tx, found)
                found.urgency = conversations.urgency(
                    waiting_since=found.waiting_since,
                    last_at=found.last_at,
                    level=found.level,
                    priority=found.priority,
                )
            self.hidden = make_conversation(tx, make_customer(tx), inbox, team_id=team.id).id

    def _viewer(self, tx: Tx) -> Viewer:
        found = agents.viewer(tx, make_staff(tx).id)
        assert found is not None
        return found

    def state(self) -> dict[int, Any]:
        """All that a change of many could change, of every conversation."""
        with self.store.reading() as tx:
            found = {}
            for number in self.ids:
                row = tx.get_one(Conversation, number)
                episode = tx.get_one(Episode, row.episode_id)
                kept = {k: v for k, v in vars(row).items() if not k.startswith("_") and k != "emptied"}
                times = (episode.resolved_at, episode.resolved_by, episode.waited_for_customer, episode.pending_since)
                found[number] = (kept, times, conversations.labels(tx, [number]))
            return found

    def do(self, **form: str) -> tuple[int, list[str]]:
        """Its number, and what refused."""
        with self.store.transaction() as tx:
            action = bulk.read(tx, self.ada, form, _until(tx, form))
            run_id = bulk.begin(tx, self.ada, action)
        refused = []
        for number in [*self.ids, self.hidden]:
            try:
                with self.store.transaction() as tx:
                    bulk.apply(tx, run_id, self.ada, action, number)
            except (NotPossible, NotVisible) as error:
                refused.append(str(error))
        return run_id, refused

    def undo(self, run_id: int) -> list[int]:
        """Those that could not be put back."""
        with self.store.transaction() as tx:
            ids = bulk.start_undo(tx, run_id, self.ada)
        left = []
        for number in ids:
            try:
                with self.store.transaction() as tx:
                    bulk.take_back(tx, run_id, self.ada, number)
            except NotPossible:
                left.append(number)
        with self.store.transaction() as tx:
            bulk.finish_undo(tx, run_id)
        return left


def _until(tx: Tx, form: dict[str, str]) -> Any:
    return tx.now() + timedelta(days=2) if form.get("action") == "snooze" and form.get("until") != "reply" else None


@pytest.fixture
def many(store: Store, clock: SetClock) -> Many:
    return Many(store, clock)


FORMS: list[dict[str, str]] = [
    {"action": "assign", "staff_id": "me"},
    {"action": "assign", "staff_id": ""},
    {"action": "label", "label": "refund"},
    {"action": "priority", "priority": "-1"},
    {"action": "status", "status": "resolved"},
    {"action": "status", "status": "pending"},
    {"action": "status", "status": "open"},
    {"action": "snooze", "until": "reply"},
    {"action": "snooze", "until": "later"},
    {"action": "spam"},
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(form.values()))
def test_undo_restores_each_exactly(many: Many, form: dict[str, str]) -> None:
    before = many.state()
    run_id, refused = many.do(**form)
    assert refused == ["There is no such conversation, or it belongs to another team."]
    after = many.state()
    assert after != before
    many.clock.advance(timedelta(seconds=20))
    assert many.undo(run_id) == []
    assert many.state() == before
    with many.store.transaction() as tx, pytest.raises(NotPossible, match="already"):
        bulk.start_undo(tx, run_id, many.ada)


def test_moving_to_an_inbox_is_taken_back(many: Many) -> None:
    before = many.state()
    run_id, refused = many.do(action="inbox", inbox_id=str(many.billing))
    with many.store.reading() as tx:
        assert {tx.get_one(Conversation, number).inbox_id for number in many.ids} == {many.billing}
    assert len(refused) == 1
    assert many.undo(run_id) == []
    assert many.state() == before


SINCE: dict[str, Callable[[Tx, Many], object]] = {
    "assign": lambda tx, many: conversations.assign(tx, many.ids[0], many.bea, many.bea.id),
    "priority": lambda tx, many: conversations.set_priority(tx, many.ids[0], many.bea, 0),
    "label": lambda tx, many: conversations.label(tx, many.ids[0], many.bea, "refund", False),
    "status": lambda tx, many: conversations.reopen(tx, many.ids[0], many.bea),
    "snooze": lambda tx, many: outbound.reply(tx, many.ids[0], many.bea, "It is on its way", then=""),
}


@pytest.mark.parametrize(
    "form",
    [
        {"action": "assign", "staff_id": "me"},
        {"action": "priority", "priority": "-1"},
        {"action": "label", "label": "refund"},
        {"action": "status", "status": "resolved"},
        {"action": "snooze", "until": "reply"},
    ],
    ids=lambda form: form["action"],
)
def test_what_somebody_did_since_is_left_alone(many: Many, form: dict[str, str]) -> None:
    before = many.state()
    run_id, _refused = many.do(**form)
    many.clock.advance(timedelta(seconds=5))
    with many.store.transaction() as tx:
        SINCE[form["action"]](tx, many)
    theirs = many.state()[many.ids[0]]
    assert many.undo(run_id) == [many.ids[0]]
    after = many.state()
    assert after[many.ids[0]] == theirs
    assert {number: after[number] for number in many.ids[1:]} == {number: before[number] for number in many.ids[1:]}


def test_a_label_of_somebody_else_stays(many: Many) -> None:
    run_id, _refused = many.do(action="label", label="refund")
    with many.store.transaction() as tx:
        conversations.label(tx, many.ids[0], many.bea, "press", True)
    assert many.undo(run_id) == []
    with many.store.reading() as tx:
        assert conversations.labels(tx, many.ids) == {many.ids[0]: ["press"]}


def test_what_is_so_already_is_not_changed(many: Many) -> None:
    with many.store.transaction() as tx:
        run_id = bulk.begin(tx, many.ada, Action("priority", 1))
        assert bulk.apply(tx, run_id, many.ada, Action("priority", 1), many.ids[0])
        assert not bulk.apply(tx, run_id, many.ada, Action("priority", 1), many.ids[1])
        assert not bulk.apply(tx, run_id, many.ada, Action("status", None, "open"), many.ids[0])


def test_it_is_ones_own_and_for_a_minute(many: Many) -> None:
    run_id, _refused = many.do(action="label", label="refund")
    with many.store.transaction() as tx, pytest.raises(NotPossible, match="any more"):
        bulk.start_undo(tx, run_id, many.bea)
    many.clock.advance(bulk.UNDO + timedelta(seconds=1))
    with many.store.transaction() as tx, pytest.raises(NotPossible, match="any more"):
        bulk.start_undo(tx, run_id, many.ada)


def test_a_resolved_one_is_not_opened_among_many(many: Many) -> None:
    many.do(action="status", status="resolved")
    _run, refused = many.do(action="status", status="open")
    assert len(refused) == 5 and "by itself" in refused[0]


def test_old_runs_are_forgotten(many: Many) -> None:
    run_id, _refused = many.do(action="label", label="refund")
    many.clock.advance(timedelta(days=2))
    many.do(action="label", label="other")
    with many.store.transaction() as tx, pytest.raises(NotPossible):
        bulk.start_undo(tx, run_id, many.ada)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"action": "explode"},
        {"action": "assign", "staff_id": "999"},
        {"action": "assign", "staff_id": "x"},
        {"action": "label", "label": " "},
        {"action": "priority", "priority": "7"},
        {"action": "status", "status": "gone"},
        {"action": "snooze", "until": "nonsense"},
    ],
)
def test_bad_asks_are_refused_before_anything_is_done(many: Many, form: dict[str, str]) -> None:
    with many.store.transaction() as tx, pytest.raises(NotPossible):
        bulk.read(tx, many.ada, form)
