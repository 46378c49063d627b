"""/admin/retention: how long what was said in each inbox is kept, what a rule would take, and what went by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import agents, privacy, settings
from desk.privacy import BadRule, RetentionRule, Standing, Terms
from desk.settings import Inbox
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.base import allow, limiter, number_argument, signed_in_viewer, the_desk

RUNS = 20
ALL = "all"  # the scope of the rule for inboxes without one of their own


@dataclass(frozen=True, slots=True)
class Place:
    """One row of the page: an inbox, or all of them, and what it goes by."""

    scope: str
    inbox: Inbox | None
    standing: Standing | None
    text: str
    waits: RetentionRule | None  # saved, and nothing goes by it yet


@blueprint.get("/retention")
@allow("admin.retention")
def retention() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        known = privacy.governing(tx)
        inboxes = settings.inboxes(tx)
        now = tx.now()
        places = [_place(known, None, now), *(_place(known, inbox, now) for inbox in inboxes)]
        found = privacy.runs(tx, before=number_argument("before"), limit=RUNS + 1)
        addresses = {inbox.id: inbox.address for inbox in inboxes}
        names = agents.names(tx)
    return render_template(
        "admin/retention.html",
        places=places,
        runs=[(run, _run_of(run, addresses), privacy.run_holds_good(run)) for run in found[:RUNS]],
        next=found[RUNS - 1].id if len(found) > RUNS else None,
        older="before" in request.args,
        names=names,
    )


def _place(known: dict[int | None, RetentionRule], inbox: Inbox | None, now: Any) -> Place:
    number = None if inbox is None else inbox.id
    row, standing = known.get(number), privacy.standing_of(known, number)
    text = said(privacy.terms_of(row)) if row is not None else said(None)
    if inbox is not None and row is None:
        text = said(Terms("follow")) if standing is not None else said(None)
    waits = row if row is not None and row.begins_at > now else None
    return Place(ALL if inbox is None else str(inbox.id), inbox, standing, text, waits)


def _run_of(run: privacy.RetentionRun, addresses: dict[int, str]) -> str:
    number = run.terms.get("inbox")
    return addresses.get(int(number), f"#{number}") if number is not None else _("All inboxes")


def said(terms: Terms | None) -> str:
    """A rule in the reader's language."""
    if terms is None:
        return _("Everything is kept: there is no rule.")
    if terms.what == "nothing":
        return _("Everything is kept.")
    if terms.what == "follow":
        return _("As all inboxes.")
    span = span_of(terms.number, terms.unit)
    parts = [_("Words and files go after %(span)s.", span=span)]
    if terms.what == "files":
        parts = [_("Files go after %(span)s, words stay.", span=span)]
    if terms.raw_days is not None:
        parts.append(_("Raw messages go after %(span)s.", span=span_of(terms.raw_days)))
    if terms.spam_days is not None:
        parts.append(_("Spam goes after %(span)s.", span=span_of(terms.spam_days)))
    if terms.aside_days is not None:
        parts.append(_("What was kept aside goes after %(span)s.", span=span_of(terms.aside_days)))
    if terms.persons:
        parts.append(_("Whoever has nothing left goes as well."))
    return " ".join(parts)


def span_of(number: int, unit: str = "days") -> str:
    """A span in words."""
    if unit == "months":
        return ngettext("%(num)s month", "%(num)s months", number)
    return ngettext("%(num)s day", "%(num)s days", number)


@blueprint.get("/retention/<scope>")
@allow("admin.retention")
def retention_rule(scope: str) -> ResponseReturnValue:
    return _form(scope)


def _scope(tx: Tx, scope: str) -> Inbox | None:
    if scope == ALL:
        return None
    if not (scope.isascii() and scope.isdigit() and len(scope) < 19):
        abort(404)
    try:
        return settings.inbox(tx, int(scope))
    except LookupError:
        abort(404)


def _form(
    scope: str, typed: Terms | None = None, error: str = "", seen: privacy.Foreseen | None = None
) -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        inbox = _scope(tx, scope)
        number = None if inbox is None else inbox.id
        known = privacy.governing(tx)
        row, standing = known.get(number), privacy.standing_of(known, number)
        terms = typed or (privacy.terms_of(row) if row is not None else None)
        if terms is None:
            terms = Terms("follow") if inbox is not None and standing is not None else Terms()
        rules = privacy.history(tx, number)
        names, now = agents.names(tx), tx.now()
    filled = terms if terms.takes else replace(Terms(), what=terms.what)
    page = render_template(
        "admin/retention_rule.html",
        scope=scope,
        inbox=inbox,
        terms=filled,
        general=known.get(None),
        rules=[(rule, said(privacy.terms_of(rule))) for rule in rules],
        seen=seen,
        seen_mark=_mark(terms),
        seen_text=said(terms),
        error=error,
        names=names,
        now=now,
    )
    return (page, 422) if error else page


def _mark(terms: Terms) -> str:
    """What a preview was made of: a rule is saved as it was looked at, or looked at again."""
    return "|".join(str(value) for value in terms.as_dict().values())


def _typed() -> Terms:
    """The terms of the form. Raises BadRule for what is no number."""
    form = request.form

    def number(name: str) -> int | None:
        text = form.get(name, "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 7):
            raise BadRule("Spans are whole numbers.")
        return int(text)

    what = form.get("what", "")
    if what not in ("all", "files"):
        return Terms(what, 0, "days", None, None, None, persons=False)
    return Terms(
        what,
        number("number") or 0,
        form.get("unit", ""),
        number("raw_days"),
        number("spam_days"),
        number("aside_days"),
        persons=form.get("persons") == "1" and what == "all",
    )


@blueprint.post("/retention/<scope>")
@allow("admin.retention")
@limiter.limit("120/hour")
def retention_save(scope: str) -> ResponseReturnValue:
    """Shows what a rule would take, and with `save` saves it: only as it was shown."""
    store = the_desk().store
    try:
        terms = _typed()
        with store.reading() as tx:
            inbox = _scope(tx, scope)
            number = None if inbox is None else inbox.id
            if not ("save" in request.form and request.form.get("seen") == _mark(terms)):
                seen = privacy.foresee(tx, number, terms)
                return _form(scope, terms, seen=seen)
        with store.transaction() as tx:
            rule = privacy.save(tx, number, terms, signed_in_viewer())
    except BadRule as error:
        return _form(scope, _loose(), _(str(error)))
    flash(_("Saved.") if rule.begins_at <= rule.saved_at else _("Saved. Nothing goes by it for a week."))
    return redirect(url_for("admin.retention"), 303)


def _loose() -> Terms | None:
    """What was typed, as far as it can be shown again."""
    try:
        return _typed()
    except BadRule:
        return None


@blueprint.post("/retention/rules/<int:rule_id>/cancel")
@allow("admin.retention")
def retention_cancel(rule_id: int) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            privacy.cancel(tx, rule_id, signed_in_viewer())
    except LookupError:
        abort(404)
    except BadRule as error:
        flash(_(str(error)))
    else:
        flash(_("Cancelled: nothing went by it."))
    return redirect(url_for("admin.retention"), 303)


@blueprint.get("/retention/runs/<int:run_id>/proof.json")
@allow("admin.retention")
def retention_proof(run_id: int) -> Response:
    """The proof of one run, to hand out: it names no customer."""
    with the_desk().store.reading() as tx:
        row = next(iter(privacy.runs(tx, before=run_id + 1, limit=1)), None)
    if row is None or row.id != run_id or row.state != "done":
        abort(404)
    response = jsonify(privacy.proof_of(row))
    response.headers["Content-Disposition"] = f'attachment; filename="retention-{row.id}.json"'
    return response
