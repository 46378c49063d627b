"""Forwarding from the console: the form without a script, its preview, what is refused, and what the lines say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, conversations, inbound, outbound
from desk.agents import Viewer
from desk.channels.base import BouncedRecipient
from desk.clock import SetClock
from desk.messages import Attachment
from desk.outbound.tables import Delivery
from desk.parts import Desk
from tests.factories import make_inbox
from tests.inbound.messages import message
from tests.web.conftest import csrf_of, sign_in

SUPPLIER = "supply@potter.example"


@pytest.fixture
def ada(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, agents.create(tx, email="ada@kiln.example", name="Ada Ant", role="agent").id)
        agents.create(tx, email="bea@kiln.example", name="Bea Bee", role="agent")
    assert found is not None
    return found


@pytest.fixture
def hers(app: Flask, ada: Viewer) -> FlaskClient:
    return sign_in(app.test_client(), ada.id)


@pytest.fixture
def walk(desk: Desk, clock: SetClock) -> Callable[..., inbound.Outcome]:
    with desk.store.transaction() as tx:
        inbox_id = make_inbox(tx).id
    return lambda text, **more: inbound.receive(desk, message(inbox_id, clock.now(), text, **more))


@pytest.fixture
def first(desk: Desk, ada: Viewer, walk: Any) -> inbound.Outcome:
    """Marta's mail with two files, one of them held, and a note about her."""
    files = (
        Attachment("receipt.pdf", "application/pdf", 8, desk.files.put(b"%PDF-1.4")),
        Attachment("run.exe", "application/x-msdownload", 2, desk.files.put(b"MZ"), held="program"),
    )
    found: inbound.Outcome = walk("My <i>kettle</i> is cracked.", attachments=files, html="<p>My <b>kettle</b></p>")
    with desk.store.transaction() as tx:
        outbound.note(tx, found.conversation_id or 0, ada, "She pays late.")
    return found


def _post(client: FlaskClient, path: str, *, part: bool = False, **data: Any) -> Any:
    data = {"csrf_token": csrf_of(client, "/console/"), "chosen": "1", **data}
    return client.post(path, data=data, headers={"X-Part": "1"} if part else {})


def _forward(client: FlaskClient, found: inbound.Outcome, **more: Any) -> Any:
    data = {"to": SUPPLIER, "line": str(found.entry_id), "file": f"{found.entry_id}:0", "note": "Please look."} | more
    return _post(client, f"/console/c/{found.conversation_id}/forward", **data)


def _sent(desk: Desk) -> list[Delivery]:
    with desk.store.reading() as tx:
        return list(tx.scalars(select(Delivery).where(Delivery.purpose == "forward").order_by(Delivery.id)))


def test_a_line_leads_to_the_form_with_that_message_ticked(hers: FlaskClient, first: inbound.Outcome) -> None:
    path = f"/console/e/{first.entry_id}/forward"
    assert path in hers.get(f"/console/c/{first.conversation_id}").text
    page = hers.get(path).text
    assert f'value="{first.entry_id}" checked' in page
    assert f'value="{first.entry_id}:0" data-bytes="8" checked' in page
    assert f'value="{first.entry_id}:1" data-bytes="2" disabled' in page
    assert "Held: a program" in page
    assert 'value="bea@kiln.example"' in page  # colleagues are suggested, and not oneself
    assert 'value="ada@kiln.example"' not in page
    assert "Marta Lindqvist sees neither it nor what is answered to it" in page
    assert "<i>kettle</i>" not in page


def test_the_conversation_leads_to_the_form_with_all_but_the_notes_ticked(
    desk: Desk, ada: Viewer, hers: FlaskClient, first: inbound.Outcome
) -> None:
    with desk.store.transaction() as tx:
        answer = outbound.reply(tx, first.conversation_id or 0, ada, "I ask our potter.")
    page = hers.get(f"/console/c/{first.conversation_id}/forward").text
    assert f'value="{answer.id}" checked' in page
    assert page.count('name="line"') == 3
    assert page.count(" checked><span") == 2
    assert "Private note" in page


def test_it_is_sent_and_the_line_says_to_whom_and_how_it_fares(
    desk: Desk, hers: FlaskClient, first: inbound.Outcome
) -> None:
    answer = _forward(hers, first, cc="bea@kiln.example", request_id="r1")
    assert answer.status_code == 303
    assert _forward(hers, first, request_id="r1").status_code == 303  # pressed twice
    (sent,) = _sent(desk)
    assert [a["filename"] for a in sent.message["attachments"]] == ["receipt.pdf"]
    page = hers.get(f"/console/c/{first.conversation_id}").text
    assert f"Forwarded to {SUPPLIER}, copy to bea@kiln.example, 1 message, 1 file" in page
    assert "Waiting to be sent" in page
    assert "She pays late" not in str(sent.message)
    with desk.store.transaction() as tx:
        gone = BouncedRecipient(SUPPLIER, "5.1.1", "hard", "no such user")
        outbound.bounced(tx, sent.message_id, (gone,), "550 no such user")
    page = hers.get(f"/console/c/{first.conversation_id}").text
    assert "Not delivered" in page
    assert "550 no such user" in page


def test_what_is_wrong_is_told_and_what_was_typed_stays(desk: Desk, hers: FlaskClient, first: inbound.Outcome) -> None:
    answer = _forward(hers, first, to="support@kiln.example, marta@lindqvist.example", note="My words")
    assert answer.status_code == 422
    assert "support@kiln.example: That is an address of this desk: it would answer itself." in answer.text
    assert "marta@lindqvist.example: That is the customer: answer them instead." in answer.text
    assert "My words</textarea>" in answer.text
    assert f'value="{first.entry_id}" checked' in answer.text
    told = _forward(hers, first, to="nobody", part=True)
    assert (told.status_code, told.json["wrong"]) == (422, {"nobody": "That is not a mail address."})
    assert "waits for an admin" in _forward(hers, first, file=f"{first.entry_id}:1").text
    assert "Say to whom it goes." in _forward(hers, first, to="").text
    assert "Choose what to forward" in _forward(hers, first, line="x", note="").text
    assert "not in this conversation" in _forward(hers, first, line="9" * 18).text
    assert _forward(hers, first, line="9" * 30).status_code == 303  # no number: nothing but the note goes
    assert len(_sent(desk)) == 1


def test_too_large_says_how_large_and_what_to_do(hers: FlaskClient, desk: Desk, walk: Any) -> None:
    film = Attachment("film.mp4", "video/mp4", 30_000_000, desk.files.put(b"film"))
    found = walk("See", attachments=(film,), sender="noor@amin.example")
    text = _forward(hers, found).text
    assert "The mail would have 39.5 MB, and a mail holds 25 MB: leave files out" in text


def test_an_address_is_asked_about_by_itself(hers: FlaskClient, first: inbound.Outcome) -> None:
    path = f"/console/c/{first.conversation_id}/forward/address?address="
    assert hers.get(f"{path}{SUPPLIER}").json == {"why": ""}
    assert "address of this desk" in hers.get(f"{path}support%2Bx@kiln.example").json["why"]


def test_the_preview_is_what_goes_out_and_can_do_nothing(desk: Desk, hers: FlaskClient, first: inbound.Outcome) -> None:
    path = f"/console/c/{first.conversation_id}/forward/preview"
    data = {"to": SUPPLIER, "line": str(first.entry_id), "file": f"{first.entry_id}:0", "note": "<script>x</script>"}
    shown = _post(hers, path, **data)
    assert shown.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "<b>kettle</b>" in shown.text
    assert "receipt.pdf (8 B)" in shown.text
    assert "<script>" not in shown.text
    assert _sent(desk) == []
    _forward(hers, first, note="<script>x</script>")
    assert _sent(desk)[0].message["html"] in shown.text
    assert "Say to whom it goes." in _post(hers, path, line=str(first.entry_id)).text


def test_nobody_forwards_what_is_not_theirs_to_see(desk: Desk, hers: FlaskClient, first: inbound.Outcome) -> None:
    with desk.store.transaction() as tx:
        conversations.get(tx, first.conversation_id or 0, None).team_id = agents.create_team(tx, "Others").id
    number = first.conversation_id
    assert hers.get(f"/console/c/{number}/forward").status_code == 404
    assert hers.get(f"/console/e/{first.entry_id}/forward").status_code == 404
    assert hers.get(f"/console/c/{number}/forward/address?address=a@b.example").status_code == 404
    assert _post(hers, f"/console/c/{number}/forward/preview", to=SUPPLIER).status_code == 404
    assert _forward(hers, first).status_code == 404


def test_a_third_party_s_answer_is_marked_and_answered_to_them_alone(
    desk: Desk, hers: FlaskClient, first: inbound.Outcome, walk: Any
) -> None:
    _forward(hers, first)
    heard = walk("By Friday.", sender=SUPPLIER, reply_refs=(_sent(desk)[0].message_id,))
    page = hers.get(f"/console/c/{first.conversation_id}").text
    assert "third party, the customer does not see this" in page
    assert f"/console/e/{heard.entry_id}/answer" in page
    ways = hers.get(f"/console/c/{first.conversation_id}/ways").text
    assert f'value="{SUPPLIER}"' not in ways  # no box that could be ticked in passing
    assert "Not to:" in ways
    form = hers.get(f"/console/e/{heard.entry_id}/answer").text
    assert f'value="{SUPPLIER}"' in form
    assert " checked><span" not in form
    assert hers.get(f"/console/e/{first.entry_id}/answer").status_code == 404
    answer = _forward(hers, first, line="", file="", note="Thank you!", answers=str(heard.entry_id))
    assert answer.status_code == 303
    assert f"Written to {SUPPLIER}" in hers.get(f"/console/c/{first.conversation_id}").text
    assert _sent(desk)[-1].message["to"] == [{"kind": "email", "value": SUPPLIER, "name": ""}]


def test_what_was_done_and_is_open_again_by_a_third_party_says_so(
    desk: Desk, ada: Viewer, hers: FlaskClient, first: inbound.Outcome, walk: Any
) -> None:
    _forward(hers, first)
    with desk.store.transaction() as tx:
        conversations.resolve(tx, first.conversation_id or 0, ada)
    walk("By Friday.", sender=SUPPLIER, reply_refs=(_sent(desk)[0].message_id,))
    assert "A third party answered: this is open again." in hers.get(f"/console/c/{first.conversation_id}").text
