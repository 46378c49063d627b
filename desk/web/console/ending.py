"""Resolving a conversation in which something is still to be done: the desk says so and asks first."""

from __future__ import annotations

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from desk import conversations, tasks
from desk.agents import Viewer
from desk.outbound import recording
from desk.store import Tx
from desk.tasks import TaskView
from desk.web.base import signed_in_viewer, the_desk
from desk.web.console.routes import reading, wants_fragment

ENDS = ("resolved",)
KEPT = ":open"  # at the end of `then`: tasks stay open, and that was asked


class TasksLeft(Exception):
    """An answer was to end a conversation in which something is still to be done."""

    def __init__(self, rows: list[TaskView]) -> None:
        super().__init__()
        self.rows = rows


def read_then(text: str) -> tuple[str, bool]:
    """What follows an answer, and whether its writer has said that tasks stay open."""
    return text.removesuffix(KEPT), text.endswith(KEPT)


def _open(tx: Tx, conversation_id: int) -> list[TaskView]:
    return [one for one in tasks.of_conversation(tx, conversation_id) if one.done_at is None]


def sentence(n: int) -> str:
    return ngettext("%(num)s task is still open here.", "%(num)s tasks are still open here.", n)


def asked(conversation_id: int, status: str = "resolved") -> ResponseReturnValue | None:
    """The question, where there is one that has not been answered (`tasks`: done or keep); else None."""
    if status not in ENDS or request.form.get("tasks") in ("done", "keep"):
        return None
    viewer = signed_in_viewer()
    with reading() as tx:
        found = conversations.get(tx, conversation_id, viewer)
        rows = _open(tx, conversation_id) if found.status not in ENDS else []
    if not rows:
        return None
    values = {name: value for name, value in request.form.items() if name not in ("csrf_token", "tasks")}
    shown = {"rows": rows, "values": values, "path": request.path, "said": sentence(len(rows)), "id": conversation_id}
    if not wants_fragment():
        return Response(render_template("console/tasks_left_page.html", **shown), status=409)
    answer = Response(render_template("console/tasks_left.html", **shown))
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#ask-dialog", "innerHTML"
    return answer


def finish(tx: Tx, conversation_id: int, viewer: Viewer) -> None:
    """Ticks off what is open, where that was the answer."""
    if request.form.get("tasks") == "done":
        tasks.tick_all(tx, conversation_id, viewer)


def check(tx: Tx, conversation_id: int, viewer: Viewer, then: str, kept: bool, request_id: str | None) -> None:
    """Raises TasksLeft where an answer is to resolve a conversation with open tasks and nobody was asked. One that
    went already and is only asked for again is let through."""
    if then != "resolve" or kept:
        return
    conversation = conversations.get(tx, conversation_id, viewer)
    if recording.known(tx, conversation, viewer, request_id) is None and (rows := _open(tx, conversation_id)):
        raise TasksLeft(rows)


def before_sending(left: TasksLeft, seen: str) -> Response:
    """What the script shows above the draft: what is open, and the ways on."""
    html = render_template("console/tasks_first.html", rows=left.rows, said=sentence(len(left.rows)), seen=seen)
    return Response(html, status=409)


def also_open(ids: list[int]) -> str:
    """How many tasks stay open in what was resolved at once, as a sentence; empty where none does."""
    with the_desk().store.reading() as tx:
        n = sum(tasks.open_in(tx, conversations.visible_among(tx, ids, signed_in_viewer())).values())
    return ngettext("%(num)s task stays open.", "%(num)s tasks stay open.", n) if n else ""
