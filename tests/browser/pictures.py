"""The main pages of a desk that is full, by name: where each is, who looks, and what they did before the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from desk import agents, conversations, surveys
from desk.automation.tables import Canned, Rule
from desk.calendars.tables import Calendar
from desk.knowledge.tables import Article
from desk.segments.tables import Segment
from desk.settings.tables import Inbox
from desk.simulate.run import SAMPLE_LOGINS, SAMPLE_PASSWORD
from desk.sla.tables import Policy
from desk.surveys.tables import Invitation, Response
from desk.views.tables import View
from tests.servers.live import LiveDesk

AGENT, LEAD, ADMIN = SAMPLE_LOGINS
GERMAN = "juergen@kiln.example"  # an admin with a long name, whose pages are in German


class Sample:
    """The sample desk of `make run`, running. `places` fills the numbers into the paths of PICTURES."""

    def __init__(self, live: LiveDesk, browser: Browser) -> None:
        self.url, self._browser = live.base_url, browser
        self._sessions: dict[str, Any] = {}
        with live.desk.store.transaction() as tx:
            name = "Jürgen Weißenberger-Öztürk"
            agents.create(tx, email=GERMAN, name=name, role="admin", password=SAMPLE_PASSWORD, locale="de")
            jonas = agents.by_email(tx, AGENT)
            viewer = agents.viewer(tx, jonas.id) if jonas is not None else None
            assert viewer is not None
            urgent = conversations.queue(tx, viewer, "mine", limit=1).rows[0]  # the one in whose note he is named
            silent = select(Invitation).where(Invitation.id.not_in(select(Response.invitation_id)))
            asked = tx.scalar(silent.where(Invitation.kind == "csat").order_by(Invitation.id.desc()))
            assert asked is not None
            self.places: dict[str, Any] = {
                "conversation": urgent.id,
                "customer": urgent.customer_id,
                "person": viewer.id,
                "survey": surveys.token_of(tx, asked),
                "slug": tx.scalar(select(Article.slug).where(Article.locale == "en").order_by(Article.id)),
            }
            tables = {
                "segment": Segment, "canned": Canned, "rule": Rule, "calendar": Calendar, "policy": Policy,
                "view": View, "article": Article, "inbox": Inbox,
            }  # fmt: skip
            self.places |= {name: tx.scalar(select(func.min(table.id))) for name, table in tables.items()}

    def session(self, email: str) -> Any:
        """A browser's memory of having signed in; None for nobody."""
        if email and email not in self._sessions:
            context = self._browser.new_context(base_url=self.url)
            page = context.new_page()
            page.goto("/login")
            page.locator("input[name=email]").fill(email)
            page.locator("input[name=password]").fill(SAMPLE_PASSWORD)
            page.locator("input[name=password]").press("Enter")
            page.wait_for_url(lambda url: "/login" not in url)
            self._sessions[email] = context.storage_state()
            context.close()
        return self._sessions.get(email)


def look(page: Page) -> None:
    pass


def keys_sheet(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#keys-sheet")).to_be_visible()


def palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator("#palette [role=option]").first).to_be_visible()


def slash(page: Page) -> None:
    page.locator("#answer").fill("")
    page.locator("#answer").press_sequentially("/")
    expect(page.locator("#answer-box [role=option], [role=listbox] [role=option]").first).to_be_visible()


def chat(page: Page) -> None:
    page.locator("loopdesk-widget").locator(".launcher").click()
    expect(page.locator("loopdesk-widget").locator(".panel")).to_be_visible()


@dataclass(frozen=True)
class Picture:
    path: str
    who: str = ADMIN
    act: Callable[[Page], None] = look


TALK = "/console/c/{conversation}"
PICTURES: dict[str, Picture] = {
    "console": Picture(TALK, AGENT),
    "console-canned": Picture(TALK, AGENT, slash),
    "console-keys": Picture(TALK, AGENT, keys_sheet),
    "console-palette": Picture(TALK, LEAD, palette),
    **{
        f"queue-{view}": Picture(f"/console/{view}", AGENT)
        for view in ("mine", "mentions", "unassigned", "all", "frustrated", "longest", "due", "snoozed")
    },
    "queue-view": Picture("/console/view-{view}", AGENT),
    "views": Picture("/console/views", LEAD),
    "view-form": Picture("/console/views/{view}", LEAD),
    "new-conversation": Picture("/console/new", AGENT),
    "wall": Picture("/wall/", LEAD),
    "wall-rows": Picture("/wall/rows/waiting", LEAD),
    "report": Picture("/reports/csat", LEAD),
    "report-nps": Picture("/reports/nps", LEAD),
    "report-rows": Picture("/reports/csat/rows", LEAD),
    "surveys": Picture("/admin/surveys"),
    "search": Picture("/search/?q=kettle", AGENT),
    "search-none": Picture("/search/?q=zeppelin", AGENT),
    "customers": Picture("/customers/", LEAD),
    "customer": Picture("/customers/{customer}", LEAD),
    "segments": Picture("/customers/segments", LEAD),
    "segment": Picture("/customers/segments/{segment}", LEAD),
    "import": Picture("/customers/import", LEAD),
    "fields": Picture("/customers/attributes", LEAD),
    "knowledge": Picture("/knowledge/", AGENT),
    "article": Picture("/knowledge/{article}", LEAD),
    "bot-lab": Picture("/bot/", LEAD),
    "notices": Picture("/notices/", AGENT),
    "notices-chosen": Picture("/profile/notices", AGENT),
    "profile": Picture("/profile", AGENT),
    "settings": Picture("/admin/"),
    "settings-people": Picture("/admin/people"),
    "settings-person": Picture("/admin/people/{person}"),
    "settings-teams": Picture("/admin/teams"),
    "settings-assignment": Picture("/admin/assignment"),
    "settings-fairness": Picture("/admin/fairness"),
    "settings-inboxes": Picture("/admin/inboxes"),
    "settings-inbox": Picture("/admin/inboxes/{inbox}"),
    "settings-labels": Picture("/admin/labels"),
    "settings-statuses": Picture("/admin/statuses"),
    "settings-canned": Picture("/admin/canned"),
    "settings-canned-one": Picture("/admin/canned/{canned}", LEAD),
    "settings-hours": Picture("/admin/hours"),
    "settings-calendar": Picture("/admin/hours/{calendar}"),
    "settings-sla": Picture("/admin/sla"),
    "settings-policy": Picture("/admin/sla/{policy}"),
    "settings-rules": Picture("/admin/rules"),
    "settings-rule": Picture("/admin/rules/{rule}"),
    "settings-rule-log": Picture("/admin/rules/log"),
    "settings-brands": Picture("/admin/brands"),
    "settings-desk": Picture("/admin/settings"),
    "settings-retention": Picture("/admin/retention"),
    "settings-blocks": Picture("/admin/blocks"),
    "settings-outbox": Picture("/admin/outbox"),
    "settings-jobs": Picture("/admin/jobs"),
    "settings-log": Picture("/admin/audit"),
    "login": Picture("/login", ""),
    "survey": Picture("/s/{survey}", ""),
    "help": Picture("/help/", ""),
    "help-article": Picture("/help/{slug}", ""),
    "help-search": Picture("/help/search?q=kettle", ""),
    "widget": Picture("/demo", "", chat),
}
# Those with most words, whose German is longer.
IN_GERMAN = [
    "console",
    "console-keys",
    "queue-all",
    "queue-due",
    "view-form",
    "new-conversation",
    "wall",
    "report",
    "search",
    "customer",
    "notices-chosen",
    "profile",
    "settings",
    "settings-canned",
    "settings-hours",
    "settings-calendar",
    "settings-policy",
    "settings-rules",
    "settings-rule",
    "settings-log",
]
