"""Questions in groups without a model: what a group holds is said outright."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from desk import reactions
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.parts import Desk
from desk.questions.tables import Question, QuestionGroup
from desk.store import Tx
from tests.factories import make_conversation, make_customer, make_entry, make_inbox
from tests.merging.lives import viewer_of


class World:
    """A desk with an agent and a lead; `ask` begins a conversation of one question, in a group or in none."""

    def __init__(self, desk: Desk, clock: SetClock) -> None:
        self.desk, self.clock = desk, clock
        with desk.store.transaction() as tx:
            make_inbox(tx)
            self.agent, self.lead = viewer_of(tx), viewer_of(tx, "supervisor")

    def group(self, tx: Tx, name: str = "", locale: str = "en") -> int:
        row = QuestionGroup(locale=locale, name=name, model="m", middle=b"", held=0, made_at=tx.now(), last_at=tx.now())
        tx.add(row)
        tx.flush()
        return row.id

    def ask(self, tx: Tx, group_id: int | None, text: str = "Where is my parcel?", **fields: Any) -> Conversation:
        self.clock.advance(timedelta(seconds=1))
        talk = make_conversation(tx, make_customer(tx), **fields)
        entry = make_entry(tx, talk, text, occurred_at=talk.opened_at)
        tx.add(
            Question(
                episode_id=talk.episode_id, conversation_id=talk.id, entry_id=entry.id, at=talk.opened_at, locale="en",
                state="loose" if group_id is None else "grouped", gap="", group_id=group_id, model="m", vector=b"x",
                read_anew=0,
            )
        )  # fmt: skip
        tx.flush()
        return talk


@pytest.fixture
def world(desk: Desk, clock: SetClock) -> World:
    desk.store.react_with(reactions.react)
    return World(desk, clock)
