"""The page on which a colleague chooses how to be told, and the browsers that they have switched on."""

from __future__ import annotations

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import notices
from desk.agents import Viewer
from desk.notices import Choice, ChoiceRefused, Ways
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.notices.routes import blueprint


def _names(viewer: Viewer) -> dict[str, str]:
    """What each kind is called, of those that can come to this colleague."""
    names = {
        "assigned": _("A conversation is assigned to me"),
        "answered": _("A customer writes in a conversation of mine"),
        "mention": _("Somebody mentions me in a note"),
        "task": _("A task is given to me, or is due"),
        "reminder": _("A conversation of which I wanted to be reminded"),
        "frustrated": _("A customer of my team is frustrated"),
        "promise": _("A promise of mine is nearly due, or missed"),
        "survey": _("A conversation of mine gets a bad score"),
        "failed": _("An answer of mine is not delivered"),
        "rule": _("A rule stops itself"),
    }
    return {kind: name for kind, name in names.items() if kind != "rule" or viewer.role == "admin"}


def _page(choice: Choice | None = None, error: str = "") -> str:
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        chosen = choice or notices.choices(tx, [viewer.id])[viewer.id]
        browsers = notices.browsers(tx, viewer.id)
        key = notices.server_key(tx.keys)
    return render_template(
        "notices/choices.html", names=_names(viewer), choice=chosen, error=error, browsers=browsers, server_key=key
    )


@blueprint.get("/profile/notices")
@allow("agent")
def choices() -> str:
    return _page()


@blueprint.post("/profile/notices")
@allow("agent")
def choices_post() -> ResponseReturnValue:
    """Keeps all of the page at once."""
    viewer, form = signed_in_viewer(), request.form
    ways: dict[str, Ways] = {}
    for kind in _names(viewer):
        switches = {name: f"{kind}.{name}" in form for name in notices.SWITCHES}
        ways[kind] = notices.read_ways({**switches, "mail": form.get(f"{kind}.mail", "")})
    days = [int(day) for day in form.getlist("days") if day.isascii() and day.isdigit() and len(day) == 1]
    names_in_push = "names_in_push" in form
    try:
        quiet = notices.quiet_of(form.get("from", "")[:20], form.get("to", "")[:20], days)
    except ChoiceRefused as refused:
        error = {
            "half": _("Quiet hours need a beginning and an end."),
            "time": _("Write a time of day as 18:30."),
            "empty": _("Quiet hours that begin when they end are none. Leave both empty, or choose whole days."),
        }[refused.reason]
        return _page(Choice(ways, names_in_push=names_in_push), error), 422
    with the_desk().store.transaction() as tx:
        notices.choose(tx, viewer.id, Choice(ways, quiet, names_in_push))
    flash(_("Saved."))
    return redirect(url_for("notices.choices"), 303)


@blueprint.post("/profile/notices/browsers")
@allow("agent")
@limiter.limit("30 per hour", key_func=lambda: f"push:{signed_in_viewer().id}")
def browser_on() -> ResponseReturnValue:
    """This browser takes a push from now on: its own script says where and sealed with what."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict):
        abort(400)
    agent = request.user_agent
    label = next((name for mark, name in _BROWSERS if mark in agent.string), _("A browser"))
    private = bool(the_desk().config.get("ALLOW_PRIVATE"))
    try:
        with the_desk().store.transaction() as tx:
            notices.add_browser(tx, signed_in_viewer().id, said, label, allow_private=private)
    except notices.PushRefused as refused:
        text = _("This browser gave no address that can be called.") if refused.reason == "address" else ""
        return jsonify(error=text or _("This browser gave keys that are none.")), 422
    return jsonify(ok=True)


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))


@blueprint.post("/profile/notices/browsers/off")
@allow("agent")
def browser_off() -> Response:
    """This browser takes none any more."""
    said = request.get_json(silent=True)
    endpoint = said.get("endpoint") if isinstance(said, dict) else None
    if not isinstance(endpoint, str):
        abort(400)
    with the_desk().store.transaction() as tx:
        notices.drop_browser(tx, signed_in_viewer().id, endpoint)
    return jsonify(ok=True)


@blueprint.post("/profile/notices/browsers/<int:browser_id>/remove")
@allow("agent")
def browser_removed(browser_id: int) -> ResponseReturnValue:
    """One of the list, such as a machine that was lost."""
    with the_desk().store.transaction() as tx:
        notices.drop_one(tx, signed_in_viewer().id, browser_id if browser_id < 2**53 else 0)
    return redirect(url_for("notices.choices"), 303)
