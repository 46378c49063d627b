"""The routes of a survey link: look, answer, change, allow contact, stop and take the stop back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from desk import surveys
from desk.store import Tx
from desk.web.base import allow, limiter, stand_apart, the_desk
from desk.web.survey.sheet import direction, face_of, fallback_css, language, sheet_of

blueprint = Blueprint("survey", __name__, url_prefix="/s")

# A whole office, or a mail scanner that opens every link of a hundred mails, may share one address: looking is cheap
# and records nothing, so that only a flood is turned away. Posts are limited by the default for strangers.
LOOKS = "240 per minute"

# The forms carry no CSRF token, which would need a cookie, and would break RFC 8058's one-click.

# Far more than the longest comment takes, whatever its letters: a page is given back with what was typed, so that a
# megabyte in would be a megabyte out.
BIGGEST_FORM = 1_000_000


stand_apart(blueprint, biggest_form=BIGGEST_FORM, told_to_nobody=True)


@blueprint.get("/<token>")
@limiter.limit(LOOKS)
@allow("public")
def look(token: str) -> ResponseReturnValue:
    """Shows the survey, whatever it is by now. A ?score= is only picked, not recorded."""
    with the_desk().store.reading() as tx:
        state = surveys.open_link(tx, token, request.args.get("score"))
        response = state.response
        if state.kind == "answered" and response is not None:
            other = state.preselect is not None and state.preselect != response.score
            if "change" in request.args or other:
                picked = state.preselect if other else response.score
                return _form(tx, token, state, picked, response.reasons, response.comment, preset=other)
            page = "thanks" if "sent" in request.args else "again"
            return _page(tx, token, state, page, saved="saved" in request.args)
        wished = state.preselect is not None or "answer" in request.args  # though they asked not to be asked
        if state.kind == "ready" or (state.kind == "stopped" and wished):
            return _form(tx, token, state, state.preselect, preset=state.preselect is not None)
        return _other(tx, token, state)


@blueprint.post("/<token>")
@allow("public")
def send(token: str) -> ResponseReturnValue:
    """Records an answer, or whether somebody may write about it; then shows the page by its address, so that reloading
    sends nothing twice."""
    form = request.form
    try:
        with the_desk().store.transaction() as tx:
            if "contact_choice" in form:
                surveys.allow_contact(tx, token, form.get("contact") == "yes")
                return redirect(_address(token, sent=1, saved=1), 303)
            state = surveys.open_link(tx, token)
            kind = state.invitation.kind if state.invitation is not None else "csat"
            surveys.answer(
                tx,
                token,
                surveys.parse_score(kind, form.get("score")),
                form.getlist("why"),
                form.get("comment", ""),
                may_contact=form.get("contact") == "yes" if kind == "nps" else None,
            )
        return redirect(_address(token, sent=1), 303)
    except surveys.LinkClosed:
        with the_desk().store.reading() as tx:
            return _other(tx, token, surveys.open_link(tx, token), kept=form.get("comment", "").strip())
    except surveys.BadAnswer as bad:
        with the_desk().store.reading() as tx:
            state = surveys.open_link(tx, token, form.get("score"))
            return _form(
                tx, token, state, state.preselect, form.getlist("why"), form.get("comment", ""), problems=bad.problems
            )


@blueprint.get("/<token>/stop")
@limiter.limit(LOOKS)
@allow("public")
def stop_page(token: str) -> ResponseReturnValue:
    """Asks whether to stop, or says that it was done. Opening it stops nothing."""
    with the_desk().store.reading() as tx:
        return _stop_page(tx, token, surveys.open_link(tx, token))


@blueprint.post("/<token>/stop")
@allow("public")
def stop(token: str) -> ResponseReturnValue:
    """Stops asking this customer, or takes that back. A mail program may post here by itself (RFC 8058)."""
    undo = "undo" in request.form
    with the_desk().store.transaction() as tx:
        state = surveys.resume(tx, token) if undo else surveys.stop(tx, token)
        if state.kind == "invalid":
            return _other(tx, token, state)
        if request.form.get("List-Unsubscribe") == "One-Click":
            return _stop_page(tx, token, state)  # no redirect: mail programs do not follow one with a POST
    return redirect(_address(token, "survey.stop_page", **({"undone": 1} if undo else {})), 303)


def _address(token: str, endpoint: str = "survey.look", **arguments: Any) -> str:
    """An address of this survey that keeps the reader's choice of language."""
    return url_for(endpoint, token=token, lang=request.args.get("lang") or None, **arguments)


def _form(
    tx: Tx,
    token: str,
    state: surveys.LinkState,
    picked: int | None,
    why: list[str] | None = None,
    comment: str = "",
    *,
    preset: bool = False,
    problems: tuple[str, ...] = (),
) -> Response:
    hint = "score-bad" if "score" in problems else "preset" if preset else ""
    return _page(
        tx,
        token,
        state,
        "form",
        422 if problems else 200,
        picked=picked,
        why=why or [],
        comment=comment,
        may_contact=bool(state.response and state.response.may_contact),
        problems=problems,
        hint=hint,
        length=len(comment),
        limit=surveys.COMMENT_LIMIT,
    )


def _stop_page(tx: Tx, token: str, state: surveys.LinkState) -> Response:
    if state.invitation is None:
        return _other(tx, token, state)
    return _page(
        tx,
        token,
        state,
        "stop",
        stopped=state.stopped,
        undone="undone" in request.args,
        open=state.kind in ("ready", "stopped"),
    )


def _other(tx: Tx, token: str, state: surveys.LinkState, kept: str = "") -> Response:
    """The pages of links that take no answer."""
    if state.kind == "stopped":
        return _stop_page(tx, token, state)
    if state.kind == "expired":
        return _page(tx, token, state, "expired", 410, kept=kept)
    return _page(tx, token, surveys.LinkState("invalid"), "invalid", 404, kept=kept)


def _page(tx: Tx, token: str, state: surveys.LinkState, name: str, status: int = 200, **more: Any) -> Response:
    accepted = [value for value, _quality in request.accept_languages]
    lang = language(request.args.get("lang"), state.invitation, accepted)
    face = face_of(tx, state.invitation)
    with force_locale(lang):
        text = render_template(
            f"survey/{name}.html",
            face=face,
            sheet=sheet_of(tx, state, lang) if state.invitation is not None else None,
            lang=lang.replace("_", "-"),
            direction=direction(lang),
            fallback_css=fallback_css(face.palette),
            here=lambda **arguments: _address(token, **arguments),
            stop_url=_address(token, "survey.stop_page"),
            **more,
        )
    response = make_response(text, status)
    response.headers["Content-Language"] = lang.replace("_", "-")
    return response
