"""/admin/labels: the labels of conversations: made, renamed, coloured, merged into another, archived."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations
from desk.conversations import BadLabel, KnownLabel
from desk.store import Tx
from desk.web.admin.audit_words import TONES
from desk.web.admin.face import blueprint
from desk.web.base import allow, the_desk


def _why(error: BadLabel) -> str:
    return {
        "name": _("Type a name of up to 60 characters, without commas and quotation marks."),
        "taken": _("There is such a label already. Merge one into the other to have them as one."),
        "many": _("That are very many labels: archive or merge some first."),
    }.get(error.reason, _("Choose another label."))


def _tone() -> int | None:
    text = request.form.get("tone", "")
    return int(text) if text in {str(n) for n in range(conversations.TONES)} else None


@blueprint.get("/labels")
@allow("admin.settings")
def labels() -> ResponseReturnValue:
    return _page()


def _page(error: str = "", typed: str = "") -> str:
    with the_desk().store.reading() as tx:
        rows = conversations.known_labels(tx, archived=True, counted=True)
    return render_template("admin/labels.html", rows=rows, tones=TONES, error=error, typed=typed, chosen=_tone())


@blueprint.post("/labels")
@allow("admin.settings")
def add_label() -> ResponseReturnValue:
    typed = request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            conversations.add_label(tx, typed, _tone())
    except BadLabel as error:
        return _page(_why(error), typed), 422
    flash(_("The label is there."))
    return redirect(url_for("admin.labels"), 303)


def _known(tx: Tx) -> list[KnownLabel]:
    return conversations.known_labels(tx, archived=True, counted=True)


def _one(label_id: int, error: str = "", typed: str | None = None) -> str:
    with the_desk().store.reading() as tx:
        rows = _known(tx)
    row = next((one for one in rows if one.id == label_id), None)
    if row is None:
        abort(404)
    others = [one for one in rows if one.id != label_id and not one.archived]
    name = row.name if typed is None else typed
    return render_template("admin/label.html", row=row, others=others, tones=TONES, error=error, name=name)


@blueprint.get("/labels/<int:label_id>")
@allow("admin.settings")
def label(label_id: int) -> ResponseReturnValue:
    return _one(label_id)


@blueprint.post("/labels/<int:label_id>")
@allow("admin.settings")
def label_post(label_id: int) -> ResponseReturnValue:
    """Renames and colours it, everywhere."""
    typed = request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            conversations.change_label(tx, label_id, name=typed, tone=_tone())
    except BadLabel as error:
        return _one(label_id, _why(error), typed), 422
    except LookupError:
        abort(404)
    flash(_("Saved."))
    return redirect(url_for("admin.labels"), 303)


@blueprint.post("/labels/<int:label_id>/merge")
@allow("admin.settings")
def merge_label(label_id: int) -> ResponseReturnValue:
    """Puts the label `into` in its place, on every conversation that has it."""
    into = request.form.get("into", "")
    try:
        with the_desk().store.transaction() as tx:
            number = int(into) if into.isascii() and into.isdigit() and len(into) < 19 else 0
            if number not in {one.id for one in conversations.known_labels(tx, archived=True)}:
                raise BadLabel("itself")
            became = conversations.merge_labels(tx, label_id, number)
    except BadLabel as error:
        return _one(label_id, _why(error)), 422
    except LookupError:
        abort(404)
    flash(_("They are one now: %(name)s.", name=became.name))
    return redirect(url_for("admin.labels"), 303)


@blueprint.post("/labels/<int:label_id>/archive")
@allow("admin.settings")
def archive_label(label_id: int) -> ResponseReturnValue:
    """Offers it no more, or (`on=0`) again. Whatever has it keeps it."""
    archived = request.form.get("on", "1") == "1"
    try:
        with the_desk().store.transaction() as tx:
            row = conversations.archive_label(tx, label_id, archived=archived)
    except LookupError:
        abort(404)
    said = (
        _("%(name)s is offered no more.", name=row.name) if archived else _("%(name)s is offered again.", name=row.name)
    )
    flash(said)
    return redirect(url_for("admin.labels"), 303)
