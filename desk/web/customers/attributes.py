"""Attributes: what a desk knows of its customers besides, each with a name for people and a type."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import facts
from desk.facts import AttributeProblem
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.customers.listing import blueprint

FIELDS = ("key", "label", "kind", "choices", "description")


@blueprint.get("/attributes")
@allow("customer.import")
def attributes() -> str:
    return _page({"kind": "text", "shown": "1"})


@blueprint.post("/attributes")
@allow("customer.import")
def save_attribute() -> ResponseReturnValue:
    """Makes one, or changes the one whose key the form carries; a retired one is back with that."""
    typed = {name: request.form.get(name, "").strip()[:10_000] for name in FIELDS}
    typed["shown"] = "1" if request.form.get("shown") else ""
    own = typed["key"] or facts.key_of(typed["label"])
    try:
        with the_desk().store.transaction() as tx:
            if not typed["key"] and own in {one.key for one in facts.declared(tx)}:
                raise AttributeProblem("label", _("There is an attribute of this name already."))
            row = facts.declare_attribute(
                tx,
                key=own,
                label=typed["label"],
                kind=typed["kind"],
                choices=typed["choices"].splitlines(),
                description=typed["description"],
                shown=bool(typed["shown"]),
                staff_id=signed_in_viewer().id,
            )
    except AttributeProblem as problem:
        return _page(typed, {problem.field: str(problem)}), 422
    flash(_("“%(name)s” is saved.", name=row.label))
    return redirect(url_for("customers.attributes"), 303)


@blueprint.get("/attributes/<key>")
@allow("customer.import")
def attribute(key: str) -> str:
    with the_desk().store.reading() as tx:
        row = next((one for one in facts.declared(tx, retired=True) if one.key == key), None)
    if row is None:
        abort(404)
    return _page(
        {
            "key": row.key,
            "label": row.label,
            "kind": row.kind,
            "choices": "\n".join(map(str, row.choices)),
            "description": row.description,
            "shown": "1" if row.shown else "",
        }
    )


@blueprint.post("/attributes/<key>/retire")
@allow("customer.import")
def retire_attribute(key: str) -> ResponseReturnValue:
    with the_desk().store.transaction() as tx:
        try:
            row = facts.retire_attribute(tx, key, signed_in_viewer().id)
        except LookupError:
            abort(404)
    flash(_("“%(name)s” is offered no more; what is known stays.", name=row.label))
    return redirect(url_for("customers.attributes"), 303)


def _page(typed: dict[str, str], problems: dict[str, str] | None = None) -> str:
    with the_desk().store.reading() as tx:
        rows = facts.declared(tx, retired=True)
    return render_template(
        "customers/attributes.html", rows=rows, typed=typed, problems=problems or {}, kinds=facts.KINDS
    )
