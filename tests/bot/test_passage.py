"""The passage that is quoted: the best piece, whole, and never longer than a chat can bear."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.bot.passage import HEADING, LONGEST, WORDS, choose, cut, told
from desk.bot.shelf import units

BODY = """Two to four days.

## No scan?

Write us the order number.

- Found: it comes
- Lost: a new one

## We need

The following:

1. a photo
2. the number
"""

pieces = st.lists(st.tuples(st.sampled_from(["", "A", "B"]), st.text(min_size=1, max_size=900)), min_size=1, max_size=6)


def test_pieces_keep_their_heading_and_what_announces_them() -> None:
    assert units(BODY) == (
        ("", "Two to four days."),
        ("No scan?", "Write us the order number."),
        ("No scan?", "- Found: it comes\n- Lost: a new one"),
        ("We need", "The following:\n1. a photo\n2. the number"),
    )


def test_a_list_says_what_it_is_a_list_of() -> None:
    found = units(BODY)
    assert choose(found, [0, 0, 1, 0]) == "Write us the order number.\n- Found: it comes\n- Lost: a new one"
    assert choose(found, [0, 0, 0, 1]) == "The following:\n1. a photo\n2. the number"
    assert choose(found, [0, 0, 0, 0]) == "Two to four days."  # the beginning is the short answer
    assert choose([], []) == ""


def test_the_words_of_the_question_count_most_in_a_heading() -> None:
    held = [([], ["pot", "gas"]), (["induct"], ["disc"]), ([], ["disc", "gas"])]
    plain, heading, other = told(["induct", "disc", "nowhere"], held)
    assert plain == 0 and heading > other > 0 and heading <= WORDS + HEADING
    assert told([], held) == [0, 0, 0]


@given(pieces, st.data(), st.integers(40, 600))
def test_a_passage_fits_and_is_of_the_article(found: list[tuple[str, str]], data: st.DataObject, longest: int) -> None:
    likeness = data.draw(st.lists(st.floats(-1, 1), min_size=len(found), max_size=len(found)))
    text = choose(found, likeness, longest)
    assert len(text) <= longest
    whole = "\n".join(piece for _heading, piece in found)
    assert text.rstrip("…").rstrip() in whole


@given(st.text(max_size=2000), st.integers(20, LONGEST))
def test_a_cut_ends_where_a_sentence_does(text: str, longest: int) -> None:
    found = cut(text, longest)
    assert len(found) <= longest
    assert text.startswith(found.removesuffix("…").rstrip())
