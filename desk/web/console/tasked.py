"""Tasks and reminders of the open conversation, and the page that lists what is open everywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, conversations, tasks
from desk.agents import Viewer
from desk.conversations import Conversation, NotPossible, NotVisible
from desk.store import Tx
from desk.tasks import TaskView
from desk.web.base import allow, signed_in_viewer, the_desk, wants_part
from desk.web.console.acting import told
from desk.web.console.look import Look
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading
from desk.web.console.times import hours_on, presets, snooze_time

BIGGEST = 2**53
COLLEAGUES = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of a conversation's tasks: those rows, and when its reader is reminded."""

    rows: list[TaskView]
    names: dict[int, str]
    reminder: datetime | None


def shown(tx: Tx, viewer: Viewer, conversation_id: int) -> Shown:
    rows = tasks.of_conversation(tx, conversation_id)
    names = agents.names(tx) if rows else {}
    return Shown(rows, names, tasks.reminder_of(tx, conversation_id, viewer))


@blueprint.get("/c/<int:conversation_id>/tasks")
@allow("conversation.read")
def tasks_of(conversation_id: int) -> str:
    """The part of the panel, as a screen reads it again."""
    viewer = signed_in_viewer()
    with reading() as tx:
        conversations.seen(tx, conversation_id, viewer)
        values = {"tasks": shown(tx, viewer, conversation_id), "now": tx.now()}
    return render_template("console/tasks.html", id=conversation_id, me=viewer, **values, **look_of(viewer).speech)


def _due_names() -> dict[str, str]:
    return {
        "later": _("Later today"), "tomorrow": _("Tomorrow"), "monday": _("Next Monday"), "week": _("In a week"),
    }  # fmt: skip


def _offered(now: datetime, reader: Look) -> list[tuple[str, str, str]]:
    names = _due_names()
    return [(names[p.key], p.until.isoformat(), reader.until(p.until, now)) for p in presets(now, reader.zone_name)]


def _who(tx: Tx, viewer: Viewer, found: Conversation) -> list[tuple[int, str]]:
    """Colleagues who may see the conversation, without the reader; those of its team first."""
    teams = agents.teams(tx)
    of = {
        staff_id: {team.id for team in teams if staff_id in team.staff_ids}
        for team in teams
        for staff_id in team.staff_ids
    }
    able = [
        one
        for one in agents.page(tx, limit=COLLEAGUES).rows
        if one.active
        and one.id != viewer.id
        and (
            one.role in conversations.LEADS
            or found.team_id is None
            or found.team_id in of.get(one.id, ())
            or one.id == found.assignee_id
        )
    ]
    able.sort(key=lambda one: (found.team_id not in of.get(one.id, ()), one.name.casefold()))
    return [(one.id, one.name) for one in able]


def _form(tx: Tx, viewer: Viewer, found: Conversation, task: TaskView | None) -> dict[str, Any]:
    reader, now = look_of(viewer), tx.now()
    return {
        "id": found.id,
        "task": task,
        "people": _who(tx, viewer, found),
        "offered": _offered(now, reader),
        "least": reader.here(now).strftime("%Y-%m-%dT%H:%M"),
        "zone": reader.zone_name,
        "now": now,
        "me": viewer,
        "longest": tasks.LONGEST,
        **reader.speech,
    }


@blueprint.get("/c/<int:conversation_id>/menu/task")
@allow("conversation.note")
def task_menu(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        values = _form(tx, viewer, conversations.get(tx, conversation_id, viewer), None)
    return render_template("console/menu_task.html", **values)


@blueprint.get("/tasks/<int:task_id>/menu")
@allow("conversation.note")
def change_menu(task_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        task = tasks.one(tx, task_id) if task_id < BIGGEST else None
        if task is None:
            abort(404)
        values = _form(tx, viewer, conversations.get(tx, task.conversation_id, viewer), task)
    return render_template("console/menu_task.html", **values)


@blueprint.get("/c/<int:conversation_id>/menu/remind")
@allow("conversation.read")
def remind_menu(conversation_id: int) -> str:
    viewer = signed_in_viewer()
    with reading() as tx:
        conversations.seen(tx, conversation_id, viewer)
        now, reminded = tx.now(), tasks.reminder_of(tx, conversation_id, viewer)
    reader = look_of(viewer)
    soon = [(_("In one hour"), 1), (_("In two hours"), 2), (_("In four hours"), 4)]
    offered = [(name, at.isoformat(), reader.until(at, now)) for name, n in soon for at in [hours_on(now, n)]]
    known = {at for _name, at, _shown in offered}
    offered += [row for row in _offered(now, reader) if row[1] not in known and row[0] != _("Later today")]
    return render_template(
        "console/menu_remind.html",
        id=conversation_id,
        offered=offered,
        least=reader.here(now).strftime("%Y-%m-%dT%H:%M"),
        zone=reader.zone_name,
        reminded=reminded,
        now=now,
        **reader.speech,
    )


def _due() -> datetime | None:
    """The time that the form says: `at` (the writer's own), else `due` (a moment, or nothing). Raises NotPossible."""
    own, moment = request.form.get("at", "")[:40], request.form.get("due", "")[:40]
    if not own and not moment:
        return None
    found = snooze_time("" if own else moment, own, signed_in_viewer().zone)
    if found is None:
        raise NotPossible("Choose a time to come.")
    return found


def _assignee() -> int | None:
    text = request.form.get("staff_id", "")
    if text == "me":
        return signed_in_viewer().id
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _done(do: Callable[[Tx], object], back: str, news: str, undo: str = "") -> ResponseReturnValue:
    """Runs one change and says what came of it."""
    try:
        with the_desk().store.transaction() as tx:
            do(tx)
    except NotVisible:
        abort(404)
    except NotPossible as error:
        return told(_(str(error)), back, refused=True)
    return told(news, back, undo=(undo, {}) if undo else None)


def _back(task_id: int = 0, conversation_id: int = 0) -> str:
    """Where a plain form goes on: the list that it stands in, or the conversation."""
    which = request.form.get("which", "")
    if which in tasks.WHICH:
        return url_for("console.tasks_page", which=which)
    if task_id:
        with the_desk().store.reading() as tx:
            found = tasks.one(tx, task_id) if task_id < BIGGEST else None
        conversation_id = found.conversation_id if found is not None else 0
    return f"/console/c/{conversation_id}"


@blueprint.post("/c/<int:conversation_id>/tasks")
@allow("conversation.note")
def add_task(conversation_id: int) -> ResponseReturnValue:
    """Adds the task `text`, for `staff_id` (`me`, a number, or nobody), due `due` or `at`."""
    viewer, text = signed_in_viewer(), request.form.get("text", "")[:2000]

    def do(tx: Tx) -> object:
        return tasks.add(tx, conversation_id, viewer, text, assignee_id=_assignee(), due_at=_due())

    return _done(do, _back(conversation_id=conversation_id), _("Task added"))


@blueprint.post("/tasks/<int:task_id>/<any(done,reopen):act>")
@allow("conversation.note")
def tick_task(task_id: int, act: str) -> ResponseReturnValue:
    viewer, other = signed_in_viewer(), "reopen" if act == "done" else "done"
    if task_id >= BIGGEST:
        abort(404)
    change = tasks.tick if act == "done" else tasks.reopen
    undo = url_for("console.tick_task", task_id=task_id, act=other)
    news = _("Ticked off") if act == "done" else _("The task is open again")
    return _done(lambda tx: change(tx, task_id, viewer), _back(task_id), news, undo)


@blueprint.post("/tasks/<int:task_id>/change")
@allow("conversation.note")
def change_task(task_id: int) -> ResponseReturnValue:
    """Says it anew: `text`, `staff_id`, and `due` or `at` as when it is added."""
    viewer, text = signed_in_viewer(), request.form.get("text", "")[:2000]
    if task_id >= BIGGEST:
        abort(404)

    def do(tx: Tx) -> object:
        return tasks.change(tx, task_id, viewer, text=text, assignee_id=_assignee(), due_at=_due())

    return _done(do, _back(task_id), _("Task changed"))


@blueprint.post("/c/<int:conversation_id>/remind")
@allow("conversation.read")
def remind(conversation_id: int) -> ResponseReturnValue:
    """Reminds whoever asks at `until` (a moment) or `at` (their own date and time)."""
    viewer = signed_in_viewer()
    at = snooze_time(request.form.get("until", "")[:40], request.form.get("at", "")[:40], viewer.zone)
    back = _back(conversation_id=conversation_id)
    if at is None:
        return told(_("Choose a time to come."), back, refused=True)
    when = look_of(viewer).until(at, the_desk().store.clock.now())
    undo = url_for("console.remind_off", conversation_id=conversation_id)
    return _done(
        lambda tx: tasks.remind(tx, conversation_id, viewer, at), back, _("You are reminded %(time)s", time=when), undo
    )


@blueprint.post("/c/<int:conversation_id>/remind/off")
@allow("conversation.read")
def remind_off(conversation_id: int) -> ResponseReturnValue:
    viewer, back = signed_in_viewer(), _back(conversation_id=conversation_id)
    return _done(lambda tx: tasks.call_off(tx, conversation_id, viewer), back, _("You are not reminded"))


@blueprint.get("/tasks")
@allow("conversation.read")
def tasks_page() -> str:
    """What is open: one's own, everybody's, overdue; 50 at a time, what is due first in front."""
    viewer = signed_in_viewer()
    which = request.args.get("which", "mine")
    which = which if which in tasks.WHICH else "mine"
    with reading() as tx:
        found = tasks.page(tx, viewer, which, after=_place(request.args.get("after", "")))
        values = {
            "page": found,
            "counts": tasks.counts(tx, viewer),
            "names": agents.names(tx),
            "reminders": tasks.reminders(tx, viewer) if which == "mine" else [],
            "now": tx.now(),
        }
    template = "console/tasks_rows.html" if wants_part() and "after" in request.args else "console/tasks_page.html"
    values |= {"which": which, "me": viewer, "cap": tasks.CAP, "first": "after" not in request.args}
    return render_template(template, **values, **look_of(viewer).speech)


def _place(text: str) -> tuple[datetime, int] | None:
    """The place behind a page, as its link names it; None for what is none."""
    moment, _comma, number = text.partition(",")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, int(number)) if at.tzinfo is not None and number.isascii() and number.isdigit() else None
