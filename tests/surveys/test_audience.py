"""Whom an inbox asks: a condition on its survey, the decision that rests on it, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk import agents, facts, segments, surveys, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.segments import SegmentError
from desk.store import Store, Tx
from desk.surveys import AudienceError, SurveyDecision
from tests.factories import make_staff
from tests.surveys.situations import resolved


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        return agents.viewer(tx, make_staff(tx, "admin").id)


@pytest.fixture
def vip(store: Store, lead: Viewer) -> int:
    with store.transaction() as tx:
        return segments.save(tx, lead, name="VIP", condition="count(order.placed) >= 3").id


def considered(tx: Tx, lead: Viewer, condition: str, orders: int = 0) -> SurveyDecision:
    conversation, episode = resolved(tx)
    for number in range(orders):
        facts.record(tx, conversation.customer_id, "order.placed", number + 1, occurred_at=tx.now())
    surveys.ask_only(tx, lead, surveys.install_defaults(tx), conversation.inbox_id, condition)
    return surveys.consider(tx, episode.id)


def test_who_is_not_in_the_segment_is_not_asked_and_the_line_says_why(store: Store, lead: Viewer, vip: int) -> None:
    with store.transaction() as tx:
        decision = considered(tx, lead, 'segment "VIP"', orders=2)
    assert (decision.asked, decision.reason) == (False, "left_out")
    assert decision.detail["condition"] == 'segment "VIP"'
    assert [one["shown"] for one in decision.detail["evidence"]] == ["Not in segment VIP because Order: 2 ×"]
    with store.reading() as tx:
        line = timeline.one(tx, decision.entry_id or 0)
        assert line is not None and line.kind == "survey_withheld"
        assert line.detail["because"] == {"condition": 'segment "VIP"', "segment": "VIP"}
        assert [one["shown"] for one in line.detail["evidence"]] == ["Not in segment VIP because Order: 2 ×"]


def test_who_is_in_it_is_asked_at_once_whether_it_was_counted_or_not(store: Store, lead: Viewer, vip: int) -> None:
    with store.transaction() as tx:
        assert considered(tx, lead, 'segment "VIP"', orders=3).asked
        assert segments.get(tx, vip).counted_at is None


def test_a_segment_that_changes_changes_whom_it_asks(store: Store, lead: Viewer, vip: int) -> None:
    with store.transaction() as tx:
        segments.save(tx, lead, name="Everybody who bought", condition="count(order.placed) >= 1", segment_id=vip)
        assert considered(tx, lead, 'segment "everybody who bought"', orders=1).asked


@pytest.mark.parametrize(("condition", "asked"), [("csat is unknown", True), ("csat is known", False), ("", True)])
def test_any_condition_will_do(store: Store, lead: Viewer, condition: str, asked: bool) -> None:
    with store.transaction() as tx:
        assert considered(tx, lead, condition).asked is asked


def test_another_inbox_asks_as_before(store: Store, lead: Viewer, vip: int, clock: SetClock) -> None:
    with store.transaction() as tx:
        decision = considered(tx, lead, 'segment "VIP"')
        survey = surveys.install_defaults(tx)
        known = surveys.audiences(tx, survey)
        assert {number: str(one.condition) for number, one in known.items()} == dict.fromkeys(known, 'segment "VIP"')
        inbox_id = next(iter(known))
    clock.advance(timedelta(days=30))
    with store.transaction() as tx:
        assert not decision.asked
        assert surveys.ask_only(tx, lead, survey, inbox_id, "  ") is None
        assert surveys.audiences(tx, survey) == {}
        _, episode = resolved(tx)
        assert surveys.consider(tx, episode.id).asked


def test_the_segment_cannot_be_removed_meanwhile(store: Store, lead: Viewer, vip: int) -> None:
    with store.transaction() as tx:
        considered(tx, lead, 'segment "VIP" or csat is unknown')
    with pytest.raises(SegmentError, match="the survey of the inbox “Support”"), store.transaction() as tx:
        segments.remove(tx, vip)
    with store.transaction() as tx:
        survey = surveys.install_defaults(tx)
        surveys.ask_only(tx, lead, survey, next(iter(surveys.audiences(tx, survey))), "")
        segments.remove(tx, vip)


@pytest.mark.parametrize(
    ("condition", "says"),
    [('segment "VPI"', "Did you mean “VIP”"), ("csta <= 2", "Did you mean “csat”"), ("x" * 2001, "2,000 is the most")],
)
def test_what_cannot_be_read_is_refused(store: Store, lead: Viewer, vip: int, condition: str, says: str) -> None:
    with pytest.raises(AudienceError, match=says), store.transaction() as tx:
        considered(tx, lead, condition)


def test_a_condition_over_feelings_says_that_the_figures_tilt(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        segments.save(tx, lead, name="Calm", condition='frustration is "calm"')
        considered(tx, lead, 'segment "Calm" and nps is unknown')
        (audience,) = surveys.audiences(tx, surveys.install_defaults(tx)).values()
    assert audience.tilts == ("frustration", "nps")


def test_erasing_takes_what_was_known_and_leaves_the_decision(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        decision = considered(tx, lead, 'attribute.city is "Bergen"')
        facts.record(tx, decision.customer_id, "attribute.city", "Oslo", occurred_at=tx.now())
        surveys.erase(tx, [decision.customer_id])
        tx.flush()
        assert "evidence" not in decision.detail
        assert (decision.reason, decision.detail["condition"]) == ("left_out", 'attribute.city is "Bergen"')
