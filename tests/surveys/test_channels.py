"""Asking by the conversation's own channel: a card in the chat, a text by SMS, a mail where no card was seen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from desk import jobs, outbound, people, settings, surveys, timeline
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.jobs.tables import Job
from desk.settings.tables import Inbox
from desk.signals import EntryRecorded, Signal
from desk.store import Store, Tx
from desk.surveys.tables import Invitation
from tests import factories
from tests.surveys.situations import Asked, asked, by_chat, by_sms, everything, invitation_of, resolved


def invitation(tx: Tx, ask: Asked) -> Invitation:
    return tx.get_one(Invitation, ask.invitation_id)


def deliveries(tx: Tx) -> list[outbound.Delivery]:
    return list(tx.scalars(select(outbound.Delivery).order_by(outbound.Delivery.id)))


def due(store: Store) -> None:
    """Works off the cards' jobs of this moment, as the worker would."""
    with store.transaction() as tx:
        found = jobs.lease(tx, "test", limit=20, tasks=["surveys.card"])
    for job in found:
        with store.transaction() as tx:
            surveys.look_after(tx, job.args["invitation_id"])
            jobs.finish(tx, job)


def prove(tx: Tx, ask: Asked) -> people.Identity:
    """The visitor's mail address is verified."""
    identity = factories.identity_of(tx, ask.customer_id)
    people.verify(tx, identity, "a code came back from it", tx.now())
    return identity


# SMS


def test_by_sms_it_asks_in_one_text_that_a_number_answers(store: Store) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_sms)
    with store.reading() as tx:
        [delivery] = deliveries(tx)
        row = invitation(tx, ask)
        line = timeline.one(tx, row.entry_id or 0)
        number = tx.get_one(Conversation, ask.conversation_id).reply_address
    assert delivery.message["text"] == "Kiln & Clay: How did Mara do? Answer with 1 (very bad) to 5 (great)."
    assert len(delivery.message["text"]) <= 160
    assert (delivery.channel, delivery.purpose, delivery.recipient) == ("sms", "survey", number)
    assert delivery.message["to"] == [{"kind": "phone", "value": number, "name": "Noor Haddad"}]
    assert delivery.message["reply_to"] == delivery.message["html"] == delivery.message["subject"] == ""
    assert (row.channel, row.delivery_id, row.inbox_id) == ("sms", delivery.id, ask.inbox_id)
    assert line is not None
    assert (line.kind, line.channel) == ("survey_asked", "sms")


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de", "Kiln & Clay: Wie hat Mara Ihnen geholfen? Antworten Sie mit 1 (sehr schlecht) bis 5 (sehr gut)."),
        ("es", "Kiln & Clay: ¿Qué tal le ha atendido Mara? Responda con una cifra del 1 (muy mal) al 5 (muy bien)."),
    ],
)
def test_by_sms_it_asks_in_the_language_of_the_customer(store: Store, locale: str, text: str) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx, name="Noor Haddad", locale=locale)
        asked(tx, by=by_sms, customer=customer)
        [delivery] = deliveries(tx)
    assert delivery.message["text"] == text


def test_by_sms_a_setting_asks_by_a_link(store: Store) -> None:
    with store.transaction() as tx:
        settings.set(tx, "survey.sms_asks", "link", None)
        ask = asked(tx, by=by_sms)
        [delivery] = deliveries(tx)
        assert delivery.message["text"] == f"Kiln & Clay: How did Mara do? {tx.public_url}/s/{ask.token}"
    with store.transaction() as tx:
        response = surveys.answer(tx, ask.token, 4)
    assert response.channel == "sms"


@pytest.mark.parametrize("ok", [True, False])
def test_by_sms_the_invitation_follows_its_receipt(store: Store, ok: bool) -> None:
    """The provider's yes counts, until a receipt takes it back."""
    with store.transaction() as tx:
        ask = asked(tx, by=by_sms)
        delivery_id = invitation(tx, ask).delivery_id or 0
        surveys.delivery_settled(tx, delivery_id, True)
    with store.transaction() as tx:
        surveys.delivery_settled(tx, delivery_id, ok)
    with store.reading() as tx:
        row = invitation(tx, ask)
        assert (row.delivered, row.failed) == (ok, not ok)


def test_a_conversation_that_went_on_by_sms_is_asked_from_the_number_that_was_written_to(store: Store) -> None:
    with store.transaction() as tx:
        mailbox = factories.make_inbox(tx)
        ask = asked(tx, by=by_sms)
        conversation = tx.get_one(Conversation, ask.conversation_id)
        texts_id, conversation.inbox_id = conversation.inbox_id, mailbox.id
        customer = people.customer(tx, ask.customer_id)
        surveys.delivery_settled(tx, invitation(tx, ask).delivery_id or 0, False)
        _, episode = by_sms(tx, customer=customer)
        tx.get_one(Conversation, episode.conversation_id).inbox_id = mailbox.id
        made = invitation_of(tx, surveys.consider(tx, episode.id))
        delivery = tx.get_one(outbound.Delivery, made.delivery_id)
        assert (delivery.inbox_id, made.inbox_id) == (texts_id, mailbox.id)
        assert delivery.message["sender_address"] == tx.get_one(Inbox, texts_id).address


def test_another_channel_that_nobody_has_heard_of_is_asked_in_words(store: Store) -> None:
    """A fourth channel needs nothing here: whatever is neither mail nor chat is asked like a telephone."""
    with store.transaction() as tx:
        factories.make_inbox(tx, channel="pigeon", address="loft")
        conversation, episode = by_sms(tx)
        conversation.channel = "pigeon"
        tx.flush()
        made = invitation_of(tx, surveys.consider(tx, episode.id))
        assert tx.get_one(outbound.Delivery, made.delivery_id).channel == "pigeon"


# chat


def test_in_a_chat_it_asks_by_a_card_and_sends_nothing(store: Store, clock: SetClock) -> None:
    heard: list[Signal] = []
    store.listen(heard.append)
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
    with store.reading() as tx:
        assert deliveries(tx) == []
        row = invitation(tx, ask)
        assert (row.channel, row.delivered, row.failed) == ("chat", False, False)
        card = surveys.card(tx, ask.conversation_id)
        line = timeline.one(tx, row.entry_id or 0)
        times = sorted(tx.scalars(select(Job.run_at).where(Job.task == "surveys.card")))
    assert card is not None
    assert (card.id, card.question, card.name, card.answered) == (ask.invitation_id, "How did Mara do?", "Mara", None)
    assert card.labels == ((1, "Very bad"), (2, "Bad"), (3, "Okay"), (4, "Good"), (5, "Great"))
    assert [key for key, _ in card.reasons] == list(surveys.REASONS)
    assert line is not None
    assert (line.kind, line.channel) == ("survey_asked", "chat")
    assert [s.kind for s in heard if isinstance(s, EntryRecorded)][-1] == "survey_asked"  # what widgets are told by
    assert times == [clock.now() + timedelta(hours=24), clock.now() + timedelta(days=14)]


def test_a_visitor_without_a_name_or_an_address_is_asked(store: Store) -> None:
    with store.transaction() as tx:
        customer = factories.make_customer(tx, name="")
        for identity in people.identities(tx, customer.id):
            tx.delete(identity)
        tx.flush()
        assert asked(tx, by=by_chat, customer=customer)


def test_no_address_where_the_identity_does_not_fit_the_channel(store: Store) -> None:
    """A conversation that says chat but is answered to a mailbox: nothing says where a card would be seen."""
    with store.transaction() as tx:
        for channel in ("chat", "sms"):
            _, episode = resolved(tx, channel=channel)
            assert surveys.consider(tx, episode.id).reason == "no_address"


def test_a_card_that_nobody_saw_is_mailed_once_to_a_proved_address(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        identity = prove(tx, ask)
        surveys.shown(tx, ask.invitation_id, ask.conversation_id, seen=False)  # in a widget, but not looked at
    clock.advance(timedelta(hours=23, minutes=59))
    due(store)
    with store.reading() as tx:
        assert deliveries(tx) == []
    clock.advance(timedelta(minutes=1))
    due(store)
    clock.advance(timedelta(days=1))
    due(store)
    with store.transaction() as tx:
        surveys.look_after(tx, ask.invitation_id)  # a job that runs again
    with store.reading() as tx:
        [delivery] = deliveries(tx)
        row = invitation(tx, ask)
        asks = timeline.of_conversation(tx, ask.conversation_id, kinds=("survey_asked",))
        mailbox = tx.scalars(select(Inbox).where(Inbox.channel == "email")).one()
        assert surveys.url_of(tx, row) in delivery.message["text"]
    assert (delivery.channel, delivery.recipient, delivery.inbox_id) == ("email", identity.value, mailbox.id)
    assert delivery.message["reply_to"].startswith("support+r-")
    assert (row.channel, row.mailed_at, row.delivery_id) == ("chat", clock.now() - timedelta(days=1), delivery.id)
    assert [(a.channel, a.detail["reason"]) for a in asks] == [("chat", "resolved"), ("email", "unseen")]
    with store.transaction() as tx:
        assert surveys.answer(tx, ask.token, 2, comment="Only saw it now.").channel == "email"
    with store.reading() as tx:
        card = surveys.card(tx, ask.conversation_id)
        assert card is not None
        assert card.answered is not None
        assert card.answered.score == 2  # whoever comes back to the chat finds their answer there


@pytest.mark.parametrize(
    "why", ["seen", "answered", "claimed", "stopped", "reopened", "never", "no_mailbox", "other_brand"]
)
def test_a_card_is_not_mailed_where_that_makes_no_sense(store: Store, clock: SetClock, why: str) -> None:
    with store.transaction() as tx:
        if why == "never":
            settings.set(tx, "survey.chat_mail_hours", 0, None)
        ask = asked(tx, by=by_chat)
        if why != "claimed":
            prove(tx, ask)
        if why == "seen":
            surveys.shown(tx, ask.invitation_id, ask.conversation_id, seen=True)
        elif why == "answered":
            surveys.answer_in_chat(tx, ask.invitation_id, ask.conversation_id, 5)
        elif why == "stopped":
            people.stop_surveys(tx, ask.customer_id, tx.now())
        elif why == "reopened":
            tx.get_one(Conversation, ask.conversation_id).status = "open"
        elif why in ("no_mailbox", "other_brand"):
            mailbox = tx.scalars(select(Inbox).where(Inbox.channel == "email")).one()
            mailbox.active = why != "no_mailbox"
            if why == "other_brand":
                mailbox.brand_id = factories.make_brand(tx).id
    clock.advance(timedelta(hours=24))
    due(store)
    with store.reading() as tx:
        assert deliveries(tx) == []
        assert invitation(tx, ask).mailed_at is None


def test_delivered_in_a_chat_is_what_a_widget_has(store: Store, clock: SetClock) -> None:
    with store.transaction() as tx:
        ask, left = asked(tx, by=by_chat), asked(tx, by=by_chat)
        surveys.shown(tx, ask.invitation_id, ask.conversation_id, seen=False)
    with store.reading() as tx:
        assert (invitation(tx, ask).delivered, invitation(tx, left).delivered) == (True, False)
        assert not invitation(tx, left).failed  # they may still come back
    clock.advance(timedelta(days=14))
    due(store)
    with store.reading() as tx:
        assert (invitation(tx, ask).delivered, invitation(tx, ask).failed) == (True, False)
        assert (invitation(tx, left).delivered, invitation(tx, left).failed) == (False, True)


@pytest.mark.parametrize("got", [False, True])
def test_a_mail_in_vain_takes_nothing_from_the_card(store: Store, clock: SetClock, got: bool) -> None:
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        prove(tx, ask)
        if got:
            surveys.shown(tx, ask.invitation_id, ask.conversation_id, seen=False)
    clock.advance(timedelta(hours=24))
    due(store)
    for ok in (True, False):
        with store.transaction() as tx:
            surveys.delivery_settled(tx, invitation(tx, ask).delivery_id or 0, ok)
        with store.reading() as tx:
            assert (invitation(tx, ask).delivered, invitation(tx, ask).failed) == (ok or got, False)


def test_looking_at_a_card_records_nothing(store: Store) -> None:
    """What a GET is to a link: whatever draws or draws again, nothing is answered by it."""
    with store.transaction() as tx:
        ask = asked(tx, by=by_chat)
        before = everything(tx)
    with store.transaction() as tx:
        for _ in range(3):
            surveys.card(tx, ask.conversation_id)
    with store.reading() as tx:
        assert everything(tx) == before
