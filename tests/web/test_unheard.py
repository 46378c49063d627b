"""A message in a language that the desk does not hear says so where people read it; its customer is not called calm."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from desk.people.tables import Customer
from desk.store import Store
from tests import factories
from tests.sentiment.test_levels import write

As = Callable[[str], FlaskClient]
POLISH = "Gdzie jest moja paczka? Czekam już trzy tygodnie i nikt nie odpowiada"


def test_it_stands_beside_the_message_with_its_language(as_role: As, store: Store) -> None:
    with store.transaction() as tx:
        conversation = factories.make_conversation(tx)
        write(tx, conversation, POLISH, later=False)
        write(tx, conversation, "Where is my parcel, please? I wait for it.", later=False)
    page = as_role("supervisor").get(f"/console/c/{conversation.id}").text
    assert page.count("Not scored: Polish") == 1
    assert "English, German, Spanish, French, Italian, Portuguese" in page
    assert page.count("Missed? Say how it sounds") >= 2  # a person can, of both


def test_a_customer_of_whom_nothing_was_heard_is_not_calm(as_role: As, store: Store) -> None:
    with store.transaction() as tx:
        for name, text in (("Zofia Zaremba", POLISH), ("Carl Calm", "Thank you, that works very well for me.")):
            conversation = factories.make_conversation(tx)
            tx.get_one(Customer, conversation.customer_id).name = name
            write(tx, conversation, text, later=False)
    page = as_role("supervisor").get("/customers/").text
    rows = {name: next(row for row in page.split("<tr") if name in row) for name in ("Zofia Zaremba", "Carl Calm")}
    assert "#calm" in rows["Carl Calm"]
    assert "#calm" not in rows["Zofia Zaremba"]
    assert "no data" in rows["Zofia Zaremba"]


def test_leads_see_how_many_were_not_scored(as_role: As, store: Store) -> None:
    with store.transaction() as tx:
        write(tx, factories.make_conversation(tx), POLISH, later=False)
        write(tx, factories.make_conversation(tx), "This is ridiculous, third mail and still no answer!!", later=False)
    page = as_role("supervisor").get("/bot/frustration").text
    assert "1 message was not scored" in page
    assert '<th scope="row" dir="auto">Polish</th>' in page
