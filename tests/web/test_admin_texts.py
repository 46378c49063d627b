"""Trying SMS without an account: texts that were kept are read, answered as the customer, and given receipts."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, conversations, outbound, people, settings, timeline
from desk.agents import Viewer
from desk.intake.tables import Arrival
from desk.outbound.tables import Delivery
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_brand, make_staff
from tests.web.conftest import post

PHONE = "+46705550132"


@pytest.fixture
def inbox(admin: FlaskClient, desk: Desk) -> settings.Inbox:
    """An SMS inbox as an admin makes one who has no account anywhere."""
    with desk.store.transaction() as tx:
        make_brand(tx)
    made = post(admin, "/admin/inboxes/new/sms", address="+46 70 555 01 00", name="Texts", brand="1", active="on",
                **{"config.transport": "outbox"})  # fmt: skip
    assert made.status_code == 303, made.text
    with desk.store.reading() as tx:
        (found,) = settings.inboxes(tx, "sms")
    return found


@pytest.fixture
def jonas(desk: Desk) -> Viewer:
    with desk.store.transaction() as tx:
        found = agents.viewer(tx, make_staff(tx, name="Jonas Weber").id)
    assert found is not None
    return found


def conversation(desk: Desk) -> conversations.Conversation:
    with desk.store.reading() as tx:
        return tx.scalars(select(conversations.Conversation)).one()


def kept(admin: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer, text: str = "It comes tomorrow.") -> Any:
    """A text came in and was answered: what stands in the outbox."""
    assert (
        post(admin, "/admin/outbox/texts", inbox=str(inbox.id), text="Where is it?", **{"from": PHONE}).status_code
        == 303
    )
    drain(desk)
    with desk.store.transaction() as tx:
        outbound.reply(tx, conversation(desk).id, jonas, text)
    drain(desk)
    with desk.store.reading() as tx:
        (mail,) = outbound.outbox(tx)
    return mail


def test_an_inbox_is_made_with_a_secret_that_nobody_sees(admin: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    assert inbox.address == "+46705550100"
    with desk.store.reading() as tx:
        token = settings.opened(tx, inbox)["auth_token"]
    assert len(token) == 32
    page = admin.get(f"/admin/inboxes/{inbox.id}").text
    assert token not in page
    assert f"http://127.0.0.1:5000/hooks/sms/{inbox.key}" in page
    config = {"config.transport": "provider", "config.account_sid": "AC1", "config.auth_token": "typed"}
    saved = post(admin, f"/admin/inboxes/{inbox.id}", address=inbox.address, name="Texts", brand="1", **config)
    assert saved.status_code == 303
    assert "typed" not in admin.get(f"/admin/inboxes/{inbox.id}").text
    with desk.store.reading() as tx:
        assert settings.opened(tx, settings.inbox(tx, inbox.id))["auth_token"] == "typed"


@pytest.mark.parametrize("address", ["", "call us", "0705550100", "support@kiln.example"])
def test_a_number_that_is_none_is_refused_where_it_was_typed(
    admin: FlaskClient, desk: Desk, inbox: settings.Inbox, address: str
) -> None:
    answer = post(admin, f"/admin/inboxes/{inbox.id}", address=address, name="Texts", brand="1")
    assert answer.status_code == 422
    assert "country code" in answer.text


def test_trying_an_inbox_out_says_where_its_texts_stay(admin: FlaskClient, desk: Desk, inbox: settings.Inbox) -> None:
    assert post(admin, f"/admin/inboxes/{inbox.id}/check").status_code == 303
    drain(desk)
    assert "kept in the outbox of this desk" in admin.get(f"/admin/inboxes/{inbox.id}").text


def test_a_kept_text_is_shown_and_answered_through_the_providers_door(
    admin: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer
) -> None:
    mail = kept(admin, desk, inbox, jonas, "It comes <tomorrow>.")
    listed = admin.get("/admin/outbox").text
    assert "It comes &lt;tomorrow&gt;." in listed
    page = admin.get(f"/admin/outbox/{mail.id}").text
    assert "It comes &lt;tomorrow&gt;." in page
    assert "1 segment, GSM-7" in page
    assert admin.get(f"/admin/outbox/{mail.id}/html").status_code == 404
    assert b"Body=It+comes" in admin.get(f"/admin/outbox/{mail.id}/raw").data
    assert post(admin, f"/admin/outbox/{mail.id}/answer", text="as a mail").status_code == 404

    assert post(admin, f"/admin/outbox/{mail.id}/text", text="Thanks!\r\nAnd the lid?").status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        said = [e.text for e in timeline.of_conversation(tx, conversation(desk).id, kinds=("message",))]
        doors = tx.scalars(select(Arrival.door)).all()
    assert said == ["Where is it?", "Thanks!\nAnd the lid?"]
    assert set(doors) == {"hook"}


@pytest.mark.parametrize(("state", "ends"), [("delivered", "delivered"), ("failed", "failed")])
def test_a_receipt_is_handed_in_by_a_button(
    admin: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer, state: str, ends: str
) -> None:
    mail = kept(admin, desk, inbox, jonas)
    for _ in range(2):
        assert post(admin, f"/admin/outbox/{mail.id}/news", state=state).status_code == 303
        drain(desk)
    with desk.store.reading() as tx:
        assert tx.scalars(select(Delivery.state)).all() == [ends]
    assert ("Not delivered" if ends == "failed" else "Delivered") in admin.get(f"/admin/outbox/{mail.id}").text
    assert post(admin, f"/admin/outbox/{mail.id}/news", state="eaten").status_code == 400


def test_what_is_typed_wrong_is_said(admin: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer) -> None:
    mail = kept(admin, desk, inbox, jonas)
    assert post(admin, f"/admin/outbox/{mail.id}/text", text="  ").status_code == 422
    assert post(admin, f"/admin/outbox/{mail.id}/text", text="x" * 1601).status_code == 422
    assert post(admin, "/admin/outbox/texts", inbox="99", text="x", **{"from": PHONE}).status_code == 400
    assert post(admin, "/admin/outbox/texts", inbox=str(inbox.id), text="x", **{"from": "nobody"}).status_code == 422
    assert post(admin, "/admin/outbox/999/text", text="x").status_code == 404


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("070-555 01 77", "+46705550177"), ("0046 70 555 01 77", "+46705550177"), ("+1 415 555 0132", "+14155550132")],
)
def test_a_number_is_read_as_people_of_the_inbox_s_country_write_it(
    admin: FlaskClient, desk: Desk, inbox: settings.Inbox, typed: str, kept: str
) -> None:
    assert post(admin, "/admin/outbox/texts", inbox=str(inbox.id), text="Hej", **{"from": typed}).status_code == 303
    drain(desk)
    with desk.store.reading() as tx:
        found = people.identities(tx, conversation(desk).customer_id)
    assert [identity.value for identity in found] == [kept]


def test_a_door_that_is_shut_says_so(admin: FlaskClient, desk: Desk, inbox: settings.Inbox, jonas: Viewer) -> None:
    mail = kept(admin, desk, inbox, jonas)
    with desk.store.transaction() as tx:
        settings.inbox(tx, inbox.id).active = False
    answer = post(admin, f"/admin/outbox/{mail.id}/text", text="Hello?")
    assert "refused" in admin.get(answer.location).text
    with desk.store.reading() as tx:
        assert len(tx.scalars(select(Arrival.id)).all()) == 1
