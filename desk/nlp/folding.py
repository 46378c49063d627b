"""A text as people mean it who leave out accents and capitals: place by place, so that places stay places."""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """One character without its accent and its capital, always one character."""
    if letter in "’‘`´":
        return "'"
    lower = unicodedata.normalize("NFD", letter)[0].lower()
    return lower if len(lower) == 1 else letter


def folded(text: str) -> str:
    """The text in small letters without accents, every apostrophe the straight one; as long as it was."""
    return "".join(map(_plain, text))
