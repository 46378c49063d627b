"""Considering a resolved episode: the decision, its line on the timeline, the invitation and the mail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from desk import facts, outbound, people, settings, surveys, timeline
from desk.clock import SetClock
from desk.store import Store
from desk.surveys.tables import Invitation, Survey, SurveyDecision
from tests import factories
from tests.surveys.situations import asked, invitation_of, resolved


def test_asking_leaves_a_decision_a_line_an_invitation_and_a_mail(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx, level="frustrated")
        facts.record(tx, conversation.customer_id, "stage", "loyalty", occurred_at=tx.now() - timedelta(days=3))
        decision = surveys.consider(tx, episode.id)
    with store.reading() as tx:
        invitation = invitation_of(tx, decision)
        assert (decision.asked, decision.reason, decision.detail["level"]) == (True, "resolved", "frustrated")
        assert (invitation.kind, invitation.staff_id, invitation.stage) == ("csat", conversation.assignee_id, "loyalty")
        assert (invitation.inbox_id, invitation.level) == (conversation.inbox_id, "frustrated")
        assert invitation.expires_at == clock.now() + timedelta(days=14)
        assert (invitation.delivered, invitation.failed) == (False, False)
        line = timeline.one(tx, decision.entry_id or 0)
        assert line is not None
        assert line.kind == "survey_asked"
        assert line.author == "desk"
        assert line.detail["invitation_id"] == invitation.id
        assert line.detail["reason"] == "resolved"
        delivery = tx.get_one(outbound.Delivery, invitation.delivery_id)
        mail = delivery.message
        url = surveys.url_of(tx, invitation)
        assert delivery.purpose == "survey"
        assert delivery.recipient == conversation.reply_address
        assert mail["subject"] == "How did Mara do?"
        assert mail["unsubscribe_url"] == f"{url}/stop"
        assert mail["automatic"] is True
        for score in range(1, 6):
            assert f"{url}?score={score}" in mail["text"]
            assert f'href="{url}?score={score}"' in mail["html"]


def test_considering_again_asks_once(store: Store) -> None:
    with store.transaction() as tx:
        _, episode = resolved(tx)
        first = surveys.consider(tx, episode.id)
    with store.transaction() as tx:
        assert surveys.consider(tx, episode.id).id == first.id
        assert tx.scalar(select(func.count()).select_from(Invitation)) == 1
        assert len(timeline.of_conversation(tx, first.conversation_id, kinds=("survey_asked",))) == 1


def test_two_workers_at_once_ask_once(store: Store) -> None:
    """The same episode, and another one of the same customer: one question between them."""
    with store.transaction() as tx:
        surveys.install_defaults(tx)
        customer = factories.make_customer(tx)
        episodes = [resolved(tx, customer=customer)[1].id for _ in range(2)]
    start = Barrier(4)

    def work(episode_id: int) -> None:
        start.wait()
        with store.transaction() as tx:
            surveys.consider(tx, episode_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, (*episodes, *episodes)))
    with store.reading() as tx:
        reasons = sorted(tx.scalars(select(SurveyDecision.reason)))
        invitations = tx.scalar(select(func.count()).select_from(Invitation))
    assert (reasons, invitations) == (["resolved", "still_open"], 1)


def withheld(store: Store, episode_id: int) -> str:
    """The reason, after checking that it left a line and no invitation."""
    with store.transaction() as tx:
        before = tx.scalar(select(func.count()).select_from(Invitation))
        decision = surveys.consider(tx, episode_id)
        assert not decision.asked
        line = timeline.one(tx, decision.entry_id or 0)
        assert line is not None
        assert line.kind == "survey_withheld"
        assert line.detail["reason"] == decision.reason
        assert "invitation_id" not in line.detail
        assert tx.scalar(select(func.count()).select_from(Invitation)) == before
        return decision.reason


def test_nobody_answered(store: Store) -> None:
    with store.transaction() as tx:
        _, episode = resolved(tx, episode={"replies": 0, "first_reply_by": None})
    assert withheld(store, episode.id) == "not_answered"


def test_spam(store: Store) -> None:
    with store.transaction() as tx:
        _, episode = resolved(tx, status="spam")
    assert withheld(store, episode.id) == "spam"


def test_only_machines_wrote(store: Store) -> None:
    with store.transaction() as tx:
        _, episode = resolved(tx, message={"detail": {"automatic": "auto-replied"}})
    assert withheld(store, episode.id) == "automatic"


def test_a_person_wrote_beside_a_machine(store: Store) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx, message={"detail": {"automatic": "auto-replied"}})
        factories.make_entry(tx, conversation, "And here is me.")
        assert surveys.consider(tx, episode.id).asked


def test_no_address_to_ask_at(store: Store) -> None:
    with store.transaction() as tx:
        _, episode = resolved(tx, channel="chat")
    assert withheld(store, episode.id) == "no_address"


def test_reopened_before_the_job_ran(store: Store) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx)
        conversation.status = "open"
    assert withheld(store, episode.id) == "reopened"


def test_reopened_and_resolved_again_before_the_job_ran_asks_for_the_last_episode_alone(store: Store) -> None:
    with store.transaction() as tx:
        conversation, first = resolved(tx)
        second = factories.make_episode(tx, conversation, replies=1, resolved_at=tx.now())
        conversation.episode_id = second.id
    assert withheld(store, first.id) == "reopened"
    with store.transaction() as tx:
        assert surveys.consider(tx, second.id).asked


def test_switched_off(store: Store) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.enabled", False, None)
        _, episode = resolved(tx)
    assert withheld(store, episode.id) == "switched_off"


def test_opted_out(store: Store) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx)
        people.stop_surveys(tx, conversation.customer_id, tx.now())
    assert withheld(store, episode.id) == "opted_out"


def next_of(store: Store, customer_id: int) -> int:
    with store.transaction() as tx:
        customer = people.customer(tx, customer_id)
        return resolved(tx, customer=customer)[1].id


def test_quiet_after_an_answer_until_the_setting_says_so(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.cooldown_days", 5, None)
        ask = asked(tx)
        surveys.answer(tx, ask.token, 5)
    clock.advance(timedelta(days=4, hours=23))
    assert withheld(store, next_of(store, ask.customer_id)) == "cooldown"
    clock.advance(timedelta(hours=1))
    episode_id = next_of(store, ask.customer_id)
    with store.transaction() as tx:
        assert surveys.consider(tx, episode_id).asked


def test_an_open_invitation_is_not_joined_by_a_second(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.cooldown_days", 0, None)
        ask = asked(tx)
    clock.advance(timedelta(days=13))
    assert withheld(store, next_of(store, ask.customer_id)) == "still_open"
    clock.advance(timedelta(days=1))
    episode_id = next_of(store, ask.customer_id)
    with store.transaction() as tx:
        assert surveys.consider(tx, episode_id).asked


def test_a_question_that_never_arrived_does_not_silence_the_next(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx)
        invitation = tx.get_one(Invitation, ask.invitation_id)
        surveys.delivery_settled(tx, invitation.delivery_id or 0, False)
    episode_id = next_of(store, ask.customer_id)
    with store.transaction() as tx:
        assert surveys.consider(tx, episode_id).asked


def test_the_invitation_follows_its_mail(store: Store) -> None:
    with store.transaction() as tx:
        ask, other = asked(tx), asked(tx)
        delivery_id = tx.get_one(Invitation, ask.invitation_id).delivery_id or 0
    for ok in (True, False):  # a bounce after the server's yes
        with store.transaction() as tx:
            surveys.delivery_settled(tx, delivery_id, ok)
        with store.reading() as tx:
            invitation = tx.get_one(Invitation, ask.invitation_id)
            assert (invitation.delivered, invitation.failed) == (ok, not ok)
            untouched = tx.get_one(Invitation, other.invitation_id)
            assert (untouched.delivered, untouched.failed) == (False, False)


def test_the_snapshot_stays_when_everything_else_moves_on(store: Store) -> None:
    with store.transaction() as tx:
        conversation, episode = resolved(tx)
        facts.record(tx, conversation.customer_id, "stage", "won_back", occurred_at=tx.now())
        invitation = invitation_of(tx, surveys.consider(tx, episode.id))
        before = (invitation.staff_id, invitation.team_id, invitation.inbox_id, invitation.stage, invitation.level)
        conversation.assignee_id = factories.make_staff(tx).id
        conversation.team_id = factories.make_team(tx).id
        conversation.level = "frustrated"
        facts.record(tx, conversation.customer_id, "stage", "lapsed", occurred_at=tx.now() + timedelta(seconds=1))
    with store.reading() as tx:
        after = tx.get_one(Invitation, invitation.id)
        assert (after.staff_id, after.team_id, after.inbox_id, after.stage, after.level) == before


@pytest.mark.parametrize("who", ["assignee", "resolver", "replier", "nobody"])
def test_whom_the_question_names(store: Store, who: str) -> None:
    with store.transaction() as tx:
        ada, bo, cy = (factories.make_staff(tx, name=n) for n in ("Ada Holm", "Bo Lind", "Cy Dahl"))
        episode_fields = {"resolved_by": bo.id, "first_reply_by": ada.id}
        if who in ("replier", "nobody"):
            episode_fields["resolved_by"] = None
        if who == "nobody":
            episode_fields["first_reply_by"] = None
        conversation, episode = resolved(
            tx, staff=ada, assignee_id=ada.id if who == "assignee" else None, episode=episode_fields
        )
        if who == "replier":
            factories.make_entry(tx, conversation, "First", "reply", staff_id=ada.id)
            factories.make_entry(
                tx, conversation, "Last", "reply", staff_id=cy.id, occurred_at=tx.now() + timedelta(minutes=1)
            )
        invitation = invitation_of(tx, surveys.consider(tx, episode.id))
        delivery = tx.get_one(outbound.Delivery, invitation.delivery_id)
        subject = {
            "assignee": "How did Ada do?",
            "resolver": "How did Bo do?",
            "replier": "How did Cy do?",
            "nobody": "How did we do?",
        }[who]
        assert delivery.message["subject"] == subject


def test_it_asks_in_the_language_of_the_customer(store: Store) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx, name="Jonas Weber", locale="de-AT")
        _, episode = resolved(tx, customer=customer)
        invitation = invitation_of(tx, surveys.consider(tx, episode.id))
        mail = tx.get_one(outbound.Delivery, invitation.delivery_id).message
    assert invitation.locale == "de"
    assert mail["subject"] == "Wie hat Mara Ihnen geholfen?"
    assert "Sehr schlecht" in mail["text"]
    assert "Nicht mehr fragen" in mail["html"]


def test_defaults_are_installed_once(store: Store) -> None:
    for _ in range(2):
        with store.transaction() as tx:
            surveys.install_defaults(tx)
    with store.reading() as tx:
        assert [(s.key, s.kind) for s in tx.scalars(select(Survey))] == [("csat", "csat")]
