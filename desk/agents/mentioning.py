"""Colleagues named in a text by "@": found by their whole names, the longer name first. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping


def mentioned(text: str, names: Mapping[int, str]) -> list[tuple[int, int, int]]:
    """(start, end, id) of those of `names` whom a text names, in its order. Two of one name are both meant: who reads
    the text could not tell them apart either."""
    by_name: dict[str, list[int]] = {}
    for staff_id, name in sorted(names.items()) if "@" in text else ():
        if name:
            by_name.setdefault(name.casefold(), []).append(staff_id)
    if not by_name:
        return []
    longest_first = sorted(set(names.values()) - {""}, key=lambda name: (-len(name), name))
    pattern = re.compile(rf"(?<![\w@])@({'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return [
        (found.start(), found.end(), staff_id)
        for found in pattern.finditer(text)
        for staff_id in by_name.get(found.group(1).casefold(), ())
    ]
