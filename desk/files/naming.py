"""Names of files that stand beside each other."""

from __future__ import annotations

from collections.abc import Set


def unlike(taken: Set[str], name: str) -> str:
    """The name, numbered before its ending where another one is called that: form.pdf, form-2.pdf."""
    stem, dot, ending = name.rpartition(".")
    number, other = 1, name
    while other in taken:
        number += 1
        other = f"{stem}-{number}.{ending}" if dot else f"{name}-{number}"
    return other
