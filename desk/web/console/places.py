"""Where the palette leads beside conversations and customers: queues, pages, canned replies, by their names."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from desk import agents, automation, views
from desk.agents import ROLES, Viewer
from desk.store import Tx
from desk.web.console.canned import row_of

MOST = 6  # of each group

# Every page that has a name: its address, who may open it (a role and above, or a permission), icon, title.
PAGES = (
    ("/console/new", "conversation.reply", "plus", _l("New conversation")),
    ("/admin/", "supervisor", "gear", _l("Settings")),
    ("/admin/settings", "admin.settings", "gear", _l("Desk")),
    ("/admin/settings/changes", "admin.settings", "gear", _l("What was changed of the settings")),
    ("/admin/first", "admin.settings", "gear", _l("First run")),
    ("/admin/statuses", "admin.settings", "check", _l("Names of statuses")),
    ("/admin/brands", "admin.settings", "globe", _l("Brands")),
    ("/admin/brands/new", "admin.settings", "globe", _l("A new brand")),
    ("/admin/labels", "admin.settings", "label", _l("Labels")),
    ("/admin/surveys", "admin.settings", "loop", _l("Whom surveys ask")),
    ("/admin/inboxes", "admin.inboxes", "inbox", _l("Inboxes")),
    ("/admin/hours", "admin.settings", "clock", _l("Hours")),
    ("/admin/hours/new", "admin.settings", "clock", _l("A new calendar")),
    ("/admin/sla", "admin.settings", "bolt", _l("Promises")),
    ("/admin/sla/new", "admin.settings", "bolt", _l("A new promise")),
    ("/admin/people", "admin.people", "users", _l("People")),
    ("/admin/teams", "admin.people", "both", _l("Teams")),
    ("/admin/assignment", "assignment.write", "take", _l("Assignment")),
    ("/admin/fairness", "report.read", "report", _l("Fairness")),
    ("/admin/rules", "rule.write", "spark", _l("Rules")),
    ("/admin/rules/new", "rule.write", "spark", _l("A new rule")),
    ("/admin/rules/log", "rule.write", "spark", _l("What rules did")),
    ("/admin/flows", "admin.settings", "bot", _l("Flows")),
    ("/admin/flows/new", "admin.settings", "bot", _l("A new flow")),
    ("/admin/canned", "agent", "bolt", _l("Canned replies and macros")),
    ("/admin/canned/new", "agent", "bolt", _l("A new canned reply or macro")),
    ("/admin/quarantine", "quarantine.read", "shield", _l("Quarantine")),
    ("/admin/blocks", "quarantine.read", "shield", _l("Blocked senders")),
    ("/admin/retention", "admin.retention", "clock", _l("Retention")),
    ("/admin/outbox", "outbox.read", "send", _l("Local outbox")),
    ("/admin/audit", "admin.audit", "clock", _l("What was changed")),
    ("/admin/jobs", "admin.jobs", "bolt", _l("Jobs and loops")),
    ("/bot/", "bot.read", "bot", _l("Bot")),
    ("/bot/frustration", "report.read", "frustrated", _l("Frustration: how right it is")),
    ("/bot/frustration/blind", "report.read", "frustrated", _l("Blind sample")),
    ("/bot/sets", "bot.read", "bot", _l("Evaluation sets")),
    ("/console/views", "agent", "label", _l("Saved views")),
    ("/console/views/new", "agent", "label", _l("A new view")),
    ("/console/tasks", "conversation.read", "task", _l("Tasks")),
    ("/customers/", "customer.list", "users", _l("Customers")),
    ("/customers/attributes", "customer.import", "users", _l("Fields of customers")),
    ("/customers/import", "customer.import", "users", _l("Import customers")),
    ("/customers/segments", "customer.list", "users", _l("Segments")),
    ("/customers/segments/new", "segment.write", "users", _l("A new segment")),
    ("/knowledge/", "knowledge.read", "book", _l("Knowledge")),
    ("/knowledge/gaps", "knowledge.gaps", "book", _l("Gaps")),
    ("/knowledge/reasons", "reason.write", "label", _l("Contact reasons")),
    ("/knowledge/new", "knowledge.write", "book", _l("A new article")),
    ("/notices/", "agent", "bell", _l("Notifications")),
    ("/profile", "agent", "user", _l("Your profile")),
    ("/profile/notices", "agent", "bell", _l("How you are told")),
    ("/reports/", "report.read", "report", _l("Reports")),
    ("/reports/promises", "report.read", "report", _l("How promises were kept")),
    ("/reports/promises/rows", "report.read", "report", _l("Promises, one by one")),
    ("/reports/reasons", "report.read", "report", _l("Why customers came")),
    ("/reports/reasons/rows", "report.read", "report", _l("Contacts, one by one")),
    ("/search/", "conversation.read", "search", _l("Search")),
    ("/wall/", "report.read", "eye", _l("Wall")),
)
# The parts of one that people look for by a name of its own.
PARTS = (
    ("/console/tasks?which=team", "conversation.read", "task", _l("Tasks of the team")),
    ("/console/tasks?which=overdue", "conversation.read", "task", _l("Tasks that are overdue")),
)
QUEUES = {
    "mine": _l("Mine"),
    "mentions": _l("Mentions"),
    "unassigned": _l("Unassigned"),
    "all": _l("All open"),
    "frustrated": _l("Frustrated"),
    "longest": _l("Waiting longest"),
    "due": _l("Due soon"),
    "snoozed": _l("Snoozed"),
    "resolved": _l("Resolved"),
    "spam": _l("Spam"),
}


def may_open(viewer: Viewer, needs: str) -> bool:
    """Whether somebody may open a page; `needs` as a route says it."""
    if needs in ROLES:
        return agents.rank(viewer.role) >= agents.rank(needs)
    return agents.may(viewer, needs)


def found(tx: Tx, viewer: Viewer, text: str) -> list[dict[str, Any]]:
    """What is called so, all words of it; nothing for no words."""
    words = text.casefold().split()
    if not words:
        return []

    def fits(name: str) -> bool:
        return all(word in name.casefold() for word in words)

    names = {name: str(title) for name, title in QUEUES.items()}
    names |= {f"team-{team.id}": team.name for team in agents.teams(tx) if team.id in viewer.team_ids}
    names |= {f"view-{view.id}": view.name for view in views.every(tx, viewer)}
    out = [
        {"group": _("Queues"), "icon": "inbox", "text": name, "view": key, "url": f"/console/{key}"}
        for key, name in names.items()
        if fits(name)
    ][:MOST]
    pages = [
        {"group": _("Pages"), "icon": icon, "text": str(title), "url": path}
        for path, needs, icon, title in (*PAGES, *PARTS)
        if may_open(viewer, needs) and fits(str(title))
    ]
    out += sorted(pages, key=lambda page: not page["text"].casefold().startswith(words[0]))[:MOST]
    for row in automation.find(automation.offered(tx, viewer), text, MOST):
        said = row_of(row)
        group = {
            "group": _("Canned replies and macros"),
            "url": "/admin/canned?" + urlencode({"q": row.name}),
            "canned": row.id,
        }
        out.append({**said, **group, "keys": said["key"]})
    return out
