"""Pure rules of the log: what differs, what is hidden, and texts told as one with what went and what came."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from desk import audit

PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=3)
STATE = st.dictionaries(st.text("abc", min_size=1, max_size=2), PLAIN, max_size=4)
TEXT = st.lists(st.sampled_from(["a", "kiln", "clay", ", ", " ", "\n", "é", "شاي"]), max_size=60).map("".join)


@given(STATE)
def test_a_state_does_not_differ_from_itself(state: dict[str, object]) -> None:
    assert audit.differing(state, state) == ({}, {})


@given(STATE, STATE)
def test_what_is_told_of_a_difference_can_be_told_back(old: dict[str, object], new: dict[str, object]) -> None:
    before, after = audit.differing(old, new)
    assert (after, before) == audit.differing(new, old)


def test_a_secret_is_hidden_however_it_is_kept() -> None:
    old = {"config": {"password": {"sealed": "a"}, "api_key": "k1", "_own": 1, "host": "x"}}
    new = {"config": {"password": {"sealed": "b"}, "api_key": "k2", "_own": 2, "host": "x"}}
    hidden = {"secret": True}
    assert audit.differing(old, new) == ({"config.password": hidden, "config.api_key": hidden},) * 2
    deep = {"actions": [{"do": "call", "token": "t"}], "at": datetime(2026, 3, 2, tzinfo=UTC), "long": "x" * 5000}
    after = audit.differing({}, deep)[1]
    assert after["actions"] == [{"do": "call", "token": hidden}]
    assert after["at"].startswith("2026-03-02") and len(after["long"]) < 2100


@given(TEXT, TEXT)
def test_both_texts_can_be_read_out_of_a_difference(before: str, after: str) -> None:
    spans = audit.diff(before, after, around=None)
    assert "".join(span.text for span in spans if span.how != "came") == before
    assert "".join(span.text for span in spans if span.how != "gone") == after


@given(TEXT, TEXT)
def test_a_cut_difference_keeps_all_that_changed(before: str, after: str) -> None:
    whole, cut = audit.diff(before, after, around=None), audit.diff(before, after)
    assert [span for span in cut if span.how in ("gone", "came")] == [s for s in whole if s.how in ("gone", "came")]


def test_what_stays_far_from_a_change_is_left_out() -> None:
    words = " ".join(f"w{n}" for n in range(60))
    spans = audit.diff(words, words.replace("w30", "new"))
    assert [span.how for span in spans] == ["cut", "same", "gone", "came", "same", "cut"]
    assert spans[1].text.startswith("w25 ") and spans[4].text.endswith("w35")
