"""/admin/: what there is to set, what needs somebody, and what was changed last."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from desk import agents, audit, automation, blocking, intake, jobs, outbound, settings
from desk.web.admin.audit import lines_of
from desk.web.admin.away import away
from desk.web.admin.face import blueprint
from desk.web.base import allow, may, the_desk

MANY = 100  # counts stop here: a tile says "100 or more" and costs no scan


@blueprint.get("/")
@allow("supervisor")
def home() -> ResponseReturnValue:
    """Tiles for what this person may open."""
    models = the_desk().models.status  # asked before the database: the first look reads the model's files
    with the_desk().store.reading() as tx:
        inboxes = settings.inboxes(tx)
        rules = automation.every(tx)
        shown = {
            "ruling": sum(1 for rule in rules if rule.enabled),
            "stopped": sum(1 for rule in rules if rule.stopped),
            "canned": automation.count(tx),
            "held": intake.quarantined_count(tx, MANY),
            "blocks": blocking.standing(tx, MANY),
            "mails": len(outbound.outbox(tx, limit=MANY, notices=may("outbox.notices"))),
            "many": MANY,
            "models": models,
            "away": away(tx),
            "inboxes": inboxes,
            "troubled": [inbox for inbox in inboxes if inbox.active and inbox.trouble],
        }
        if may("admin.settings"):
            shown |= {
                "run": settings.first_run(tx),
                "steps": settings.STEPS,
                "staff": agents.counts(tx),
                "teams": agents.teams(tx),
                "names": agents.names(tx),
                "depth": jobs.counts(tx),
                "failing": [beat for beat in jobs.beats(tx).values() if beat.last_error],
                "lines": lines_of(tx, audit.page(tx, limit=8).rows),
            }
    return render_template("admin/home.html", **shown)
