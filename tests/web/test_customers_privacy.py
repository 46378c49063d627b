"""A customer's export and erasure on their page: who may, what is shown before, what has to be typed, the proof."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from desk import conversations, people
from desk.parts import Desk
from desk.worker import drain
from tests.factories import make_conversation, make_customer, make_entry
from tests.web.conftest import post

AsRole = Callable[[str], FlaskClient]


@pytest.fixture
def maya(desk: Desk) -> int:
    with desk.store.transaction() as tx:
        customer = make_customer(tx, "maya@lind.example", name="Maya Lind")
        make_entry(tx, make_conversation(tx, customer), "Where is my secret kettle?")
    return customer.id


def test_a_lead_exports_and_fetches_an_archive(as_role: AsRole, desk: Desk, maya: int) -> None:
    client = as_role("supervisor")
    assert post(client, f"/customers/{maya}/archive").status_code == 303
    assert "Being made" in client.get(f"/customers/{maya}").text
    drain(desk)
    page = client.get(f"/customers/{maya}/archive").text
    assert "Fetch the archive" in page
    path = page.partition('href="')[2].partition('"')[0]
    answer = client.get(path)
    assert answer.mimetype == "application/zip" and answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as held:
        assert "secret kettle" in held.read("timeline.html").decode()
    assert as_role("agent").get(path).status_code == 403


def test_only_an_admin_erases(as_role: AsRole, maya: int) -> None:
    for role in ("agent", "supervisor"):
        client = as_role(role)
        assert client.get(f"/customers/{maya}/erase").status_code == 403
        assert post(client, f"/customers/{maya}/erase", reason="x", typed="Maya Lind").status_code == 403
    assert "Erase…" not in as_role("supervisor").get(f"/customers/{maya}").text


def main_of(page: str) -> str:
    """The page without what stands around every page, which asks for things of its own."""
    return page.partition("<main")[2].partition("</main>")[0]


def test_an_admin_sees_what_goes_types_the_name_and_gets_the_proof(as_role: AsRole, desk: Desk, maya: int) -> None:
    client = as_role("admin")
    page = client.get(f"/customers/{maya}/erase").text
    assert "What goes, for good" in page and "1 open conversation ends." in page and "Maya Lind" in page
    wrong = post(client, f"/customers/{maya}/erase", reason="They asked", typed="Maja")
    assert wrong.status_code == 422 and "Type “Maya Lind”" in wrong.text and "They asked" in wrong.text
    silent = post(client, f"/customers/{maya}/erase", reason=" ", typed="maya lind")
    assert silent.status_code == 422 and "Say why" in silent.text
    with desk.store.reading() as tx:
        assert not people.is_erased(tx, maya)
    assert post(client, f"/customers/{maya}/erase", reason="They asked", typed="maya lind").status_code == 303
    begun = main_of(client.get(f"/customers/{maya}").text)
    assert "the lines follow" in begun and "Maya" not in begun and "hx-get" in begun
    drain(desk)
    shown = main_of(client.get(f"/customers/{maya}").text)
    assert "They asked" in shown and "unchanged" in shown and "hx-get" not in shown
    proof = client.get(f"/customers/{maya}/proof.json").json
    assert proof["went"]["messages"] == 1 and proof["sha256"] in shown
    assert client.get(f"/customers/{maya}/erase").status_code == 303
    assert post(client, f"/customers/{maya}/archive").status_code == 404
    assert "Maya" not in client.get("/customers/").text
    talk = client.get("/console/all")
    assert talk.status_code == 200 and "Maya" not in talk.text
    with desk.store.reading() as tx:
        (number,) = conversations.ids_of(tx, maya)
    timeline = client.get(f"/console/c/{number}?view=all")
    assert timeline.status_code == 200 and "secret kettle" not in timeline.text and "Maya" not in timeline.text
    assert "These words were erased." in timeline.text and "erased this customer" in timeline.text


def test_a_customer_without_a_name_is_confirmed_by_their_address(as_role: AsRole, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        number = make_customer(tx, "ida@sand.example", name="").id
    client = as_role("admin")
    assert "Type “ida@sand.example”" in client.get(f"/customers/{number}/erase").text
    assert post(client, f"/customers/{number}/erase", reason="x", typed="IDA@sand.example").status_code == 303
