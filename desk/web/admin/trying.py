"""/admin/inboxes/…/check: an inbox tried out by a job, with a message to somebody where that is wanted; no request
waits for somebody else's machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import jobs, outbound, settings
from desk.channels.abilities import Checked
from desk.channels.base import Channel, known
from desk.store import Tx
from desk.web.admin.face import blueprint
from desk.web.base import allow, limiter, signed_in_viewer, the_desk

PATIENCE = 45  # looks, one a second, before the page says that nobody has taken it up


@dataclass(frozen=True, slots=True)
class Shown:
    """One step as the page shows it. `ok` is None while nobody knows yet."""

    ok: bool | None
    title: str
    detail: str
    seconds: float | None = None


def shown_test(tx: Tx, inbox: settings.Inbox | None, look: int = 0, asked: bool = False) -> dict[str, Any]:
    """What templates/admin/check.html reads. A message is as its delivery stands now, news of the provider included."""
    if inbox is None:
        return {"checkable": False}
    channel = known()[inbox.channel]
    if not isinstance(channel, Checked):
        return {"checkable": False}
    steps = [_step(tx, one) for one in inbox.check_steps]
    under_way = (asked and not steps) or any(one.ok is None for one in steps)
    return {
        "checkable": True,
        "steps": steps,
        "sends": not channel.direct,
        "looks_at_site": channel.direct,
        "waits": under_way and look < PATIENCE,
        "look": look + 1,
        "asked": asked,
        "to": signed_in_viewer().email if channel.kinds[0] == "email" else "",
        "by_mail": channel.kinds[0] == "email",
    }


def _step(tx: Tx, kept: dict[str, Any]) -> Shown:
    if "delivery" not in kept:
        return Shown(kept["ok"], kept["title"], kept["detail"], kept["seconds"])
    row, title = outbound.tried(tx, kept["delivery"]), _("Send a message to %(to)s", to=kept["to"])
    if row is None:
        return Shown(False, title, _("nobody knows any more what became of it"))
    match row.state:
        case "sent":
            return Shown(True, title, row.detail or _("it was taken; look whether it arrived"))
        case "delivered" | "seen":
            return Shown(True, title, _("it has arrived"))
        case "failed":
            return Shown(False, title, row.detail)
        case "uncertain":
            return Shown(False, title, _("nobody knows whether it arrived: %(why)s", why=row.detail))
        case "queued" if row.attempts:
            return Shown(False, title, _("%(why)s; it is tried again by itself", why=row.detail))
    return Shown(None, title, _("on its way"))


@blueprint.post("/inboxes/<int:inbox_id>/check")
@allow("admin.inboxes")
@limiter.limit("60/hour", key_func=lambda: f"try:{signed_in_viewer().id}")
def check(inbox_id: int) -> ResponseReturnValue:
    """Asks the background work to try the servers and, with `send`, to send a message to `to`."""
    viewer = signed_in_viewer()
    with the_desk().store.transaction() as tx:
        found, channel = _checked_inbox(tx, inbox_id)
        to = ""
        if "send" in request.form and not channel.direct:
            try:
                to = channel.address(request.form.get("to", ""))
            except ValueError as error:
                return _refused(tx, found, _(str(error)))
        settings.note_check(tx, inbox_id, found.trouble, [])
        args = {"inbox_id": inbox_id, "to": to, "locale": viewer.locale}
        key = f"inbox.check:{inbox_id}:{'send' if to else ''}"  # a look without a message stands in for none with one
        jobs.enqueue(tx, "inbox.check", args, key=key.rstrip(":"), max_attempts=2)
    if request.headers.get("HX-Request"):
        return _part(inbox_id, 0)
    return redirect(url_for("admin.inbox", inbox_id=inbox_id, looking=1) + "#inbox-test", 303)


@blueprint.get("/inboxes/<int:inbox_id>/check")
@allow("admin.inboxes")
def checked(inbox_id: int) -> ResponseReturnValue:
    """The steps so far, as a part that asks again until they are there."""
    look = request.args.get("look", "0")
    return _part(inbox_id, min(int(look), PATIENCE) if look.isdigit() and len(look) < 4 else 0)


def _checked_inbox(tx: Tx, inbox_id: int) -> tuple[settings.Inbox, Channel]:
    try:
        found = settings.inbox(tx, inbox_id)
    except LookupError:
        abort(404)
    channel = known().get(found.channel)
    if channel is None or not isinstance(channel, Checked):
        abort(404)
    return found, channel


def _part(inbox_id: int, look: int) -> str:
    with the_desk().store.reading() as tx:
        found, _channel = _checked_inbox(tx, inbox_id)
        return render_template("admin/check.html", inbox=found, **shown_test(tx, found, look, asked=True))


def _refused(tx: Tx, inbox: settings.Inbox, why: str) -> ResponseReturnValue:
    """The card again, with what was typed and what is wrong with it."""
    values = shown_test(tx, inbox) | {"to": request.form.get("to", "")[:320], "wrong_to": why}
    if request.headers.get("HX-Request"):
        return render_template("admin/check.html", inbox=inbox, **values), 422
    return render_template("admin/check_alone.html", inbox=inbox, **values), 422
