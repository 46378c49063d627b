"""/knowledge/reasons: why customers come, as a tree that people edit; and groups of questions that wait for one."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import questions, reasons
from desk.reasons import BadReason, Known
from desk.reports import heaps
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.knowledge.pages import blueprint
from desk.web.knowledge.shown import own_name

DAYS = heaps.PERIOD.days


def _why(error: BadReason) -> str:
    return {
        "name": _("Type a name of up to %(n)s characters.", n=reasons.NAME),
        "taken": _("There is one called so in the same place already."),
        "many": _("That are very many reasons: archive or merge some first."),
        "deep": _("There are two levels: a reason with parts cannot be a part itself."),
        "archived": _("That one is archived. Bring it back first."),
    }.get(error.reason, _("Choose another reason."))


def _number(name: str) -> int | None:
    """A reason chosen in a form; none for the empty choice, 0 for what is no number."""
    text = request.form.get(name, "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@blueprint.get("/reasons")
@allow("reason.write")
def reason_list() -> ResponseReturnValue:
    """What is suggested, and the tree."""
    return _page()


def _page(error: str = "", typed: str = "", group_id: int = 0) -> str:
    """`group_id`: the suggestion that the error is about; 0: the form below."""
    with the_desk().store.reading() as tx:
        since = tx.now() - heaps.PERIOD
        known = reasons.known(tx, archived=True)
        waiting, belonging = heaps.offered(tx, since, heaps.OFFERED + 1), heaps.belonging(tx, since)
        to_read = questions.waiting(tx)
    live = [one for one in known if not one.archived]
    many = {one.id: sum(heap.n for heap in belonging.get(one.id, ())) for one in known}
    for one in live:
        if one.parent_id is not None:
            many[one.parent_id] += many[one.id]
    return render_template(
        "knowledge/reasons.html",
        live=live,
        archived=[one for one in known if one.archived],
        tops=[one for one in live if one.parent_id is None],
        many=many,
        offered=waiting[: heaps.OFFERED],
        more=len(waiting) > heaps.OFFERED,
        aside=belonging.get(None, []),
        waiting=to_read,
        days=DAYS,
        error=error,
        typed=typed,
        group_id=group_id,
        longest=reasons.NAME,
        described=reasons.DESCRIPTION,
        own_name=own_name,
    )


@blueprint.post("/reasons")
@allow("reason.write")
def add_reason() -> ResponseReturnValue:
    typed = request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            said = request.form.get("description", "")
            reasons.add(tx, typed, signed_in_viewer().id, _number("parent"), said)
    except BadReason as error:
        return _page(_why(error), typed), 422
    except LookupError:
        abort(404)
    flash(_("The reason is there."))
    return redirect(url_for("knowledge.reason_list"), 303)


@blueprint.post("/reasons/groups/<int:group_id>")
@allow("reason.write")
def reason_group(group_id: int) -> ResponseReturnValue:
    """Makes a reason of a group of questions (`make`), says to which it belongs (`belongs`), that it is none
    (`aside`), or offers it again (`offer`)."""
    viewer, what, typed = signed_in_viewer(), request.form.get("do", ""), request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            if what == "make":
                made = reasons.add(tx, typed, viewer.id, _number("parent"))
                reasons.say_what(tx, group_id, made.id, viewer)
                said = _("%(name)s is a reason now; its conversations have it already.", name=made.name)
            elif what == "belongs":
                number = _number("reason")
                if number is None:
                    raise BadReason("itself")
                reasons.say_what(tx, group_id, number, viewer)
                said = _("Its conversations have the reason %(name)s now.", name=_one(tx, number).path)
            elif what == "aside":
                reasons.say_what(tx, group_id, None, viewer)
                said = _("Put aside: it is not offered any more.")
            elif what == "offer":
                reasons.let_go(tx, group_id)
                said = _("It belongs to no reason now, and is offered again.")
            else:
                abort(400)
    except BadReason as error:
        return _page(_why(error), typed, group_id), 422
    except LookupError:
        abort(404)
    flash(said)
    back = _number("back")
    return redirect(url_for("knowledge.reason", reason_id=back) if back else url_for("knowledge.reason_list"), 303)


def _one(tx: Tx, reason_id: int) -> Known:
    """A reason with its place in the tree. Raises LookupError."""
    number = reasons.get(tx, reason_id).id
    return next(one for one in reasons.known(tx, archived=True) if one.id == number)


@blueprint.get("/reasons/<int:reason_id>")
@allow("reason.write")
def reason(reason_id: int) -> ResponseReturnValue:
    """One reason: its name, its place, its questions."""
    with the_desk().store.reading() as tx:
        try:
            found = _one(tx, reason_id)
        except LookupError:
            abort(404)
    if found.id != reason_id:
        return redirect(url_for("knowledge.reason", reason_id=found.id), 302)
    return _reason(reason_id)


def _reason(reason_id: int, error: str = "", typed: str | None = None, about: str = "save") -> str:
    with the_desk().store.reading() as tx:
        try:
            row = _one(tx, reason_id)
        except LookupError:
            abort(404)
        known = reasons.known(tx)
        groups = heaps.belonging(tx, tx.now() - heaps.PERIOD).get(row.id, [])
    parts = any(one.parent_id == row.id for one in known)
    return render_template(
        "knowledge/reason.html",
        row=row,
        name=row.name if typed is None else typed,
        groups=groups,
        # One with parts cannot be a part, so that it goes nowhere, and into a reason of its own level only.
        tops=[] if parts else [one for one in known if one.parent_id is None and one.id != row.id],
        others=[one for one in known if one.id != row.id and not (parts and one.parent_id is not None)],
        days=DAYS,
        error=error,
        about=about,
        longest=reasons.NAME,
        described=reasons.DESCRIPTION,
        own_name=own_name,
    )


@blueprint.post("/reasons/<int:reason_id>")
@allow("reason.write")
def change_reason(reason_id: int) -> ResponseReturnValue:
    """Names and describes it, puts it elsewhere, one place up or down, makes it one with another, archives it."""
    what, typed = request.form.get("do", "save"), request.form.get("name")
    to, said = url_for("knowledge.reason_list"), _("Saved.")
    try:
        with the_desk().store.transaction() as tx:
            if what == "save":
                reasons.change(tx, reason_id, typed or "", request.form.get("description", ""))
            elif what in ("up", "down"):
                reasons.shift(tx, reason_id, -1 if what == "up" else 1)
                to, said = f"{to}#reason-{reason_id}", ""
            elif what == "move":
                reasons.move(tx, reason_id, _number("parent"))
            elif what == "merge":
                into = reasons.merge(tx, reason_id, _number("into") or reason_id)
                said = _("They are one now: %(name)s.", name=into.name)
            elif what == "archive":
                name = reasons.archive(tx, reason_id).name
                said = _("%(name)s is offered no more.", name=name)
            elif what == "restore":
                name = reasons.archive(tx, reason_id, archived=False).name
                said = _("%(name)s is offered again.", name=name)
            else:
                abort(400)
    except BadReason as error:
        return _reason(reason_id, _why(error), typed, what), 422
    except LookupError:
        abort(404)
    if said:
        flash(said)
    return redirect(to, 303)
