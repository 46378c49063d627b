"""A survey by SMS over the wire: a person resolves, a text asks, and what is texted back is a score or a message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import conversations, outbound, reactions, settings
from desk.agents import Viewer
from desk.clock import SetClock
from desk.parts import Desk
from desk.surveys.tables import Response
from desk.worker import drain
from tests.servers.twilio import Provider
from tests.web import test_hooks as hooks

provider, inbox, jonas = hooks.provider, hooks.inbox, hooks.jonas


@pytest.fixture
def asked(client: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer, clock: SetClock) -> str:
    """The address that the provider calls, after Marta wrote, Jonas answered and resolved, and a text asked her."""
    desk.store.react_with(reactions.react)
    path = f"/hooks/sms/{inbox.key}"
    hooks.call(client, path, hooks.message("Where is my parcel?", "SM1"))
    drain(desk)
    number = hooks.conversation(desk).id
    clock.advance(timedelta(minutes=5))
    with desk.store.transaction() as tx:
        outbound.reply(tx, number, jonas, "It comes tomorrow.")
    drain(desk)
    clock.advance(timedelta(minutes=5))
    with desk.store.transaction() as tx:
        conversations.resolve(tx, number, jonas)
    for _ in range(3):  # whatever the question waits for before it goes
        drain(desk)
        clock.advance(timedelta(minutes=20))
    return path


@pytest.mark.parametrize(
    ("said", "score"),
    [("5", 5), ("5!", 5), ("five", 5), ("5/5", 5), ("5 stars thanks", 5), ("I give it a 4", 4), ("fünf", 5),
     ("cinco", 5), ("5️⃣", 5), ("٥", 5), ("2 of my parcels are missing", None), ("call me at 5", None),
     ("I give you 5 days", None), ("5?", None)],
)  # fmt: skip
def test_what_is_texted_back_is_a_score_or_a_message(
    client: FlaskClient, desk: Desk, provider: Provider, asked: str, said: str, score: int | None
) -> None:
    question = provider.posts()[-1]["Body"]
    assert "1 (very bad) to 5 (great)" in question
    hooks.call(client, asked, hooks.message(said, "SM2"))
    drain(desk)
    with desk.store.reading() as tx:
        assert [row.score for row in tx.scalars(select(Response))] == ([] if score is None else [score])
        row = tx.scalars(select(conversations.Conversation)).one()
        assert row.status == ("open" if score is None else "resolved")
