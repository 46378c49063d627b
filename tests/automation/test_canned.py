"""Canned replies: whose they are, how they are found, and what their variables become in a conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import agents, automation, conversations, people
from desk.automation import Canned, RuleError
from tests.factories import make_team

HELLO = [{"locale": "en", "text": "Hello {customer.first_name}, {agent.name} here about #{conversation.number}."}]


@pytest.fixture
def keep(desk, helena):
    """`keep("Lost parcel", "lost", whose="everybody")`: made by an admin, or by `who`."""

    def make(name, shortcut="", texts=None, who=helena, **more):
        given = {"name": name, "shortcut": shortcut, "texts": HELLO if texts is None else texts, "whose": "everybody"}
        with desk.store.transaction() as tx:
            return automation.save_canned(tx, who, given | more).id

    return make


def wrong(desk, who, **given):
    with pytest.raises(RuleError) as found, desk.store.transaction() as tx:
        automation.save_canned(tx, who, {"name": "One", "texts": HELLO, "whose": "own"} | given)
    return found.value.problems


def offered(desk, who):
    with desk.store.reading() as tx:
        found = agents.viewer(tx, who.id)
        assert found is not None
        return [row.name for row in automation.offered(tx, found)]


def test_own_ones_stay_with_their_owner_and_shared_ones_reach_the_team_or_everybody(desk, keep, helena, jonas):
    with desk.store.transaction() as tx:
        team, other = make_team(tx).id, make_team(tx).id
        agents.add_member(tx, team, jonas.id)
    keep("For all")
    keep("For the team", whose=f"team:{team}")
    keep("For others", whose=f"team:{other}")
    keep("Helena's own", whose="own")
    mine = keep("Jonas' own", who=jonas, whose="own")
    assert offered(desk, jonas) == ["For all", "For the team", "Jonas' own"]
    assert offered(desk, helena) == ["For all", "Helena's own"]
    with desk.store.transaction() as tx:
        assert {row.name for row in automation.kept(tx, helena)} >= {"For others", "For the team"}
        with pytest.raises(LookupError):
            automation.save_canned(tx, helena, {"name": "Taken over", "texts": HELLO}, mine)
        with pytest.raises(LookupError):
            automation.usable(tx, helena, mine)
    assert "whose" in wrong(desk, jonas, whose="everybody"), "an agent shares nothing with others"
    assert "whose" in wrong(desk, helena, whose="team:999")
    with desk.store.transaction() as tx:
        automation.remove_canned(tx, jonas, mine)
    assert offered(desk, jonas) == ["For all", "For the team"]


def test_what_cannot_be_kept_is_said_by_its_field(desk, keep, helena, jonas):
    keep("First", "lost")
    assert wrong(desk, helena, shortcut="/LOST", whose="everybody") == {"shortcut": "This shortcut is taken."}
    assert wrong(desk, helena, name=" ").keys() == {"name"}
    assert wrong(desk, helena, shortcut="two words").keys() == {"shortcut"}
    assert wrong(desk, helena, texts=[]).keys() == {"texts.0"}
    assert "no variable {order.id}" in wrong(desk, helena, texts=[{"locale": "en", "text": "{order.id}"}])["texts.0"]
    assert wrong(desk, helena, texts=[*HELLO, *HELLO]).keys() == {"texts.1"}
    assert wrong(desk, helena, texts=[{"locale": "tlh", "text": "Qapla'"}]).keys() == {"texts.0"}
    with desk.store.transaction() as tx:  # the same word may mean something else to one person
        assert (
            automation.save_canned(tx, jonas, {"name": "Mine", "shortcut": "lost", "texts": HELLO}).shortcut == "lost"
        )


def test_variables_are_filled_and_what_is_not_known_stays_to_be_filled_in(desk, keep, walk, jonas):
    number, row_id = walk("Where is my kettle?").conversation_id, keep("Hello")
    with desk.store.transaction() as tx:
        conversation = conversations.get(tx, number, jonas)
        row = automation.usable(tx, jonas, row_id)
        name = people.customer(tx, conversation.customer_id).name
        filled = automation.fill(tx, conversation, row, jonas)
        assert filled.text == f"Hello {name.split()[0]}, Jonas Weber here about #{number}."
        assert filled.missing == ()
        people.customer(tx, conversation.customer_id).name = ""
        tx.flush()
        filled = automation.fill(tx, conversation, row, jonas)
        assert filled.text.startswith("Hello {customer.first_name}, Jonas Weber")
        assert filled.missing == ("customer.first_name",) and automation.unfilled(filled.text) == [
            "customer.first_name"
        ]


def test_a_name_that_looks_like_a_variable_is_no_gap(desk, keep, walk, jonas):
    number, row_id = walk("Hello").conversation_id, keep("Hello")
    with desk.store.transaction() as tx:
        conversation = conversations.get(tx, number, jonas)
        people.customer(tx, conversation.customer_id).name = "{agent.name} Smith"
        tx.flush()
        filled = automation.fill(tx, conversation, automation.usable(tx, jonas, row_id), jonas)
        assert filled.text.startswith("Hello {agent.name}, Jonas Weber") and filled.missing == ()


def test_the_customers_language_is_taken_where_it_is_there(desk, keep, walk, jonas):
    number = walk("Wo ist mein Kessel?").conversation_id
    texts = [{"locale": "fr", "text": "Bonjour"}, {"locale": "de", "text": "Hallo"}, {"locale": "en", "text": "Hello"}]
    both, french = keep("Hello", texts=texts), keep("Bonjour", texts=texts[:1])
    with desk.store.transaction() as tx:
        conversation = conversations.get(tx, number, jonas)
        for locale, said in (("de-AT", "Hallo"), ("en", "Hello"), ("fr", "Bonjour"), ("sv", "Hello"), (None, "Hello")):
            people.set_locale(tx, conversation.customer_id, locale)
            tx.flush()
            assert automation.fill(tx, conversation, automation.usable(tx, jonas, both), jonas).text == said
        assert automation.fill(tx, conversation, automation.usable(tx, jonas, french), jonas).text == "Bonjour"


def test_each_use_is_counted(desk, keep, helena):
    row_id = keep("Hello")
    for _ in range(2):
        with desk.store.transaction() as tx:
            automation.used(tx, row_id)
    with desk.store.reading() as tx:
        row = automation.usable(tx, helena, row_id)
        assert (row.uses, row.used_at) == (2, desk.store.clock.now())


def rows(*said):
    return [
        Canned(id=n, name=name, shortcut=shortcut, texts=[{"locale": "en", "text": text}], uses=uses, staff_id=None)
        for n, (name, shortcut, text, uses) in enumerate(said)
    ]


def test_the_shortcut_comes_before_the_name_and_the_name_before_the_words():
    found = rows(
        ("Refund", "money", "We lost your parcel.", 9),
        ("Lost parcel", "", "A new one comes.", 0),
        ("Anything", "lost-parcel", "Sorry.", 0),
        ("Other", "lost", "Sorry.", 0),
        ("Unlike", "unlike", "Sorry.", 99),
    )
    assert [row.shortcut or row.name for row in automation.find(found, "lost")] == [
        "lost",
        "lost-parcel",
        "Lost parcel",
        "money",
    ]
    assert [row.name for row in automation.find(found, "parcel new")] == ["Lost parcel"], "words in any order"
    assert [row.name for row in automation.find(found, "", 2)] == ["Unlike", "Refund"], "what is used most stands first"


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=20), max_size=5))
def test_whatever_is_typed_finds_only_what_holds_every_word_of_it(typed, names):
    found = rows(*[(name, "", "", 0) for name in names])
    for row in automation.find(found, typed, 100):
        assert all(word in row.name.casefold() for word in typed.casefold().split())
