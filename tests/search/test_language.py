"""Reading a search: words, phrases, filters; whatever is typed, there is an answer and it is no error of syntax."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import literal, select
from sqlalchemy.dialects.sqlite import dialect

from desk.search import words
from desk.search.language import FILTERS, Problem, fts5, read, tsquery, without
from desk.search.matching import said
from desk.search.snippets import cut
from tests.servers.databases import PostgresDatabases

TODAY = date(2026, 3, 2)
PIECES = st.sampled_from(
    ['"', "-", "*", "(", ")", ":", "'", "\\", "AND", "OR", "NOT", "NEAR(", "^", "+", "&", "|", "!", "<->", "is:",
     "is:open", "after:2026-01-01", "after:9999-12", "before:0001", "on:7d", "from:", "日本語", "語", "é", "ß", "ﬁ",
     "#12", "+4670555", "²", "٣", "\u0301", "=any", "~12", "a:b", "http://x", "words", " ", "\n", "\ud800", "\x00"]
)  # fmt: skip
TYPED = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=12).map("".join)


@pytest.fixture(scope="module")
def lite() -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table t using fts5(words, tokenize=\"unicode61 remove_diacritics 0 tokenchars '=~'\")")
    yield db
    db.close()


@pytest.fixture(scope="module")
def postgres(postgres_databases: PostgresDatabases) -> Iterator[psycopg.Connection]:
    database = postgres_databases.fresh(tables=False)
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as db:
        yield db
    database.drop()


@given(TYPED)
@example('"')
@example("-")
@example("on:9999-12 on:9999")
@example("after:9999y")
def test_no_text_makes_reading_or_either_database_fail(
    lite: sqlite3.Connection, postgres: psycopg.Connection, text: str
) -> None:
    asked = read(text, TODAY)
    if asked.wanted:
        lite.execute("select rowid from t where t match ?", [fts5(asked.terms, ["=kindnote"])]).fetchall()
        postgres.execute("select cast(%s as tsquery)", [tsquery(asked.terms, ["=kindnote"])]).fetchall()
    kept = words.tokens(text)
    assert all(not set(word) & set(" '\"\\=~") for word in kept)
    postgres.execute("select cast(%s as tsvector)", [words.literal(kept)]).fetchall()
    if asked.wanted:
        held = words.tokens(text)
        lite.execute("delete from t")
        lite.execute("insert into t(words) values (?)", [" ".join(held)])
        match = lite.execute("select 1 from t where t match ?", [fts5(asked.terms, [])]).fetchall()
        there = select(literal(1)).where(*said(literal(" ".join(held)), asked.terms, [])).compile(dialect=dialect())
        stands = lite.execute(str(there), [there.params[name] for name in there.positiontup or ()]).fetchall()
        assert bool(stands) == bool(match)  # what is looked through as it stands is found as FTS5 finds it
    shown = cut(text, asked.wanted)
    assert "".join(piece for piece, _marked in shown.pieces()) == shown.text


@given(st.text(alphabet=st.characters(categories=("L", "N")), min_size=2, max_size=12))
def test_a_word_finds_the_text_that_holds_it_and_so_does_its_beginning(
    lite: sqlite3.Connection, postgres: psycopg.Connection, word: str
) -> None:
    text = f"before {word} behind"
    lite.execute("delete from t")
    lite.execute("insert into t(words) values (?)", [" ".join(words.tokens(text))])
    for typed in (word, word + " ", f'"{word}"', word.upper(), f"{word} before"):
        asked = read(typed, TODAY)
        if not asked.wanted:
            continue
        assert lite.execute("select 1 from t where t match ?", [fts5(asked.terms, [])]).fetchall(), typed
        found = postgres.execute(
            "select cast(%s as tsvector) @@ cast(%s as tsquery)",
            [words.literal(words.tokens(text)), tsquery(asked.terms, [])],
        ).fetchone()
        assert found == (True,), typed


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("color:red", Problem("filter", "color", "red")),
        ("channel:fax", Problem("value", "channel", "fax")),
        ("is:broken", Problem("value", "is", "broken")),
        ("after:2026-13-01", Problem("date", "after", "2026-13-01")),
        ("before:soon", Problem("date", "before", "soon")),
        ("-after:2026-01-01", Problem("turned", "after", "2026-01-01")),
        ("-hello", Problem("minus")),
        ("after:2026-02-01 before:2026-01-01 x", Problem("span")),
    ],
)
def test_what_cannot_be_searched_for_is_a_problem_and_no_empty_answer(typed: str, problem: Problem) -> None:
    assert read(typed, TODAY).problem == problem


@pytest.mark.parametrize("typed", ["http://kiln.example/x", "Re: glaze", "12:30", "channel:", "is:", "a::", "after:"])
def test_what_only_looks_like_a_filter_is_none(typed: str) -> None:
    assert read(typed, TODAY).problem is None


@pytest.mark.parametrize(
    ("typed", "first", "behind"),
    [
        ("on:2026-01-31", date(2026, 1, 31), date(2026, 2, 1)),
        ("on:2025-12", date(2025, 12, 1), date(2026, 1, 1)),
        ("on:2025", date(2025, 1, 1), date(2026, 1, 1)),
        ("on:today", TODAY, TODAY + timedelta(days=1)),
        ("after:7d", TODAY - timedelta(days=7), None),
        ("before:2026-01", None, date(2026, 1, 1)),
        ("after:2025 before:2026-02-01 after:2026-01-15", date(2026, 1, 15), date(2026, 2, 1)),
    ],
)
def test_dates_are_days_months_and_years(typed: str, first: date | None, behind: date | None) -> None:
    asked = read(typed, TODAY)
    assert (asked.after, asked.before) == (first, behind)


def test_filters_have_their_other_names() -> None:
    asked = read('to:me tag:late is:closed has:file -channel:text from:"Maya Okafor"', TODAY)
    assert [(one.name, one.value, one.negative) for one in asked.filters] == [
        ("assignee", "me", False),
        ("label", "late", False),
        ("is", "resolved", False),
        ("has", "attachment", False),
        ("channel", "sms", True),
        ("from", "Maya Okafor", False),
    ]
    assert {one.name for one in asked.filters} <= set(FILTERS)


def test_a_filter_can_be_taken_out_of_what_was_typed() -> None:
    text = "glaze channel:sms  -label:late dish"
    asked = read(text, TODAY)
    assert [without(text, one) for one in asked.filters] == ["glaze -label:late dish", "glaze channel:sms dish"]


def test_only_the_word_that_is_being_typed_may_go_on() -> None:
    assert [term.atoms[0].prefix for term in read("blue gla", TODAY).terms] == [False, True]
    assert [term.atoms[0].prefix for term in read("blue gla ", TODAY).terms] == [False, False]
    assert [term.atoms[0].prefix for term in read("blu* glaze ", TODAY).terms] == [True, False]


def test_numbers_are_conversations_and_words_alike() -> None:
    assert read("#4711", TODAY).numbers == [4711]
    assert read("4711", TODAY).numbers == [4711]
    assert [term.text for term in read("4711", TODAY).terms] == ["4711"]


@pytest.mark.parametrize("typed", ["+46 70 555 01 32", "(070) 555-0132", "070/5550132"])
def test_a_telephone_number_is_one_thing_however_it_is_written(typed: str) -> None:
    assert len(read(typed, TODAY).terms) == 1
    assert read(typed, TODAY).terms[0].phone.endswith("5550132")


def test_the_snippet_is_cut_where_most_of_the_words_are() -> None:
    text = "The glaze. " + "Nothing here. " * 40 + "Is the blue glaze safe for the dishwasher? " + "More. " * 40
    shown = cut(text, read("blue glaze dish", TODAY).terms)
    assert "blue glaze safe for the dishwasher" in shown.text
    assert [piece for piece, marked in shown.pieces() if marked] == ["blue", "glaze", "dishwasher"]


def test_accents_and_case_do_not_matter_and_stay_as_they_were_written() -> None:
    shown = cut("La Lucía llamó desde Malmö", read("lucia malmo ", TODAY).terms)
    assert [piece for piece, marked in shown.pieces() if marked] == ["Lucía", "Malmö"]


def test_a_script_without_spaces_is_marked_letter_by_letter() -> None:
    shown = cut("昨日は日本語の手紙が届きました。", read("日本語", TODAY).terms)
    assert [piece for piece, marked in shown.pieces() if marked] == ["日本語"]
