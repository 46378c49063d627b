"""Patterns for answers: only those that cannot keep a machine busy with a text made for it."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from re import _constants as _c  # type: ignore[attr-defined]
    from re import _parser  # type: ignore[attr-defined]

MOST_REPEATS = 6  # whose length is open, one after the other: the work grows with their number
WIDE = 20  # repeats up to here are as good as written out


class BadPattern(ValueError):
    """What is wrong with it, as the rest of a sentence."""


@lru_cache(maxsize=256)
def checked_pattern(pattern: str) -> re.Pattern[str]:
    """The compiled pattern. Raises BadPattern where it is none, or where what it repeats could be read in many ways."""
    try:
        tree = _parser.parse(pattern)
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadPattern(str(error)) from error
    if _wide(tree, inside=False) > MOST_REPEATS:
        raise BadPattern(f"it repeats more than {MOST_REPEATS} parts without an end")
    return compiled


def _wide(tree: Any, *, inside: bool) -> int:
    """How many repeats of open length there are. Within one of them there may be no other, and no choice."""
    found = 0
    for op, value in tree:
        if op in (_c.MAX_REPEAT, _c.MIN_REPEAT, _c.POSSESSIVE_REPEAT):
            _low, high, inner = value
            open_ended = high == _c.MAXREPEAT or high > WIDE
            if inside and high > 1:
                raise BadPattern("a repeat stands within a repeat")
            found += open_ended + _wide(inner, inside=inside or high > 1)
        elif op is _c.SUBPATTERN:
            found += _wide(value[3], inside=inside)
        elif op is _c.BRANCH:
            if inside:
                raise BadPattern("a choice stands within a repeat")
            found += sum(_wide(one, inside=inside) for one in value[1])
        elif op in (_c.GROUPREF, _c.GROUPREF_EXISTS, _c.ASSERT, _c.ASSERT_NOT):
            raise BadPattern("it looks back or ahead, which is not taken")
    return found
