"""Words and times on the console: what people wrote is safe, times are the reader's, presets are sensible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.web.console.look import look
from desk.web.console.prose import LONG, folded, prose, quoted
from desk.web.console.stream import place, read_place
from desk.web.console.times import presets, snooze_time

NOW = datetime(2026, 11, 20, 14, 8, tzinfo=UTC)


def test_paragraphs_lines_and_links() -> None:
    html = prose("Hello,\nsee https://kiln.example/a?b=1&c=2.\n\n\nBye (https://x.example/y)")
    assert html == (
        '<p>Hello,<br>see <a class="link" href="https://kiln.example/a?b=1&amp;c=2" target="_blank" '
        'rel="noopener noreferrer nofollow">https://kiln.example/a?b=1&amp;c=2</a>.</p>'
        '<p>Bye (<a class="link" href="https://x.example/y" target="_blank" '
        'rel="noopener noreferrer nofollow">https://x.example/y</a>)</p>'
    )


def test_the_words_that_carried_a_judgement_are_marked() -> None:
    text = "Honestly <b>ridiculous</b>"
    assert prose(text, [[12, 22, 0.9]]) == "<p>Honestly &lt;b&gt;<mark>ridiculous</mark>&lt;/b&gt;</p>"
    assert prose("short", [[2, 99, 1.0], [-3, 2, 1.0]]) == "<p>short</p>"  # places of another text mark nothing


@given(st.text(), st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60), st.floats(0, 1)), max_size=5))
def test_nothing_that_anybody_writes_becomes_markup(text: str, marks: list[tuple[int, int, float]]) -> None:
    html = str(prose(text, marks))
    for ours in ("<p>", "</p>", "<br>", "<mark>", "</mark>", "</a>"):
        html = html.replace(ours, "")
    while (at := html.find('<a class="link" href="')) >= 0:
        html = html[:at] + html[html.index(">", at) + 1 :]
    assert "<" not in html
    assert ">" not in html


@given(st.text(alphabet="ab \n", max_size=6000))
def test_a_long_message_is_folded_and_whole(text: str) -> None:
    shown, rest = folded(text)
    assert shown + rest == text
    assert len(shown) <= LONG
    assert folded("x" * 10_000) == ("x" * LONG, "x" * (10_000 - LONG))


def test_words_are_said_once_heaviest_first() -> None:
    text = "No no, terrible"
    assert quoted(text, [[0, 2, 0.3], [3, 5, 0.5], [7, 15, 0.9]]) == [("terrible", 0.9), ("no", 0.5)]


@pytest.mark.parametrize(
    ("locale", "zone", "full", "ago"),
    [
        ("en", "UTC", "Friday 20 November 2026, 2:08 PM UTC", "2 h"),
        ("de", "Europe/Berlin", "Freitag, 20. November 2026, 15:08 CET", "2 h"),
        ("en-GB", "UTC", "Friday 20 November 2026, 14:08 UTC", "2 h"),
        ("xx", "Nowhere/Never", "Friday 20 November 2026, 2:08 PM UTC", "2 h"),
    ],
)
def test_times_are_the_readers(locale: str, zone: str, full: str, ago: str) -> None:
    reader = look(locale, zone)
    assert reader.full(NOW) == full
    assert reader.ago(NOW - timedelta(hours=2, minutes=30), NOW) == ago


def test_times_get_coarser_with_age() -> None:
    reader = look("en", "UTC")
    assert [reader.ago(NOW - timedelta(**ago), NOW) for ago in (
        {"seconds": 20}, {"minutes": 4}, {"hours": 23}, {"days": 2}, {"days": 20}, {"days": 400})
    ] == ["now", "4 min", "23 h", "Wed", "31 Oct", "16 Oct 2025"]  # fmt: skip
    assert reader.day(NOW, NOW) == "Today, Friday 20 November"
    assert reader.day(NOW - timedelta(days=1), NOW) == "Yesterday, Thursday 19 November"
    # Late in the evening of New York it is the next day in Berlin.
    late = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    assert look("en", "America/New_York").day(late, late) == "Today, Friday 20 November"
    assert look("en", "Europe/Berlin").day(late, late) == "Today, Saturday 21 November"


def test_presets_are_to_come_and_never_two_alike() -> None:
    offered = {p.key: look("en", "Europe/Berlin").short(p.until, NOW) for p in presets(NOW, "Europe/Berlin")}
    assert offered == {"later": "6:00 PM", "tomorrow": "Sat 9:00 AM", "monday": "Mon 9:00 AM", "week": "27 Nov"}
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert [p.key for p in presets(sunday, "UTC")] == ["later", "tomorrow", "week"]  # tomorrow is Monday


@given(st.datetimes(), st.sampled_from(("UTC", "America/Lima", "Asia/Tokyo")))
def test_presets_at_any_time(now: datetime, zone: str) -> None:
    at = datetime(2020 + now.year % 15, now.month, min(now.day, 28), now.hour, now.minute, tzinfo=UTC)
    ends = [p.until for p in presets(at, zone)]
    assert all(end > at for end in ends)
    assert len(set(ends)) == len(ends)


def test_an_own_time_is_read_in_the_agents_zone() -> None:
    assert snooze_time("", "2026-11-23T09:00", "Europe/Berlin") == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert snooze_time("2026-11-23T09:00:00+00:00", "", "Europe/Berlin") == datetime(2026, 11, 23, 9, tzinfo=UTC)
    for nonsense in ("", "tomorrow", "2026-13-01T00:00", "2026-11-23T09:00+01:00"):
        assert snooze_time("", nonsense, "UTC") is None
    assert snooze_time("2026-11-23T09:00", "", "UTC") is None  # a preset without a zone is not one of ours


def test_a_place_in_the_timeline_survives_an_address() -> None:
    class Entry:
        occurred_at = NOW
        id = 2**62

    assert read_place(place(Entry())) == (NOW, 2**62)  # type: ignore[arg-type]
    assert read_place(place(Entry()).replace("+", " ")) == (NOW, 2**62)  # type: ignore[arg-type]
    for nonsense in (
        "",
        "~",
        "x~1",
        "2026-11-20T14:08:00~1",
        "2026-11-20T14:08:00+00:00~-1",
        f"2026-11-20T14:08:00+00:00~{2**64}",
    ):
        assert read_place(nonsense) is None
