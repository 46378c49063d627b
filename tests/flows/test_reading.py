"""What an admin is told of a flow that cannot be used: the line, and what is wrong there."""

from __future__ import annotations

import time

import pytest

from desk.flows import FlowError, read
from desk.flows.patterns import BadPattern, checked_pattern
from tests.flows.samples import ADDRESS, CANCEL, HOURS, ORDER

HEAD = "name: A\nstart: {button: B}\nsteps:\n"


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(FlowError) as wrong:
        read(text)
    return wrong.value.problems


@pytest.mark.parametrize(
    "text", [ORDER % {"url": "https://shop.example"}, ADDRESS, CANCEL % {"url": "https://x.y"}, HOURS]
)
def test_a_flow_that_holds_good_is_read(text: str) -> None:
    assert read(text).steps


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("name: A\nsteps: [", 2, "no YAML"),
        ("name: &x A", 1, "References"),
        ("- a", 1, "begins with its name"),
        (HEAD + "  - say: Hello {{ nahme }}", 4, "nahme"),
        (HEAD + "  - say: a\n  - shout: b", 5, "A step does one thing"),
        (HEAD + "  - say: a\n    say: b", 5, "twice"),
        (HEAD + "  - ask: {key: a, text: b, type: colour}", 4, "one of text, number"),
        (HEAD + "  - ask: {key: a, text: b, pattern: '(a+)+'}", 4, "a repeat stands within"),
        (HEAD + "  - ask: {key: a, text: b}\n  - ask: {key: a, text: b}", 5, "filled already"),
        (HEAD + "  - ask: {key: secret, text: b}", 4, "desk's own"),
        (HEAD + "  - call: {url: 'file:///etc/passwd'}", 4, "https://"),
        (HEAD + "  - ask: {key: h, text: b}\n  - call: {url: 'https://{{ h }}/a'}", 5, "names a host"),
        (HEAD + "  - call: {url: 'https://a.b/c?d=1'}", 4, "belongs into query"),
        (HEAD + "  - ask: {key: h, text: b}\n  - call: {url: 'https://a.b', headers: {X: '{{h}}'}}", 5, "only secrets"),
        (HEAD + "  - call: {url: 'https://a.b/', headers: {Host: evil}}", 4, "cannot be set"),
        (HEAD + "  - call: {url: 'https://a.b/{{ customer.email }}'}", 4, "customer.email"),
        (HEAD + "  - call: {url: 'https://a.b/', timeout: 90}", 4, "1 to 20"),
        (HEAD + "  - say: a\n    when: {http: 404}", 5, "not known at this step"),
        (HEAD + "  - say: !!python/object/apply:os.system [x]", 4, "written as names"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, says: str) -> None:
    found = problems(text)
    assert line in [n for n, _ in found], found
    assert any(n == line and says in sentence for n, sentence in found), found


def test_every_problem_is_said_at_once() -> None:
    assert [n for n, _ in problems(HEAD + "  - say: '{{ a }}'\n  - say: '{{ b }}'\n  - zap: c")] == [4, 5, 6, 6]


def test_a_small_file_cannot_become_a_large_one() -> None:
    bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"
    assert "References" in problems(bomb)[0][1]
    assert "nested" in problems("a: " + "[" * 50 + "]" * 50)[0][1]
    assert "KB" in problems("name: " + "x" * 40_000)[0][1]


@pytest.mark.parametrize(
    "bad", ["(a+)+$", "(a|a)*b", "(a*)*", r"(\w+\s?)*x", r"(a)\1", "(?=a)b", "a*a*a*a*a*a*a*a*b", "["]
)
def test_patterns_that_could_keep_a_machine_busy_are_refused(bad: str) -> None:
    with pytest.raises(BadPattern):
        checked_pattern(bad)


@pytest.mark.parametrize("good", [r"[A-Z]{2}-\d{4}", r"\d{5}", "(AB|CD)[0-9]+", r"\w+ \w+", "#?[0-9]{4,8}"])
def test_patterns_of_numbers_are_taken_and_quick(good: str) -> None:
    began = time.perf_counter()
    checked_pattern(good).fullmatch("a" * 300)
    assert time.perf_counter() - began < 0.5
