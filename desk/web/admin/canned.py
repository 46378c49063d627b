"""/admin/canned: canned replies and macros; everybody has their own, leads keep those of teams and of everybody."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, automation, i18n
from desk.automation import Canned, RuleError
from desk.web.admin import deeds
from desk.web.admin.face import blueprint
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.base import rule_words as words


@blueprint.get("/canned")
@allow("agent")
def canned() -> str:
    """All that this person can use or change; `q` narrows it down."""
    viewer, asked = signed_in_viewer(), request.args.get("q", "").strip()[:120]
    with the_desk().store.reading() as tx:
        rows = automation.kept(tx, viewer)
        names = words.Names.of(tx)
    found = automation.find(rows, asked, len(rows)) if asked else sorted(rows, key=lambda row: row.name.casefold())
    groups = [
        (_("Yours"), [row for row in found if row.staff_id is not None]),
        (_("Shared"), [row for row in found if row.staff_id is None]),
    ]
    return render_template("admin/canned/list.html", words=words, names=names, groups=groups, asked=asked, any=rows)


@blueprint.get("/canned/new")
@allow("agent")
def new_canned() -> str:
    blank = {"name": "", "shortcut": "", "whose": automation.OWN, "texts": [], "actions": []}
    return _editor(None, blank | {"texts": [{"locale": _language(), "text": request.args.get("text", "")[:4000]}]})


@blueprint.post("/canned/new")
@allow("agent")
def make_canned() -> ResponseReturnValue:
    return _saved(None)


@blueprint.get("/canned/<int:canned_id>")
@allow("agent")
def one_canned(canned_id: int) -> str:
    row = _get(canned_id)
    whose = automation.EVERYBODY if row.team_id is None else f"team:{row.team_id}"
    given = {"name": row.name, "shortcut": row.shortcut, "texts": row.texts, "actions": row.actions}
    return _editor(row, given | {"whose": automation.OWN if row.staff_id is not None else whose})


@blueprint.post("/canned/<int:canned_id>")
@allow("agent")
def save_canned(canned_id: int) -> ResponseReturnValue:
    return _saved(_get(canned_id))


@blueprint.post("/canned/<int:canned_id>/remove")
@allow("agent")
def remove_canned(canned_id: int) -> ResponseReturnValue:
    try:
        with the_desk().store.transaction() as tx:
            row = automation.remove_canned(tx, signed_in_viewer(), canned_id)
    except LookupError:
        abort(404)
    flash(_("“%(name)s” is removed.", name=row.name))
    return redirect(url_for("admin.canned"), 303)


def _get(canned_id: int) -> Canned:
    with the_desk().store.reading() as tx:
        try:
            return automation.mine_to_change(tx, signed_in_viewer(), canned_id)
        except LookupError:
            abort(404)


def _language() -> str:
    return i18n.best(signed_in_viewer().locale)


def _typed() -> dict[str, Any]:
    form = request.form
    texts = zip(form.getlist("locale"), form.getlist("text"), strict=False)
    return {
        "name": form.get("name", ""),
        "shortcut": form.get("shortcut", ""),
        "whose": form.get("whose", automation.OWN),
        "texts": [{"locale": locale, "text": text} for locale, text in texts],
        "actions": deeds.typed(),
    }


def _saved(row: Canned | None) -> ResponseReturnValue:
    typed = _typed()
    try:
        with the_desk().store.transaction() as tx:
            automation.save_canned(tx, signed_in_viewer(), typed, row.id if row is not None else None)
    except RuleError as wrong:
        return _editor(row, typed, wrong.problems), 422
    except LookupError:
        abort(404)
    flash(_("Saved."))
    return redirect(url_for("admin.canned"), 303)


def _editor(row: Canned | None, typed: dict[str, Any], problems: dict[str, str] | None = None) -> str:
    with the_desk().store.reading() as tx:
        names = words.Names.of(tx)
        staff = [one for one in agents.page(tx, limit=500).rows if one.active]
    texts = list(typed["texts"])[: automation.MOST_TEXTS]
    said = {one["locale"] for one in texts}
    left = [code for code in i18n.languages() if code not in said]
    if left and (not texts or texts[-1]["text"].strip()):  # room for one more, in a language that is not there yet
        texts.append({"locale": left[0], "text": ""})
    return render_template(
        "admin/canned/one.html",
        row=row,
        typed=typed | {"texts": texts},
        problems=problems or {},
        words=words,
        names=names,
        staff=staff,
        needs=deeds.NEEDS,
        deeds={do: words.ACTIONS[do] for do in automation.BY_HAND},
        owner=automation.OWNER,
        most=automation.MOST_ACTIONS,
        variables=automation.VARIABLES,
        languages=i18n.languages(),
    )
