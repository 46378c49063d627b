"""Canned replies and macros in the composer: what fits a word after "/", its text filled in, what it does, and back."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import automation, conversations
from desk.agents import Viewer
from desk.automation import Canned
from desk.store import Tx
from desk.web.base import allow, rule_words, signed_in_viewer, the_desk
from desk.web.console.acting import toast
from desk.web.console.routes import as_json, blueprint, reading

FIRST = 90  # characters of a text that the menu shows


@blueprint.get("/c/<int:conversation_id>/offer/canned")
@allow("conversation.reply")
def offer_canned(conversation_id: int) -> Response:
    """The best eight of what this colleague can use, for `q`; and what to do where nothing fits."""
    viewer = signed_in_viewer()
    with reading() as tx:
        conversations.get(tx, conversation_id, viewer)
        rows = automation.find(automation.offered(tx, viewer), request.args.get("q", "")[:120])
    write_one = {"icon": "plus", "text": _("Write a canned reply"), "url": url_for("admin.new_canned")}
    return as_json(results=[row_of(row) for row in rows], otherwise=write_one)


def row_of(row: Canned) -> dict[str, Any]:
    """One as a list offers it."""
    begins = " ".join(row.texts[0]["text"].split())[:FIRST] if row.texts else ""
    return {
        "id": row.id,
        "icon": "bolt" if row.actions else "copy",
        "kind": _("Macro") if row.actions else "",
        "text": row.name,
        "key": f"/{row.shortcut}" if row.shortcut else "",
        "more": begins,
        "macro": bool(row.actions),
    }


@blueprint.post("/c/<int:conversation_id>/canned/<int:canned_id>")
@allow("conversation.reply")
def use_canned(conversation_id: int, canned_id: int) -> Response:
    """The text for this conversation, in its customer's language; the use is counted."""
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            conversation = conversations.get(tx, conversation_id, viewer)
            row = automation.usable(tx, viewer, canned_id)
            filled = automation.fill(tx, conversation, row, viewer)
            automation.used(tx, row.id)
    except LookupError:
        abort(404)
    return as_json(text=filled.text, missing=list(filled.missing), locale=filled.locale)


@blueprint.get("/c/<int:conversation_id>/macro/<int:canned_id>")
@allow("conversation.reply")
def preview_macro(conversation_id: int, canned_id: int) -> str:
    """What a macro would write and do here, before it does it."""
    viewer = signed_in_viewer()
    with reading() as tx:
        conversation = conversations.get(tx, conversation_id, viewer)
        try:
            row = automation.usable(tx, viewer, canned_id)
        except LookupError:
            abort(404)
        filled = automation.fill(tx, conversation, row, viewer)
        names = rule_words.Names.of(tx)
    later = automation.then_of(row)
    at_once = [one.as_json() for one in automation.actions_of(row)]
    return render_template(
        "console/macro.html",
        row=row,
        text=filled.text,
        at_once=rule_words.then(at_once, names),
        later=rule_words.then([one for one in row.actions if later and one["do"] in automation.ENDING], names),
    )


@blueprint.post("/c/<int:conversation_id>/macro/<int:canned_id>")
@allow("conversation.reply")
def run_macro(conversation_id: int, canned_id: int) -> Response:
    """Runs a macro: gives its text for the composer, and `then`, what follows once that is sent."""
    viewer = signed_in_viewer()
    try:
        with the_desk().store.transaction() as tx:
            conversation = conversations.get(tx, conversation_id, viewer)
            row = automation.usable(tx, viewer, canned_id)
            filled = automation.fill(tx, conversation, row, viewer)
            ran = automation.run(tx, viewer, conversation_id, row)
            automation.used(tx, row.id)
            gone = not conversations.may_see(viewer, conversation.team_id, conversation.assignee_id)
    except LookupError:
        abort(404)
    response = as_json(
        text=filled.text, missing=list(filled.missing), then=automation.then_of(row), macro=row.id, name=row.name
    )
    if ran.results:
        undo = None
        if ran.undo and not gone:
            url = url_for("console.undo_macro", conversation_id=conversation_id, canned_id=canned_id)
            undo = (url, {"steps": json.dumps(ran.undo)})
        wrong = [one for one in ran.results if one.how in ("refused", "failed")]
        response.headers["X-Toast"] = toast(_told(row, ran, wrong), undo, danger=bool(wrong))
    return response


def _told(row: Canned, ran: automation.Ran, wrong: list[Any]) -> str:
    done = sum(one.how == "done" for one in ran.results)
    said = ngettext("%(name)s: %(num)s thing done", "%(name)s: %(num)s things done", done, name=row.name)
    return said + "".join(f". {_(one.said)}" for one in wrong)


@blueprint.post("/c/<int:conversation_id>/macro/<int:canned_id>/undo")
@allow("conversation.reply")
def undo_macro(conversation_id: int, canned_id: int) -> ResponseReturnValue:
    """Takes back what a run did, by the `steps` that it named."""
    viewer = signed_in_viewer()
    try:
        steps = json.loads(request.form.get("steps", ""))
        if not isinstance(steps, list) or not all(isinstance(one, list) and len(one) == 2 for one in steps):
            abort(400)
        with the_desk().store.transaction() as tx:
            row = automation.usable(tx, viewer, canned_id)
            automation.take_back(tx, viewer, conversation_id, row, steps)
    except LookupError:
        abort(404)
    except ValueError:
        abort(400)
    return Response(status=204, headers={"X-Toast": toast(_("What %(name)s did is taken back.", name=row.name))})


def about(tx: Tx, viewer: Viewer) -> dict[str, Any]:
    """What the line of an answer says besides where its text is a macro's (`macro` in the form)."""
    given = request.form.get("macro", "")
    if not (given.isascii() and given.isdigit() and len(given) < 18):
        return {}
    try:
        return automation.by_macro(automation.usable(tx, viewer, int(given)))
    except LookupError:  # removed meanwhile: the answer is the writer's all the same
        return {}
