"""Whether a customer may be written to: a colleague notes what they said, and the history shows it by channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, people
from desk.people import Known
from desk.store import Tx
from desk.web.base import allow, limiter, signed_in_viewer, the_desk
from desk.web.customers.listing import blueprint

WRITTEN_TO = ("email", "phone")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a customer: `about` names the form's target, `since` when they refused it."""

    about: str
    label: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the history."""

    what: str
    state: str
    who: str
    evidence: str
    at: datetime


def ways_of(tx: Tx, customer_id: int) -> list[Way]:
    """How a customer can be written to, and what they said to it."""
    found = [
        Way(str(one.id), one.value, people.stopped(tx, one) is not None)
        for one in people.identities(tx, customer_id)
        if one.kind in WRITTEN_TO and one.evidence != "claimed"
    ]
    stopped = people.customer(tx, customer_id).surveys_stopped_at is not None
    return [*found, Way("surveys", _("Surveys"), stopped)]


def history_of(tx: Tx, customer_id: int) -> list[Change]:
    rows = people.history(tx, customer_id)
    names = agents.names(tx) if rows else {}
    states = {"given": _("may be written to"), "refused": _("refused"), "unreachable": _("not reached")}
    said = {"customer": _("the customer"), "provider": _("the provider")}
    return [
        Change(
            what=row.address or {"surveys": _("Surveys")}.get(row.about, row.about),
            state=states.get(row.state, row.state),
            who=names.get(row.staff_id or 0, "") or said.get(row.by, row.by),
            evidence=row.evidence,
            at=row.at,
        )
        for row in rows
    ]


@blueprint.post("/<int:customer_id>/consent")
@allow("customer.consent")
@limiter.limit("120/hour")
def change_consent(customer_id: int) -> ResponseReturnValue:
    """Notes on a customer's word that they refuse a way, or allow it again. Nothing is noted without evidence."""
    about, evidence = request.form.get("about", ""), " ".join(request.form.get("evidence", "").split())
    refuses = request.form.get("refuses") == "1"
    back = redirect(url_for("customers.person", customer_id=customer_id) + "#h-consent", 303)
    if not evidence or len(evidence) > 500:
        flash(_("Say how you know it, in 500 letters at most: the history shows it."))
        return back
    with the_desk().store.transaction() as tx:
        current, known = people.current_id(tx, customer_id), Known("staff", evidence, signed_in_viewer().id)
        if not people.customers(tx, [current]) or people.is_erased(tx, current):
            abort(404)
        if about == "surveys":
            if refuses:
                people.stop_surveys(tx, current, tx.now(), known)
            else:
                people.resume_surveys(tx, current, known)
        else:
            own = {str(one.id): one for one in people.identities(tx, current)}
            if about not in own or own[about].kind not in WRITTEN_TO or own[about].evidence == "claimed":
                abort(404)
            if refuses:
                people.stop(tx, own[about], tx.now(), known)
            else:
                people.resume(tx, own[about], known)
    flash(_("It is noted."))
    return back
