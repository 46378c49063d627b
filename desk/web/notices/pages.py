"""The list of what somebody was told, the count of the bell, and the way from a notice to what it is about."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from desk import notices
from desk.i18n import texts
from desk.web.base import allow, signed_in_viewer, the_desk, wants_part
from desk.web.notices import choosing, worker
from desk.web.notices.routes import blueprint

__all__ = ["blueprint", "choosing", "worker"]

BIGGEST = 2**53  # of a number that stands in an address


@blueprint.get("/notices/")
@allow("agent")
def every() -> str:
    """Newest first, 50 at a time."""
    viewer = signed_in_viewer()
    before = request.args.get("before", type=int)
    with the_desk().store.reading() as tx:
        page = notices.page(tx, viewer, before=before if before is None or 0 <= before < BIGGEST else None)
        unread = notices.unread(tx, viewer.id)
    words = texts(viewer.locale)
    values: dict[str, Any] = {
        "rows": [(one, notices.ICONS[one.kind], notices.sentence(one, words)) for one in page.rows],
        "next": page.next,
        "unread": unread,
        "cap": notices.CAP,
        "first": before is None,
    }
    return render_template("notices/rows.html" if wants_part() else "notices/list.html", **values)


@blueprint.get("/notices/unread")
@allow("agent")
def unread() -> Response:
    """What the bell shows."""
    with the_desk().store.reading() as tx:
        found = notices.unread(tx, signed_in_viewer().id)
    return jsonify(unread=found, cap=notices.CAP)


@blueprint.get("/notices/<int:notice_id>")
@allow("agent")
def follow(notice_id: int) -> ResponseReturnValue:
    """To the line that it is about. Who follows it has read it."""
    viewer = signed_in_viewer()
    with the_desk().store.transaction() as tx:
        one = notices.one(tx, viewer, notice_id) if notice_id < BIGGEST else None
        if one is None:
            abort(404)
        notices.read(tx, viewer.id, notice_id=one.id)
    if one.kind == "rule":
        return redirect(f"/admin/rules/{int(one.detail['rule_id'])}", 303)
    there = url_for("console.conversation", conversation_id=one.conversation_id, entry=one.entry_id)
    return redirect(there, 303)


@blueprint.post("/notices/read")
@allow("agent")
def read() -> ResponseReturnValue:
    """Marks one as read, or all of them."""
    one = request.form.get("id", type=int)
    with the_desk().store.transaction() as tx:
        if one is None and request.form.get("all") != "1":
            abort(400)
        notices.read(tx, signed_in_viewer().id, notice_id=one if one is None or 0 <= one < BIGGEST else 0)
    return redirect(url_for("notices.every"), 303)
