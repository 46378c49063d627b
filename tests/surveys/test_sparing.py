"""Who is spared a question: ourselves, those held back by a colleague, who waits elsewhere, and who was not drawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk import audit, settings, surveys, timeline
from desk.agents import Viewer
from desk.clock import SetClock
from desk.conversations import NotPossible, NotVisible
from desk.conversations.tables import Conversation
from desk.store import Store, Tx
from desk.surveys.tables import SurveyDecision, SurveySuppression
from tests import factories
from tests.surveys.situations import resolved

ADA = Viewer(0, "agent", frozenset(), "Ada", "ada@kiln.example", "en", "UTC")


def decided(store: Store, episode_id: int) -> tuple[str, dict[str, Any]]:
    with store.transaction() as tx:
        decision = surveys.consider(tx, episode_id)
        line = timeline.one(tx, decision.entry_id or 0)
        assert line is not None
        assert (line.kind == "survey_asked") is decision.asked
        return decision.reason, line.detail.get("because", {})


def viewer(tx: Tx, **fields: Any) -> Viewer:
    staff = factories.make_staff(tx, name="Ada Lang", **fields)
    return Viewer(staff.id, "agent", frozenset(), staff.name, staff.email, "en", "UTC")


@pytest.mark.parametrize(
    ("address", "domains", "why"),
    [
        ("Bo@Kiln.example", "", {"by": "colleague"}),
        ("press@kiln.example", "kiln.example", {"by": "domain", "domain": "kiln.example"}),
        ("press@mail.kiln.example", "shop.example, @Kiln.Example", {"by": "domain", "domain": "mail.kiln.example"}),
        ("noor@notkiln.example", "kiln.example", {}),
        ("noor@kiln.example.org", "kiln.example,, ,", {}),
        ("noor@customer.example", "", {}),
    ],
)
def test_one_of_ourselves_is_not_asked(store: Store, address: str, domains: str, why: dict[str, str]) -> None:
    with store.transaction() as tx:
        factories.make_staff(tx, name="Bo", email="bo@kiln.example")
        settings.set(tx, "survey.internal_domains", domains, None)
        _, episode = resolved(tx, customer=factories.make_customer(tx, address))
    assert decided(store, episode.id) == (("internal", why) if why else ("resolved", {}))


def test_an_address_that_somebody_only_typed_makes_nobody_one_of_ourselves(store: Store) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx)
        settings.set(tx, "survey.internal_domains", "kiln.example", None)
        factories.make_identity(tx, customer, "boss@kiln.example", evidence="claimed", because="typed it in the chat")
        _, episode = resolved(tx, customer=customer)
    assert decided(store, episode.id)[0] == "resolved"


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"status": "open", "level": "frustrated"}, "frustrated_now"),
        ({"status": "pending", "level": "frustrated"}, "frustrated_now"),
        ({"status": "snoozed", "level": "frustrated"}, "frustrated_now"),
        ({"status": "open", "level": "strained"}, "resolved"),
        ({"status": "resolved", "level": "frustrated"}, "resolved"),
        ({"status": "spam", "level": "frustrated"}, "resolved"),
    ],
)
def test_who_waits_elsewhere_frustrated_is_left_in_peace(store: Store, other: dict[str, str], reason: str) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx, level="frustrated")
        customer = tx.get_one(factories.Customer, conversation.customer_id)
        waits = factories.make_conversation(tx, customer, **other)
        factories.make_conversation(tx, status="open", level="frustrated")  # of somebody else
    because = {"conversation_id": waits.id} if reason == "frustrated_now" else {}
    assert decided(store, episode.id) == (reason, because)


def test_they_are_asked_where_the_setting_says_so(store: Store) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.spare_frustrated", False, None)
        conversation, episode = resolved(tx)
        customer = tx.get_one(factories.Customer, conversation.customer_id)
        factories.make_conversation(tx, customer, status="open", level="frustrated")
    assert decided(store, episode.id)[0] == "resolved"


def test_a_share_is_drawn_by_the_seed_and_whoever_is_not_is_told_what_they_drew(store: Store) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.share", 40, None)
        settings.set(tx, "survey.seed", 7, None)
        episodes = [resolved(tx)[1].id for _ in range(24)]
    for episode_id in episodes:
        number = surveys.draw(7, "csat", episode_id)
        reason, because = decided(store, episode_id)
        assert reason == ("resolved" if number < 40 else "not_drawn")
        assert because == ({} if number < 40 else {"share": 40.0, "draw": round(number, 2)})
    with store.reading() as tx:
        reasons = set(tx.scalars(select(SurveyDecision.reason)))
    assert reasons == {"resolved", "not_drawn"}, "24 draws of 40 per cent hold both"


def test_a_colleague_holds_a_question_back_with_a_reason_that_the_line_and_the_audit_name(
    store: Store, clock: SetClock
) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx, status="open", episode={"resolved_at": None, "resolved_by": None})
        ada = viewer(tx)
        surveys.suppress(tx, conversation.id, ada, "sensitive")
        said_at = tx.now().isoformat()
    clock.advance(timedelta(hours=1))
    with store.transaction() as tx:
        tx.get_one(Conversation, conversation.id).status = "resolved"
    assert decided(store, episode.id) == ("suppressed", {"staff_id": ada.id, "why": "sensitive", "at": said_at})
    with store.reading() as tx:
        line = timeline.one(tx, tx.scalars(select(SurveyDecision)).one().entry_id or 0)
        assert line is not None and line.staff_id == ada.id
        (change,) = [c for c in audit.page(tx, audit.Sieve(), limit=50).rows if c.kind == "suppression"]
        assert (change.what, change.after["why"]) == ("made", "sensitive")


def test_it_is_taken_back_until_it_was_decided(store: Store) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx)
        ada = viewer(tx)
        surveys.suppress(tx, conversation.id, ada, "legal")
        surveys.suppress(tx, conversation.id, ada, "test")  # another reason takes its place
        assert tx.scalars(select(SurveySuppression.why)).all() == ["test"]
        surveys.lift(tx, conversation.id, ada)
        surveys.lift(tx, conversation.id, ada)
        assert surveys.may_suppress(tx, conversation.id, ada)
    assert decided(store, episode.id)[0] == "resolved"
    with store.transaction() as tx:
        assert not surveys.may_suppress(tx, conversation.id, ada)
        for change in (
            lambda: surveys.suppress(tx, conversation.id, ada, "legal"),
            lambda: surveys.lift(tx, conversation.id, ada),
        ):
            with pytest.raises(NotPossible, match="decided already"):
                change()


def test_only_who_sees_it_holds_it_back_and_only_for_a_known_reason(store: Store) -> None:
    with store.transaction() as tx:
        conversation, _ = resolved(tx, team_id=factories.make_team(tx).id)
        ada = viewer(tx)
        with pytest.raises(NotVisible):
            surveys.suppress(tx, conversation.id, ada, "legal")
        mine, _ = resolved(tx)
        with pytest.raises(NotPossible, match="reasons"):
            surveys.suppress(tx, mine.id, ada, "because I like it")
        assert not tx.scalars(select(SurveySuppression)).all()


def test_the_next_episode_of_the_same_conversation_is_asked_about(store: Store) -> None:
    with store.transaction() as tx:
        conversation, first = resolved(tx)
        surveys.suppress(tx, conversation.id, viewer(tx), "asked")
    assert decided(store, first.id)[0] == "suppressed"
    with store.transaction() as tx:
        second = factories.make_episode(tx, conversation, replies=1, resolved_at=tx.now())
        tx.get_one(Conversation, conversation.id).episode_id = second.id
    assert decided(store, second.id)[0] == "resolved"
