"""The pages about customers: who sees them, what they find, and that a segment says what it means."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from desk import facts, jobs
from desk.parts import Desk
from desk.worker.tasks import TASKS
from tests.factories import make_conversation, make_customer
from tests.web.conftest import csrf_of, post

AsRole = Callable[[str], FlaskClient]


@pytest.fixture
def people(desk: Desk) -> dict[str, int]:
    """Maya is unhappy in Sweden, Otto is happy there, Ida has never said a word."""
    found = {}
    with desk.store.transaction() as tx:
        for name, score in (("Maya Lind", 1), ("Otto Berg", 5), ("Ida Sand", None)):
            customer = make_customer(tx, f"{name.split()[0].lower()}@kund.example", name=name)
            found[name.split()[0]] = customer.id
            if score is not None:
                facts.record(tx, customer.id, "csat", score, occurred_at=tx.now())
                facts.record(tx, customer.id, "attribute.country", "SE", occurred_at=tx.now())
                facts.record(tx, customer.id, "order.placed", 12.5, occurred_at=tx.now() - timedelta(days=2))
    return found


def work(desk: Desk) -> None:
    while True:
        with desk.store.transaction() as tx:
            leased = jobs.lease(tx, "w", tasks=["segments.count"])
        if not leased:
            return
        for job in leased:
            TASKS[job.task](desk, job)


def save(client: FlaskClient, **fields: str) -> Any:
    return post(client, "/customers/segments/new", **({"name": "Unhappy", "condition": "csat <= 2"} | fields))


def test_the_list_shows_everybody_newest_first_and_finds_by_the_beginning(
    as_role: AsRole, people: dict[str, int]
) -> None:
    client = as_role("supervisor")
    page = client.get("/customers/").text
    assert page.index("Ida Sand") < page.index("Otto Berg") < page.index("Maya Lind")
    assert "3 customers" in page
    found = client.get("/customers/?q=maya").text
    assert "Maya Lind" in found and "Otto Berg" not in found
    assert "Maya Lind" in client.get("/customers/?q=maya@kund").text
    assert "Nobody begins with that" in client.get("/customers/?q=zz").text


def test_a_long_list_goes_on(as_role: AsRole, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        for n in range(26):
            make_customer(tx, name=f"Kund {n:02}")
    client = as_role("admin")
    first = client.get("/customers/").text
    assert "Kund 25" in first and "Kund 00" not in first
    place = first.split("/customers/?before=")[1].split('"')[0]
    assert "Kund 00" in client.get(f"/customers/?before={place}").text


def test_a_segment_is_saved_counted_and_exported(as_role: AsRole, desk: Desk, people: dict[str, int]) -> None:
    client = as_role("supervisor")
    saved = save(client, description="=1+1")
    assert saved.status_code == 303
    assert "Being counted" in client.get(saved.location).text
    work(desk)
    page = client.get(saved.location).text
    assert "Maya Lind" in page and "Otto Berg" not in page
    assert "Nobody fits" not in client.get(f"{saved.location}&q=maya").text
    assert "Otto Berg" not in client.get(f"{saved.location}&q=otto").text
    overview = client.get("/customers/segments").text
    assert "Unhappy" in overview and "csat &lt;= 2" in overview
    number = saved.location.split("segment=")[1]
    lines = list(csv.DictReader(io.StringIO(client.get(f"/customers/segments/{number}.csv").text)))
    assert [(one["name"], one["score"], one["orders_value"]) for one in lines] == [("Maya Lind", "1", "12.50")]
    assert as_role("agent").get(f"/customers/segments/{number}.csv").status_code == 403


def test_a_name_that_a_spreadsheet_would_run_is_text(as_role: AsRole, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        customer = make_customer(tx, name='=HYPERLINK("http://evil.example")')
        facts.record(tx, customer.id, "csat", 1, occurred_at=tx.now())
    client = as_role("supervisor")
    number = save(client).location.split("segment=")[1]
    work(desk)
    lines = list(csv.DictReader(io.StringIO(client.get(f"/customers/segments/{number}.csv").text)))
    assert lines[0]["name"].startswith("'=")


def test_the_count_says_what_each_part_leaves_and_what_is_wrong(as_role: AsRole, people: dict[str, int]) -> None:
    client = as_role("supervisor")
    token = csrf_of(client, "/profile")

    def count(condition: str) -> str:
        return client.post("/customers/segments/count", data={"condition": condition, "csrf_token": token}).text

    whole = count('attribute.country is "SE" and csat <= 2')
    assert '<span class="big">1 ' in whole and "of 3" in whole
    assert whole.count("<tr>") == 2
    assert "Did you mean “csat”?" in count("csta <= 2")
    assert "Write a condition" in count(" ")


def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(as_role: AsRole) -> None:
    answer = save(as_role("supervisor"), name="Mine", condition="csta <= 2")
    assert answer.status_code == 422
    assert "Did you mean" in answer.text and 'value="Mine"' in answer.text and "csta &lt;= 2" in answer.text


def test_a_segment_can_be_changed_and_removed(as_role: AsRole, desk: Desk, people: dict[str, int]) -> None:
    client = as_role("supervisor")
    number = save(client).location.split("segment=")[1]
    work(desk)
    post(client, f"/customers/segments/{number}", name="Happy", condition="csat >= 4")
    work(desk)
    assert "Otto Berg" in client.get(f"/customers/?segment={number}").text
    post(client, f"/customers/segments/{number}/remove")
    assert client.get(f"/customers/?segment={number}").status_code == 404
    assert client.get(f"/customers/segments/{number}").status_code == 404


def test_a_customer_says_why_they_are_in_a_segment(as_role: AsRole, desk: Desk, people: dict[str, int]) -> None:
    client = as_role("supervisor")
    save(client)
    work(desk)
    page = client.get(f"/customers/{people['Maya']}").text
    assert "Unhappy" in page and "CSAT 1" in page and "maya@kund.example" in page
    assert "In no segment now" in client.get(f"/customers/{people['Ida']}").text
    assert client.get("/customers/999999").status_code == 404


def test_an_agent_sees_whom_they_talk_to_and_nobody_else(as_role: AsRole, desk: Desk, people: dict[str, int]) -> None:
    with desk.store.transaction() as tx:
        customer = make_customer(tx, name="Known One")
        make_conversation(tx, customer)
    agent = as_role("agent")
    assert agent.get("/customers/").status_code == 403
    assert agent.get(f"/customers/{customer.id}").status_code == 200
    assert agent.get(f"/customers/{people['Maya']}").status_code == 404
