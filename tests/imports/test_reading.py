"""Lists as programs and people write them: every one is read or refused with a sentence, and none makes us stumble."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.imports import reader, values
from desk.imports.mapping import suggest
from desk.imports.reader import Layout, Unreadable, count, layout, rows
from desk.imports.values import Unfit, guess, value

PLAIN = "Name,Email,City\r\nMaya Lind,maya@kund.example,Århus\r\nOtto,otto@kund.example,\r\n"


def cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in rows(content, layout(content))]


@pytest.mark.parametrize(
    "encoded", [PLAIN.encode(), b"\xef\xbb\xbf" + PLAIN.encode(), PLAIN.encode("utf-16"), PLAIN.encode("utf-16-le"),
                b"\xfe\xff" + PLAIN.encode("utf-16-be"), PLAIN.encode("cp1252")],
)  # fmt: skip
def test_encodings_are_told_apart(encoded: bytes) -> None:
    assert layout(encoded).header == ("Name", "Email", "City")
    assert cells(encoded)[0] == ["Maya Lind", "maya@kund.example", "Århus"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_told_apart(delimiter: str) -> None:
    text = f'Name{delimiter}Email\n"Lind, Maya; ms"{delimiter}maya@kund.example\n'
    assert layout(text.encode()).delimiter == delimiter
    assert cells(text.encode()) == [["Lind, Maya; ms", "maya@kund.example"]]


def test_a_line_that_says_the_delimiter_is_no_header() -> None:
    assert layout(b"sep=;\r\nName;Email\r\nMaya;m@k.example\r\n").header == ("Name", "Email")


def test_quotes_hold_new_lines_and_numbers_count_rows_not_lines() -> None:
    content = b'Name,Note\n"Maya","one\ntwo ""quoted"""\n\nOtto,x\n'
    found = list(rows(content, layout(content)))
    assert [(row.number, row.cells) for row in found] == [(2, ["Maya", 'one\ntwo "quoted"']), (4, ["Otto", "x"])]
    assert count(content, layout(content)) == 2


def test_odd_rows_are_said_and_short_ones_filled_up() -> None:
    content = b"Name,Email\nMaya\nOtto,o@k.example,left,over\nIda,i@k.example,,\n"
    found = list(rows(content, layout(content)))
    assert [row.cells for row in found] == [["Maya", ""], ["Otto", "o@k.example"], ["Ida", "i@k.example"]]
    assert [bool(row.odd) for row in found] == [False, True, False]
    assert "4 cells and the header 2" in found[1].odd


def test_a_quote_that_never_ends_takes_nothing_before_it_along() -> None:
    content = b'Name,Email\nMaya,m@k.example\n"Otto,o@k.example\n' + b"x,y\n" * 60_000
    found = list(rows(content, layout(content)))
    assert found[0].cells == ["Maya", "m@k.example"] and not found[0].odd
    assert found[-1].odd and len(found) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"), (b" \n\n ", "empty"), (b"PK\x03\x04rest", "workbook"),
        (b"\x89PNG\x00\x00\x01\x02\n", "no text"),
        (b",,\nMaya,x,y\n", "Column"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    try:
        found = layout(content)
    except Unreadable as wrong:
        assert said in str(wrong)
    else:
        assert found.header[0] == "Maya"  # an empty first line is no header; the next one is


def test_names_that_are_missing_are_numbered() -> None:
    assert layout(b"Name,,Email\na,b,c\n").header == ("Name", "Column 2", "Email")


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_ROWS", 2)
    content = b"a,b\n1,2\n3,4\n5,6\n"
    with pytest.raises(Unreadable, match="more than 2 rows"):
        count(content, layout(content))


@given(st.binary(max_size=400))
def test_no_bytes_make_it_stumble(content: bytes) -> None:
    try:
        how = layout(content)
    except Unreadable:
        return
    for row in rows(content, how):
        assert row.odd or len(row.cells) == len(how.header)


@given(st.text(max_size=300), st.sampled_from(["utf-8", "utf-16", "cp1252"]), st.sampled_from(",;\t|"))
def test_no_text_makes_it_stumble(text: str, encoding: str, delimiter: str) -> None:
    content = f"a{delimiter}b\n{text}".encode(encoding, "replace")
    assert all(
        row.odd or len(row.cells) == 2 for row in rows(content, Layout(layout(content).encoding, delimiter, ("a", "b")))
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("12", 12), ("-3.5", -3.5), ("1,5", 1.5), ("1.234,50", 1234.5), ("1,234.50", 1234.5), ("1 234,5", 1234.5),
     ("1'234", 1234), ("1,234,567", 1234567), ("0,125", 0.125), ("1.234", 1.234), ("1e3", 1000)],
)  # fmt: skip
def test_numbers_of_several_countries(text: str, said: float) -> None:
    assert value("number", text) == said


@pytest.mark.parametrize("text", ["1,234", "twelve", "", "1.2.3", "1,23,4", "1e999", "--1", "1,234.5.6"])
def test_what_is_no_number_or_two_is_not_guessed(text: str) -> None:
    with pytest.raises(Unfit):
        value("number", text)


@pytest.mark.parametrize(
    "text", ["2026-03-04", "4.3.2026", "04.03.2026", "2026-03-04T00:00:00Z", "2026-03-04 01:00:00+01:00"]
)
def test_dates(text: str) -> None:
    assert value("time", text) == datetime(2026, 3, 4, tzinfo=UTC)


def test_a_date_that_can_be_read_in_two_ways_is_refused() -> None:
    assert value("time", "13/02/2026") == value("time", "02/13/2026") == datetime(2026, 2, 13, tzinfo=UTC)
    for text in ("03/04/2026", "2026-02-30", "soon", "0000-01-01", "2026-01-01T25:00"):
        with pytest.raises(Unfit):
            value("time", text)


def test_yes_no_and_choices() -> None:
    assert [value("flag", word) for word in ("Yes", "ja", "0", "NEIN")] == [True, True, False, False]
    assert value("choice", "gold", ["Silver", "Gold"]) == "Gold"
    with pytest.raises(Unfit, match="Silver, Gold"):
        value("choice", "lead", ["Silver", "Gold"])


@given(st.sampled_from(["number", "flag", "time", "choice", "text"]), st.text(max_size=40))
def test_no_cell_makes_it_stumble(kind: str, text: str) -> None:
    try:
        value(kind, text, ["Gold"])
    except Unfit as wrong:
        assert str(wrong)


def test_types_are_guessed_by_every_cell() -> None:
    assert guess(["12", "", "7.5"]) == "number"
    assert guess(["12", "many"]) == "text"
    assert guess(["yes", "no", ""]) == "flag"
    assert guess(["1", "0", "1"]) == "flag"
    assert guess(["2026-01-02", "3.4.2026"]) == "time"
    assert guess(["+4612", "0046"]) == "text"
    assert guess(["", ""]) == "text"


def test_columns_are_recognised_by_name_or_by_what_they_hold() -> None:
    header = ("Full name", "Kontakt", "Mobile", "Language", "Plan")
    sample = [["Maya", "m@k.example", "+46", "sv", "gold"], ["Otto", "o@k.example", "", "de", "free"]]
    assert [to for to, _ in suggest(header, sample)] == ["name", "email", "phone", "locale", "skip"]
    assert values.YES.isdisjoint(values.NO)
