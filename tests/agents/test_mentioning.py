"""Colleagues named in a text by "@"."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.agents import mentioned

NAMES = {1: "Ann", 2: "Ann Lee", 3: "Åsa Öberg", 4: "Sam", 5: "Sam"}


def who(text):
    return [(text[start:end], staff_id) for start, end, staff_id in mentioned(text, NAMES)]


def test_the_longer_name_wins_and_a_name_ends_where_the_word_ends():
    assert who("@Ann Lee, ask @Ann.") == [("@Ann Lee", 2), ("@Ann", 1)]
    assert who("@Anna and @ann") == [("@ann", 1)]
    assert who("(@Åsa Öberg)") == [("@Åsa Öberg", 3)]
    assert who("mail@Ann.example and @@Ann") == []


def test_two_of_one_name_are_both_meant():
    assert who("@Sam?") == [("@Sam", 4), ("@Sam", 5)]


@given(st.text(alphabet="@An Le.e(x", max_size=40))
def test_what_is_found_stands_there(text):
    for start, end, staff_id in mentioned(text, NAMES):
        assert text[start:end].casefold() == f"@{NAMES[staff_id]}".casefold()
