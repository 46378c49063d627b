"""/admin/rules: what the desk does by itself; the list, the editor in three parts, and switching."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import agents, automation, facts, segments
from desk.automation import Rule, RuleError
from desk.facts import ConditionError
from desk.web.admin import deeds
from desk.web.admin.face import blueprint
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.base import rule_words as words
from desk.web.base.fact_words import described

LOOKED_AT = 25  # conversations that a condition is tried on while it is written


@blueprint.get("/rules")
@allow("rule.write")
def rules() -> str:
    with the_desk().store.reading() as tx:
        rows = automation.every(tx)
        shown = {
            "rules": rows,
            "conditions": {row.id: automation.condition_of(tx, row) for row in rows},
            "names": words.Names.of(tx),
            "lately": automation.lately(tx, [row.id for row in rows]),
            "held": {row.id: found for row in rows if (found := automation.is_held_back(tx, row.id)) is not None},
        }
    return render_template("admin/rules/list.html", words=words, **shown)


@blueprint.get("/rules/new")
@allow("rule.write")
def new_rule() -> str:
    return _editor(None, _blank())


@blueprint.post("/rules/new")
@allow("rule.write")
def make_rule() -> ResponseReturnValue:
    return _saved(None)


@blueprint.get("/rules/<int:rule_id>")
@allow("rule.write")
def rule(rule_id: int) -> str:
    row = _get(rule_id)
    with the_desk().store.reading() as tx:
        given = automation.said_of(row) | {"condition": automation.condition_of(tx, row)}
    return _editor(row, given | dict(zip(("wait", "unit"), words.amount(row.wait_minutes), strict=True)))


@blueprint.post("/rules/<int:rule_id>")
@allow("rule.write")
def save_rule(rule_id: int) -> ResponseReturnValue:
    return _saved(_get(rule_id))


@blueprint.post("/rules/<int:rule_id>/switch")
@allow("rule.write")
def switch_rule(rule_id: int) -> ResponseReturnValue:
    """On or off, as the form says (`on`: 1 or 0)."""
    row, on = _get(rule_id), request.form.get("on") == "1"
    with the_desk().store.transaction() as tx:
        automation.switch(tx, signed_in_viewer(), row.id, on)
    flash(_("“%(name)s” is on.", name=row.name) if on else _("“%(name)s” is off.", name=row.name))
    return redirect(url_for("admin.rules"), 303)


@blueprint.post("/rules/<int:rule_id>/move")
@allow("rule.write")
def move_rule(rule_id: int) -> ResponseReturnValue:
    """One place up or down (`up`: 1 or 0)."""
    row = _get(rule_id)
    with the_desk().store.transaction() as tx:
        automation.move(tx, signed_in_viewer(), row.id, up=request.form.get("up") == "1")
    return redirect(url_for("admin.rules"), 303)


@blueprint.post("/rules/<int:rule_id>/remove")
@allow("rule.write")
def remove_rule(rule_id: int) -> ResponseReturnValue:
    row = _get(rule_id)
    with the_desk().store.transaction() as tx:
        automation.remove(tx, signed_in_viewer(), row.id)
    flash(_("“%(name)s” is removed; what it did stays in the log.", name=row.name))
    return redirect(url_for("admin.rules"), 303)


@blueprint.post("/rules/check")
@allow("rule.write")
@limiter.limit("120/minute")
def check_rule() -> str:
    """The part of the editor that says how a condition reads, and in how many conversations it would hold now."""
    return render_template("admin/rules/check.html", **_checked(request.form.get("condition", "")))


def _get(rule_id: int) -> Rule:
    with the_desk().store.reading() as tx:
        try:
            return automation.get(tx, rule_id)
        except LookupError:
            abort(404)


def _blank() -> dict[str, Any]:
    return {
        "name": "",
        "trigger": "message",
        "wait": "",
        "unit": "hours",
        "condition": "",
        "actions": [],
        "per_hour": automation.PER_HOUR,
        "per_day": automation.PER_DAY,
    }


def _typed() -> dict[str, Any]:
    """What the form says, as `automation.read` takes it."""
    form = request.form
    wait, unit = form.get("wait", "").strip(), form.get("unit", "hours")
    minutes = int(wait) * words.UNITS.get(unit, 60) if wait.isascii() and wait.isdigit() and len(wait) < 7 else None
    return {
        "name": form.get("name", ""),
        "trigger": form.get("trigger", ""),
        "wait": wait,
        "unit": unit,
        "wait_minutes": minutes,
        "condition": form.get("condition", "").strip(),
        "actions": deeds.typed(),
        "per_hour": form.get("per_hour", "").strip(),
        "per_day": form.get("per_day", "").strip(),
    }


def _saved(row: Rule | None) -> ResponseReturnValue:
    typed = _typed()
    try:
        with the_desk().store.transaction() as tx:
            made = automation.save(tx, signed_in_viewer(), typed, row.id if row is not None else None)
    except RuleError as wrong:
        return _editor(row, typed, wrong.problems), 422
    except LookupError:
        abort(404)
    flash(_("Saved. Try it on what was, then switch it on.") if not made.enabled else _("Saved."))
    return redirect(url_for("admin.try_rule", rule_id=made.id) if row is None else request.path, 303)


def _editor(row: Rule | None, typed: dict[str, Any], problems: dict[str, str] | None = None) -> str:
    with the_desk().store.reading() as tx:
        shown = {
            "names": words.Names.of(tx),
            "staff": [one for one in agents.page(tx, limit=500).rows if one.active],
            "saved": segments.spoken(tx),
            "changes": automation.changes(tx, row.id) if row is not None else [],
            "catalog": [
                *described(facts.CONVERSATION),
                *facts.described(tx),
                *described(facts.CATALOG),
            ],
        }
    return render_template(
        "admin/rules/rule.html",
        rule=row,
        typed=typed,
        problems=problems or {},
        words=words,
        needs=deeds.NEEDS,
        deeds=words.ACTIONS,
        timed=automation.TIMED,
        variables=automation.VARIABLES,
        most=automation.MOST_ACTIONS,
        owner=automation.OWNER,
        **shown,
        **_checked(typed["condition"]),
    )


def _checked(text: str) -> dict[str, Any]:
    """How a condition reads (`reads`), or what is wrong with it (`wrong`), and where it would hold."""
    with the_desk().store.reading() as tx:
        shelf = segments.shelf(tx, lenient=False)
    try:
        condition = automation.read_condition(text, shelf)
    except ConditionError as wrong:
        return {"wrong": wrong.sentence, "at": wrong.position, "reads": "", "holds": ""}
    if condition is None:
        return {"wrong": "", "at": 0, "reads": "", "holds": ""}
    with the_desk().store.reading() as tx:
        n, looked = automation.holding(tx, condition, LOOKED_AT)
    holds = ngettext(
        "Of the last %(num)s conversation it holds in %(n)s now.",
        "Of the last %(num)s conversations it holds in %(n)s now.",
        looked,
        n=n,
    )
    return {"wrong": "", "at": 0, "reads": str(condition), "holds": holds if looked else ""}
