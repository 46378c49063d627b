"""Finding lines, conversations and customers: what agents look for, and nothing that is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from desk import agents, conversations, search, timeline
from desk.agents import Viewer
from desk.agents.tables import Staff
from desk.clock import SetClock
from desk.conversations.tables import Conversation
from desk.parts import Desk
from desk.people.tables import Customer
from desk.store import Store, Tx
from tests import factories as make


def viewer_of(tx: Tx, staff: Staff) -> Viewer:
    found = agents.viewer(tx, staff.id)
    assert found is not None
    return found


def everything(tx: Tx) -> None:
    """Indexes all there is, as the worker does piece by piece."""
    search.begin_again(tx)
    while search.step(tx, 3):
        pass


@pytest.fixture
def lead(store: Store) -> Viewer:
    with store.transaction() as tx:
        return viewer_of(tx, make.make_staff(tx, "supervisor", name="Greta Brandt"))


Said = Callable[..., list[str]]


@pytest.fixture
def said(store: Store, lead: Viewer) -> Said:
    """What a search finds among the lines: their texts, newest first."""

    def find(text: str, viewer: Viewer | None = None, **how: Any) -> list[str]:
        with store.reading() as tx:
            prepared = search.prepare(tx, viewer or lead, text)
            assert prepared.problem is None, prepared.problem
            return [hit.snippet.text for hit in search.lines(tx, prepared, **how).hits]

    return find


def test_lines_are_found_by_words_phrases_and_beginnings_newest_first(
    store: Store, clock: SetClock, said: Said
) -> None:
    with store.transaction() as tx:
        talk = make.make_conversation(tx)
        for text in ("The blue glaze cracked", "A glaze that is blue", "Nothing of it", "glazed tiles, Blau"):
            make.make_entry(tx, talk, text)
            clock.advance(timedelta(minutes=1))
        everything(tx)
    assert said("blue glaze ") == ["A glaze that is blue", "The blue glaze cracked"]
    assert said('"blue glaze"') == ["The blue glaze cracked"]
    assert said("glaz") == ["glazed tiles, Blau", "A glaze that is blue", "The blue glaze cracked"]
    assert said("glaze -cracked ") == ["A glaze that is blue"]
    assert said("glaz* ") == ["glazed tiles, Blau", "A glaze that is blue", "The blue glaze cracked"]
    assert said("porcelain") == []


def test_accents_case_and_scripts_without_spaces_are_found_as_they_are_typed(
    store: Store, clock: SetClock, said: Said
) -> None:
    texts = ("¿Dónde está mi ENVÍO?", "Die Größe paßt nicht", "昨日は日本語の手紙が届きました", "สวัสดีครับ")
    with store.transaction() as tx:
        talk = make.make_conversation(tx)
        for text in texts:
            make.make_entry(tx, talk, text)
            clock.advance(timedelta(minutes=1))
        everything(tx)
    for typed, text in (
        ("envio", 0),
        ("donde ", 0),
        ("grosse passt ", 1),
        ("日本語", 2),
        ("語", 2),
        ("手紙が", 2),
        ("สวัส", 3),
    ):
        assert said(typed) == [texts[text]], typed
    assert said("本日") == []


def test_a_word_is_never_cut_to_a_stem_of_some_language(store: Store, said: Said) -> None:
    with store.transaction() as tx:
        make.make_entry(tx, text="The news of the universe")
        everything(tx)
    assert said("new ") == []
    assert said("university ") == []
    assert said("news ") == ["The news of the universe"]


def test_filters_narrow_lines_and_conversations(store: Store, clock: SetClock, lead: Viewer) -> None:
    with store.transaction() as tx:
        team = make.make_team(tx, name="Workshop")
        maya = make.make_customer(tx, name="Maya Okafor")
        make.make_inbox(tx)
        one = make.make_conversation(tx, maya, status="open", level="frustrated", labels=("late",), subject="One")
        two = make.make_conversation(
            tx, status="resolved", team_id=team.id, assignee_id=lead.id, subject="Two", channel="sms"
        )
        make.make_entry(tx, one, "glaze one", content_attachments=[{"filename": "crack.jpg"}])
        clock.advance(timedelta(days=2))
        make.make_entry(tx, two, "glaze two", channel="sms")
        make.make_entry(tx, two, "glaze, said a colleague", kind="note")
        spam = make.make_conversation(tx, status="spam", subject="Spam")
        make.make_entry(tx, spam, "glaze spam")
        everything(tx)
    wanted = {
        "glaze is:open": "One", "glaze is:closed": "Two", "glaze is:unassigned": "One", "glaze is:mine": "Two",
        "glaze channel:sms": "Two", "glaze -channel:sms is:open": "One", "glaze sentiment:frustrated": "One",
        "glaze label:Late": "One", "glaze tag:late": "One", "glaze -label:late": "Two", "glaze team:work": "Two",
        "glaze team:none": "One", "glaze assignee:greta": "Two", "glaze to:me": "Two", "glaze to:none": "One",
        "glaze from:okaf": "One", 'glaze from:"maya okafor"': "One", "glaze has:attachment": "One", "crack.jpg": "One",
        "glaze has:note": "Two", "glaze before:2026-03-03": "One", "glaze after:2026-03-03": "Two",
        "glaze on:2026-03-02": "One", "glaze after:today": "Two", "glaze is:spam": "Spam",
        "is:open label:late": "One", "sentiment:frustrated": "One", "channel:sms": "Two", "has:attachment": "One",
    }  # fmt: skip
    with store.reading() as tx:
        for typed, subject in wanted.items():
            prepared = search.prepare(tx, lead, typed)
            found = search.best_lines(tx, prepared, 50).hits
            assert {hit.subject for hit in found} == {subject}, typed
            threads = search.best_threads(tx, prepared, found).hits
            assert {hit.row.subject for hit in threads} == {subject}, typed


def test_a_filter_that_names_nobody_says_so(store: Store, lead: Viewer) -> None:
    with store.reading() as tx:
        for typed, name in (("from:nobody", "from"), ("assignee:zoe", "assignee"), ("team:x", "team")):
            problem = search.prepare(tx, lead, typed).problem
            assert problem is not None
            assert (problem.kind, problem.name) == ("nobody", name)


def test_what_is_not_for_an_agent_is_neither_found_nor_counted(store: Store, said: Said) -> None:
    with store.transaction() as tx:
        mine, other = make.make_team(tx), make.make_team(tx)
        agent = make.make_staff(tx, teams=(mine,))
        secret = make.make_customer(tx, "secret@lindqvist.example", name="Sven Secret")
        hidden = make.make_conversation(tx, secret, team_id=other.id, subject="Hidden glaze")
        open_ = make.make_conversation(tx, team_id=mine.id, subject="Open glaze")
        for talk in (hidden, open_):
            make.make_entry(tx, talk, f"glaze of {talk.subject}")
        everything(tx)
        viewer = viewer_of(tx, agent)
        prepared = search.prepare(tx, viewer, "glaze")
        found = search.lines(tx, prepared)
        assert [hit.subject for hit in found.hits] == ["Open glaze"]
        assert found.next is None
        assert [hit.row.subject for hit in search.threads(tx, prepared).hits] == ["Open glaze"]
        assert search.best_threads(tx, search.prepare(tx, viewer, f"#{hidden.id}"), []).hits == []
        for typed in ("sven", "secret@lind", "svne"):
            assert search.people(tx, search.prepare(tx, viewer, typed)).hits == []
        conversations.assign(tx, hidden.id, None, agent.id)
        assert [hit.id for hit in search.people(tx, search.prepare(tx, viewer, "sven")).hits] == [secret.id]
    assert len(said("glaze", viewer)) == 2


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("John Smith", "John Smith"),
        ("jo smi", "John Smith"),
        ("Jonh Smtih", "John Smith"),
        ("Jon Smit", "John Smith"),
        ("lucia", "Lucía Serrano"),
        ("Lucai", "Lucía Serrano"),
        ("Lindkvist", "Marta Lindqvist"),
        ("marta@lindq", "Marta Lindqvist"),
        ("lindqvist.example", "Marta Lindqvist"),
        ("+46705550132", "Marta Lindqvist"),
        ("+46 70 555 01 32", "Marta Lindqvist"),
        ("070-555 01 32", "Marta Lindqvist"),
        ("0705550132", "Marta Lindqvist"),
        ("5550132", "Marta Lindqvist"),
        ("467055", "Marta Lindqvist"),
    ],
)
def test_customers_are_found_by_name_address_and_number_also_misspelt(
    store: Store, lead: Viewer, typed: str, name: str
) -> None:
    with store.transaction() as tx:
        for email, called in (("js@x.example", "John Smith"), ("l@y.example", "Lucía Serrano")):
            make.make_conversation(tx, make.make_customer(tx, email, name=called))
        marta = make.make_customer(tx, "marta@lindqvist.example", name="Marta Lindqvist")
        make.make_identity(tx, marta, "+46705550132", kind="phone")
        make.make_conversation(tx, marta)
        make.make_conversation(tx, make.make_customer(tx, "x@z.example", name="Ines Weber"))
        everything(tx)
        found = search.people(tx, search.prepare(tx, lead, typed)).hits
        assert [hit.name.text for hit in found] == [name]


def test_a_number_opens_the_conversation(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        talk = make.make_conversation(tx)
        for typed in (f"#{talk.id}", str(talk.id)):
            prepared = search.prepare(tx, lead, typed)
            assert [hit.row.id for hit in search.best_threads(tx, prepared, []).hits] == [talk.id]
        assert search.best_threads(tx, search.prepare(tx, lead, "#999999999999"), []).hits == []


def test_the_recent_and_the_whole_word_come_first(store: Store, clock: SetClock, lead: Viewer) -> None:
    with store.transaction() as tx:
        talk = make.make_conversation(tx)
        make.make_entry(tx, talk, "glaze, long ago", occurred_at=clock.now() - timedelta(days=400))
        make.make_entry(tx, talk, "glaze, last week", occurred_at=clock.now() - timedelta(days=7))
        make.make_entry(tx, talk, "glazed, today")
        everything(tx)
        found = search.best_lines(tx, search.prepare(tx, lead, "glaze")).hits
    assert [hit.snippet.text for hit in found] == ["glaze, last week", "glazed, today", "glaze, long ago"]


def test_pages_go_on_where_the_last_one_ended(store: Store, clock: SetClock, lead: Viewer) -> None:
    with store.transaction() as tx:
        talk = make.make_conversation(tx)
        for number in range(23):
            make.make_entry(tx, talk, f"glaze number{number}")  # all in one millisecond
        everything(tx)
        prepared = search.prepare(tx, lead, "glaze ")
        seen: list[int] = []
        place: int | None = None
        while True:
            page = search.lines(tx, prepared, before=place, limit=5)
            seen += [hit.entry_id for hit in page.hits]
            place = page.next
            if place is None:
                break
    assert len(seen) == len(set(seen)) == 23


def test_what_is_erased_is_gone_from_the_index_in_the_same_transaction(desk: Desk, store: Store, said: Said) -> None:
    with store.transaction() as tx:
        entry = make.make_entry(tx, text="my secret is plum")
        everything(tx)
    assert said("plum") == ["my secret is plum"]
    with store.transaction() as tx:
        search.forget(tx, [entry.id])
        timeline.erase_words(tx, [entry.id])
        prepared = search.prepare(tx, viewer_of(tx, make.make_staff(tx, "admin")), "plum")
        assert search.lines(tx, prepared).hits == []
        table = "search_lines" if tx.dialect_name == "postgresql" else "search_lines_fts"
        condition = "words @@ 'plum'::tsquery" if tx.dialect_name == "postgresql" else f"{table} match 'plum'"
        count = tx.connection().exec_driver_sql(f"select count(*) from {table} where {condition}")
        assert count.scalar_one() == 0


def test_an_answer_that_was_taken_back_is_found_by_nobody(store: Store, lead: Viewer, said: Said) -> None:
    with store.transaction() as tx:
        talk = make.make_conversation(tx)
        entry = make.make_entry(tx, talk, "We refund the porcupine", author="staff", staff_id=lead.id)
        everything(tx)
    assert said("porcupine") == ["We refund the porcupine"]
    with store.transaction() as tx:
        timeline.withdraw(tx, entry.id, lead.id)
    assert said("porcupine") == []  # before the index has heard of it
    with store.transaction() as tx:
        everything(tx)
    assert said("porcupine") == []


def test_a_line_that_moved_to_another_house_is_seen_by_its_rules(store: Store, said: Said) -> None:
    """Until the index knows, what moved is not shown at all."""
    with store.transaction() as tx:
        team = make.make_team(tx)
        agent = viewer_of(tx, make.make_staff(tx))
        customer = make.make_customer(tx)
        before: Conversation = make.make_conversation(tx, customer)
        behind = make.make_conversation(tx, customer, team_id=team.id)
        entry = make.make_entry(tx, before, "glaze that moves")
        everything(tx)
    assert said("glaze", agent) == ["glaze that moves"]
    with store.transaction() as tx:
        timeline.rehouse(tx, before.id, [entry.identity_id or 0], behind.id, behind.episode_id or 0)
    assert said("glaze", agent) == []
    assert said("glaze") == []
    with store.transaction() as tx:
        search.rehoused(tx, [before.id])
    assert said("glaze", agent) == []
    assert said("glaze") == ["glaze that moves"]


def test_customers_who_were_joined_are_found_as_the_one_they_are(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        keep, join = (
            make.make_customer(tx, name="Maya Okafor"),
            make.make_customer(tx, "old@x.example", name="Majken Old"),
        )
        make.make_conversation(tx, keep)
        everything(tx)
        join.merged_into = keep.id
        search.note(tx, customer_id=join.id)
        search.note(tx, customer_id=keep.id)
        tx.flush()
        search.catch_up(tx)
        assert [hit.id for hit in search.people(tx, search.prepare(tx, lead, "majken")).hits] == [keep.id]
        join.merged_into = None
        tx.flush()
        search.note(tx, customer_id=join.id)  # the same transaction: said already
        tx.memo.clear()
        search.note(tx, customer_id=join.id)
        search.note(tx, customer_id=keep.id)
        search.catch_up(tx)
        assert search.people(tx, search.prepare(tx, lead, "majken")).hits == []  # of whom there is no conversation


def test_a_name_that_nobody_has_any_more_leaves_the_spellings(store: Store, lead: Viewer) -> None:
    with store.transaction() as tx:
        person: Customer = make.make_customer(tx, name="Zbigniew")
        make.make_conversation(tx, person)
        everything(tx)
        assert search.people(tx, search.prepare(tx, lead, "Zbignew")).hits
        person.name = "Karl"
        make.identity_of(tx, person.id).name = ""
        search.note(tx, customer_id=person.id)
        tx.flush()
        search.catch_up(tx)
        assert search.people(tx, search.prepare(tx, lead, "Zbignew")).hits == []
        words = tx.connection().exec_driver_sql("select distinct word from search_spellings").scalars().all()
        assert list(words) == ["karl"]
