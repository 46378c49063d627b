"""/admin/statuses: the desk's own names for the five statuses: made, renamed, put in order, retired, brought back."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations
from desk.conversations import BadStatusName
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.base import allow, signed_in_viewer, the_desk


def words() -> dict[str, tuple[str, str]]:
    """The five, and what follows from each."""
    return {
        "open": (_("Open"), _("somebody of us has to do something")),
        "pending": (_("Pending"), _("we wait for the customer or for something else; that time is counted apart")),
        "snoozed": (_("Snoozed"), _("put aside until a time or until the customer writes")),
        "resolved": (_("Resolved"), _("done: the episode ends, and the customer may be asked how it was")),
        "spam": (_("Spam"), _("not counted, not answered")),
    }


def _why(error: BadStatusName) -> str:
    return {
        "name": _("Type a name of up to 60 characters, without quotation marks."),
        "taken": _("There is such a name already. Where it was retired, it can be brought back."),
        "ours": _("That is the name of one of the five themselves."),
        "many": _("A status has 30 names at most: retire one first."),
    }.get(error.reason, _("Choose one of the five statuses."))


def _page(error: str = "", wrong: int | None = None, typed: str = "", status: str = "pending") -> str:
    with the_desk().store.reading() as tx:
        found = conversations.status_names(tx, retired=True)
    of = {status: [one for one in found if one.status == status] for status in conversations.STATUSES}
    return render_template(
        "admin/statuses.html", words=words(), names=of, error=error, wrong=wrong, typed=typed, chosen=status
    )


@blueprint.get("/statuses")
@allow("admin.settings")
def statuses() -> ResponseReturnValue:
    return _page()


@blueprint.post("/statuses")
@allow("admin.settings")
def add_status() -> ResponseReturnValue:
    """A new `name` for `status`."""
    status, typed = request.form.get("status", ""), request.form.get("name", "")
    try:
        with the_desk().store.transaction() as tx:
            conversations.add_status_name(tx, status, typed, signed_in_viewer().id)
    except BadStatusName as error:
        return _page(_why(error), None, typed, status), 422
    flash(_("The name is there. Agents can choose it from now on."))
    return redirect(url_for("admin.statuses"), 303)


def _change(name_id: int, do: Callable[[Tx], object], typed: str = "") -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            do(tx)
    except BadStatusName as error:
        return _page(_why(error), name_id, typed), 422
    except LookupError:
        abort(404)
    flash(_("Saved."))
    return redirect(url_for("admin.statuses"), 303)


@blueprint.post("/statuses/<int:name_id>")
@allow("admin.settings")
def rename_status(name_id: int) -> ResponseReturnValue:
    typed = request.form.get("name", "")
    return _change(name_id, lambda tx: conversations.rename_status(tx, name_id, typed), typed)


@blueprint.post("/statuses/<int:name_id>/place")
@allow("admin.settings")
def place_status(name_id: int) -> ResponseReturnValue:
    """One place up (`up=1`) or down."""
    up = request.form.get("up") == "1"
    return _change(name_id, lambda tx: conversations.put_status_name(tx, name_id, up=up))


@blueprint.post("/statuses/<int:name_id>/retire")
@allow("admin.settings")
def retire_status(name_id: int) -> ResponseReturnValue:
    """Offers it no more, or (`on=0`) again. Whatever has it keeps it."""
    retired = request.form.get("on", "1") == "1"
    return _change(name_id, lambda tx: conversations.retire_status_name(tx, name_id, retired=retired))
