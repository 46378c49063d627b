"""What rules would do and what they did: the dry run of one, the log of all, and one firing with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from desk import agents, automation, conversations
from desk.web.admin.face import PAGE, blueprint
from desk.web.admin.rules import _get
from desk.web.base import allow, limiter, may, number_argument, signed_in_viewer, the_desk
from desk.web.base import rule_words as words


@blueprint.get("/rules/<int:rule_id>/try")
@allow("rule.write")
def try_rule(rule_id: int) -> str:
    """What a rule would have done in the last conversations; a part asks again each second until it is through."""
    return render_template("admin/rules/try.html", **_trial(rule_id))


@blueprint.get("/rules/<int:rule_id>/try/progress")
@allow("rule.write")
def try_progress(rule_id: int) -> str:
    return render_template("admin/rules/trial.html", **_trial(rule_id))


@blueprint.post("/rules/<int:rule_id>/try")
@allow("rule.write")
@limiter.limit("20/minute")
def begin_trial(rule_id: int) -> ResponseReturnValue:
    row = _get(rule_id)
    with the_desk().store.transaction() as tx:
        automation.begin(tx, signed_in_viewer(), row.id)
    return redirect(url_for("admin.try_rule", rule_id=rule_id), 303)


def _trial(rule_id: int) -> dict[str, Any]:
    row = _get(rule_id)
    with the_desk().store.reading() as tx:
        trial, names = automation.newest(tx, rule_id), words.Names.of(tx)
        numbers = [int(one["conversation_id"]) for one in (trial.found["rows"] if trial is not None else [])]
        condition = automation.condition_of(tx, row)
        talks = {number: conversations.row_of(tx, number) for number in dict.fromkeys(numbers)}
    times = [datetime.fromisoformat(one["at"]) for one in (trial.found["rows"] if trial is not None else [])]
    return {
        "rule": row,
        "condition": condition,
        "times": times,
        "trial": trial,
        "names": names,
        "talks": talks,
        "words": words,
    }


@blueprint.get("/rules/log")
@allow("rule.write")
def rule_log() -> str:
    rule_id, outcome = number_argument("rule"), request.args.get("outcome", "")
    if outcome not in words.OUTCOMES:
        outcome = ""
    with the_desk().store.reading() as tx:
        rows = automation.firings(
            tx, rule_id=rule_id, outcome=outcome, before=number_argument("before"), limit=PAGE + 1
        )
        called = automation.named(tx, {row.rule_id for row in rows} | ({rule_id} if rule_id else set()))
        shown = {
            "rows": rows[:PAGE],
            "next": rows[PAGE - 1].id if len(rows) > PAGE else None,
            "older": "before" in request.args,
            "called": called,
            "names": words.Names.of(tx),
        }
    return render_template("admin/rules/log.html", rule_id=rule_id, outcome=outcome, words=words, **shown)


@blueprint.get("/rules/fired/<int:firing_id>")
@allow("conversation.read")
def firing(firing_id: int) -> str:
    """One firing, for everybody who may see its conversation: why it acted, what came of it, and what led to it."""
    with the_desk().store.reading() as tx:
        row = automation.firing(tx, firing_id)
        if row is None:
            abort(404)
        try:
            talk = conversations.seen(tx, row.conversation_id, signed_in_viewer())
        except conversations.NotVisible:
            abort(404)
        called = automation.named(tx, {row.rule_id, *(int(one) for one in row.chain)})
        names = agents.names(tx)
    return render_template(
        "admin/rules/fired.html", row=row, talk=talk, called=called, names=names, words=words, leads=may("rule.write")
    )
