"""/reports/promises: how promises were kept, by inbox, team, agent and policy, with the clocks behind each number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, render_template, request
from flask_babel import get_locale

from desk.agents import Viewer
from desk.i18n import N_
from desk.reports import DEFINITIONS, NOBODY, Choices, FilterError, Filters, choices, feedback, parse, promises
from desk.reports.filters import PERIODS
from desk.reports.promises import BREAKDOWNS, KINDS, STATES, By, Group, Kept, Kind, Row
from desk.store import Tx
from desk.web.base import allow, sheets, signed_in_viewer, the_desk
from desk.web.base.sheets import Cell
from desk.web.reports import models, words
from desk.web.reports.face import blueprint
from desk.web.reports.models import Option, Picker

_ = words._
TITLES: Mapping[Kind, str] = {"first": N_("First reply"), "next": N_("Later replies"), "resolution": N_("Solution")}
BY: Mapping[By, tuple[str, str]] = {
    "inbox": (N_("By inbox"), N_("Inbox")),
    "team": (N_("By team"), N_("Team")),
    "agent": (N_("By agent"), N_("Agent")),
    "policy": (N_("By policy"), N_("Policy")),
}
BECAME: Mapping[str, str] = {
    "met": N_("Kept"), "missed": N_("Missed"), "dropped": N_("Nobody waits any more"), "paused": N_("Stands still"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What this page looks at: the filters of every report, and one policy."""

    filters: Filters
    known: Choices
    policies: Mapping[int, str]
    policy_id: int | None
    today: date

    def query(self, **changes: Any) -> dict[str, str]:
        policy = changes.pop("policy_id", self.policy_id)
        found = self.filters.but(**changes).query() if changes else self.filters.query()
        return found | ({"policy": str(policy)} if policy is not None else {})

    def link(self, **changes: Any) -> str:
        return models.address("kept", self.query(**changes))

    def rows(self, kind: str = "", state: str = "", **changes: Any) -> str:
        more = {name: value for name, value in (("kind", kind), ("which", state)) if value}
        return models.address("kept_rows", more | self.query(**changes))

    def csv(self, what: str) -> str:
        return models.address("kept_csv", self.query(), what=what)

    def of_group(self, by: By, group: Group) -> dict[str, Any]:
        """The change by which a link leads into one line of a breakdown."""
        field = {"inbox": "inbox_id", "team": "team_id", "agent": "staff_id", "policy": "policy_id"}[by]
        return {field: NOBODY if group.id is None else group.id}

    def name(self, by: By, number: int | None) -> str:
        known = {
            "inbox": self.known.inboxes, "team": self.known.teams, "agent": self.known.staff, "policy": self.policies,
        }[by]  # fmt: skip
        nobody = {"team": _("No team"), "agent": _("Nobody")}.get(by, "–")
        return known.get(number, f"#{number}") if number is not None else nobody


def _choice(tx: Tx, viewer: Viewer) -> Choice:
    known, policies = choices(tx, str(get_locale() or "en")[:2]), promises.policies(tx)
    filters = parse(request.args, now=tx.now(), zone=viewer.zone, choices=known)
    text = request.args.get("policy", "").strip()
    if text and not (text.isascii() and text.isdigit() and int(text[:18]) in policies):
        raise FilterError(N_("There is no policy %(value)s."), value=text[:40])
    today = tx.now().astimezone(ZoneInfo(filters.zone)).date()
    # What no clock knows is left out of the address, so that no number claims to be narrowed by it.
    return Choice(
        filters.but(score=None, stage=None, period=filters.period), known, policies, int(text) if text else None, today
    )


def _pickers(choice: Choice) -> list[Picker]:
    filters = choice.filters

    def to_period(name: str) -> str:
        rest = {key: value for key, value in choice.query().items() if key not in ("from", "to", "period")}
        return models.address("kept", {"period": name, **rest})

    periods = tuple(Option(_(words.PERIODS[name]), to_period(name), name == filters.period) for name in PERIODS)
    found = [Picker("period", _("Period"), words.days(filters.first, filters.last, choice.today), True, periods)]
    listed: tuple[tuple[str, str, str, Mapping[Any, str], Any, str], ...] = (
        ("inbox_id", "inbox", _("Inbox"), choice.known.inboxes, filters.inbox_id, ""),
        ("team_id", "team", _("Team"), choice.known.teams, filters.team_id, _("No team")),
        ("staff_id", "agent", _("Agent"), choice.known.staff, filters.staff_id, _("Nobody")),
        ("policy_id", "policy", _("Policy"), choice.policies, choice.policy_id, ""),
    )
    for field, key, name, known, chosen, nobody in listed:
        options = [Option(_("All"), choice.link(**{field: None}), chosen is None)]
        options += [Option(text, choice.link(**{field: value}), value == chosen) for value, text in known.items()]
        if nobody:
            options.append(Option(nobody, choice.link(**{field: NOBODY}), chosen == NOBODY))
        value = next((one.name for one in options if one.chosen), str(chosen))
        found.append(Picker(key, name, value, chosen is not None, tuple(options)))
    return found


def said(kept: Kept) -> str:
    """A share with its interval; counts under ten, "no data" for none."""
    return words.rate(kept.met, kept.n, kept.interval)


@blueprint.get("/promises")
@allow("report.read")
def kept() -> str:
    """The three promises, and each by inbox, team, agent and policy."""
    viewer = signed_in_viewer()
    with the_desk().store.reading() as tx:
        feedback.one_moment(tx)
        choice = _choice(tx, viewer)
        found = promises.report(tx, choice.filters, choice.policy_id)
    return render_template(
        "reports/promises.html",
        choice=choice,
        filters=choice.filters,
        pickers=_pickers(choice),
        found=found,
        kinds=KINDS,
        titles=TITLES,
        by=BY,
        breakdowns=BREAKDOWNS,
        definitions=DEFINITIONS,
        tabs=_tabs(choice.known),
        said=said,
        words=words,
    )


def _tabs(known: Choices) -> list[str]:
    return [kind for kind in ("csat", "nps", "ces") if kind in known.kinds or kind == "csat"]


@blueprint.get("/promises/rows")
@allow("report.read")
def kept_rows() -> str:
    """The promises behind a number, what was due last in front."""
    viewer, args = signed_in_viewer(), request.args
    kind, state = promises.kind_of(args.get("kind", "")), promises.state_of(args.get("which", ""))
    with the_desk().store.reading() as tx:
        feedback.one_moment(tx)
        choice = _choice(tx, viewer)
        found = promises.page(
            tx, choice.filters, viewer=viewer, policy_id=choice.policy_id, kind=kind, state=state,
            after=args.get("after", "").strip() or None,
        )  # fmt: skip
    following = choice.rows(kind or "", args.get("which", "")) + f"&after={found.next}" if found.next else ""
    return render_template(
        "reports/promises_rows.html",
        choice=choice,
        filters=choice.filters,
        rows=found.rows,
        kind=kind or "",
        which=args.get("which", ""),
        kinds=KINDS,
        titles=TITLES,
        states=STATES,
        became=BECAME,
        following=following.replace("+", "%2B") if following else "",
        words=words,
        span=span,
    )


def span(seconds: float) -> str:
    """A time in words that a column holds: "2 h 5 min"."""
    minutes = max(0, int(seconds // 60))
    if minutes >= 24 * 60:
        return _("%(days)s d %(hours)s h", days=minutes // (24 * 60), hours=minutes % (24 * 60) // 60)
    if minutes >= 60 and minutes % 60 == 0:
        return _("%(hours)s h", hours=minutes // 60)
    if minutes >= 60:
        return _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)
    return _("%(minutes)s min", minutes=minutes)


@blueprint.get("/promises/<what>.csv")
@allow("report.export")
def kept_csv(what: str) -> Response:
    """The whole (`headline`), a breakdown, or all promises of the choice (`rows`)."""
    if what not in ("headline", "rows", *BREAKDOWNS):
        abort(404)
    desk, viewer, args = the_desk(), signed_in_viewer(), request.args
    kind, state = promises.kind_of(args.get("kind", "")), promises.state_of(args.get("which", ""))
    with desk.store.reading() as tx:
        choice = _choice(tx, viewer)

    def lines(tx: Tx) -> Iterable[Iterable[Cell]]:
        feedback.one_moment(tx)
        if what == "rows":
            found = promises.every(
                tx, choice.filters, viewer=viewer, policy_id=choice.policy_id, kind=kind, state=state
            )
            return _row_lines(found, choice, desk.store.public_url)
        report = promises.report(tx, choice.filters, choice.policy_id)
        if what == "headline":
            return _group_lines("", [report.whole], choice)
        by = next(by for by in BREAKDOWNS if by == what)
        return _group_lines(by, report.groups[by], choice)

    return sheets.answer(desk.store, f"promises-{what}-{choice.filters.first}-{choice.filters.last}", lines)


def _group_lines(by: By | str, groups: Iterable[Group], choice: Choice) -> Iterator[list[Cell]]:
    yield [
        *([by, f"{by}_id"] if by else []), "first_day", "last_day", "zone", "promise", "met", "missed", "n",
        "share", "low", "high", "dropped", "paused", "definition",
    ]  # fmt: skip
    filters = choice.filters
    for group in groups:
        name: list[Cell] = [choice.name(by, group.id), group.id] if by in BREAKDOWNS else []
        for kind, kept in group.kinds.items():
            shown = kept.interval if not kept.small else None
            yield [
                *name, str(filters.first), str(filters.last), filters.zone, kind, kept.met, kept.missed, kept.n,
                100 * kept.share if shown and kept.share is not None else None,
                *((100 * shown.low, 100 * shown.high) if shown else (None, None)),
                kept.dropped, kept.paused,
                f"sla_{kind} v{DEFINITIONS[f'sla_{kind}'].version}",
            ]  # fmt: skip


def _row_lines(rows: Iterable[Row], choice: Choice, public_url: str) -> Iterator[list[Cell]]:
    yield [
        "due_at", "promise", "became", "started_at", "stopped_at", "target_minutes", "late_seconds", "customer",
        "conversation_id", "subject", "inbox", "team", "agent", "policy", "link",
    ]  # fmt: skip
    for row in rows:
        yield [
            row.due_at.isoformat(), row.kind, row.state, row.started_at.isoformat(),
            row.stopped_at.isoformat() if row.stopped_at else None, row.minutes, row.late, row.customer,
            row.conversation_id, row.subject, choice.known.inboxes.get(row.inbox_id),
            choice.known.teams.get(row.team_id or 0), choice.known.staff.get(row.staff_id or 0),
            choice.policies.get(row.policy_id), f"{public_url}/console/c/{row.conversation_id}",
        ]  # fmt: skip
