"""One reminder of a mailed question: when it goes, when it does not, and that it stays the same question."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk import outbound, people, settings, surveys, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.jobs.tables import Job
from desk.store import Store, Tx
from desk.surveys.tables import Invitation
from tests import factories
from tests.surveys.situations import Asked, asked, by_chat, by_sms, resolved

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def after_three_days(store: Store) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.reminder_days", 3, None)


def mailed(tx: Tx, **fields: Any) -> Asked:
    """A question that a mail server took."""
    ask = asked(tx, **fields)
    surveys.delivery_settled(tx, tx.get_one(Invitation, ask.invitation_id).delivery_id or 0, True)
    return ask


def planned(tx: Tx) -> list[Job]:
    return list(tx.scalars(select(Job).where(Job.task == "surveys.remind")))


def reminders(store: Store, ask: Asked) -> list[outbound.Delivery]:
    """Runs the reminder, and says what was mailed of this question beside the first mail."""
    with store.transaction() as tx:
        surveys.remind(tx, ask.invitation_id)
    with store.reading() as tx:
        first = tx.get_one(Invitation, ask.invitation_id).delivery_id
        found = select(outbound.Delivery).where(outbound.Delivery.purpose == "survey")
        return [row for row in tx.scalars(found) if row.id != first]


def test_it_is_mailed_once_with_the_same_links(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = mailed(tx)
        (job,) = planned(tx)
        assert job.run_at == clock.now() + 3 * DAY
        first = tx.get_one(outbound.Delivery, tx.get_one(Invitation, ask.invitation_id).delivery_id)
    clock.advance(3 * DAY)
    (mail,) = reminders(store, ask)
    assert mail.recipient == first.recipient
    assert mail.message["subject"] == "Reminder: How did Mara do?"
    assert "This is the only reminder." in mail.message["text"]
    assert "This is the only reminder." in mail.message["html"]
    assert f"/s/{ask.token}?score=4" in mail.message["text"]
    assert "This is the only reminder." not in first.message["text"]
    assert len(reminders(store, ask)) == 1, "again changes nothing"
    with store.transaction() as tx:
        assert tx.get_one(Invitation, ask.invitation_id).reminded_at == clock.now()
        assert tx.scalar(select(func.count()).select_from(Invitation)) == 1
        (line,) = [e for e in timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_asked",)) if
                   e.detail["reason"] == "reminder"]  # fmt: skip
        assert line.channel == "email"
        surveys.answer(tx, ask.token, 5)


def test_a_bounce_of_the_reminder_takes_nothing_back(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = mailed(tx)
    clock.advance(3 * DAY)
    (mail,) = reminders(store, ask)
    with store.transaction() as tx:
        surveys.delivery_settled(tx, mail.id, False)
        invitation = tx.get_one(Invitation, ask.invitation_id)
        assert (invitation.delivered, invitation.failed) == (True, False)


def test_who_has_answered_is_not_reminded(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = mailed(tx)
        surveys.answer(tx, ask.token, 2)
    clock.advance(3 * DAY)
    assert reminders(store, ask) == []


@pytest.mark.parametrize("how", ["never arrived", "closed", "switched off"])
def test_nobody_is_reminded_of_what_they_did_not_get_or_cannot_answer(store: Store, clock: SetClock, how: str) -> None:
    with store.transaction() as tx:
        ask = asked(tx) if how == "never arrived" else mailed(tx)
        if how == "switched off":
            settings.set(tx, "survey.reminder_days", 0, None)
    clock.advance(20 * DAY if how == "closed" else 3 * DAY)
    assert reminders(store, ask) == []
    with store.reading() as tx:
        assert not timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_withheld",))


def stop(tx: Tx, ask: Asked) -> None:
    people.stop_surveys(tx, ask.customer_id, tx.now())


def reopen(tx: Tx, ask: Asked) -> None:
    tx.get_one(Conversation, ask.conversation_id).status = "open"


def wait_elsewhere(tx: Tx, ask: Asked) -> None:
    customer = tx.get_one(factories.Customer, ask.customer_id)
    factories.make_conversation(tx, customer, status="open", level="frustrated")


@pytest.mark.parametrize(
    ("change", "reason"), [(stop, "opted_out"), (reopen, "reopened"), (wait_elsewhere, "frustrated_now")]
)
def test_the_governor_is_asked_again_and_the_timeline_says_why_not(
    store: Store, clock: SetClock, change: Any, reason: str
) -> None:
    with store.transaction() as tx:
        ask = mailed(tx)
        change(tx, ask)
    clock.advance(3 * DAY)
    assert reminders(store, ask) == []
    with store.reading() as tx:
        (line,) = timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_withheld",))
        assert (line.detail["reason"], line.detail["reminder"]) == (reason, True)


def test_a_reminder_is_no_second_question(store: Store, clock: SetClock) -> None:
    """The quiet period goes by the question, and the draw was drawn."""
    with store.transaction() as tx:
        ask = mailed(tx)
        settings.set(tx, "survey.share", 1, None)
    clock.advance(13 * DAY)
    assert len(reminders(store, ask)) == 1
    with store.transaction() as tx:
        settings.set(tx, "survey.share", 100, None)
    clock.advance(DAY)
    with store.transaction() as tx:
        episode = resolved(tx, customer=people.customer(tx, ask.customer_id))[1]
        assert surveys.consider(tx, episode.id).asked


@pytest.mark.parametrize("by", [by_chat, by_sms])
def test_what_was_not_mailed_has_no_reminder(store: Store, clock: SetClock, by: Any) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by)
        assert not planned(tx)
        tx.get_one(Invitation, ask.invitation_id).delivered = True
    clock.advance(3 * DAY)
    with store.transaction() as tx:
        assert not surveys.remind(tx, ask.invitation_id)


def test_a_card_that_was_mailed_is_reminded_of(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        customer = people.customer(tx, ask.customer_id)
        factories.make_identity(tx, customer, "noor@proved.example", evidence="verified", because="a code came back")
        for identity in people.identities(tx, customer.id):
            if identity.value.endswith("@customer.example"):
                identity.evidence = "claimed"
    clock.advance(DAY)
    with store.transaction() as tx:
        surveys.look_after(tx, ask.invitation_id)
        invitation = tx.get_one(Invitation, ask.invitation_id)
        assert invitation.mailed_at is not None
        (job,) = planned(tx)
        assert job.run_at == clock.now() + 3 * DAY
        surveys.delivery_settled(tx, invitation.delivery_id or 0, True)
    clock.advance(3 * DAY)
    (mail,) = reminders(store, ask)
    assert mail.recipient == "noor@proved.example"


@pytest.mark.parametrize(("days", "open_for", "plans"), [(0, 14, 0), (3, 14, 1), (13, 14, 1), (14, 14, 0), (30, 14, 0)])
def test_it_is_planned_where_there_is_time_for_it(store: Store, days: int, open_for: int, plans: int) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.reminder_days", days, None)
        settings.set(tx, "survey.expires_days", open_for, None)
        asked(tx)
        assert len(planned(tx)) == plans
