"""Lists of customers over the web: who may, what is said of a bad file, and what is given back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import facts, imports, people
from desk.files import Blobs
from desk.parts import Desk
from desk.worker import run_one
from tests.factories import make_conversation, make_customer
from tests.web.conftest import csrf_of, post

AsRole = Callable[[str], FlaskClient]
LIST = "Name;E-mail;Plan;Seats\nMaya Lind;maya@kund.example;Gold;3\n=cmd;nobody;Gold;1\nOtto;otto@kund.example;;-2\n"
NAMED = {"to0": "name", "to1": "email", "to2": "new", "to3": "new", "kind3": "number", "match": "email"}


def send(client: FlaskClient, content: bytes, name: str = "kund.csv") -> Any:
    form = {"csrf_token": csrf_of(client, "/profile"), "file": (io.BytesIO(content), name)}
    return client.post("/customers/import", data=form)


def work(desk: Desk) -> None:
    while run_one(desk, "w", ["imports.work", "customers.consider"]):
        pass


def test_a_list_goes_all_the_way_and_gives_the_refused_rows_back(as_role: AsRole, desk: Desk) -> None:
    client = as_role("supervisor")
    sent = send(client, LIST.encode("cp1252"))
    assert sent.status_code == 303
    page = client.get(sent.location).text
    assert "Maya Lind" in page and "3 rows" in page and "New attribute “Seats”" in page
    assert post(client, f"{sent.location}/try", **NAMED).status_code == 303
    waiting = client.get(sent.location).text
    assert "0 of 3 rows" in waiting and 'hx-trigger="load delay:1s"' in waiting
    work(desk)
    assert client.get(f"{sent.location}/progress").headers["HX-Redirect"] == sent.location
    assert "What it would do" in client.get(sent.location).text
    with desk.store.reading() as tx:
        assert people.count(tx) == 0
    post(client, f"{sent.location}/run")
    work(desk)
    page = client.get(sent.location).text
    assert "What it did" in page and "no email address" in page
    refused = client.get(f"{sent.location}/refused.csv")
    assert "kund-refused.csv" in refused.headers["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(refused.text.removeprefix("\ufeff"))))
    assert lines[0] == ["Name", "E-mail", "Plan", "Seats", "why"]
    assert lines[1] == ["'=cmd", "nobody", "Gold", "1", "E-mail: “nobody” is no email address."]
    assert len(lines) == 2
    overview = client.get("/customers/import").text
    assert "kund.csv" in overview and "done" in overview
    with desk.store.reading() as tx:
        maya = people.speaks_for(tx, "email", "maya@kund.example")
        assert maya is not None
        assert facts.view(tx, maya.customer_id).value("attribute.seats") == 3.0
    shown = client.get(f"/customers/{maya.customer_id}").text
    assert "imported from kund.csv by" in shown and "Seats" in shown
    post(client, f"{sent.location}/forget")
    assert client.get(f"{sent.location}/refused.csv").status_code == 410
    assert "was let go" in client.get(sent.location).text


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"PK\x03\x04", "workbook"), (b"Name,Email\n", "nothing below it")],
)
def test_a_file_that_is_no_list_is_told_in_a_sentence(as_role: AsRole, content: bytes, said: str) -> None:
    answer = send(as_role("admin"), content)
    assert answer.status_code == 422 and said in answer.text


def test_columns_that_cannot_be_are_told_and_the_choice_stays(as_role: AsRole) -> None:
    client = as_role("supervisor")
    at = send(client, LIST.encode()).location
    answer = post(client, f"{at}/try", **(NAMED | {"to1": "skip"}))
    assert answer.status_code == 422 and "Say which column is the email address" in answer.text
    assert '<option value="new" selected>New attribute “Seats”' in answer.text
    assert "Choose an address" in post(client, f"{at}/try", **(NAMED | {"match": "phone"})).text


def test_another_delimiter_reads_it_anew(as_role: AsRole) -> None:
    client = as_role("supervisor")
    at = send(client, b"a,b;c\n1,2;3\n").location
    post(client, f"{at}/again", encoding="cp1252", delimiter=";")
    assert 'aria-label="a,b becomes"' in client.get(at).text
    assert post(client, f"{at}/again", encoding="rot13", delimiter=";").status_code == 422


def test_leads_alone(as_role: AsRole) -> None:
    agent = as_role("agent")
    for path in ("/customers/import", "/customers/attributes"):
        assert agent.get(path).status_code == 403
    assert send(agent, LIST.encode()).status_code == 403
    assert as_role("supervisor").get("/customers/import/99").status_code == 404


def test_attributes_are_made_renamed_and_retired_and_seen_where_they_count(as_role: AsRole, desk: Desk) -> None:
    client = as_role("supervisor")
    made = {"label": "Plan level", "kind": "choice", "choices": "Free\nGold\n", "shown": "1"}
    assert post(client, "/customers/attributes", **made).status_code == 303
    assert "already" in post(client, "/customers/attributes", **made).text
    assert "Write what can be chosen" in post(client, "/customers/attributes", label="X", kind="choice").text
    with desk.store.transaction() as tx:
        customer = make_customer(tx, name="Maya")
        conversation = make_conversation(tx, customer).id
        facts.record(tx, customer.id, "attribute.plan_level", "Gold", occurred_at=tx.now())
    assert "attribute.plan_level" in client.get("/customers/segments/new").text
    assert "Plan level" in client.get(f"/console/c/{conversation}/customer").text
    post(client, "/customers/attributes", **(made | {"key": "plan_level", "label": "Tier"}))
    assert "Tier" in client.get(f"/console/c/{conversation}/customer").text
    assert "<b>Tier</b>" in client.get(f"/customers/{customer.id}").text
    post(client, "/customers/attributes/plan_level/retire")
    assert "attribute.plan_level" not in client.get("/customers/segments/new").text
    assert "Tier" not in client.get(f"/console/c/{conversation}/customer").text
    assert "retired" in client.get("/customers/attributes").text


def test_a_list_that_was_lost_is_said(as_role: AsRole, desk: Desk, tmp_path: Any) -> None:
    client = as_role("supervisor")
    at = send(client, LIST.encode()).location
    post(client, f"{at}/try", **NAMED)
    desk.files = Blobs(tmp_path / "elsewhere")
    work(desk)
    with desk.store.reading() as tx:
        row = imports.newest(tx)[0]
    assert row.state == "read" and "gone from the store of files" in row.problem
