"""Every queue by its name in an address: the desk's own, a team's (`team-3`), a saved view's (`view-12`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from desk import agents, conversations, views
from desk.agents import Viewer
from desk.conversations import VIEWS, NotVisible, Row
from desk.search import FILTERS, Problem
from desk.store import Tx
from desk.views import View

_NAME = re.compile(rf"{'|'.join(VIEWS)}|team-[0-9]{{1,18}}|view-[0-9]{{1,18}}")
# What is on the screen as filters, to begin a saved view with.
BEGINNINGS = {
    "mine": ("assignee:me -is:resolved", "urgency"),
    "unassigned": ("is:unassigned", "urgency"),
    "all": ("is:open", "urgency"),
    "frustrated": ("is:open sentiment:frustrated", "urgency"),
    "longest": ("is:open", "waiting"),
    "due": ("is:open", "due"),
    "snoozed": ("is:snoozed", "urgency"),
    "resolved": ("is:resolved", "latest"),
    "spam": ("is:spam", "latest"),
}
REREAD = 60  # seconds after which a screen reads a view again that changes without any conversation changing


def asked(default: str = "mine") -> str:
    """The queue beside the conversation, as the address names it."""
    view = request.args.get("view", default)
    return view if is_queue(view) else default


def is_queue(name: str) -> bool:
    """Whether an address may name a queue so; whether there is one, its reader is told when it is read."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a queue. `sort`: how a saved view is sorted; `cut`: it stopped before it had looked through all;
    `wrong`: why nothing can stand in it."""

    view: str
    title: str
    rows: list[Row]
    next: str | None
    sort: str = ""
    cut: bool = False
    wrong: str = ""
    saved: View | None = None


def saved_of(view: str) -> int | None:
    """The number of the saved view that a queue is."""
    return int(view.removeprefix("view-")) if view.startswith("view-") else None


def read(tx: Tx, viewer: Viewer, view: str, *, after: str | None = None, limit: int = 50) -> Shown:
    """A page of a queue. Raises NotVisible where there is none, or not for this colleague."""
    number = saved_of(view)
    if number is None:
        page = conversations.queue(tx, viewer, view, after=after, limit=limit)
        return Shown(view, _title(tx, view), page.rows, page.next)
    try:
        saved = views.get(tx, number, viewer)
    except views.NoView as error:
        raise NotVisible(str(error)) from error
    try:
        found = views.page(tx, saved, viewer, after=after, limit=limit)
    except views.BadView as error:
        return Shown(view, saved.name, [], None, saved.sort, wrong=why(error), saved=saved)
    return Shown(view, saved.name, found.rows, found.next, saved.sort, found.cut, saved=saved)


def _title(tx: Tx, view: str) -> str:
    """A team's name; the desk's own queues are named in the template."""
    team_id = conversations.team_of(view)
    if team_id is None:
        return ""
    return next((team.name for team in agents.teams(tx) if team.id == team_id), _("Team"))


def why(error: views.BadView) -> str:
    """One sentence that says what is wrong with a view."""
    return said(error.problem) if error.problem is not None else _(str(error))


def said(found: Problem) -> str:
    """One sentence that says what to write instead."""
    match found.kind:
        case "words":
            return _(
                "A view goes by filters alone, such as is:open or label:refund: “%(value)s” is a word.",
                value=found.value,
            )
        case "line":
            return _("“%(name)s:” asks what was said and when, or by whom: a view cannot go by it.", name=found.name)
        case "filter":
            return _("There is no filter “%(name)s:”.", name=found.name)
        case "value":
            known = ", ".join(FILTERS.get(found.name, ()))
            return _("“%(name)s:” takes %(known)s, not “%(value)s”.", name=found.name, known=known, value=found.value)
        case "nobody":
            return _("Nothing is called “%(value)s” that “%(name)s:” could mean.", name=found.name, value=found.value)
    return _("“%(value)s” cannot be read.", value=found.value or found.name)
