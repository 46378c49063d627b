"""What agents do with a conversation: each a form post that also works without a script, and says what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import automation, conversations, outbound, sentiment, timeline
from desk.agents import Viewer
from desk.conversations import NotPossible, NotVisible
from desk.outbound import Refused
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console import attaching, canned, crossing, ending, later, suggested, toning
from desk.web.console.delivering import undo_toast
from desk.web.console.fragments import line_values
from desk.web.console.lines import lines
from desk.web.console.queues import is_queue
from desk.web.console.reading import head, line_context, look_of
from desk.web.console.returned import with_draft
from desk.web.console.routes import blueprint, wants_fragment
from desk.web.console.times import snooze_time


class Told(Exception):
    """What was asked cannot be done; the message says why, in the reader's words."""


def _toast(text: str, undo: tuple[str, dict[str, str]] | None = None) -> str:
    """X-Toast for a piece of news; `undo` is the address and the values that take it back. Headers are ASCII.

    Not HX-Trigger: htmx would tell it to the button that was pressed, which may be replaced by then.
    """
    detail: dict[str, Any] = {"text": text}
    if undo is not None:
        detail["undo"] = {"url": undo[0], "values": undo[1], "text": _("Undo")}
    return json.dumps(detail)


def _act(
    conversation_id: int,
    do: Callable[[Tx, Viewer], object],
    news: str,
    undo: tuple[str, dict[str, str]] | None = None,
    *,
    from_afar: bool = False,
) -> ResponseReturnValue:
    """Runs one change and answers: the new head for a script, the page again for a plain form. `from_afar`: the undo
    works for a conversation too that this change took out of the colleague's sight."""
    viewer = signed_in_viewer()
    store = the_desk().store
    try:
        with store.transaction() as tx:
            do(tx, viewer)
    except NotVisible:
        abort(404)
    except (NotPossible, Refused, Told) as error:
        return _refused(conversation_id, _(str(error)))
    if not wants_fragment():
        flash(news)
        return redirect(_back(conversation_id), 303)
    with store.reading() as tx:
        try:
            found = conversations.seen(tx, conversation_id, viewer)
        except NotVisible:  # given away to another team: it is gone from this screen
            return Response(status=204, headers={"X-Toast": _toast(news, undo if from_afar else None), "X-Gone": "1"})
        shown, now = head(tx, found, viewer), tx.now()
    reader = look_of(viewer)
    response = Response(render_template("console/head.html", head=shown, me=viewer, now=now, **reader.speech))
    response.headers["X-Toast"] = _toast(news, undo)
    return response


def _refused(conversation_id: int, sentence: str) -> ResponseReturnValue:
    if not wants_fragment():
        flash(sentence)
        return redirect(_back(conversation_id), 303)
    headers = {"HX-Reswap": "none", "X-Toast": json.dumps({"text": sentence, "danger": True})}
    return Response(sentence, status=409, headers=headers, mimetype="text/plain")


def _back(conversation_id: int) -> str:
    url = url_for("console.conversation", conversation_id=conversation_id)
    view = request.args.get("view", "")
    return f"{url}?{urlencode({'view': view})}" if is_queue(view) else url


def _url(endpoint: str, conversation_id: int) -> str:
    return url_for(f"console.{endpoint}", conversation_id=conversation_id)


@blueprint.post("/c/<int:conversation_id>/reply")
@allow("conversation.reply")
def reply(conversation_id: int) -> ResponseReturnValue:
    """Sends an answer by `channel` (left out: the customer's last one), or keeps a note (`mode=note`); with `then` what
    follows: `resolve`, `pending` or `snooze:24`, hours. `macro` is the one that the text is of, `suggestion` the one
    that went into it. With `copies=1`, `cc` says who gets a mail beside the customer; `anyway=1` sends it to an address
    whose last mail came back; `file` names uploads that go along, and a plain form may bring files itself (`attach`).
    The same `request_id` sends once, however often it is posted. `seen` names the last line that its writer saw when
    they began: where a colleague has answered since, nothing is sent, and theirs is shown. What may sound
    sharp is asked about too (`then` with `:meant` behind it sends it). `later` (a moment) or `later_at` (the writer's
    own date and time) keeps it until then."""
    text, mode, then = (request.form.get(name, "") for name in ("text", "mode", "then"))
    request_id = request.form.get("request_id", "")[:64] or None
    channel = request.form.get("channel", "")[:20] or None
    anyway = request.form.get("anyway") == "1"
    asked_then, meant = toning.read_then(then)
    seen, (then, kept) = crossing.seen_of(request.form.get("seen", "")), ending.read_then(asked_then)
    copies = _copies()
    viewer, store = signed_in_viewer(), the_desk().store
    left = automation.unfilled(text) if mode != "note" else []
    if left:  # the words of a canned reply, and not the writer's
        return _unsent(conversation_id, text, _("Fill in {%(name)s} before you send.", name=left[0]))
    try:
        at = later.wanted(viewer, mode)
        going = attaching.of_form(viewer, conversation_id)
    except Refused as error:
        return _unsent(conversation_id, text, _(str(error)))

    def write(tx: Tx) -> timeline.EntryView:
        about = canned.about(tx, viewer)
        ending.check(tx, conversation_id, viewer, then, kept, request_id)
        if mode == "note":
            entry = outbound.note(tx, conversation_id, viewer, text, files=going, request_id=request_id)
        else:
            crossing.check(tx, conversation_id, viewer, seen, request_id)
            if wants_fragment() and seen is not None:  # a program is not asked, nor a form without a script
                toning.check(tx, text, meant)
            if at is not None:
                return outbound.schedule(
                    tx,
                    conversation_id,
                    viewer,
                    text,
                    at=at,
                    channel=channel,
                    copies=copies,
                    anyway=anyway,
                    files=going,
                    request_id=request_id,
                    then=then,
                    about=about,
                )
            entry = outbound.reply(
                tx,
                conversation_id,
                viewer,
                text,
                channel=channel,
                copies=copies,
                anyway=anyway,
                files=going,
                request_id=request_id,
                undoable=True,
                then=then,
                about=about,
            )
            suggested.note_use(tx, viewer, conversation_id, entry)
            return entry
        conversations.follow(tx, conversations.get(tx, conversation_id, viewer), viewer, then, about)
        return entry

    try:
        entry = store.attempt(write)  # the same request at the same instant is refused once, and then found
    except NotVisible:
        abort(404)
    except crossing.Crossed as crossed:
        if wants_fragment():
            return crossing.asked(conversation_id, viewer, crossed)
        return _unsent(conversation_id, text, crossing.sentence())
    except toning.Sharp as sharp:
        return toning.asked(sharp, asked_then, request.form.get("seen", "")[:20])
    except ending.TasksLeft as undone:
        if wants_fragment():
            return ending.before_sending(undone, request.form.get("seen", "")[:20])
        return _unsent(conversation_id, text, ending.sentence(len(undone.rows)))
    except (NotPossible, Refused) as error:
        return _unsent(conversation_id, text, _(str(error)))
    if not wants_fragment():
        return redirect(f"{_back(conversation_id)}#e{entry.id}", 303)
    with store.reading() as tx:
        shown = timeline.one(tx, entry.id) or entry
        found = conversations.get(tx, conversation_id, None)
        reader = look_of(viewer)
        entries = [shown] if shown.kind != timeline.WITHDRAWN else []  # asked again after it was taken back
        context = line_context(tx, reader, entries, shown.customer_id, found.customer_name)
        day = reader.here(shown.occurred_at).date()
        html = render_template(
            "console/lines.html", **line_values(lines(entries, context), reader, tx.now(), last_day=day)
        )
    response = Response(html, status=201)
    response.headers["X-Entry"] = str(entry.id)
    response.headers["X-At"] = shown.occurred_at.isoformat()
    response.headers["X-Day"] = day.isoformat()
    response.headers["X-Day-Name"] = quote(reader.day(shown.occurred_at, shown.recorded_at))
    if timeline.waits(shown):
        response.headers["X-Toast"] = undo_toast(shown.id)
    return response


def _copies() -> list[str] | None:
    """To whom the form sends copies: its ticked boxes and what was typed beside them. None where it has no such choice:
    then those get one whom the customer copied."""
    if request.form.get("copies") != "1":
        return None
    return [one.strip() for text in request.form.getlist("cc") for one in re.split(r"[,;\n]", text[:4000])]


def _unsent(conversation_id: int, text: str, sentence: str) -> ResponseReturnValue:
    """Nothing was sent: the words come back in the field, with the reason above them."""
    if wants_fragment():
        return Response(sentence, status=422, mimetype="text/plain")
    flash(sentence)
    view = request.args.get("view", "")
    return with_draft(conversation_id, text, view if is_queue(view) else "")


@blueprint.post("/c/<int:conversation_id>/snooze")
@allow("conversation.resolve")
def snooze(conversation_id: int) -> ResponseReturnValue:
    """Until `until` (a moment in UTC, from a preset) or `at` (the agent's own date and time, in their zone), or until
    the customer writes, if that is sooner; `until=reply` until they write alone."""
    viewer = signed_in_viewer()
    if request.form.get("until") == "reply":
        return _act(
            conversation_id,
            lambda tx, who: conversations.snooze(tx, conversation_id, who, None),
            _("Snoozed until they reply"),
            (_url("reopen", conversation_id), {}),
        )
    until = snooze_time(request.form.get("until", ""), request.form.get("at", ""), viewer.zone)
    if until is None:
        return _refused(conversation_id, _("Choose a time to come."))
    news = _("Snoozed to %(time)s", time=look_of(viewer).until(until, the_desk().store.clock.now()))
    return _act(
        conversation_id,
        lambda tx, who: conversations.snooze(tx, conversation_id, who, until),
        news,
        (_url("reopen", conversation_id), {}),
    )


@blueprint.post("/c/<int:conversation_id>/resolve")
@allow("conversation.resolve")
def resolve(conversation_id: int) -> ResponseReturnValue:
    """Where tasks are open it asks first; `tasks` says what becomes of them: done or keep."""
    question = ending.asked(conversation_id)
    if question is not None:
        return question

    def do(tx: Tx, who: Viewer) -> None:
        ending.finish(tx, conversation_id, who)
        conversations.resolve(tx, conversation_id, who)

    return _act(
        conversation_id,
        do,
        _("Resolved #%(number)s", number=conversation_id),
        (_url("reopen", conversation_id), {}),
    )


@blueprint.post("/c/<int:conversation_id>/reopen")
@allow("conversation.resolve")
def reopen(conversation_id: int) -> ResponseReturnValue:
    return _act(
        conversation_id,
        lambda tx, who: conversations.reopen(tx, conversation_id, who),
        _("Open again"),
    )


@blueprint.post("/c/<int:conversation_id>/pending")
@allow("conversation.resolve")
def pending(conversation_id: int) -> ResponseReturnValue:
    return _act(
        conversation_id,
        lambda tx, who: conversations.set_pending(tx, conversation_id, who),
        _("Waiting for the customer"),
        (_url("reopen", conversation_id), {}),
    )


@blueprint.post("/c/<int:conversation_id>/priority")
@allow("conversation.assign")
def priority(conversation_id: int) -> ResponseReturnValue:
    text = request.form.get("priority", "")
    value = int(text) if text in ("-1", "0", "1") else 9  # the domain says what a priority is
    return _act(
        conversation_id,
        lambda tx, who: conversations.set_priority(tx, conversation_id, who, value),
        {1: _("High priority"), 0: _("Normal priority"), -1: _("Low priority")}.get(value, ""),
    )


@blueprint.post("/c/<int:conversation_id>/label")
@allow("conversation.label")
def label(conversation_id: int) -> ResponseReturnValue:
    """Puts on the label `label`, or takes it off (`on=0`)."""
    name, on = request.form.get("label", ""), request.form.get("on", "1") == "1"
    return _act(
        conversation_id,
        lambda tx, who: conversations.label(tx, conversation_id, who, name, on),
        _("Label %(name)s put on", name=name) if on else _("Label %(name)s taken off", name=name),
        (_url("label", conversation_id), {"label": name, "on": "0" if on else "1"}),
    )


@blueprint.post("/e/<int:entry_id>/delivery")
@allow("conversation.reply")
def delivery(entry_id: int) -> ResponseReturnValue:
    """Says of an answer whose outcome nobody knows that it arrived (`arrived=1`), or sends it once more."""
    with the_desk().store.reading() as tx:
        entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        abort(404)
    arrived = request.form.get("arrived") == "1"
    return _act(
        entry.conversation_id,
        lambda tx, who: outbound.decide(tx, entry_id, who, arrived=arrived),
        _("Noted: it arrived") if arrived else _("It is sent again"),
    )


@blueprint.post("/e/<int:entry_id>/correct")
@allow("conversation.reply")
def correct(entry_id: int) -> ResponseReturnValue:
    """Contradicts a judgement of frustration: the level follows the person, and the correction is learned from."""
    with the_desk().store.reading() as tx:
        entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        abort(404)

    def do(tx: Tx, who: Viewer) -> None:
        try:
            sentiment.correct(tx, entry_id, who, request.form.get("instead", ""))
        except NotVisible:
            raise
        except LookupError as error:
            raise Told(str(error)) from error

    return _act(entry.conversation_id, do, _("Thank you. The desk learns from this."))


@blueprint.post("/e/<int:entry_id>/risk")
@allow("conversation.reply")
def risk(entry_id: int) -> ResponseReturnValue:
    """Takes the flag `kind` off a message, or puts it back (`on=1`): who and when is kept."""
    kind, on = request.form.get("kind", ""), request.form.get("on") == "1"
    with the_desk().store.reading() as tx:
        entry = timeline.one(tx, entry_id)
    if entry is None or entry.conversation_id is None:
        abort(404)

    def do(tx: Tx, who: Viewer) -> None:
        try:
            sentiment.judge_flag(tx, entry_id, who, kind, on=on)
        except NotVisible:
            raise
        except LookupError as error:
            raise Told(str(error)) from error

    return _act(entry.conversation_id, do, _("Flag put back") if on else _("Flag taken off"))
