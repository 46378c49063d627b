"""/admin/flows: dialogues that are declared in YAML: written, checked, tried, published and taken back."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import calendars, flows, i18n
from desk.flows import FlowError, FlowRow, trying
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.base import allow, signed_in_viewer, the_desk

BLANK = """name: Opening hours
start:
  button: {en: "When are you there?", de: "Wann sind Sie da?"}
  examples:
    en: [When are you open, What are your opening hours, Is somebody there today, Until when can I reach you]
    de: [Wann haben Sie geöffnet, Bis wann kann ich Sie erreichen, Ist heute jemand da]
steps:
  - hours: true
"""
LOOKS = 40  # of the page for the answer to a call


def _get(tx: Tx, flow_id: int) -> FlowRow:
    try:
        return flows.get(tx, flow_id)
    except LookupError:
        abort(404)


@blueprint.get("/flows")
@allow("admin.settings")
def flow_list() -> str:
    with the_desk().store.reading() as tx:
        return render_template("admin/flows/list.html", rows=flows.every(tx))


@blueprint.get("/flows/new")
@allow("admin.settings")
def new_flow() -> str:
    return _editor(None, BLANK)


@blueprint.post("/flows/new")
@allow("admin.settings")
def make_flow() -> ResponseReturnValue:
    return _saved(None)


@blueprint.get("/flows/<int:flow_id>")
@allow("admin.settings")
def flow(flow_id: int) -> str:
    """The editor; `version` shows one that was published, to look at or to save again."""
    number = request.args.get("version", "")
    with the_desk().store.reading() as tx:
        row = _get(tx, flow_id)
        old = flows.version(tx, flow_id, int(number)) if number.isdigit() and len(number) < 6 else None
    return _editor(row, old.text if old is not None else row.draft, looking_at=old)


@blueprint.post("/flows/<int:flow_id>")
@allow("admin.settings")
def save_flow(flow_id: int) -> ResponseReturnValue:
    return _saved(flow_id)


def _saved(flow_id: int | None) -> ResponseReturnValue:
    """Saves the draft; with `check` it only says whether it holds good."""
    text = request.form.get("text", "")[: flows.LARGEST + 1].replace("\r\n", "\n")
    only_check = "check" in request.form
    try:
        if only_check:
            flows.read(text)
        with the_desk().store.transaction() as tx:
            row = _get(tx, flow_id) if flow_id is not None else None
            if not only_check:
                row = flows.save(tx, text, signed_in_viewer().id, flow_id)
    except FlowError as wrong:
        with the_desk().store.reading() as tx:
            row = _get(tx, flow_id) if flow_id is not None else None
        return _editor(row, text, problems=wrong.problems), 422
    if only_check or row is None:
        return _editor(row, text, good=True)
    flash(_("Saved. Customers get it once it is published."))
    return redirect(url_for("admin.flow", flow_id=row.id), 303)


def _editor(
    row: FlowRow | None,
    text: str,
    *,
    problems: list[tuple[int, str]] | None = None,
    good: bool = False,
    looking_at: Any = None,
) -> str:
    with the_desk().store.reading() as tx:
        versions = flows.versions(tx, row.id) if row is not None else []
        known = flows.secret_names(tx, row.id) if row is not None else []
    secrets = flows.read(row.draft).secrets if row is not None else ()
    return render_template(
        "admin/flows/one.html",
        row=row,
        text=text,
        problems=problems or [],
        good=good,
        versions=versions,
        published=next((v for v in versions if row is not None and v.number == row.version), None),
        secrets=[(name, name in known) for name in secrets],
        looking_at=looking_at,
        languages=i18n.languages(),
        most=flows.LARGEST,
    )


@blueprint.post("/flows/<int:flow_id>/publish")
@allow("admin.settings")
def publish_flow(flow_id: int) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            _get(tx, flow_id)
            version = flows.publish(tx, flow_id, signed_in_viewer().id)
        flash(_("Version %(n)s is published. Whoever is in an earlier one ends with that.", n=version.number))
    except FlowError as wrong:
        flash(" ".join(sentence for _line, sentence in wrong.problems))
    return redirect(url_for("admin.flow", flow_id=flow_id), 303)


@blueprint.post("/flows/<int:flow_id>/unpublish")
@allow("admin.settings")
def unpublish_flow(flow_id: int) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        _get(tx, flow_id)
        row = flows.unpublish(tx, flow_id)
    flash(_("“%(name)s” begins no more. Whoever is in it goes on to its end.", name=row.name))
    return redirect(url_for("admin.flow", flow_id=flow_id), 303)


@blueprint.post("/flows/<int:flow_id>/remove")
@allow("admin.settings")
def remove_flow(flow_id: int) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        _get(tx, flow_id)
        row = flows.remove(tx, flow_id)
    flash(_("“%(name)s” is removed.", name=row.name))
    return redirect(url_for("admin.flow_list"), 303)


@blueprint.post("/flows/<int:flow_id>/secret")
@allow("admin.settings")
def flow_secret(flow_id: int) -> ResponseReturnValue:
    name, value = request.form.get("name", "")[:40], request.form.get("value", "")[:2000]
    try:
        with the_desk().store.transaction() as tx:
            _get(tx, flow_id)
            flows.put_secret(tx, flow_id, name, value, signed_in_viewer().id)
        flash(_("The secret %(name)s is kept sealed.", name=name))
    except LookupError:
        abort(404)
    except ValueError:
        flash(_("A secret is one line of plain letters, at most 400."))
    return redirect(url_for("admin.flow", flow_id=flow_id), 303)


# The test console


def _opening(tx: Tx, locale: str) -> tuple[bool, str]:
    """By the first calendar, as no inbox is asked."""
    rows = calendars.every(tx)
    rules = rows[0].rules if rows else None
    found = calendars.opening(rules, tx.now())
    return found.open, flows.opening(locale, found, rules, tx.now())


@blueprint.post("/flows/<int:flow_id>/try")
@allow("admin.settings")
def begin_flow_trial(flow_id: int) -> ResponseReturnValue:
    """Begins a try of the draft."""
    wanted = request.form.get("locale", "")
    locale = wanted if wanted in i18n.languages() else i18n.SOURCE
    with the_desk().store.transaction() as tx:
        _get(tx, flow_id)
        verified = "verified" in request.form
        trial = trying.begin(tx, flow_id, signed_in_viewer().id, locale, verified, _opening(tx, locale))
    return redirect(url_for("admin.flow_trial", flow_id=flow_id, trial_id=trial.id), 303)


@blueprint.get("/flows/<int:flow_id>/try/<int:trial_id>")
@allow("admin.settings")
def flow_trial(flow_id: int, trial_id: int) -> str:
    look = request.args.get("look", "0")
    with the_desk().store.reading() as tx:
        row = _get(tx, flow_id)
        try:
            trial = trying.get(tx, trial_id, signed_in_viewer().id)
        except LookupError:
            abort(404)
    number = min(int(look), LOOKS) if look.isdigit() and len(look) < 4 else 0
    page = "admin/flows/console.html" if request.headers.get("HX-Request") else "admin/flows/try.html"
    return render_template(
        page, row=row, trial=trial, call=trying.shown_call(trial), look=number, looks=LOOKS, languages=i18n.languages()
    )


@blueprint.post("/flows/<int:flow_id>/try/<int:trial_id>")
@allow("admin.settings")
def go_on_flow_trial(flow_id: int, trial_id: int) -> ResponseReturnValue:
    """Says something as a customer, pastes the answer of the call, or has it made."""
    form = request.form
    with the_desk().store.transaction() as tx:
        _get(tx, flow_id)
        try:
            trial = trying.get(tx, trial_id, signed_in_viewer().id, hold=True)
        except LookupError:
            abort(404)
        opening = _opening(tx, trial.locale)
        if "call" in form:
            trying.ask_call(tx, trial)
        elif "timeout" in form:
            trying.paste(tx, trial, 0, "", opening)
        elif "status" in form:
            status = form["status"]
            number = int(status) if status.isascii() and status.isdigit() and len(status) == 3 else 0
            trying.paste(tx, trial, number, form.get("body", "")[: 64 << 10], opening)
        else:
            trying.say(tx, trial, form.get("say", ""), opening)
    return redirect(url_for("admin.flow_trial", flow_id=flow_id, trial_id=trial_id) + "#end", 303)
