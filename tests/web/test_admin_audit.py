"""/admin/audit: every change made under /admin leaves a line there, and the page shows, narrows and hands them out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from desk import (
    agents,
    audit,
    automation,
    blocking,
    calendars,
    conversations,
    flows,
    intake,
    jobs,
    privacy,
    settings,
    sla,
)
from desk.jobs.tables import Job
from desk.parts import Desk
from desk.web.admin import blueprint
from tests.factories import make_inbox, make_staff, make_team
from tests.web.conftest import post
from tests.web.test_console_browser import PNG
from tests.web.test_promises import OFFICE, POLICY
from tests.web.test_rules import RULE

SEEN = "nothing|0|days|None|None|None|False"  # the mark of the preview that this rule was shown by
BRAND = {"name": "Clay", "colour": "#aa3300", "locale": "de", "locales": ["de", "en"], "zone": "UTC"}
CANNED = {"name": "Hello", "shortcut": "hello", "whose": "everybody", "locale": ["en"], "text": ["Hello"]}
FLOW = "name: Cats\nstart: {button: Cats}\nsecrets: [token]\nsteps:\n  - say: Cats and kilns\n"
INBOX = {"name": "Help", "address": "help@kiln.example", "locale": "en", "active": "on", "config.transport": "outbox"}


@dataclass
class World:
    """A desk with one of everything, and a client to change it by."""

    admin: FlaskClient
    desk: Desk
    ids: dict[str, Any]

    def form(self, values: dict[str, Any]) -> dict[str, Any]:
        return {k: self.ids[v[1:]] if isinstance(v, str) and v[:1] == "$" else v for k, v in values.items()}


@pytest.fixture
def world(admin: FlaskClient, desk: Desk) -> World:
    raw = b"Subject: x\r\n\r\nx"
    stored = desk.files.put(raw), len(raw)
    with desk.store.transaction() as tx:
        by = next(v for n in agents.names(tx) if (v := agents.viewer(tx, n)) is not None)
        inbox = make_inbox(tx, config={"transport": "outbox"})
        staff, team = make_staff(tx, "agent"), make_team(tx)
        names = [conversations.add_status_name(tx, "pending", name, by.id) for name in ("Warehouse", "Courier")]
        labels = [conversations.add_label(tx, name).id for name in ("Refund", "Parcel")]
        free = calendars.save(tx, by.id, name="Free", zone="UTC", hours="Mo-Fr 9:00-18:00")
        policies = [sla.save(tx, by.id, sla.Wanted(name=name, first_minutes=60)) for name in ("One", "Two")]
        key = settings.add_signing_key(
            tx, inbox.id, selector="desk", secret="a key of ours", record="v=DKIM1; p=x", staff_id=by.id
        )
        key.found, unsigned = "found", make_inbox(tx, config={"transport": "outbox"})
        settings.set(tx, "desk.name", "Kiln", by.id)
        change = settings.changes(tx, limit=1)[0]
        flow, live = flows.save(tx, FLOW, by.id), flows.save(tx, FLOW, by.id)
        for one in (flow, live):
            flows.put_secret(tx, one.id, "token", "old", by.id)
        flows.publish(tx, live.id, by.id)
        rule = privacy.save(tx, None, privacy.Terms(), by)
        block = blocking.add(tx, "email", "loud@elsewhere.example", by=by, why="spam")
        held = [
            one
            for _n in range(2)
            if (
                one := intake.keep(tx, desk.files, stored, channel="email", door="test", inbox_id=inbox.id, queue=False)
            )
        ]
        for one in held:
            intake.settle(tx, one.id, "quarantined", "odd")
        jobs.enqueue(tx, "lifecycle.consider", {"customer_id": 5})
        tx.execute(update(Job).values(state="dead", error="x", attempts=12, finished_at=tx.now()))
        job = jobs.dead_letters(tx, limit=1)[0]
    ids = {
        "inbox": inbox.id, "brand": str(inbox.brand_id), "staff": staff.id, "team": team.id, "name": names[1].id,
        "calendar": free.id, "policy": policies[1].id, "key": key.id, "unsigned": unsigned.id, "change": change.id,
        "label": labels[0], "other": str(labels[1]), "retention": rule.id, "block": block.id, "held": held[0].id,
        "job": job.id,
    }  # fmt: skip
    for name in ("First", "Second"):
        assert post(admin, "/admin/rules/new", **(RULE | {"name": name})).status_code == 303
    assert post(admin, "/admin/canned/new", **CANNED).status_code == 303
    with desk.store.reading() as tx:
        ids["rule"] = automation.every(tx)[1].id
        ids["flow"], ids["live"] = flow.id, live.id
        ids["canned"] = automation.kept(tx, by)[0].id
    return World(admin, desk, ids)


# What each page of the settings does when its form is sent: the route, what stands in it, and what was sent.
CHANGES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "/admin/assignment/<key>": ({"key": "team"}, {"mode": "load", "by_label": "on", "away": "20"}),
    "/admin/blocks": ({}, {"kind": "email", "value": "other@elsewhere.example", "why": ""}),
    "/admin/blocks/<int:block_id>/lift": ({"block_id": "block"}, {}),
    "/admin/brands/new": ({}, BRAND),
    "/admin/brands/<int:brand_id>": ({"brand_id": "brand"}, BRAND),
    "/admin/brands/<int:brand_id>/logo": ({"brand_id": "brand"}, {"logo": (io.BytesIO(PNG), "logo.png")}),
    "/admin/canned/new": ({}, CANNED | {"shortcut": "other"}),
    "/admin/canned/<int:canned_id>": ({"canned_id": "canned"}, CANNED | {"text": ["Good day"]}),
    "/admin/canned/<int:canned_id>/remove": ({"canned_id": "canned"}, {}),
    "/admin/first/company": ({}, {"name": "Clay", "colour": "#aa3300", "locale": "de", "zone": "Europe/Berlin"}),
    "/admin/first/inbox": ({}, {"address": "first@kiln.example"}),
    "/admin/first/invite": ({}, {"addresses": "new@kiln.example", "role": "agent"}),
    "/admin/first/test": ({}, {}),
    "/admin/first/skip": ({}, {"step": "invite"}),
    "/admin/first/close": ({}, {}),
    "/admin/flows/new": ({}, {"text": FLOW}),
    "/admin/flows/<int:flow_id>": ({"flow_id": "flow"}, {"text": FLOW.replace("Cats", "Dogs")}),
    "/admin/flows/<int:flow_id>/publish": ({"flow_id": "flow"}, {}),
    "/admin/flows/<int:flow_id>/unpublish": ({"flow_id": "live"}, {}),
    "/admin/flows/<int:flow_id>/remove": ({"flow_id": "flow"}, {}),
    "/admin/flows/<int:flow_id>/secret": ({"flow_id": "flow"}, {"name": "token", "value": "hush"}),
    "/admin/hours/new": ({}, OFFICE),
    "/admin/hours/<int:calendar_id>": ({"calendar_id": "calendar"}, OFFICE),
    "/admin/hours/<int:calendar_id>/remove": ({"calendar_id": "calendar"}, {}),
    "/admin/inboxes/new/<channel>": ({"channel": "=email"}, INBOX | {"brand": "$brand"}),
    "/admin/inboxes/<int:inbox_id>": ({"inbox_id": "inbox"}, INBOX | {"brand": "$brand"}),
    "/admin/inboxes/<int:inbox_id>/signing": ({"inbox_id": "unsigned"}, {}),
    "/admin/inboxes/<int:inbox_id>/signing/<int:key_id>/use": ({"inbox_id": "inbox", "key_id": "key"}, {}),
    "/admin/inboxes/<int:inbox_id>/signing/<int:key_id>/retire": ({"inbox_id": "inbox", "key_id": "key"}, {}),
    "/admin/jobs/<int:job_id>/retry": ({"job_id": "job"}, {}),
    "/admin/labels": ({}, {"name": "Late", "tone": "3"}),
    "/admin/labels/<int:label_id>": ({"label_id": "label"}, {"name": "Refunds", "tone": ""}),
    "/admin/labels/<int:label_id>/merge": ({"label_id": "label"}, {"into": "$other"}),
    "/admin/labels/<int:label_id>/archive": ({"label_id": "label"}, {}),
    "/admin/people": ({}, {"email": "new@kiln.example", "name": "New", "role": "agent", "team": "$team"}),
    "/admin/people/<int:staff_id>": ({"staff_id": "staff"}, {"name": "X", "role": "admin", "zone": "UTC"}),
    "/admin/people/<int:staff_id>/work": ({"staff_id": "staff"}, {"capacity": "4", "skills": "Glazes"}),
    "/admin/people/<int:staff_id>/link": ({"staff_id": "staff"}, {}),
    "/admin/people/<int:staff_id>/active": ({"staff_id": "staff"}, {"active": "0"}),
    "/admin/sla/new": ({}, POLICY),
    "/admin/sla/<int:policy_id>": ({"policy_id": "policy"}, POLICY),
    "/admin/sla/<int:policy_id>/move": ({"policy_id": "policy"}, {"by": "up"}),
    "/admin/sla/<int:policy_id>/remove": ({"policy_id": "policy"}, {}),
    "/admin/quarantine/<int:arrival_id>/release": ({"arrival_id": "held"}, {"inbox": "$inbox"}),
    "/admin/quarantine/<int:arrival_id>/discard": ({"arrival_id": "held"}, {}),
    "/admin/retention/<scope>": (
        {"scope": "inbox"},
        {"what": "nothing", "save": "1", "seen": SEEN},
    ),
    "/admin/retention/rules/<int:rule_id>/cancel": ({"rule_id": "retention"}, {}),
    "/admin/rules/new": ({}, RULE),
    "/admin/rules/<int:rule_id>": ({"rule_id": "rule"}, RULE),
    "/admin/rules/<int:rule_id>/switch": ({"rule_id": "rule"}, {"on": "1"}),
    "/admin/rules/<int:rule_id>/move": ({"rule_id": "rule"}, {"up": "1"}),
    "/admin/rules/<int:rule_id>/remove": ({"rule_id": "rule"}, {}),
    "/admin/statuses": ({}, {"status": "open", "name": "Fresh"}),
    "/admin/statuses/<int:name_id>": ({"name_id": "name"}, {"name": "Parcel service"}),
    "/admin/statuses/<int:name_id>/place": ({"name_id": "name"}, {"up": "1"}),
    "/admin/statuses/<int:name_id>/retire": ({"name_id": "name"}, {}),
    "/admin/surveys/<int:inbox_id>": ({"inbox_id": "inbox"}, {"condition": "csat is known"}),
    "/admin/teams": ({}, {"name": "Returns"}),
    "/admin/teams/<int:team_id>": ({"team_id": "team"}, {"name": "Delivery"}),
    "/admin/settings": ({}, {"group": "Desk", "desk.name": "Clay", "desk.zone": "UTC"}),
    "/admin/settings/changes/<int:change_id>/undo": ({"change_id": "change"}, {}),
}
# Routes that change nothing of the desk, and why.
UNCHANGED = {
    "/admin/flows/<int:flow_id>/try": "a dialogue with a colleague, kept for a day",
    "/admin/flows/<int:flow_id>/try/<int:trial_id>": "a dialogue with a colleague, kept for a day",
    "/admin/inboxes/<int:inbox_id>/check": "looks at a server",
    "/admin/inboxes/<int:inbox_id>/signing/<int:key_id>/check": "looks at a name server",
    "/admin/inboxes/<int:inbox_id>/connect": "asks the provider; what it granted is told when it is there",
    "/admin/inboxes/<int:inbox_id>/disconnect": "told where there was a grant (tests/web/test_admin_consent.py)",
    "/admin/outbox": "hands in a message, which stands on its timeline",
    "/admin/outbox/<int:mail_id>/answer": "hands in a message, which stands on its timeline",
    "/admin/outbox/<int:mail_id>/text": "hands in a message, which stands on its timeline",
    "/admin/outbox/<int:mail_id>/news": "hands in a receipt, which stands on its timeline",
    "/admin/outbox/texts": "hands in a message, which stands on its timeline",
    "/admin/rules/<int:rule_id>/try": "a dry run",
    "/admin/rules/check": "reads a condition",
}


def posted() -> list[str]:
    app = Flask("routes")
    app.register_blueprint(blueprint)
    return sorted(rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ()))


@pytest.mark.parametrize("route", sorted(CHANGES))
@pytest.mark.database("sqlite")
def test_every_change_under_admin_leaves_a_line(route: str, world: World) -> None:
    places, values = CHANGES[route]
    path = route
    for name, key in places.items():
        value = key[1:] if key[0] == "=" else str(world.ids[key])
        path = path.replace(f"<int:{name}>", value).replace(f"<{name}>", value)
    with world.desk.store.reading() as tx:
        before = audit.page(tx, limit=1).rows[0].id
    answer = post(world.admin, path, **world.form(values))
    assert answer.status_code == 303, answer.text
    with world.desk.store.reading() as tx:
        newest = audit.page(tx, limit=1).rows[0]
        admin = next(n for n, name in agents.names(tx).items() if name.startswith("Admin"))
    assert newest.id > before, "nothing was written down"
    assert newest.staff_id == admin and (newest.before or newest.after)


def test_every_route_that_takes_a_form_is_walked_or_says_why_not() -> None:
    """Who adds a route sends its form above, or says there why it changes nothing of the desk."""
    assert sorted([*CHANGES, *UNCHANGED]) == posted()


def test_the_page_shows_who_changed_what_from_what_to_what(admin: FlaskClient, desk: Desk) -> None:
    with desk.store.transaction() as tx:
        team = make_team(tx, name="Returns <b>")
    post(admin, f"/admin/teams/{team.id}", name="Returns & delivery")
    page = admin.get("/admin/audit").text
    assert "<del>Returns &lt;b&gt;</del>" in page and "<ins>Returns &amp; delivery</ins>" in page
    assert "Admin 0" in page and "The desk" in page
    assert "Returns &amp; delivery" in admin.get("/admin/").text


def test_it_is_narrowed_by_person_kind_and_day_and_paged(admin: FlaskClient, desk: Desk) -> None:
    for n in range(55):
        with desk.store.transaction() as tx:
            make_team(tx, name=f"Team number {n}")
    post(admin, "/admin/teams", name="Mine alone")
    with desk.store.reading() as tx:
        me = next(n for n, name in agents.names(tx).items() if name == "Admin 0")
    mine = admin.get(f"/admin/audit?who={me}").text
    assert "Mine alone" in mine and "Team number 3" not in mine
    teams = admin.get("/admin/audit?kind=team").text
    assert "Team number 54" in teams and "Team number 5<" not in teams and "Admin 0" in teams
    older = teams.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "kind=team" in older and "Team number 5<" in admin.get(older).text
    assert "Mine alone" in admin.get("/admin/audit?since=2026-03-02&until=2026-03-02").text
    assert "No change fits" in admin.get("/admin/audit?since=2026-03-03").text
    assert "No change fits" in admin.get("/admin/audit?until=2026-03-01").text
    for odd in ("who=x", "before=x", "since=0001-01-01&who=99999999999999999999", "until=9999-12-31"):
        assert admin.get(f"/admin/audit?{odd}").status_code == 400
    assert admin.get("/admin/audit?kind=nonsense&since=soon&before=99999999").status_code == 200


def test_it_is_taken_as_csv_that_no_spreadsheet_computes(admin: FlaskClient) -> None:
    post(admin, "/admin/teams", name="=HYPERLINK(1)")
    answer = admin.get("/admin/audit.csv?kind=team")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0][1:4] == ["Who", "Kind", "What"]
    assert rows[1][1:] == ["Admin 0", "Team", "'=HYPERLINK(1)", "made", "name", "", "'=HYPERLINK(1)"]
    assert len(rows) == 2


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_the_log_is_for_admins(as_role: Callable[[str], FlaskClient], role: str) -> None:
    assert as_role(role).get("/admin/audit").status_code == 403
    assert as_role(role).get("/admin/audit.csv").status_code == 403
