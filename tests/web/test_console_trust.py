"""What a colleague sees of whom a mail is from."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from desk import agents
from desk.store import Store
from tests import factories
from tests.web.conftest import sign_in


@pytest.fixture
def hers(app: Flask, store: Store) -> FlaskClient:
    with store.transaction() as tx:
        staff = agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent")
    return sign_in(app.test_client(), staff.id)


def marked(store: Store, client: FlaskClient, **detail: object) -> str:
    """The mark beside the sender of a message with this detail; nothing where there is none."""
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        factories.make_entry(tx, conversation, "Where is it?", detail=detail)
    page = client.get(f"/console/c/{conversation.id}").text
    found = re.search(r'<span class="trust .*?</span></span>', page, re.DOTALL)
    return found.group() if found else ""


def test_a_sender_is_marked_with_the_reason_on_hover_and_in_words(hers: FlaskClient, store: Store) -> None:
    told = {"verdict": "failed", "by": "hop", "why": "dmarc_fail", "spf": "pass", "dmarc": "fail"}
    mark = marked(store, hers, trust=told)
    assert mark.startswith(
        '<span class="trust failed" title="Nothing shows that it comes from the domain of its sender'
    )
    assert "SPF pass, DMARC fail." in mark
    assert '<span class="">Sender check failed</span>' in mark  # said in words, for colours are not seen by all
    passed = marked(store, hers, trust={"verdict": "passed", "by": "dkim", "why": "dkim_pass", "dkim": "pass"})
    assert "DKIM only: DKIM pass." in passed
    assert '<span class="sr">Sender checked</span>' in passed
    assert "It is not signed. DKIM only." in marked(
        store, hers, trust={"verdict": "unchecked", "by": "dkim", "why": "unsigned"}
    )


def test_a_message_of_before_or_of_another_channel_has_no_mark(hers: FlaskClient, store: Store) -> None:
    assert marked(store, hers) == ""
    assert marked(store, hers, trust="odd") == ""
