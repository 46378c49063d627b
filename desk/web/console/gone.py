"""What stands on a line whose words are gone: erased by a person, or kept no longer by the rule of an inbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.timeline import MARK, EntryView
from desk.web.console.look import Look


def words(entry: EntryView, look: Look) -> str:
    """The sentence in place of the words."""
    how = entry.detail.get(MARK)
    return removed(how, look) if isinstance(how, dict) else look.gettext("These words were erased.")


def file(attached: Mapping[str, Any], look: Look) -> str:
    """The sentence in place of a file; empty where it is there."""
    how = attached.get(MARK)
    if isinstance(how, dict):
        return removed(how, look)
    return look.gettext("A file was redacted here.") if attached.get("redacted_at") else ""


def removed(how: Mapping[str, Any], look: Look) -> str:
    """By which rule something went, and after how long."""
    number = int(how.get("number") or 0)
    after = look.ngettext("%(num)d day", "%(num)d days", number)
    if how.get("unit") == "months":
        after = look.ngettext("%(num)d month", "%(num)d months", number)
    if how.get("spam"):
        text = look.gettext("Removed after %(span)s as spam, by the retention rule of %(inbox)s.")
    else:
        text = look.gettext("Removed after %(span)s by the retention rule of %(inbox)s.")
    return text % {"span": after % {"num": number}, "inbox": how.get("inbox") or "…"}
