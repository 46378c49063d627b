"""What the search says: why it cannot look for something, what a filter is called, which are offered."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from desk import i18n, knowledge, settings
from desk.search import FILTERS, Filter, Problem, Snippet
from desk.store import Tx


@dataclass(frozen=True, slots=True)
class Article:
    """A published article that was found."""

    id: int
    title: str
    locale: str
    snippet: Snippet

    @classmethod
    def of(cls, hit: knowledge.Hit) -> Article:
        return cls(hit.id, hit.title, hit.locale, Snippet(hit.snippet, tuple(hit.marks)))


def problem(found: Problem) -> str:
    """One sentence that says what to write instead."""
    match found.kind:
        case "filter":
            known = ", ".join(f"{name}:" for name in FILTERS)
            return _("There is no filter “%(name)s:”, there are %(known)s. To find the words, put them in quotes.",
                     name=found.name, known=known)  # fmt: skip
        case "value":
            return _("“%(name)s:” takes %(known)s, not “%(value)s”.",
                     name=found.name, known=", ".join(FILTERS[found.name]), value=found.value)  # fmt: skip
        case "date":
            return _("“%(value)s” is no date: write 2026-01-31, 2026-01, 2026, today or 7d.", value=found.value)
        case "turned":
            return _("“%(name)s:” cannot be turned round with a minus.", name=found.name)
        case "minus":
            return _("Say what to look for as well, not only what to leave out.")
        case "span":
            return _("No day lies after the first date and before the second.")
    names = {"from": _("customer"), "assignee": _("colleague"), "team": _("team"), "status": _("status"),
             "inbox": _("inbox"), "segment": _("segment")}  # fmt: skip
    return _("No %(who)s is called “%(value)s”.", who=names.get(found.name, found.name), value=found.value)


def chip(one: Filter) -> str:
    return ("−" if one.negative else "") + f"{one.name}: {one.value}"


def offers() -> list[tuple[str, list[str]]]:
    """The filters that are offered below the box, with what each takes."""
    return [(name, [f"{name}:{value}" for value in values] or [f"{name}:"]) for name, values in FILTERS.items()]


def languages(tx: Tx) -> set[str]:
    """The languages that articles can be in."""
    return {*i18n.languages(), *(str(code)[:2] for brand in settings.brands(tx) for code in brand.locales)}
