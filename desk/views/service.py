"""Making, changing, sharing, ordering and reading saved views; a view shows each reader what they may see."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, or_, select

from desk import agents, conversations, people, search
from desk.agents import Viewer
from desk.conversations import LEADS, SORTS, Row, Sieved
from desk.search import Problem
from desk.store import Tx
from desk.views.tables import View, ViewPlace

SHARED = ("private", "team", "everybody")
MOST = 60  # that one colleague sees
LONGEST = 300  # as the search


class NoView(LookupError):
    """There is no such view, or it is not shared with this person."""


class BadView(ValueError):
    """What a view cannot be. `problem` where a filter is what is wrong; else the message says it."""

    def __init__(self, sentence: str, problem: Problem | None = None) -> None:
        super().__init__(sentence)
        self.problem = problem


def _mine(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on views that somebody has: their own, those of their teams, everybody's."""
    teams = and_(View.shared == "team", View.team_id.in_(sorted(viewer.team_ids)))
    return or_(View.staff_id == viewer.id, View.shared == "everybody", teams)


def every(tx: Tx, viewer: Viewer) -> list[View]:
    """The views of a colleague, in their order."""
    place = and_(ViewPlace.view_id == View.id, ViewPlace.staff_id == viewer.id)
    query = select(View).outerjoin(ViewPlace, place).where(_mine(viewer))
    order = (ViewPlace.position.is_(None), ViewPlace.position, View.id)
    return list(tx.scalars(query.order_by(*order).limit(MOST)))


def get(tx: Tx, view_id: int, viewer: Viewer) -> View:
    """One of them. Raises NoView."""
    found = tx.scalars(select(View).where(View.id == view_id, _mine(viewer))).first()
    if found is None:
        raise NoView("There is no such view, or it is not shared with you.")
    return found


def may_change(view: View, viewer: Viewer) -> bool:
    """Whose it is, and supervisors for what is shared."""
    return view.staff_id == viewer.id or (view.shared != "private" and viewer.role in LEADS)


def create(
    tx: Tx, viewer: Viewer, *, name: str, filters: str, sort: str, shared: str, team_id: int | None = None
) -> View:
    """Keeps a view, behind the others. Raises BadView."""
    if len(every(tx, viewer)) >= MOST:
        raise BadView("There are as many views as a list can hold: remove one first.")
    view = View(staff_id=viewer.id, created_at=tx.now())
    _fill(tx, view, viewer, name, filters, sort, shared, team_id)
    tx.add(view)
    tx.flush()
    return view


def change(
    tx: Tx,
    view_id: int,
    viewer: Viewer,
    *,
    name: str,
    filters: str,
    sort: str,
    shared: str,
    team_id: int | None = None,
) -> View:
    """Changes a view for all who have it. Raises NoView and BadView."""
    view = _changeable(tx, view_id, viewer)
    if shared == "private" and view.staff_id != viewer.id:
        raise BadView("Only whoever made a view can take it back for themselves.")
    _fill(tx, view, viewer, name, filters, sort, shared, team_id)
    tx.flush()
    return view


def remove(tx: Tx, view_id: int, viewer: Viewer) -> None:
    """Removes a view for all who have it. Raises NoView and BadView."""
    view = _changeable(tx, view_id, viewer)
    tx.execute(delete(ViewPlace).where(ViewPlace.view_id == view.id))
    tx.delete(view)
    tx.flush()


def move(tx: Tx, view_id: int, viewer: Viewer, by: int) -> None:
    """Moves a view up (-1) or down (1) in this colleague's own list; nobody else's changes. Raises NoView."""
    view, views = get(tx, view_id, viewer), every(tx, viewer)
    at = next((number for number, one in enumerate(views) if one.id == view.id), len(views) - 1)
    views.insert(max(0, min(len(views) - 1, at + (1 if by > 0 else -1))), views.pop(at))
    tx.execute(delete(ViewPlace).where(ViewPlace.staff_id == viewer.id))
    tx.add_all(ViewPlace(staff_id=viewer.id, view_id=one.id, position=n) for n, one in enumerate(views))
    tx.flush()


def page(tx: Tx, view: View, viewer: Viewer, *, after: str | None = None, limit: int = 50) -> Sieved:
    """One page of what a view holds for this colleague. Raises BadView where its filter means nothing any more (a team
    is gone, a label of a status retired), and NotVisible for what is no place."""
    return conversations.sieved(tx, _sieve(tx, view, viewer), view.sort, after=after, limit=limit)


def rows_of(tx: Tx, view: View, viewer: Viewer, conversation_ids: Sequence[int]) -> list[Row]:
    """Those of these conversations that a view holds for this colleague. Raises BadView."""
    return conversations.fitting(tx, _sieve(tx, view, viewer), conversation_ids)


def count(tx: Tx, view: View, viewer: Viewer) -> tuple[int, bool]:
    """How many a view holds, up to conversations.CAP, and whether there may be more than were looked through."""
    try:
        return conversations.sieved_count(tx, _sieve(tx, view, viewer))
    except BadView:
        return 0, False


def _changeable(tx: Tx, view_id: int, viewer: Viewer) -> View:
    view = get(tx, view_id, viewer)
    if not may_change(view, viewer):
        raise BadView("This view belongs to a colleague: save it as your own to change it.")
    return view


def _sieve(tx: Tx, view: View, viewer: Viewer) -> conversations.Sieve:
    sieve, problem = search.sieve(tx, viewer, view.filters)
    if problem is not None:
        raise BadView("A filter of this view means nothing any more.", problem)
    return sieve


def _fill(
    tx: Tx, view: View, viewer: Viewer, name: str, filters: str, sort: str, shared: str, team_id: int | None
) -> None:
    name, filters = " ".join(name.split()), " ".join(filters.split())
    if not 0 < len(name) <= 60:
        raise BadView("A view needs a name of at most 60 characters.")
    theirs = select(View.id, View.name).where(View.staff_id == view.staff_id)
    if any(other.id != view.id and people.fold(other.name) == people.fold(name) for other in tx.execute(theirs)):
        raise BadView("There is a view of this name already.")
    if len(filters) > LONGEST:
        raise BadView("A view's filters have 300 characters at most.")
    if sort not in SORTS:
        raise BadView("A view is sorted by urgency, waiting, due or latest.")
    if shared not in SHARED:
        raise BadView("A view is private, shared with a team, or for everybody.")
    if shared == "team" and (team_id is None or not _may_share(tx, viewer, team_id)):
        raise BadView("Share it with a team that you are in.")
    asked, problem = search.asked_of_rows(tx, filters)
    if not any(one.name in ("is", "status") for one in asked.filters):
        filters = f"{filters} is:open".strip()  # a queue is of what is to be done, unless it says otherwise
    if problem is None:
        sieve, problem = search.sieve(tx, viewer, filters)
    if problem is not None:
        raise BadView("That is no filter of a view.", problem)
    if not sieve.statuses:
        raise BadView("No conversation can be in all of these statuses at once.")
    view.name, view.filters, view.sort, view.shared = name, filters, sort, shared
    view.team_id, view.updated_at = (team_id if shared == "team" else None), tx.now()


def _may_share(tx: Tx, viewer: Viewer, team_id: int) -> bool:
    if viewer.role in LEADS:
        return any(team.id == team_id for team in agents.teams(tx))
    return team_id in viewer.team_ids
