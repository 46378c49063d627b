"""/admin/surveys: whom each inbox asks how it was: everybody, or those for whom a condition holds."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, facts, segments, settings, surveys
from desk.surveys import AudienceError
from desk.web.admin.face import blueprint
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.base.fact_words import described


@blueprint.get("/surveys")
@allow("admin.settings")
def audiences() -> ResponseReturnValue:
    return _page()


@blueprint.post("/surveys/<int:inbox_id>")
@allow("admin.settings")
def audience_post(inbox_id: int) -> ResponseReturnValue:
    """From now on; what was decided before stays as it was decided."""
    typed = request.form.get("condition", "")[:4000]
    try:
        with the_desk().store.transaction() as tx:
            try:
                inbox = settings.inbox(tx, inbox_id)
            except LookupError:
                abort(404)
            survey = surveys.install_defaults(tx)
            condition = surveys.ask_only(tx, signed_in_viewer(), survey, inbox_id, typed)
            name = inbox.name
    except AudienceError as wrong:
        return _page(inbox_id, typed, str(wrong)), 422
    text = _("%(inbox)s asks everybody.", inbox=name) if condition is None else _("Saved for %(inbox)s.", inbox=name)
    flash(text)
    return redirect(url_for("admin.audiences"), 303)


def _page(inbox_id: int = 0, typed: str = "", wrong: str = "") -> str:
    with the_desk().store.transaction() as tx:
        known = surveys.audiences(tx, surveys.install_defaults(tx))
        page = {
            "inboxes": settings.inboxes(tx),
            "known": known,
            "names": agents.names(tx),
            "catalog": [*facts.described(tx), *described(facts.CATALOG)],
            "saved": segments.spoken(tx),
        }
    texts = {number: str(one.condition) for number, one in known.items()} | ({inbox_id: typed} if inbox_id else {})
    return render_template("admin/surveys.html", **page, texts=texts, wrong_of={inbox_id: wrong})
