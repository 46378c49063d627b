"""/admin/assignment: how teams give out their work; /admin/fairness: who was given how much; what a person can take."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from desk import agents, assigning, calendars
from desk.assigning import Able, PolicyRefused, Wanted, WorkRefused
from desk.web.admin.face import blueprint
from desk.web.base import allow, signed_in_viewer, the_desk


@dataclass(frozen=True, slots=True)
class Shown:
    """The policy of one team as the page shows it; `key` is the team's number, or "none" for conversations of none."""

    key: str
    name: str
    members: int
    mode: str
    by_language: bool
    by_label: bool
    away: str
    at_end: bool
    error: str = ""


def _typed(key: str, name: str, members: int, error: str) -> Shown:
    form = request.form
    return Shown(
        key,
        name,
        members,
        form.get("mode", ""),
        "by_language" in form,
        "by_label" in form,
        form.get("away", "")[:20],
        "at_end" in form,
        error,
    )


def _page(wrong: str = "", error: str = "") -> str:
    with the_desk().store.reading() as tx:
        kept = {row.team_id: row for row in assigning.all_policies(tx)}
        everybody = len(agents.active_ids(tx))
        groups: list[tuple[int | None, str, str, int]] = [
            (team.id, str(team.id), team.name, len(team.staff_ids)) for team in agents.teams(tx)
        ]
        groups.append((None, "none", _("Conversations of no team"), everybody))
        weights = {channel: assigning.weight(tx, channel) for channel in assigning.CHANNELS}
    rows = []
    for team_id, key, name, members in groups:
        row = kept.get(team_id)
        if key == wrong:
            rows.append(_typed(key, name, members, error))
        elif row is None:
            rows.append(Shown(key, name, members, "hand", False, False, "", False))
        else:
            away = "" if row.away_minutes is None else str(row.away_minutes)
            rows.append(Shown(key, name, members, row.mode, row.by_language, row.by_label, away, row.at_end))
    return render_template("admin/assignment.html", rows=rows, weights=weights)


@blueprint.get("/assignment")
@allow("assignment.write")
def assignment() -> ResponseReturnValue:
    return _page()


@blueprint.post("/assignment/<key>")
@allow("assignment.write")
def assignment_post(key: str) -> ResponseReturnValue:
    """`key`: a team's number, or none."""
    if key != "none" and not (key.isascii() and key.isdigit() and len(key) <= 18):
        abort(404)
    away = request.form.get("away", "").strip()
    try:
        if away and not (away.isascii() and away.isdigit() and len(away) < 6):
            raise PolicyRefused(_("Minutes away are a whole number; empty for never."))
        wanted = Wanted(
            request.form.get("mode", ""),
            "by_language" in request.form,
            "by_label" in request.form,
            int(away) if away else None,
            "at_end" in request.form,
        )
        with the_desk().store.transaction() as tx:
            assigning.save_policy(tx, signed_in_viewer().id, None if key == "none" else int(key), wanted)
    except PolicyRefused as refused:
        return _page(key, _(str(refused))), 422
    except LookupError:
        abort(404)
    flash(_("Saved."))
    return redirect(url_for("admin.assignment"), 303)


@blueprint.get("/fairness")
@allow("report.read")
def fairness() -> ResponseReturnValue:
    with the_desk().store.reading() as tx:
        shares = assigning.shares(tx)
    words = {"online": _("Online"), "away": _("Away"), "offline": _("Offline")}
    total = {
        "open": sum(s.open for s in shares),
        "load": sum(s.load for s in shares),
        "capacity": sum(s.capacity for s in shares),
        **{f"s_{name}": sum(s.short[name] for s in shares) for name in ("policy", "hand", "taken")},
        **{
            f"l_{name}": sum(s.long[name] for s in shares)
            for name in ("policy", "hand", "taken", "declined", "back", "moved", "all")
        },
    }
    return render_template("admin/fairness.html", shares=shares, total=total, words=words)


def work_values(staff_id: int, error: WorkRefused | None = None) -> dict[str, object]:
    """What the card of a person's page shows: as kept, or as typed where that was refused."""
    with the_desk().store.reading() as tx:
        able = assigning.able(tx, [staff_id])[staff_id]
        every = {row.id: row.name for row in calendars.every(tx)}
        weights = {channel: assigning.weight(tx, channel) for channel in assigning.CHANNELS}
    typed = {
        "calendar": str(able.calendar_id or ""),
        "capacity": str(able.capacity),
        "languages": ", ".join(sorted(able.languages)),
        "skills": ", ".join(sorted(able.skills)),
        **{f"most_{name}": str(able.most[name]) if name in able.most else "" for name in assigning.CHANNELS},
    }
    if error is not None:
        typed = {name: request.form.get(name, "") for name in typed}
    return {
        "w": typed,
        "calendars": every,
        "weights": weights,
        "work_field": error.field if error is not None else "",
        "work_error": _(str(error)) if error is not None else "",
    }


def read_work() -> Able:
    """What was typed. Raises WorkRefused."""
    form = request.form
    most = {}
    for name in assigning.CHANNELS:
        text = form.get(f"most_{name}", "").strip()
        if text:
            most[name] = _whole(text, "most")
    calendar = form.get("calendar", "")
    return Able(
        _whole(calendar, "calendar") if calendar else None,
        _whole(form.get("capacity", ""), "capacity"),
        most,
        frozenset(_words(form.get("languages", ""))),
        frozenset(_words(form.get("skills", ""))),
    )


def _whole(text: str, field: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise WorkRefused(field, f"“{text[:20]}” is no whole number.")
    return int(text)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in (" ".join(part.split()) for part in text.split(",")) if word]
