"""No set of rules runs on for ever: the walls by themselves, and a whole desk of rules that set each other off."""

from __future__ import annotations

from collections import deque
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from desk.automation.chain import DEEPEST, held, onward
from desk.automation.definition import filled
from desk.automation.situation import only_thanks

RULES = st.dictionaries(
    st.integers(1, 12), st.tuples(st.integers(0, 4), st.lists(st.integers(0, 4), max_size=4)), max_size=12
)


@given(RULES, st.integers(0, 4))
def test_any_set_of_rules_comes_to_an_end(rules, start):
    """A rule hears one kind of event and brings about others: whatever they are, what one event leads to is finite."""
    waiting, fired, longest = deque([(start, ())]), count(), 0
    while waiting:
        event, chain = waiting.popleft()
        for rule, (hears, brings) in rules.items():
            if hears == event and not held(rule, chain, hour=0, per_hour=1, day=0, per_day=1):
                assert next(fired) < 500_000
                after = onward(chain, rule)
                assert len(set(after)) == len(after) <= DEEPEST
                longest = max(longest, len(after))
                waiting.extend((one, after) for one in set(brings))
    assert longest <= min(DEEPEST, len(rules))


@given(st.integers(0, 20), st.integers(1, 20), st.integers(0, 20), st.integers(1, 20))
def test_a_rule_acts_below_its_caps_and_never_above(hour, per_hour, day, per_day):
    acts = not held(1, (), hour=hour, per_hour=per_hour, day=day, per_day=per_day)
    assert acts is (hour < per_hour and day < per_day)


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_a_variable_brings_is_not_filled_in_again(name, around):
    bare = around.replace("{", "")
    values = {"customer.name": "{brand.name}" + name, "brand.name": "never"}
    assert filled(bare + "{customer.name}", values) == bare + "{brand.name}" + name


def test_thanks_are_told_from_thanks_with_something_to_say():
    for text in ("Thanks!", "Thank you so much, have a nice day", "Vielen Dank für die schnelle Antwort", "¡Gracias!",
                 "Merci beaucoup", "Muito obrigado pela ajuda", "شكرا جزيلا لك"):  # fmt: skip
        assert only_thanks(text), text
    for text in ("", "ok", "Thanks, but it is broken", "Thank you. When does it come?", "Thanks for order 4711",
                 "Danke, aber der Deckel fehlt"):  # fmt: skip
        assert not only_thanks(text), text
