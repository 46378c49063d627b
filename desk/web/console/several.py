"""Several conversations at once: what can be done with those that are selected, doing it, and taking it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from desk import agents, bulk, conversations, settings
from desk.conversations import NotPossible, NotVisible
from desk.store import Tx
from desk.web.base import allow, signed_in_viewer, the_desk
from desk.web.console import ending, statuses
from desk.web.console.acting import told
from desk.web.console.linking import number_of
from desk.web.console.menus import COLLEAGUES
from desk.web.console.queues import is_queue
from desk.web.console.reading import look_of
from desk.web.console.routes import blueprint, reading
from desk.web.console.times import presets, snooze_time

MENUS = ("assign", "label", "priority", "status", "snooze", "inbox")


@blueprint.get(f"/several/<any({','.join(MENUS)}):what>")
@allow("agent")
def several_menu(what: str) -> str:
    """What can be chosen of one sort of change."""
    viewer = signed_in_viewer()
    reader = look_of(viewer)
    values: dict[str, object] = {}
    with reading() as tx:
        now = tx.now()
        if what == "assign":
            values["people"] = [s for s in agents.page(tx, limit=COLLEAGUES).rows if s.active and s.id != viewer.id]
        elif what == "inbox":
            values["inboxes"] = settings.inboxes(tx, active=True)
        elif what == "status":
            names = conversations.status_names(tx)
            values["groups"] = [(s, [n for n in names if n.status == s]) for s in ("open", "pending", "resolved")]
            values["icons"] = statuses.ICONS
        elif what == "snooze":
            said = {
                "later": _("Later today"),
                "tomorrow": _("Tomorrow"),
                "monday": _("Next Monday"),
                "week": _("In a week"),
            }
            offered = presets(now, reader.zone_name)
            values["offered"] = [(said[p.key], p.until.isoformat(), reader.until(p.until, now)) for p in offered]
            values["least"], values["zone"] = reader.here(now).strftime("%Y-%m-%dT%H:%M"), reader.zone_name
    return render_template("console/menu_several.html", what=what, me=viewer, **values, **reader.speech)


@blueprint.post("/several")
@allow("agent")
def several() -> ResponseReturnValue:
    """Does `action` to the conversations `ids` (numbers, apart by commas), each in a transaction of its own."""
    viewer, store = signed_in_viewer(), the_desk().store
    back = _back()
    ids = list(dict.fromkeys(number for number in map(number_of, request.form.get("ids", "").split(",")) if number))
    until = snooze_time(request.form.get("until", ""), request.form.get("at", ""), viewer.zone)
    try:
        if not ids:
            raise NotPossible("Select conversations first.")
        if len(ids) > bulk.MOST:
            raise NotPossible("That are more than 200: select fewer of them.")
        with store.transaction() as tx:
            action = bulk.read(tx, viewer, request.form, until)
            run_id = bulk.begin(tx, viewer, action)
    except NotPossible as error:
        return told(_(str(error)), back, refused=True)
    done, same, refused = 0, 0, Counter[str]()
    for number in ids:
        try:
            changed = store.attempt(lambda tx, number=number: bulk.apply(tx, run_id, viewer, action, number))  # type: ignore[misc]
            done, same = done + changed, same + (not changed)
        except (NotPossible, NotVisible) as error:
            refused[_(str(error))] += 1
    undo = (f"/console/several/{run_id}/undo", {"view": request.form.get("view", "")}) if done else None
    said = _outcome(done, same, refused)
    if action.name == "status" and action.text == "resolved" and (left := ending.also_open(ids)):
        said = f"{said} {left}"
    return told(said, back, undo=undo)


def _outcome(done: int, same: int, refused: Counter[str]) -> str:
    """ "12 done, 3 were so already, 2 refused: …" """
    parts = [ngettext("%(num)s done", "%(num)s done", done)]
    if same:
        parts.append(ngettext("%(num)s was so already", "%(num)s were so already", same))
    if refused:
        n = sum(refused.values())
        parts.append(ngettext("%(num)s refused", "%(num)s refused", n))
    return f"{', '.join(parts)}{_why(refused)}"


def _why(refused: Counter[str]) -> str:
    """The reasons, the most frequent first, with how many where there are several."""
    if not refused:
        return "."
    reasons = [f"{why} ({n})" if len(refused) > 1 else why for why, n in refused.most_common(3)]
    return f": {' '.join(reasons)}"


@blueprint.post("/several/<int:run_id>/undo")
@allow("agent")
def several_undo(run_id: int) -> ResponseReturnValue:
    """Puts each back as it was, where nobody changed it since."""
    viewer, store, back = signed_in_viewer(), the_desk().store, _back()
    try:
        ids = store.attempt(lambda tx: bulk.start_undo(tx, run_id, viewer))
    except NotPossible as error:
        return told(_(str(error)), back, refused=True)
    done, left = 0, dict[int, str]()
    for number in ids:
        try:
            store.attempt(_back_to(run_id, number))
            done += 1
        except (NotPossible, NotVisible) as error:
            left[number] = _(str(error))
    store.attempt(lambda tx: bulk.finish_undo(tx, run_id))
    text = ngettext("%(num)s as it was before", "%(num)s as they were before", done)
    if not left:
        return told(f"{text}.", back)
    names = ", ".join(f"#{number}" for number in list(left)[:5]) + ("…" if len(left) > 5 else "")
    more = _("%(n)s left alone (%(names)s)", n=len(left), names=names)
    return told(f"{text}, {more}{_why(Counter(left.values()))}", back)


def _back_to(run_id: int, number: int) -> Callable[[Tx], None]:
    viewer = signed_in_viewer()
    return lambda tx: bulk.take_back(tx, run_id, viewer, number)


def _back() -> str:
    view = request.form.get("view", "mine")
    if not is_queue(view):
        abort(404)
    return f"/console/{view}"
