"""An answer that may sound sharp is shown to its writer before it goes; whoever means it sends it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from desk.conversations import Conversation
from desk.settings.tables import Setting
from desk.store import Store
from tests.web.test_crossing import ada, answers, conversation, hers, newest, send

__all__ = ["ada", "conversation", "hers"]  # fixtures

BLAME = "This is your own fault. It comes tomorrow."


def test_the_words_are_shown_and_the_answer_goes_once_it_is_meant(
    store: Store, hers: FlaskClient, conversation: Conversation
) -> None:
    seen = str(newest(store, conversation).id)
    asked = send(hers, conversation, BLAME, seen=seen, then="pending", request_id="one")
    assert asked.status_code == 409 and answers(store, conversation) == []
    assert "This is your own fault" in asked.text and "may sound like blame" in asked.text
    assert f'data-seen="{seen}"' in asked.text and 'data-then="pending:meant"' in asked.text
    sent = send(hers, conversation, BLAME, seen=seen, then="pending:meant", request_id="one")
    assert sent.status_code == 201 and answers(store, conversation) == [BLAME]
    with store.reading() as tx:
        assert tx.get_one(Conversation, conversation.id).status == "pending"
    again = send(hers, conversation, BLAME, seen=seen, then="pending:meant", request_id="one")
    assert again.status_code == 201 and answers(store, conversation) == [BLAME]


@pytest.mark.parametrize(
    ("script", "data"), [(True, {}), (False, {"seen": "1"}), (True, {"seen": "1", "mode": "note"})]
)
def test_programs_plain_forms_and_notes_are_not_asked(
    store: Store, hers: FlaskClient, conversation: Conversation, script: bool, data: dict[str, str]
) -> None:
    if "seen" in data:
        data |= {"seen": str(newest(store, conversation).id)}
    assert send(hers, conversation, BLAME, script=script, **data).status_code in (201, 303)


def test_a_desk_may_not_want_to_be_asked(store: Store, hers: FlaskClient, conversation: Conversation) -> None:
    with store.transaction() as tx:
        tx.add(Setting(name="answer.tone", value=[False], changed_at=tx.now()))
    seen = str(newest(store, conversation).id)
    assert send(hers, conversation, BLAME, seen=seen).status_code == 201
