"""/admin/jobs: everything that runs in the background, on one screen: what waits, what was given up, what repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import audit, jobs, outbound, settings
from desk.web.admin.away import away
from desk.web.admin.face import PAGE, blueprint
from desk.web.base import allow, number_argument, the_desk


@dataclass(frozen=True, slots=True)
class Repeated:
    """One periodic task. `every` and `purpose` are known where the application handed its schedule over."""

    name: str
    purpose: str
    every: timedelta | None
    last_at: datetime | None
    next_at: datetime | None
    error: str


def _schedule(rows: dict[str, Any]) -> list[Repeated]:
    known = {one.name: one for one in current_app.extensions.get("loopdesk.schedule", ())}
    found = []
    for name in [*known, *sorted(set(rows) - set(known))]:
        one, row = known.get(name), rows.get(name)
        found.append(
            Repeated(
                name=name,
                purpose=one.purpose if one is not None else "",
                every=one.every if one is not None else None,
                last_at=row.last_at if row is not None else None,
                next_at=row.next_at if row is not None else None,
                error=row.last_error if row is not None else "",
            )
        )
    return found


@blueprint.get("/jobs")
@allow("admin.jobs")
def loops() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        dead = jobs.dead_letters(tx, before=number_argument("before"), limit=PAGE + 1)
        shown = {
            "depth": jobs.counts(tx),
            "next_due": jobs.next_due(tx),
            "sending": outbound.states(tx),
            "repeated": _schedule(jobs.beats(tx)),
            "mailboxes": [i for i in settings.inboxes(tx, "email", active=True) if i.checked_at is not None],
            "now": tx.now(),
            "away": away(tx),
        }
    return render_template(
        "admin/jobs.html",
        dead=dead[:PAGE],
        next=dead[PAGE - 1].id if len(dead) > PAGE else None,
        older="before" in request.args,
        files=the_desk().files.store.said,
        worker=the_desk().config.get("WORKER", "thread"),
        **shown,
    )


@blueprint.post("/jobs/<int:job_id>/retry")
@allow("admin.jobs")
def retry(job_id: int) -> ResponseReturnValue:
    """Gives a job that was given up another life."""
    with the_desk().store.transaction() as tx:
        done = jobs.retry(tx, job_id)
        if done:
            audit.note(tx, "job", job_id, "", what="done", after={"tried": "again"})
    flash(_("It is tried again now.") if done else _("It is not among those given up any more, or runs already."))
    return redirect(url_for("admin.loops"), 303)
