"""Consent by channel on a customer's page: what was said, by whom, how it is known, and that it is kept to."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from desk import merging, people
from desk.parts import Desk
from desk.people import Known
from tests.factories import identity_of, make_customer, make_identity
from tests.web.conftest import post

AsRole = Callable[[str], FlaskClient]


def test_a_lead_notes_a_refusal_and_the_history_keeps_both_ways(as_role: AsRole, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        maya = make_customer(tx, "maya@lind.example", name="Maya Lind")
        phone = make_identity(tx, maya, "+15550100", kind="phone")
    client = as_role("supervisor")
    path = f"/customers/{maya.id}/consent"
    form = {"about": str(phone.id), "refuses": "1", "evidence": "Said so on the phone"}
    assert post(client, path, **form).status_code == 303
    with desk.store.reading() as tx:
        assert people.stopped_address(tx, "phone", "+15550100")
        assert not people.stopped_address(tx, "email", "maya@lind.example")
    page = client.get(f"/customers/{maya.id}").text
    assert "Said so on the phone" in page and "Allowed again" in page
    assert post(client, path, **(form | {"refuses": "0", "evidence": "Wrote START"})).status_code == 303
    assert post(client, path, about="surveys", refuses="1", evidence="Asked us to stop asking").status_code == 303
    with desk.store.reading() as tx:
        assert not people.stopped_address(tx, "phone", "+15550100")
        said = [(row.about, row.state, row.by, row.evidence) for row in people.history(tx, maya.id)]
    assert said == [
        ("surveys", "refused", "staff", "Asked us to stop asking"),
        ("phone", "given", "staff", "Wrote START"),
        ("phone", "refused", "staff", "Said so on the phone"),
    ]


def test_nothing_is_noted_without_evidence_or_by_an_agent(as_role: AsRole, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        maya = make_customer(tx, "maya@lind.example")
        other = identity_of(tx, make_customer(tx, "ole@berg.example").id)
    path = f"/customers/{maya.id}/consent"
    assert post(as_role("agent"), path, about="surveys", refuses="1", evidence="x").status_code == 403
    client = as_role("admin")
    post(client, path, about="surveys", refuses="1", evidence="  ")
    assert post(client, path, about=str(other.id), refuses="1", evidence="x").status_code == 404
    with desk.store.reading() as tx:
        assert people.history(tx, maya.id) == []


def test_what_an_address_said_goes_where_the_address_goes(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        keep, join = make_customer(tx, "a@home.example"), make_customer(tx, "b@home.example")
        people.stop(tx, identity_of(tx, join.id), tx.now())
        people.stop(tx, identity_of(tx, join.id), tx.now())  # said twice, noted once
        people.stop_surveys(tx, join.id, tx.now(), Known("customer", "a link"))
        merge = merging.join(tx, keep.id, join.id, because="agent", by=None)
        assert [row.state for row in people.history(tx, keep.id)] == ["refused", "refused"]
        merging.undo(tx, merge.id, None)
        assert people.history(tx, keep.id) == [] and len(people.history(tx, join.id)) == 2
