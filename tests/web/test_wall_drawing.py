"""The drawings of the wall, for any numbers and any text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desk.web.wall import drawing

LEVELS = st.sampled_from(("calm", "strained", "frustrated"))
VALUES = st.lists(st.tuples(st.floats(-1, 2), LEVELS), max_size=6)


@given(VALUES)
def test_a_course_stays_inside_its_drawing(values: list[tuple[float, str]]) -> None:
    strokes = drawing.course(values)
    assert len(strokes) == (max(1, len(values) - 1) if values else 0)
    for stroke in strokes:
        for point in stroke.points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= drawing.WIDE and 0 <= y <= drawing.HIGH


@given(st.lists(st.integers(0, 10_000), max_size=25))
def test_bars_are_as_many_as_hours_and_no_taller_than_the_drawing(hours: list[int]) -> None:
    found = drawing.bars(hours)
    assert [bar.n for bar in found] == hours
    assert all(bar.y + bar.height == drawing.TALL and 0 <= bar.y for bar in found)
    assert [bar.now for bar in found].count(True) == bool(hours)


@st.composite
def said(draw: st.DrawFn) -> tuple[str, list[list[float]]]:
    text = draw(st.text(max_size=600))
    number = st.integers(0, len(text) + 5)
    return text, draw(st.lists(st.tuples(number, number, st.floats(-1, 1)).map(list), max_size=6))


@given(said())
def test_a_sentence_is_a_part_of_what_was_said(case: tuple[str, list[list[float]]]) -> None:
    text, words = case
    whole = "".join(piece.text for piece in drawing.sentence(text, words))
    assert whole.strip("…") in text
    assert len(whole) <= drawing.LONGEST + 2


def test_the_sentence_is_the_one_that_carried_most() -> None:
    text = "Hello there. This is awful, truly awful! Thanks."
    awful = text.index("awful")
    pieces = drawing.sentence(text, [[0, 5, 0.1], [awful, awful + 5, 0.9]])
    assert "".join(p.text for p in pieces) == "This is awful, truly awful!"
    assert [p.text for p in pieces if p.marked] == ["awful"]
    assert drawing.sentence("", [[0, 3, 1.0]]) == []
    long = "so " * 200 + "awful " + "and " * 100
    at = long.index("awful")
    found = drawing.sentence(long, [[at, at + 5, 1.0]])
    assert [p.text for p in found if p.marked] == ["awful"] and found[0].text == found[-1].text == "…"
