"""Bringing a list of customers in: the file, its columns, the dry run, the run, and what was refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from desk import agents, facts, imports, settings
from desk.files import FilesUnreachable, MissingBlob
from desk.imports import BadMapping, Column, Import, Kept, NotNow, Plan, Unreadable
from desk.store import Tx
from desk.web.base import allow, limiter, number_argument, signed_in_viewer, the_desk
from desk.web.customers.listing import blueprint

PAGE = 25
SHOWN = 5  # rows of the preview
GUESSED = 1000  # rows that the type of a new attribute is guessed by
COUNTRIES = (
    "AT", "AU", "BE", "BR", "CA", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "GR", "HU", "IE", "IN", "IT", "JP",
    "MX", "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "US", "ZA",
)  # fmt: skip


@blueprint.url_value_preprocessor
def let_lists_be_large(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A list may be larger than a form; said before anything reads it."""
    if endpoint == "customers.bring":
        request.max_content_length = imports.MOST_BYTES + 64 * 1024


@blueprint.get("/import")
@allow("customer.import")
def all_imports() -> str:
    return _overview()


@blueprint.post("/import")
@allow("customer.import")
@limiter.limit("20/hour")
def bring() -> ResponseReturnValue:
    """Keeps a list and looks it through; nothing of it is taken yet."""
    sent = request.files.get("file")
    if not isinstance(sent, FileStorage) or not sent.filename:
        return _overview(_("Choose a file.")), 422
    desk, content = the_desk(), sent.stream.read(imports.MOST_BYTES + 1)
    try:
        how = imports.layout(content)
        rows = imports.count(content, how)
        if not rows:
            raise Unreadable(_("This file has a row of column names and nothing below it."))
        kept = Kept(sent.filename, desk.files.put(content), len(content), how, rows)
    except Unreadable as wrong:
        return _overview(str(wrong)), 422
    except FilesUnreachable:
        return _overview(_("Files cannot be stored now; try again in a minute.")), 503
    with desk.store.transaction() as tx:
        made = imports.begin(tx, desk.files, signed_in_viewer(), kept).id
    return redirect(url_for("customers.one_import", import_id=made), 303)


@blueprint.get("/import/<int:import_id>")
@allow("customer.import")
def one_import(import_id: int) -> str:
    return _page(_get(import_id))


@blueprint.get("/import/<int:import_id>/progress")
@allow("customer.import")
def progress(import_id: int) -> ResponseReturnValue:
    """The part that asks again each second; once it is over, the page is read anew."""
    row = _get(import_id)
    if row.state not in imports.WORKING:
        return Response(headers={"HX-Redirect": url_for("customers.one_import", import_id=import_id)})
    return render_template("customers/progress.html", row=row, **_share(row))


@blueprint.post("/import/<int:import_id>/again")
@allow("customer.import")
def read_again(import_id: int) -> ResponseReturnValue:
    """The same bytes, as another encoding or with another delimiter."""
    row = _get(import_id)
    encoding, delimiter = request.form.get("encoding", ""), request.form.get("delimiter", "")
    if encoding not in imports.ENCODINGS or delimiter not in imports.DELIMITERS:
        abort(422)
    content = _content(row)
    try:
        how = imports.layout(content, encoding, delimiter)
        rows = imports.count(content, how)
    except Unreadable as wrong:
        return _page(row, str(wrong)), 422
    return _step(import_id, lambda tx: imports.read_again(tx, import_id, how, rows))


@blueprint.post("/import/<int:import_id>/try")
@allow("customer.import")
def try_import(import_id: int) -> ResponseReturnValue:
    row = _get(import_id)
    plan = _plan(row)
    return _step(import_id, lambda tx: imports.try_out(tx, import_id, plan), plan)


@blueprint.post("/import/<int:import_id>/run")
@allow("customer.import")
def run_import(import_id: int) -> ResponseReturnValue:
    return _step(import_id, lambda tx: imports.run(tx, import_id, signed_in_viewer()))


@blueprint.post("/import/<int:import_id>/stop")
@allow("customer.import")
def stop_import(import_id: int) -> ResponseReturnValue:
    return _step(import_id, lambda tx: imports.stop(tx, import_id))


@blueprint.post("/import/<int:import_id>/forget")
@allow("customer.import")
def forget_import(import_id: int) -> ResponseReturnValue:
    return _step(import_id, lambda tx: imports.let_go(tx, the_desk().files, import_id))


@blueprint.get("/import/<int:import_id>/refused.csv")
@allow("customer.import")
def refused(import_id: int) -> Response:
    """The refused rows as they were, with the reason in a column more: to be mended and brought in again."""
    row, desk = _get(import_id), the_desk()
    content, how = _content(row), imports.layout_of(row)

    def lines() -> Iterator[str]:
        yield "\ufeff" + _line([*how.header, "why"])
        after, found = 0, imports.rows(content, how)
        while True:
            with desk.store.reading() as tx:
                whys = imports.refusals(tx, import_id, after)
            if not whys:
                return
            after = max(whys)
            for cells, why in imports.refused_rows(found, whys):
                yield _line([*(cells or [""] * len(how.header)), why])

    safe = "".join(c if c.isalnum() and c.isascii() else "-" for c in row.name.rpartition(".")[0].lower()).strip("-")
    headers = {"Content-Disposition": f'attachment; filename="{safe or "list"}-refused.csv"'}
    return Response(stream_with_context(lines()), mimetype="text/csv", headers=headers)


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(imports.guarded(cells))
    return out.getvalue()


def _get(import_id: int) -> Import:
    with the_desk().store.reading() as tx:
        try:
            return imports.get(tx, import_id)
        except LookupError:
            abort(404)


def _content(row: Import) -> bytes:
    """The list itself, outside of any transaction."""
    if row.sha256 is None:
        abort(410)
    try:
        return the_desk().files.get(row.sha256)
    except MissingBlob:
        abort(410)
    except FilesUnreachable:
        abort(503)


def _overview(wrong: str = "") -> str:
    with the_desk().store.reading() as tx:
        found = imports.newest(tx, before=number_argument("before"), limit=PAGE + 1)
        names = agents.names(tx)
    return render_template(
        "customers/imports.html",
        imports=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        names=names,
        wrong=wrong,
        most=imports.MOST_BYTES >> 20,
    )


def _step(import_id: int, does: Any, plan: Plan | None = None) -> ResponseReturnValue:
    """Does one step and shows the page it leads to; what cannot be done is said on the page it came from."""
    try:
        with the_desk().store.transaction() as tx:
            does(tx)
    except LookupError:
        abort(404)
    except NotNow as wrong:
        flash(str(wrong))
    except BadMapping as wrong:
        return _page(_get(import_id), str(wrong), plan), 422
    return redirect(url_for("customers.one_import", import_id=import_id), 303)


def _page(row: Import, wrong: str = "", plan: Plan | None = None) -> str:
    """The page of a list at the step where it is."""
    naming = row.state in ("read", "tried") and row.sha256 is not None
    content = _content(row) if naming else b""
    with the_desk().store.reading() as tx:
        names = agents.names(tx)
        more = _naming(tx, row, content, plan) if naming else {}
    return render_template(
        "customers/import.html",
        row=row,
        who=names.get(row.staff_id, ""),
        wrong=wrong,
        encoding=imports.ENCODINGS.get(row.encoding, row.encoding),
        **more,
        **_share(row),
    )


def _naming(tx: Tx, row: Import, content: bytes, plan: Plan | None) -> dict[str, Any]:
    """What the table of columns shows: the first rows, and for each column what it probably is."""
    how = imports.layout_of(row)
    sample = []
    for found in imports.rows(content, how):
        sample.append(found.cells or [""] * len(how.header))
        if len(sample) == GUESSED:
            break
    known = facts.declared(tx)
    if plan is None and row.mapping:
        plan = Plan.of(row.mapping)
    if plan is None:
        keys = {one.key for one in known}
        columns = tuple(
            Column("attribute", facts.key_of(name), name, kind, (), facts.key_of(name) not in keys)
            if to == "skip" and facts.key_of(name) in keys
            else Column(to, "", name, kind)
            for name, (to, kind) in zip(how.header, imports.suggest(how.header, sample), strict=True)
        )
        plan = Plan(columns)
    return {
        "plan": plan,
        "columns": [
            (n, name, plan.columns[n], [cells[n] for cells in sample[:SHOWN]]) for n, name in enumerate(how.header)
        ],
        "attributes": known,
        "sites": settings.inboxes(tx, "chat"),
        "countries": COUNTRIES,
        "readings": {"utf-8-sig": "UTF-8", "utf-16-le": "UTF-16", "cp1252": "Windows-1252"},
        "delimiters": imports.DELIMITERS,
    }


def _plan(row: Import) -> Plan:
    """The columns as the form says them; what it cannot have offered is left out."""
    asked, columns = request.form, []
    with the_desk().store.reading() as tx:
        known = {one.key: one for one in facts.declared(tx, retired=True)}
        sites = {inbox.address for inbox in settings.inboxes(tx, "chat")}
    for n, name in enumerate(row.header):
        to, kind = asked.get(f"to{n}", "skip"), asked.get(f"kind{n}", "text")
        kind = kind if kind in facts.KINDS and kind != "choice" else "text"
        if to == "new":
            key = facts.key_of(name)
            old = known.get(key)
            columns.append(
                Column("attribute", key, name, old.kind, tuple(old.choices))
                if old is not None
                else Column("attribute", key, name, kind, (), True)
            )
        elif to.startswith("attribute:") and (found := known.get(to.partition(":")[2])) is not None:
            columns.append(Column("attribute", found.key, found.label, found.kind, tuple(found.choices)))
        else:
            columns.append(Column(to if to in imports.TARGETS and to != "attribute" else "skip", "", name, kind))
    return Plan(
        tuple(columns),
        tuple(kind for kind in imports.KINDS_OF_ADDRESS if kind in asked.getlist("match")),
        asked.get("region", "") if asked.get("region", "") in COUNTRIES else "",
        asked.get("site", "") if asked.get("site", "") in sites else "",
        confirmed=asked.get("confirmed") == "1",
        gaps=asked.get("gaps") == "1",
    )


def _share(row: Import) -> dict[str, Any]:
    """How far it is: rows worked off, and of how many."""
    looked = row.made + row.changed + row.unchanged + row.refused
    return {"looked": looked, "percent": min(100, round(100 * looked / row.rows)) if row.rows else 0}
