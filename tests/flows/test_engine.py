"""A dialogue from its first question to its end, without a desk around it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from desk import flows
from desk.flows import Call, Facts, Flow, Moved, Result, State, read
from desk.flows.definition import Ask, Said
from desk.flows.slots import check
from desk.flows.templates import Unfillable, address, body, headers, words
from tests.flows.samples import ADDRESS, CANCEL, HOURS, ORDER

FACTS = Facts("en", date(2026, 11, 23))
SHOP = {"url": "https://shop.example"}


def walk(flow: Flow, *said: str, facts: Facts = FACTS) -> Moved:
    moved = flows.begin(flow, facts)
    for text in said:
        found = flows.answer(flow, moved.state, text, facts)
        assert found is not None
        moved = found
    return moved


def test_a_checked_answer_goes_on_and_a_wrong_one_is_asked_again_twice() -> None:
    flow = read(ORDER % SHOP)
    assert walk(flow).text == "Which order is it? It looks like AB-1234."
    again = walk(flow, "12")
    assert (again.because, again.state.tries) == ("again", 1)
    assert walk(flow, "12", "13").because == "again"
    assert walk(flow, "12", "13", "AB-1234").state.stage == "calling"
    stuck = walk(flow, "12", "13", "14")
    assert stuck.hands_over and stuck.because == "stuck" and "person" in stuck.text


def test_the_answer_of_a_call_decides_what_is_said() -> None:
    flow = read(ORDER % SHOP)
    at = walk(flow, "AB-1234").state
    sent = flows.called(flow, at, Result(200, {"state": "on its way"}), FACTS)
    assert (sent.text, sent.ended, sent.because) == ("Your order is on its way.", True, "told")
    assert flows.called(flow, at, Result(404, {"state": ""}), FACTS).text == "I find no order AB-1234."


def test_trouble_is_said_as_it_is_and_a_person_is_offered() -> None:
    flow = read(ORDER % SHOP)
    moved = flows.called(flow, walk(flow, "AB-1234").state, Result(trouble="ReadTimeout"), FACTS)
    assert "could not" in moved.text and "person?" in moved.text and moved.choices == ("Yes", "No")
    yes, no = (flows.answer(flow, moved.state, text, FACTS) for text in ("yes please", "no thanks"))
    assert yes is not None and yes.hands_over
    assert no is not None and no.ended and not no.hands_over
    assert flows.answer(flow, moved.state, "What are your prices?", FACTS) is None


@pytest.mark.parametrize("word", ["cancel", "Abbrechen!", "annuler", "إلغاء"])
def test_one_word_leaves(word: str) -> None:
    left = walk(read(ADDRESS), word)
    assert left.ended and left.because == "left" and not left.hands_over


@pytest.mark.parametrize(
    "text", ["je veux parler à un conseiller", "quero falar com um atendente", "أريد التحدث مع موظف"]
)
def test_a_person_is_asked_for_in_the_languages_of_the_widget(text: str) -> None:
    assert walk(read(ADDRESS), text).because == "wanted"


def test_steps_whose_condition_fails_are_passed_over() -> None:
    assert walk(read(ADDRESS), "Kiln Lane 4", "1234 Clay", "no").text == "All right, I change nothing."
    yes = walk(read(ADDRESS), "Kiln Lane 4", "1234 Clay", "yes")
    assert yes.hands_over and yes.because == "policy" and yes.text == "Thank you. A colleague enters it."
    closed = Facts("en", FACTS.today, opening=(False, "Closed until Monday."))
    assert walk(read(HOURS), facts=closed).text == "Closed until Monday."
    assert walk(read(HOURS), facts=Facts("en", FACTS.today, opening=(True, "Open."))).text == "Open.\n\nCome in!"


def test_what_needs_a_proof_is_refused_before_anything_is_asked() -> None:
    refused = walk(read(CANCEL % SHOP))
    assert refused.because == "unverified" and refused.hands_over
    assert walk(read(CANCEL % SHOP), facts=Facts("en", FACTS.today, verified=True)).because == "asked"


# Slots


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("number", "1.250", "1.25"), ("number", "3,5", "3.5"), ("number", "three", None), ("number", "999", None),
        ("date", "2026-12-24", "2026-12-24"), ("date", "24.12.2026", "2026-12-24"), ("date", "31.2.2026", None),
        ("date", "03/04/2026", None), ("date", "24/12/2026", "2026-12-24"), ("date", "12/24/2026", "2026-12-24"),
        ("email", "It is Noor@Kiln.example, thanks", "noor@kiln.example"), ("email", "noor@", None),
        ("yes_no", "ja, bitte", "yes"), ("yes_no", "nein danke", "no"), ("yes_no", "maybe", None),
        ("yes_no", "نعم", "yes"),
        ("text", "x" * 301, None), ("text", "a\x00b\u202e", "ab"),
    ],
)  # fmt: skip
def test_answers_are_checked_by_their_kind(kind: Any, text: str, kept: str | None) -> None:
    ask = Ask("a", kind, Said((("en", "?"),)), most=100 if kind == "number" else None)
    found = check(ask, text, "en", FACTS.today)
    assert (found.value if found.wrong is None else None) == kept


def test_days_choices_and_proven_addresses() -> None:
    said = Said((("en", "?"),))
    assert check(Ask("a", "date", said, when="future"), "2026-11-01", "en", FACTS.today).wrong == "future"
    assert check(Ask("a", "date", said, when="past"), "2027-11-01", "en", FACTS.today).wrong == "past"
    ask = Ask("a", "choice", said, choices=(("red", Said((("en", "Red clay"), ("de", "Roter Ton")))), ("grey", said)))
    assert [check(ask, t, "en", FACTS.today).value for t in ("1", "red clay", "Roter Ton!", "red")] == ["red"] * 4
    assert check(ask, "7", "en", FACTS.today).wrong == "choice"
    proven = Ask("a", "email", said, proven=True)
    assert check(proven, "noor@kiln.example", "en", FACTS.today).wrong == "unproven"
    assert check(proven, "NOOR@kiln.example", "en", FACTS.today, ["noor@kiln.example"]).wrong is None


# What a customer wrote stays a value, wherever it is put


NASTY = [
    "a/../../admin",
    "..",
    "%2e%2e/x",
    "a?admin=1&x=2",
    "a#b",
    "a b\r\nX-Evil: 1",
    "ü/ß",
    "{{ secret.token }}",
    'a","b":"c',
]


@pytest.mark.parametrize("value", NASTY)
def test_a_value_cannot_leave_its_place(value: str) -> None:
    call = Call(
        "POST", "https://shop.example/orders/{{ order }}/x", query=(("q", "{{ order }}"),), json={"o": "{{ order }}"}
    )
    values = {"order": value, "secret.token": "hush"}
    try:
        url = address(call, values)
    except Unfillable as refused:
        assert value not in str(refused)
    else:
        path, _, query = url.removeprefix("https://shop.example").partition("?")
        assert path.startswith("/orders/") and path.endswith("/x") and path.count("/") == 3
        assert query.count("=") == 1 and "&" not in query and "#" not in url
        assert not set(url) & set(' \r\n"{}') and "hush" not in url
    sent = body(call, values)
    assert sent is not None and b"hush" not in sent[1]
    assert json.loads(sent[1]) == {"o": value}
    assert "hush" not in words("You said {{ order }}.", values)


def test_no_header_takes_a_line_break() -> None:
    call = Call("GET", "https://shop.example/", headers=(("X", "{{ secret.token }}"),))
    with pytest.raises(Unfillable):
        headers(call, {"secret.token": "a\r\nX-Evil: 1"})


def test_a_state_survives_being_kept() -> None:
    state = State(2, "asking", {"a": "b"}, 1)
    assert flows.state_of(flows.as_json(state)) == state
