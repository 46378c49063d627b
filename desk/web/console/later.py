"""Answers that go later: the times that are offered, and what is done about one that waits."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import Response, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import conversations, outbound, settings, timeline
from desk.agents import Viewer
from desk.conversations import NotPossible, NotVisible
from desk.outbound import Refused, scheduling
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console.acting import told
from desk.web.console.reading import look_of
from desk.web.console.returned import with_draft
from desk.web.console.routes import as_json, blueprint, reading, wants_fragment
from desk.web.console.times import presets, snooze_time

OFFERED = ("tomorrow", "monday")


@blueprint.get("/c/<int:conversation_id>/menu/later")
@allow("conversation.reply")
def later_menu(conversation_id: int) -> str:
    """Tomorrow morning, Monday morning, an own time: in the zone of whoever asks."""
    viewer = signed_in_viewer()
    with reading() as tx:
        conversations.get(tx, conversation_id, viewer)
        now, holds = tx.now(), bool(settings.get(tx, "answer.hold_when_written"))
    reader = look_of(viewer)
    names = {"tomorrow": _("Tomorrow morning"), "monday": _("Monday morning")}
    offered = [
        (names[p.key], p.until.isoformat(), reader.until(p.until, now))
        for p in presets(now, reader.zone_name)
        if p.key in OFFERED
    ]
    least = reader.here(now).strftime("%Y-%m-%dT%H:%M")
    return render_template("console/menu_later.html", offered=offered, least=least, holds=holds, zone=reader.zone_name)


def wanted(viewer: Viewer, mode: str) -> datetime | None:
    """When the posted answer is to go; None for at once. Raises Refused for a time that cannot be read."""
    moment, own = request.form.get("later", "")[:40], request.form.get("later_at", "")[:40]
    if mode == "note" or not (moment or own):
        return None
    at = snooze_time(moment, own, viewer.zone)
    if at is None:
        raise Refused(scheduling.PAST)
    return at


@blueprint.post("/e/<int:entry_id>/later/<any(now,edit,cancel):act>")
@allow("conversation.reply")
def decide_later(entry_id: int, act: str) -> ResponseReturnValue:
    """Sends it now, gives it back to the composer, or calls it off."""
    viewer, desk = signed_in_viewer(), the_desk()
    back = None
    try:
        with desk.store.transaction() as tx:
            if act == "now":
                number = outbound.send_now(tx, entry_id, viewer).conversation_id or 0
            elif act == "edit":
                back = outbound.take_for_editing(tx, entry_id, viewer)
                number = back.conversation_id
            else:
                number = outbound.call_off(tx, desk.files, entry_id, viewer)
    except NotVisible:
        abort(404)
    except (Refused, NotPossible) as error:
        return told(_(str(error)), _page(entry_id), refused=True)
    page = url_for("console.conversation", conversation_id=number)
    if back is None:
        return told(_("Sent now.") if act == "now" else _("Cancelled. Nothing is sent."), page)
    if not wants_fragment():
        flash(_("Not scheduled any more. It is in the composer."))
        return with_draft(number, back.text)
    values = asdict(back) | {"conversation_id": str(back.conversation_id)}
    response: Response = as_json(**values, said=_("Not scheduled any more. It is in the composer."))
    response.headers["X-Restored"] = "1"
    return response


def _page(entry_id: int) -> str:
    with the_desk().store.reading() as tx:
        entry = timeline.one(tx, entry_id)
    number = entry.conversation_id if entry is not None else None
    return url_for("console.conversation", conversation_id=number) if number else ""
