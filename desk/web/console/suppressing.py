"""Whether the customer is asked how it was: a colleague holds the question back, with a reason, or takes that back."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, conversations, surveys
from desk.web.base import allow, signed_in_viewer
from desk.web.base.held import WHY_HELD
from desk.web.console.actions import _act, _url
from desk.web.console.routes import blueprint, reading


@blueprint.get("/c/<int:conversation_id>/menu/survey")
@allow("conversation.resolve")
def survey_menu(conversation_id: int) -> str:
    """Whether it is still open, who held it back and why, and the reasons to do so."""
    viewer = signed_in_viewer()
    with reading() as tx:
        open_ = surveys.may_suppress(tx, conversation_id, viewer)
        held = surveys.suppression(tx, conversations.get(tx, conversation_id, viewer).episode_id)
        who = agents.names(tx).get(held.staff_id, "") if held is not None else ""
    return render_template(
        "console/menu_survey.html",
        id=conversation_id,
        open=open_,
        who=who,
        why=held.why if held is not None else "",
        reasons={key: _(WHY_HELD[key]) for key in surveys.WHY},
    )


@blueprint.post("/c/<int:conversation_id>/survey")
@allow("conversation.resolve")
def survey(conversation_id: int) -> ResponseReturnValue:
    """Nobody is asked about the episode under way, for the reason `why`; with `on=0` that is taken back."""
    on, why = request.form.get("on", "1") == "1", request.form.get("why", "")
    if on:
        return _act(
            conversation_id,
            lambda tx, who: surveys.suppress(tx, conversation_id, who, why),
            _("Nobody is asked how this was"),
            (_url("survey", conversation_id), {"on": "0"}),
        )
    return _act(
        conversation_id,
        lambda tx, who: surveys.lift(tx, conversation_id, who),
        _("They may be asked how this was"),
    )
